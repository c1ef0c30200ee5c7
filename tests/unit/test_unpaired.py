"""Two unrelated sets: every picture of each, in its own domain, split and at its size."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.data import DrawnLandscapes, UnpairedImages, monet2photo
from gancourse.data.drawn_landscapes import FIRST_VALIDATION, draw_landscapes
from gancourse.errors import CourseError


def paint(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 30, 3), shade, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """12 paintings, shades 100 to 111, and 18 photos, 10 to 27; two and one more to test with."""
    root = tmp_path / "own2photo"
    for name, shades in {
        "trainA": range(100, 112), "trainB": range(10, 28), "testA": (200, 201), "testB": (50,),
    }.items():  # fmt: skip
        for number, shade in enumerate(shades):
            paint(root / name / f"{number}.png", shade)
    return root


def shades(images: torch.Tensor) -> list[int]:
    return ((images[:, 0, 4, 4] + 1) * 127.5).round().int().tolist()


@pytest.mark.parametrize("zipped", [False, True])
def test_each_domain_keeps_all_its_pictures_and_the_last_sixth_is_held_out(folder, tmp_path, zipped):
    source = folder
    if zipped:
        source = tmp_path / "own2photo.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for path in sorted(folder.rglob("*.png")):
                archive.write(path, path.relative_to(tmp_path))
    sets = {split: UnpairedImages(source, 8, split, progress=False) for split in ("train", "validation", "test", "all")}
    assert shades(sets["train"].monets[:]) == list(range(100, 110))
    assert shades(sets["train"].photos[:]) == list(range(10, 25))
    assert shades(sets["validation"].monets[:]) == [110, 111]
    assert shades(sets["validation"].photos[:]) == [25, 26, 27]
    assert shades(sets["test"].monets[:]) == [200, 201]
    assert shades(sets["test"].photos[:]) == [50]
    assert (len(sets["all"].photos), len(sets["all"].monets)) == (18, 12)
    assert sets["train"].photos[torch.tensor([3, 1])].shape == (2, 3, 8, 8)
    assert sets["train"].photos[0].dtype == torch.float32
    assert sets["train"].description.startswith("15 photos and 10 paintings at 8 px, from own2photo")


def test_two_folders_of_ones_own(folder):
    both = UnpairedImages((folder / "trainB", folder / "trainA"), 8, count=4, progress=False)
    assert shades(both.photos[:]) == [10, 11, 12, 13]
    assert shades(both.monets[:]) == [100, 101, 102, 103]
    assert not both.paired


def test_the_folders_may_be_in_capitals(folder, tmp_path):
    for name in ("trainA", "trainB", "testA", "testB"):
        (folder / name).rename(folder / f"{name}_").rename(folder / name.title())  # Traina, …
    train = UnpairedImages(folder, 8, progress=False)
    assert (len(train.photos), len(train.monets)) == (15, 10)
    assert shades(UnpairedImages(folder, 8, "test", progress=False).photos[:]) == [50]


def test_damaged_pictures_are_left_out_of_their_domain(folder):
    (folder / "trainB" / "4.png").write_bytes(b"?")
    with pytest.warns(UserWarning, match="cannot be read") as caught:
        both = UnpairedImages(folder, 8, progress=False)
    (warning,) = caught
    assert str(warning.message).startswith(
        "1 of 15 photos in own2photo cannot be read and are left out:\n  own2photo: "
    )
    assert warning.filename == __file__
    assert shades(both.photos[:]) == [10, 11, 12, 13, *range(15, 25)]
    assert shades(both.monets[:]) == list(range(100, 110))
    assert both.description.startswith("14 photos and 10 paintings")
    assert [sentence.split(" is ")[0] for sentence in both.left_out] == ["own2photo: trainB/4.png"]
    (folder / "trainA" / "3.png").write_bytes(b"?")
    with pytest.warns(UserWarning, match="1 of 1[05] (photos|monets)"):
        assert len(UnpairedImages(folder, 8, progress=False).left_out) == 2
    (folder / "trainA" / "4.png").write_bytes(b"?")
    with pytest.raises(CourseError, match=r"2 of 10 monets in own2photo cannot be read, too many"), pytest.warns():
        UnpairedImages(folder, 8, progress=False)


def test_bad_sources_get_a_clear_sentence(folder, tmp_path):
    paint(tmp_path / "one" / "trainA" / "0.png", 5)
    for make, sentence in (
        (lambda: UnpairedImages(tmp_path / "nowhere"), r"There is no .*nowhere\. Give monet2photo.zip"),
        (lambda: UnpairedImages(tmp_path / "one", 8), "has no photos for split='train'"),
        (lambda: UnpairedImages(folder / "trainA", 8), "has no photos for split='train'"),
        (lambda: UnpairedImages((folder / "trainB", folder / "trainA"), 8, "test"), "no photos for split='test'"),
        (lambda: UnpairedImages(folder, 8, "val"), "split is 'val'"),
        (lambda: UnpairedImages(folder, 0), "image_size is 0"),
    ):
        with pytest.raises(CourseError, match=sentence):
            make()


def test_drawn_scenes_are_in_one_domain_to_train_with_and_in_both_when_held_out():
    few, many = (DrawnLandscapes(count, 32, progress=False) for count in (2, 4))
    assert torch.equal(few.photos[:], many.photos[:2])
    assert torch.equal(few.monets[:], many.monets[:2])
    held_out = DrawnLandscapes(3, 32, "validation", progress=False)
    photos, answers = draw_landscapes(3, 32, first=FIRST_VALIDATION)
    assert torch.equal(held_out.photos[:], torch.from_numpy(photos) / 127.5 - 1)
    assert torch.equal(held_out.monets[:], torch.from_numpy(answers) / 127.5 - 1)
    assert held_out.paired
    assert not few.paired
    _, of_the_same_scenes = draw_landscapes(4, 32)
    assert not torch.equal(many.monets[:], torch.from_numpy(of_the_same_scenes) / 127.5 - 1)
    with pytest.raises(CourseError, match="have 'train' and 'validation'"):
        DrawnLandscapes(3, 32, "test")


def test_the_one_call_takes_the_real_set_where_it_is_and_says_so(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    folder.rename(tmp_path / "monet2photo")
    real = monet2photo(32, root=tmp_path, progress=False)
    assert (len(real.photos), len(real.monets)) == (15, 10)
    assert capsys.readouterr().out == "Monet2photo: 15 photos and 10 paintings at 32 px, from monet2photo.\n"
    drawn = monet2photo(32, "validation", count=2, root=tmp_path / "nowhere", progress=False)
    assert len(drawn.photos) == len(drawn.monets) == 2
    said = capsys.readouterr().out
    assert said.startswith("Monet2photo: drawn twin of Monet2photo, 2 photos and 2 paintings at 32 px, not the real")
    assert f"`python -m gancourse download monet2photo --to {tmp_path / 'nowhere'}` brings those" in said
    monkeypatch.setenv("GANCOURSE_PROFILE", "smoke")
    monet2photo(32, count=1, root=tmp_path, progress=False)
    assert "as always in the smoke profile. The others use monet2photo.zip" in capsys.readouterr().out


def test_the_official_layout(real_data):
    held_out = UnpairedImages(real_data / "monet2photo.zip", 16, "validation", progress=False)
    assert (len(held_out.photos), len(held_out.monets)) == (100, 100)
    train = UnpairedImages(real_data / "monet2photo.zip", 16, count=50, progress=False)
    for images in (train.photos, train.monets):
        assert images[:].shape == (50, 3, 16, 16)
        assert -1 <= images[:].min() < -0.8 < 0.6 < images[:].max() <= 1
    # Paintings are less dark and less varied in brightness than photographs.
    assert train.monets[:].mean() > train.photos[:].mean()
