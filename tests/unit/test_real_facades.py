"""The loader on the real facades, where a machine has them."""

import io
import tarfile
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.data import FacadesPairs, facades, pairs, to_uint8
from gancourse.data.drawn_facades import CLASSES
from gancourse.data.files import open_pictures


@pytest.fixture(scope="module")
def archive(real_data):
    return real_data / "facades.tar.gz"


@pytest.fixture(scope="module")
def sets(archive):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the right way round nothing is warned of
        return {split: FacadesPairs(archive, 64, split, progress=False) for split in ("train", "validation")}


def test_the_counts_are_those_of_the_archive(sets):
    """Its 106 test pairs are left out on machines that keep it for tests."""
    assert len(sets["train"]) == 400
    assert len(sets["validation"]) == 100
    assert sets["train"].description.startswith("CMP facades, 400 of ")
    assert sets["train"].description.endswith("pairs at 64 px, from facades.tar.gz")


def test_they_keep_to_the_range_and_use_both_signs(sets):
    for dataset in sets.values():
        for side in dataset[:]:
            assert side.shape == (len(dataset), 3, 64, 64)
            assert -1 <= side.min() < -0.99
            assert 0.99 < side.max() <= 1
            assert side.flatten(1).std(1).min() > 0.05  # none is blank


def test_training_and_validation_share_no_pair(sets):
    train, validation = ({photo.numpy().tobytes() for _, photo in dataset} for dataset in sets.values())
    assert len(train) > 390
    assert not train & validation


def test_labels_are_on_the_right_in_the_classes_colours(archive):
    labels, photos = FacadesPairs(archive, 256, count=20, progress=False)[:]
    colours = torch.tensor(list(CLASSES.values()))

    def near_a_class(pictures):
        pixels = to_uint8(pictures).permute(0, 2, 3, 1).reshape(-1, 1, 3).int()
        return ((pixels - colours).abs().amax(2).amin(1) <= 16).float().mean()

    assert near_a_class(labels) > 0.6  # JPEG has smeared the rest
    assert near_a_class(photos) < 0.01


def test_a_pair_is_the_two_halves_of_its_picture(archive):
    with tarfile.open(archive) as packed:
        picture = np.array(Image.open(io.BytesIO(packed.extractfile("facades/val/3.jpg").read())))
    labels, photo = FacadesPairs(archive, 256, "validation", count=3, progress=False)[2]
    assert np.array_equal(to_uint8(photo), picture[:, :256].transpose(2, 0, 1))
    assert np.array_equal(to_uint8(labels), picture[:, 256:].transpose(2, 0, 1))


def test_the_archive_and_the_unpacked_folder_agree_pixel_for_pixel(archive, sets, tmp_path):
    packed = open_pictures(archive)
    (tmp_path / "facades" / "train").mkdir(parents=True)
    for number in range(1, 13):
        name = f"facades/train/{number}.jpg"
        (tmp_path / name).write_bytes(packed.read(name))
    unpacked = FacadesPairs(tmp_path, 64, progress=False)
    assert len(unpacked) == 12
    for found, whole in zip(unpacked[:], sets["train"][:12], strict=True):
        assert torch.equal(found, whole)


def test_exchanged_they_are_warned_of_and_in_no_single_pair_is_the_photo_the_flatter_side(archive):
    with pytest.warns(UserWarning, match=r"look exchanged.*pass labels_on='right'"):
        FacadesPairs(archive, 16, "validation", labels_on="left", progress=False)
    side_by_side = pairs._SideBySide(open_pictures(archive), "right")
    flat = [[pairs.flatness(side) for side in side_by_side.read(name)] for name in side_by_side.names[::5]]
    assert min(labels - photo for labels, photo in flat) > 0


def test_facades_finds_them(archive, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    monkeypatch.setenv("GANCOURSE_DATA", str(archive.parent))
    assert len(facades(image_size=32, count=20, progress=False)) == 20
    assert capsys.readouterr().out.startswith("Facades: CMP facades, 20 of ")
