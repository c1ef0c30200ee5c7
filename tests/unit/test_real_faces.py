"""The loader on real CelebA pictures, where a machine has them."""

import time
import zipfile

import pytest
import torch

from gancourse.data import CelebAFaces, faces


@pytest.fixture(scope="module", autouse=True)
def decoded(tmp_path_factory):
    """Nothing is written beside the real archives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANCOURSE_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="module")
def training_faces(real_data):
    start = time.perf_counter()
    dataset = CelebAFaces(real_data / "img_align_celeba.zip", progress=False)
    seconds = time.perf_counter() - start
    print(f"{len(dataset):,} pictures decoded in {seconds:.1f} s: {len(dataset) / seconds:,.0f} a second")
    return dataset


def test_the_counts_are_those_of_the_archive(real_data, training_faces):
    archive = real_data / "img_align_celeba.zip"
    assert len(training_faces) == 2_500
    assert len(CelebAFaces(archive, split="validation", memory_gb=0)) == 500
    assert len(CelebAFaces(archive, split="all", memory_gb=0)) == 3_000
    assert training_faces.description == "CelebA, 2,500 of 3,000 pictures at 64 px, from img_align_celeba.zip"


def test_they_keep_to_the_range_and_use_both_signs(training_faces):
    everything = training_faces[:]
    assert everything.shape == (2_500, 3, 64, 64)
    assert everything.min() >= -1
    assert everything.max() <= 1
    assert everything.min() < -0.99
    assert everything.max() > 0.99
    assert everything.flatten(1).std(1).min() > 0.05  # none is blank
    assert everything.mean().abs() < 0.3
    assert 0.4 < everything.std() < 0.7


def test_different_pictures_differ(training_faces):
    some = training_faces[torch.tensor([0, 1, 7, 8, 100, 999, 2_499])].flatten(1)
    apart = torch.cdist(some, some, p=1) / some.shape[1]
    assert apart[~torch.eye(7, dtype=torch.bool)].min() > 0.1


def test_the_archive_the_unpacked_folder_and_the_disk_agree_pixel_for_pixel(real_data, training_faces, tmp_path):
    archive = real_data / "img_align_celeba.zip"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path, [f"img_align_celeba/{number:06}.jpg" for number in range(1, 121)])
    unpacked = CelebAFaces(tmp_path, split="all", progress=False)
    assert len(unpacked) == 120
    assert torch.equal(unpacked[:], training_faces[:120])
    assert torch.equal(CelebAFaces(archive, memory_gb=0)[:120], training_faces[:120])


def test_training_and_validation_share_no_picture(real_data, training_faces):
    validation = CelebAFaces(real_data / "img_align_celeba.zip", split="validation", progress=False)
    train = {image.numpy().tobytes() for image in training_faces}
    assert not train & {image.numpy().tobytes() for image in validation}


def test_faces_finds_them(real_data, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    monkeypatch.setenv("GANCOURSE_DATA", str(real_data))
    assert len(faces(image_size=32, count=20, progress=False)) == 20
    assert capsys.readouterr().out == ("Faces: CelebA, 20 of 3,000 pictures at 32 px, from img_align_celeba.zip.\n")
