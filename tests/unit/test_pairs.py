"""Labels and photo stay together, pixel by pixel, wherever they come from; what is no pair is refused by name."""

import io
import re
import tarfile
import warnings
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from gancourse.data import DrawnFacades, FacadesPairs, facades, jitter, pairs, to_uint8
from gancourse.data.drawn_facades import CLASSES, FIRST_VALIDATION, colour_labels, draw_facades
from gancourse.errors import CourseError

COLOURS = list(CLASSES.values())


@pytest.fixture(autouse=True)
def lesson_profile_no_data_and_no_bars(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GANCOURSE_PROGRESS", "0")


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def side(number, labels, size=(8, 8)):
    """A flat picture that says its number in red, and in green whether it is labels."""
    return Image.new("RGB", size, (number, 255 if labels else 0, 7))


def beside(left, right):
    both = Image.new("RGB", (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def pair(number):
    """Photo left, labels right, as in the archive of the facades."""
    return encoded(beside(side(number, labels=False), side(number, labels=True)))


def numbers(dataset):
    """Each pair's number; both sides have to be what they should, and of one pair."""
    labels, photos = (to_uint8(batch)[..., 0, 0] for batch in dataset[:])
    assert (labels[:, 1] == 255).all()
    assert (photos[:, 1] == 0).all()
    assert torch.equal(labels[:, 0], photos[:, 0])
    return labels[:, 0].tolist()


def written(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


OFFICIAL = {
    f"facades/{folder}/{number}.png": pair(number)
    for folder, members in {"test": (12, 13, 14), "train": (10, 9, 1, 2), "val": (21, 20)}.items()
    for number in members
}
FLAT = {f"{number}.png": pair(number) for number in range(1, 13)}
PARALLEL = {
    f"{kind}/{number}.png": encoded(side(number, kind == "labels"))
    for kind in ("labels", "photos")
    for number in range(1, 13)
}


# --- One pair, to the pixel -------------------------------------------------------------------------------------------

NOISE = np.random.default_rng(0).integers(0, 256, (256, 512, 3), np.uint8)
PHOTO, LABELS = NOISE[:, :256].transpose(2, 0, 1), NOISE[:, 256:].transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("labels_on", "first", "second"), [("right", LABELS, PHOTO), ("left", PHOTO, LABELS)], ids=["right", "left"]
)
def test_a_pair_is_split_in_the_middle_to_the_pixel(tmp_path, labels_on, first, second):
    folder = written(tmp_path / "set", {"1.png": encoded(Image.fromarray(NOISE))})
    labels, photo = FacadesPairs(folder, labels_on=labels_on)[0]
    assert labels.shape == photo.shape == (3, 256, 256)
    assert labels.dtype == photo.dtype == torch.float32
    assert np.array_equal(to_uint8(labels), first)
    assert np.array_equal(to_uint8(photo), second)


@pytest.mark.parametrize("size", [5, 16, 40])
def test_nothing_bleeds_from_one_half_into_the_other(tmp_path, size):
    white_and_black = beside(Image.new("RGB", (20, 24), "white"), Image.new("RGB", (20, 24), "black"))
    folder = written(tmp_path / "set", {"1.png": encoded(white_and_black)})
    labels, photo = FacadesPairs(folder, image_size=size)[0]
    assert labels.shape == (3, size, size)
    assert (labels == -1).all()
    assert (photo == 1).all()


def test_each_half_is_averaged_down_whole(tmp_path):
    stripes = np.zeros((32, 64, 3), np.uint8)
    stripes[::2] = 255
    folder = written(tmp_path / "set", {"1.png": encoded(Image.fromarray(stripes))})
    labels, photo = FacadesPairs(folder, image_size=8)[0]
    assert labels.abs().max() < 0.2
    assert photo.abs().max() < 0.2


# --- Indexing ---------------------------------------------------------------------------------------------------------


def test_pairs_are_indexed_as_a_tensor_is(tmp_path):
    dataset = FacadesPairs(written(tmp_path / "set", FLAT), image_size=4, split="all")
    assert len(dataset) == 12
    everything = dataset[:]
    for index in (0, -2, torch.tensor(3), slice(2, 5), torch.tensor([11, 0, 0]), torch.arange(12) > 9):
        for found, whole in zip(dataset[index], everything, strict=True):
            assert torch.equal(found, whole[index])
    assert len(list(dataset)) == 12
    with pytest.raises(IndexError):
        dataset[12]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_works_too(tmp_path, workers):
    dataset = FacadesPairs(written(tmp_path / "set", FLAT), image_size=4, split="all")
    batches = list(DataLoader(dataset, batch_size=5, num_workers=workers))
    for position, whole in enumerate(dataset[:]):
        assert torch.equal(torch.cat([batch[position] for batch in batches]), whole)


# --- Where pairs come from --------------------------------------------------------------------------------------------


@pytest.fixture(params=["tar", "zip", "folder", "inside"])
def official(request, tmp_path):
    """The archive's layout, with fewer pairs, in each form that the set may have."""
    if request.param == "tar":
        return tarred(tmp_path / "facades.tar.gz", OFFICIAL)
    if request.param == "zip":
        return zipped(tmp_path / "facades.zip", OFFICIAL)
    written(tmp_path, OFFICIAL)
    return tmp_path / "facades" if request.param == "folder" else tmp_path


def test_the_archives_folders_are_its_splits_in_natural_order(official):
    parts = {split: FacadesPairs(official, 4, split) for split in ("train", "validation", "test", "all")}
    assert numbers(parts["train"]) == [1, 2, 9, 10]
    assert numbers(parts["validation"]) == [20, 21]
    assert numbers(parts["test"]) == [12, 13, 14]
    assert numbers(parts["all"]) == [1, 2, 9, 10, 20, 21, 12, 13, 14]
    assert numbers(FacadesPairs(official, 4, count=3)) == [1, 2, 9]


def test_it_says_in_a_line_what_it_is(tmp_path):
    archive = tarred(tmp_path / "facades.tar.gz", OFFICIAL)
    dataset = FacadesPairs(tmp_path, image_size=4)
    assert dataset.source == archive
    assert dataset.description == "CMP facades, 4 of 9 pairs at 4 px, from facades.tar.gz"
    own = FacadesPairs(written(tmp_path / "holiday", FLAT), image_size=4)
    assert own.source == tmp_path / "holiday"
    assert own.description == "10 of 12 pairs at 4 px, from holiday"
    written(tmp_path, PARALLEL)
    two = FacadesPairs((tmp_path / "labels", tmp_path / "photos"), image_size=4)
    assert two.source == (tmp_path / "labels", tmp_path / "photos")
    assert two.description == "10 of 12 pairs at 4 px, from labels and photos"


def test_without_folders_the_last_sixth_is_for_validation(tmp_path):
    folder = written(tmp_path / "set", FLAT)
    assert numbers(FacadesPairs(folder, 4)) == list(range(1, 11))
    assert numbers(FacadesPairs(folder, 4, "validation")) == [11, 12]
    assert numbers(FacadesPairs(folder, 4, "all")) == list(range(1, 13))


def test_a_folder_called_validation_is_one_too(tmp_path):
    files = {"Train/1.png": pair(1), "Validation/2.png": pair(2)}
    assert numbers(FacadesPairs(written(tmp_path / "set", files), 4, "validation")) == [2]


def test_folders_may_be_in_capitals(tmp_path):
    files = {"TRAIN/1.png": pair(1), "Val/2.png": pair(2), "Test/3.png": pair(3)}
    for source in (written(tmp_path / "set", files), zipped(tmp_path / "set.zip", files)):
        for number, split in enumerate(("train", "validation", "test"), 1):
            assert numbers(FacadesPairs(source, 4, split)) == [number]


@pytest.mark.parametrize("form", ["two folders", "one folder", "zip", "tar", "two zips"])
def test_labels_and_photos_may_lie_apart(tmp_path, form):
    if form == "zip":
        source = zipped(tmp_path / "set.zip", PARALLEL)
    elif form == "tar":
        source = tarred(tmp_path / "set.tar.gz", PARALLEL)
    elif form == "two zips":
        kinds = [{name: file for name, file in PARALLEL.items() if kind in name} for kind in ("labels", "photos")]
        source = zipped(tmp_path / "a.zip", kinds[0]), zipped(tmp_path / "b.zip", kinds[1])
    else:
        source = written(tmp_path / "set", PARALLEL)
        source = source if form == "one folder" else (str(source / "labels"), source / "photos")
    assert numbers(FacadesPairs(source, 4)) == list(range(1, 11))
    assert numbers(FacadesPairs(source, 4, "validation")) == [11, 12]


@pytest.mark.parametrize("pattern", ["{kind}/{split}/{number}.png", "{split}/{kind}/{number}.png"])
def test_they_may_have_splits_of_their_own(tmp_path, pattern):
    files = {
        pattern.format(kind=kind, split=split, number=number): encoded(side(number, kind == "Labels"))
        for kind in ("Labels", "Photos")
        for split, number in (("train", 1), ("train", 2), ("val", 3))
    }
    folder = written(tmp_path / "set", files)
    assert numbers(FacadesPairs(folder, 4)) == [1, 2]
    assert numbers(FacadesPairs(folder, 4, "validation")) == [3]


@pytest.mark.parametrize("pattern", ["{kind}/{number:04}{suffix}", "base/cmp_b{number:04}{suffix}"])
def test_partners_are_found_whatever_their_suffix(tmp_path, pattern):
    """CMP's own base set is one folder of JPEG photos, each beside a PNG of labels with a palette, and an XML file."""
    files = {"base/cmp_b0001.xml": b"<object/>"}
    for number in range(1, 4):
        labels = side(number, True, (12, 16)).quantize(2)
        files[pattern.format(kind="Labels", number=number, suffix=".png")] = encoded(labels)
        photo = side(number, False, (12, 16))
        files[pattern.format(kind="Photos", number=number, suffix=".JPG")] = encoded(photo, "JPEG", quality=100)
    labels, photos = FacadesPairs(written(tmp_path / "set", files), 8, "all")[:]
    assert to_uint8(labels)[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert (labels[:, 1] == 1).all()
    assert (photos[:, 1] < -0.9).all()


# --- What is no pair --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ((17, 8), r"2\.png is 17 px wide, an odd number"),
        ((8, 8), r"2\.png is 8 x 8 px.*looks like one picture, not a pair.*labels/ and photos/"),
        ((6, 9), r"2\.png is 6 x 9 px.*not a pair"),
    ],
)
def test_a_picture_that_has_no_two_halves_is_named(tmp_path, size, told):
    files = {"1.png": pair(1), "2.png": encoded(Image.new("RGB", size, "red"))}
    with pytest.raises(CourseError, match=rf"set: {told}"):
        FacadesPairs(written(tmp_path / "set", files), 4)


def test_halves_need_not_be_square(tmp_path):
    folder = written(tmp_path / "set", {"1.png": encoded(Image.new("RGB", (10, 9)))})
    assert FacadesPairs(folder, 4)[0][0].shape == (3, 4, 4)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["labels/3.png"], r"Without a partner: photos/3\.png\. Labels and photo"),
        (
            ["photos/1.png", "labels/2.png", "photos/3.png", "photos/4.png"],
            r"partner: labels/1\.png, photos/2\.png, labels/3\.png and 1 more\. Labels",
        ),
    ],
)
def test_pictures_without_partners_are_counted_and_three_are_named(tmp_path, missing, told):
    files = {name: content for name, content in PARALLEL.items() if name not in missing}
    with pytest.raises(CourseError, match=told):
        FacadesPairs(written(tmp_path / "set", files), 4)


def test_two_candidates_for_one_side_are_named(tmp_path):
    files = PARALLEL | {"labels/3.bmp": encoded(side(3, True), "BMP")}
    with pytest.raises(CourseError, match=r"labels/3\.bmp and labels/3\.png are two pictures for one side"):
        FacadesPairs(written(tmp_path / "set", files), 4)


def test_partners_of_different_sizes_are_named(tmp_path):
    files = PARALLEL | {"photos/5.png": encoded(side(5, False, (8, 9)))}
    with pytest.raises(CourseError, match=r"labels/5\.png is 8 x 8 px and .*photos/5\.png 8 x 9\..*at one size"):
        FacadesPairs(written(tmp_path / "set", files), 4)


CLASS_NUMBERS = np.arange(1, 13, dtype=np.uint8).repeat(8).reshape(8, 12)


@pytest.mark.parametrize("form", ["side by side", "apart"])
def test_labels_that_are_class_numbers_are_recognised(tmp_path, form):
    labels, photo = Image.fromarray(CLASS_NUMBERS), Image.new("RGB", (12, 8), "red")
    if form == "apart":
        files = {"labels/1.png": encoded(labels), "photos/1.png": encoded(photo)}
    else:
        files = {"1.png": encoded(beside(photo, labels.convert("RGB")))}
    with pytest.raises(CourseError, match=r"labels in set: .*1\.png are nearly black.*colour_labels\(numbers - 1\)"):
        FacadesPairs(written(tmp_path / "set", files), 4)
    coloured = colour_labels(CLASS_NUMBERS[None] - 1)  # what the sentence says to do
    assert [coloured[0, :, 0, 0].tolist(), coloured[0, :, -1, -1].tolist()] == [[*COLOURS[0]], [*COLOURS[-1]]]


@pytest.mark.parametrize("grey", [0, 16, 255])
def test_labels_may_be_grey_or_empty(tmp_path, grey):
    files = {"1.png": encoded(beside(Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), (grey,) * 3)))}
    assert len(FacadesPairs(written(tmp_path / "set", files), 4)) == 1


def test_dark_photos_are_not_taken_for_class_numbers(tmp_path):
    files = {"1.png": encoded(beside(Image.fromarray(CLASS_NUMBERS).convert("RGB"), Image.new("RGB", (12, 8), "red")))}
    assert len(FacadesPairs(written(tmp_path / "set", files), 4)) == 1


def test_a_missing_an_empty_and_a_tiny_source_are_told_apart(tmp_path):
    with pytest.raises(CourseError, match=r"There is no .*gone.*facades\.tar\.gz.*of your own"):
        FacadesPairs(tmp_path / "gone")
    folder = written(tmp_path / "set", {"1.png": pair(1)})
    with pytest.raises(CourseError, match=r"There is no .*photos"):
        FacadesPairs((folder, tmp_path / "photos"))
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", (folder, tmp_path / "empty")):
        with pytest.raises(CourseError, match="empty holds no pictures"):
            FacadesPairs(source)
    with pytest.raises(CourseError, match=r"1\.png is one picture\. Give the folder"):
        FacadesPairs(folder / "1.png")
    with pytest.raises(CourseError, match="set has too few pairs, 1, to set a sixth aside"):
        FacadesPairs(folder, split="validation")


@pytest.mark.parametrize(
    ("files", "split", "told"),
    [
        ({"train/1.png": pair(1)}, "validation", r"no pairs in a folder val/\. .*split='train'\."),
        (
            {"train/1.png": pair(1), "val/2.png": pair(2)},
            "test",
            r"no pairs in a folder test/\. .*split='train' or 'validation'\.",
        ),
        ({"val/2.png": pair(2)}, "train", r"no pairs in a folder train/\. .*split='validation'\."),
        (FLAT, "test", r"no pairs in a folder test/\. .*split='train' or 'validation'\."),
    ],
)
def test_a_split_that_is_not_there_is_named(tmp_path, files, split, told):
    with pytest.raises(CourseError, match=f"set has {told}"):
        FacadesPairs(written(tmp_path / "set", files), 4, split)


@pytest.mark.parametrize(
    "given",
    [{"image_size": 0}, {"image_size": 2000}, {"image_size": 64.0}, {"count": 0}, {"split": "val"}, {"labels_on": "x"}],
    ids=str,
)
def test_an_argument_that_makes_no_sense_is_named(tmp_path, given):
    with pytest.raises(CourseError, match=next(iter(given))):
        FacadesPairs(written(tmp_path / "set", FLAT), **given)


@pytest.mark.parametrize(("files", "bad"), [(FLAT, "5.png"), (PARALLEL, "labels/5.png"), (PARALLEL, "photos/5.png")])
def test_a_pair_of_which_a_picture_is_damaged_is_left_out_with_one_warning(tmp_path, files, bad):
    folder = written(tmp_path / "set", files | {bad: files[bad][:-30]})
    for count in (None, 11):
        with pytest.warns(UserWarning, match="cannot be read") as caught:
            dataset = FacadesPairs(folder, 4, "all", count)
        (warning,) = caught
        told = rf"^1 of {count or 12} pairs in set cannot be read and are left out:\n  set: {bad} cannot be read"
        assert re.search(told, str(warning.message))
        assert warning.filename == __file__
        assert numbers(dataset) == [number for number in range(1, (count or 12) + 1) if number != 5]
        assert dataset.description.startswith(f"{(count or 12) - 1} of 12 pairs at 4 px")
        assert len(dataset.left_out) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert FacadesPairs(folder, 4, "validation").left_out == []


def test_more_than_one_in_ten_damaged_pairs_are_too_many(tmp_path):
    folder = written(tmp_path / "set", FLAT | {"3.png": b"?", "9.png": b"?"})
    with pytest.raises(CourseError, match=r"^2 of 12 pairs in set cannot be read, too many .*\n.*3\.png.*\n.*9\.png"):
        FacadesPairs(folder, 4, "all")


def test_the_warning_of_an_exchange_looks_at_the_pairs_that_can_be_read(facade_folder, tmp_path):
    contents = [file.read_bytes() for file in facade_folder.iterdir()]
    files = {f"{number}.jpg": contents[number % len(contents)] for number in range(20)}
    folder = written(tmp_path / "set", files | {"0.jpg": b"?"})
    with pytest.warns(UserWarning, match="cannot be read|look exchanged") as caught:
        FacadesPairs(folder, 8, "all", labels_on="left")
    assert [str(warning.message).split(":")[0] for warning in caught] == [
        "1 of 20 pairs in set cannot be read and are left out",
        "Labels and photos of set look exchanged",
    ]


# --- Labels and photos exchanged --------------------------------------------------------------------------------------


def drawn_pairs(count, compressed):
    codes, photos = draw_facades(count, 128)
    for labels, photo in zip(colour_labels(codes), photos, strict=True):
        both = beside(*(Image.fromarray(picture.transpose(1, 2, 0)) for picture in (photo, labels)))
        yield encoded(both, "JPEG", quality=85) if compressed else encoded(both)


@pytest.fixture(scope="module", params=["PNG", "JPEG"])
def facade_folder(request, tmp_path_factory):
    files = {f"{number}.jpg": content for number, content in enumerate(drawn_pairs(4, request.param == "JPEG"))}
    return written(tmp_path_factory.mktemp("pairs") / "facades of mine", files)


@pytest.mark.parametrize("size", [8, 64, 128])
def test_exchanged_halves_are_warned_of_at_every_size(facade_folder, size):
    told = r"facades of mine look exchanged.* if they are exchanged, pass labels_on='right'\.$"
    with pytest.warns(UserWarning, match=told) as caught:
        FacadesPairs(facade_folder, size, labels_on="left")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FacadesPairs(facade_folder, size)


def test_exchanged_folders_are_warned_of_by_what_to_do(tmp_path):
    codes, photos = draw_facades(2, 64)
    sets = {"labels": colour_labels(codes), "photos": photos}
    for kind, pictures in sets.items():
        for number, picture in enumerate(pictures):
            written(tmp_path, {f"{kind}/{number}.png": encoded(Image.fromarray(picture.transpose(1, 2, 0)))})
    with pytest.warns(UserWarning, match="photos and labels look exchanged.*exchange the labels' folder and the"):
        FacadesPairs((tmp_path / "photos", tmp_path / "labels"), 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FacadesPairs((tmp_path / "labels", tmp_path / "photos"), 4)


@pytest.mark.parametrize("labels_on", ["left", "right"])
@pytest.mark.parametrize("kind", ["two photos", "two label maps"])
def test_two_sides_of_one_kind_are_not_warned_of(tmp_path, labels_on, kind):
    codes, photos = draw_facades(2, 64)
    _, others = draw_facades(2, 64, look=1)
    left, right = (photos, others) if kind == "two photos" else (colour_labels(codes), colour_labels(codes[::-1]))
    for number in range(2):
        both = beside(*(Image.fromarray(half[number].transpose(1, 2, 0)) for half in (left, right)))
        written(tmp_path / "set", {f"{number}.png": encoded(both)})
    written(tmp_path / "set", {"3.png": encoded(Image.fromarray(NOISE))})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FacadesPairs(tmp_path / "set", 4, labels_on=labels_on)


def test_flatness_is_a_share_of_neighbours():
    stripes = np.zeros((4, 4, 3), np.uint8)
    stripes[:, ::2, 1] = 3  # no neighbour in a row is alike, each in a column is
    assert pairs.flatness(Image.fromarray(stripes)) == 0.5
    stripes[stripes == 3] = 2
    assert pairs.flatness(Image.fromarray(stripes)) == 1
    assert pairs.flatness(Image.new("RGB", (1, 9))) == 1


# --- Jitter -----------------------------------------------------------------------------------------------------------


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_both_sides_are_jittered_alike():
    images = torch.rand(6, 3, 32, 32, generator=seeded(0)) * 2 - 1
    for seed in range(20):
        labels, photos = jitter(images, images.clone(), seeded(seed))
        assert labels.shape == (6, 3, 32, 32)
        assert torch.equal(labels, photos)
        assert not torch.equal(labels, images)


def test_labels_stay_labels_and_photos_photos():
    labels, photos = jitter(torch.full((2, 3, 32, 32), -1.0), torch.full((2, 3, 32, 32), 1.0), seeded(0))
    assert torch.allclose(labels, torch.tensor(-1.0))
    assert torch.allclose(photos, torch.tensor(1.0))


def test_jitter_keeps_the_range_and_its_input():
    images = (torch.rand(8, 3, 32, 32, generator=seeded(0)) > 0.5) * 2.0 - 1  # where bicubic overshoots most
    before = images.clone()
    labels, photos = jitter(images, images, seeded(1))
    assert labels.min() == photos.min() == -1
    assert labels.max() == photos.max() == 1
    assert torch.equal(images, before)


def test_jitter_depends_on_its_source_alone_and_on_all_of_it():
    images = torch.rand(4, 3, 32, 32, generator=seeded(0)) * 2 - 1
    first = jitter(images, images, seeded(1))[0]
    torch.manual_seed(5)
    assert torch.equal(jitter(images, images, seeded(1))[0], first)
    assert not torch.equal(jitter(images, images, seeded(2))[0], first)
    source = seeded(1)
    jitter(images, images, source)
    assert not torch.equal(jitter(images, images, source)[0], first)


def windows(size, count, seed):
    """Where each of `count` jittered pictures was cut out, read from a picture that says at each pixel where it is.

    Top and left edge, width and whether it is mirrored; the first three in pixels of the picture.
    """
    ramp = torch.arange(size) / size
    image = torch.stack([ramp.expand(size, size).T, ramp.expand(size, size), torch.zeros(size, size)])
    images = image.expand(count, 3, size, size)
    _, photos = jitter(images, images, seeded(seed))
    inside = slice(size // 4, -size // 4)  # away from the borders, where interpolation bends the ramp
    row = photos[:, 1, size // 2] * size
    slope = row[:, inside].diff().mean(1)
    mirrored = slope < 0
    edge = torch.where(mirrored, row.flip(1)[:, size // 2], row[:, size // 2]) + 0.5 - (size // 2 + 0.5) * slope.abs()
    top = photos[:, 0, size // 2, size // 2] * size + 0.5 - (size // 2 + 0.5) * slope.abs()
    return top, edge, slope.abs() * size, mirrored


def test_from_256_px_to_286_and_256_of_those_again():
    top, left, width, _ = windows(256, 8, seed=0)
    assert torch.allclose(width, torch.tensor(256 * 256 / 286), atol=0.3)  # for 285 and 287 it is 0.8 away
    for edge in (top, left):
        assert edge.min() > -0.3
        assert edge.max() < 256 - width.min() + 0.3


def test_every_place_is_reached_and_rows_and_columns_are_drawn_apart():
    top, left, _, _ = windows(32, 600, seed=0)
    places = torch.stack([top, left], dim=1).mul(36 / 32).round().int()
    found = {tuple(place) for place in places.tolist()}
    assert found == {(row, column) for row in range(5) for column in range(5)}


def test_half_the_pairs_are_mirrored_each_by_its_own_coin():
    mirrored = windows(32, 600, seed=1)[3]
    assert 240 < mirrored.sum() < 360  # 300, and five times its standard deviation of 12
    assert 0.4 < (mirrored[1:] == mirrored[:-1]).float().mean() < 0.6


@pytest.mark.parametrize("split", ["train", "validation"])
def test_no_set_jitters_by_itself(tmp_path, split):
    for dataset in (
        FacadesPairs(written(tmp_path / "set", FLAT), 16, split),
        DrawnFacades(2, 16, split),
    ):
        for first, again in zip(dataset[:], dataset[:], strict=True):
            assert torch.equal(first, again)


# --- The twin, and which of the two -----------------------------------------------------------------------------------


def test_the_twin_is_what_draw_facades_draws():
    twin = DrawnFacades(3, image_size=16, seed=5)
    codes, photos = draw_facades(3, 16, 5)
    assert len(twin) == 3
    labels, painted = twin[torch.tensor([2, 0])]
    assert np.array_equal(to_uint8(painted), photos[[2, 0]])
    assert np.array_equal(to_uint8(labels), colour_labels(codes)[[2, 0]])
    assert twin.codes.dtype == torch.uint8
    assert np.array_equal(twin.codes, codes)
    assert [part.shape for part in twin[1]] == [(3, 16, 16)] * 2
    assert twin.description == "drawn twin of CMP facades, 3 pairs at 16 px"


def test_drawn_facades_for_validation_are_others():
    train, validation = DrawnFacades(6, 16), DrawnFacades(6, 16, "validation")
    assert np.array_equal(validation.codes, draw_facades(6, 16, 0, FIRST_VALIDATION)[0])
    both = DrawnFacades(6, 16, "all")
    for found, seen, held_out in zip(both[:], train[:], validation[:], strict=True):
        assert torch.equal(found, torch.cat([seen[:5], held_out[:1]]))
    assert torch.equal(both.codes, torch.cat([train.codes[:5], validation.codes[:1]]))


@pytest.mark.parametrize("given", [{"image_size": 0}, {"count": 0}, {"split": "test"}], ids=str)
def test_what_cannot_be_drawn_is_named(given):
    with pytest.raises(CourseError, match=next(iter(given))):
        DrawnFacades(**{"count": 2} | given)
    with pytest.raises(CourseError, match=next(iter(given))):
        facades(**given)


@pytest.mark.parametrize("kind", ["real", "drawn"])
def test_every_set_of_pairs_keeps_to_the_range(official, kind):
    dataset = FacadesPairs(official, 16) if kind == "real" else DrawnFacades(4, 16)
    for side_of_all in dataset[:]:
        assert side_of_all.dtype == torch.float32
        assert side_of_all.shape == (4, 3, 16, 16)
        assert -1 <= side_of_all.min() < -0.5
        assert side_of_all.max() <= 1
    assert max(part.max() for part in dataset[:]) > 0.5


def test_facades_takes_the_real_set_where_there_is_one(tmp_path, capsys):
    tarred(tmp_path / "facades.tar.gz", OFFICIAL)
    assert numbers(facades(image_size=4, root=tmp_path)) == [1, 2, 9, 10]
    assert capsys.readouterr().out == "Facades: CMP facades, 4 of 9 pairs at 4 px, from facades.tar.gz.\n"
    assert numbers(facades(image_size=4, split="validation", count=1, root=tmp_path)) == [20]


def test_facades_draws_where_there_is_none_and_says_how_to_get_it(tmp_path, capsys):
    dataset = facades(image_size=16, count=2)
    assert isinstance(dataset, DrawnFacades)
    assert len(dataset) == 2
    said = capsys.readouterr().out
    assert said.startswith("Facades: drawn twin of CMP facades, 2 pairs at 16 px, not the real ones.")
    assert "`python -m gancourse download facades` brings those" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_in_the_smoke_profile_facades_are_drawn_and_the_line_is_the_same_on_every_machine(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GANCOURSE_PROFILE", "smoke")
    tarred(tmp_path / "facades.tar.gz", OFFICIAL)
    facades(image_size=16, count=2, root=tmp_path)
    said = capsys.readouterr().out
    assert said.startswith("Facades: drawn twin of CMP facades, 2 pairs at 16 px, as always in the smoke profile.")
    assert "facades.tar.gz" in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize(
    ("profile", "split", "count"),
    [
        ("smoke", "train", 200),
        ("lesson", "train", 400),
        ("full", "all", 400),
        ("smoke", "validation", 100),
        ("full", "validation", 100),
    ],
)
def test_how_many_facades_are_drawn_unless_asked(tmp_path, monkeypatch, profile, split, count):
    def blank(number, size, *_, **__):
        return np.zeros((number, size, size), np.uint8), np.zeros((number, 3, size, size), np.uint8)

    monkeypatch.setenv("GANCOURSE_PROFILE", profile)
    monkeypatch.setattr(pairs, "draw_facades", blank)
    assert len(facades(image_size=16, split=split, root=tmp_path)) == count
