"""What is wrong with a set of pictures is said before a night's training, by name; and what to do with it works."""

import io
import os
import shlex
import tarfile
import weakref
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from gancourse.__main__ import main
from gancourse.data import CelebAFaces, FacadesPairs, UnpairedImages, to_uint8
from gancourse.data.checked import ALIKE, ORIENTATION, SEAM, find_copies, fingerprint, seam
from gancourse.data.drawn_faces import draw_faces
from gancourse.data.files import PictureFolder, open_image
from gancourse.data.report import check_pictures
from gancourse.errors import CourseError

SMALL = ["--width", "2", "--batch-size", "2", "--device", "cpu"]


@pytest.fixture(autouse=True)
def no_bars(monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROGRESS", "0")


# --- Pictures to check ------------------------------------------------------------------------------------------------


def photo(number, size=(40, 40), kind=0):
    """Soft colours and grain, other ones for each number."""
    rng = np.random.default_rng((kind, number))
    soft = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = rng.integers(-12, 13, (size[1], size[0], 3))
    return Image.fromarray((np.asarray(soft, np.int16) + grain).clip(0, 255).astype(np.uint8))


def labels(number, size=(40, 40)):
    """Areas of one colour each."""
    colours = np.random.default_rng((9, number)).choice([0, 128, 255], (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)


def beside(left, right):
    return Image.fromarray(np.concatenate([np.asarray(left), np.asarray(right)], axis=1))


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def written(folder, contents):
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else encoded(content))
    return folder


def zipped(path, contents):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, encoded(content))
    return path


def tarred(path, contents):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(encoded(content))
            archive.addfile(entry, io.BytesIO(encoded(content)))
    return path


ONE_SET = {f"{number}.png": photo(number) for number in range(13)}
SIDE_BY_SIDE = {f"{number}.png": beside(photo(number), labels(number)) for number in range(13)}
PARALLEL = {f"photos/{number}.jpg.png": photo(number) for number in range(13)} | {
    f"labels/{number}.jpg.png": labels(number) for number in range(13)
}
TWO_SETS = {f"set/trainA/{number}.png": photo(number) for number in range(10)} | {
    f"set/trainB/{number}.png": photo(number, kind=1) for number in range(14)
}

APART = {name.replace("photos", "houses").replace("labels", "plans"): image for name, image in PARALLEL.items()}


def counts(checked):
    return {part: len(names) for part, names in checked.parts.items()}


# --- Which lesson -----------------------------------------------------------------------------------------------------


def test_one_set_is_for_a_dcgan(tmp_path):
    folder = written(tmp_path / "set", ONE_SET)
    checked = check_pictures(folder, size=32)
    assert checked.layout == "one set"
    assert checked.fits.keys() == {2}
    assert checked.misfits.keys() == {3, 4}
    assert counts(checked) == {"train": 11, "validation": 2}
    assert checked.parts["train"][-2:] == ["9.png", "10.png"]  # in the loader's order
    assert {split: len(CelebAFaces(folder, 32, split)) for split in counts(checked)} == counts(checked)


@pytest.mark.parametrize("side", ["left", "right"])
def test_pairs_side_by_side_are_for_pix2pix_and_their_labels_are_found(tmp_path, side):
    halves = {name: image if side == "right" else mirrored(image) for name, image in SIDE_BY_SIDE.items()}
    folder = written(tmp_path / "pairs", halves)
    checked = check_pictures(folder)
    assert checked.layout == "side by side"
    assert checked.fits.keys() == {3}
    assert checked.labels == side
    assert checked.exchanged == []
    assert counts(checked) == {"train": 11, "validation": 2}
    assert ("--labels-on left" in checked.command) == (side == "left")
    assert f"labels on the {side}" in checked.fits[3]


def mirrored(pair):
    """Its halves exchanged."""
    half = pair.width // 2
    return beside(pair.crop((half, 0, pair.width, pair.height)), pair.crop((0, 0, half, pair.height)))


def test_folders_named_after_the_splits_count(tmp_path):
    folders = {number: "train" if number < 9 else "val" if number < 12 else "test" for number in range(13)}
    contents = {f"{folders[number]}/{number}.png": SIDE_BY_SIDE[f"{number}.png"] for number in range(13)}
    contents["beside/1.png"] = beside(photo(100), labels(100))
    folder = written(tmp_path / "pairs", contents)
    checked = check_pictures(folder)
    assert counts(checked) == {"unused": 1, "test": 1, "train": 9, "validation": 3}
    assert {split: len(FacadesPairs(folder, 32, split)) for split in ("train", "validation", "test")} == {
        split: number for split, number in counts(checked).items() if split != "unused"
    }


def test_wide_photos_are_no_pairs(tmp_path):
    folder = written(tmp_path / "wide", {f"{number}.png": photo(number, (80, 40)) for number in range(13)})
    checked = check_pictures(folder, size=32)
    assert checked.layout == "one set"
    assert checked.fits.keys() == {2}


def test_two_photos_side_by_side_are_a_pair_whose_labels_nothing_tells(tmp_path):
    folder = written(tmp_path / "set", {f"{n}.png": beside(photo(n), photo(n, kind=1)) for n in range(13)})
    checked = check_pictures(folder)
    assert checked.layout == "side by side"
    assert checked.labels is None
    assert "does not show" in checked.fits[3]


@pytest.mark.parametrize("pack", [written, zipped, tarred])
def test_parallel_folders_are_for_pix2pix(tmp_path, pack):
    place = pack(tmp_path / {written: "pairs", zipped: "pairs.zip", tarred: "pairs.tar.gz"}[pack], PARALLEL)
    checked = check_pictures(place)
    assert checked.layout == "parallel"
    assert checked.sides == ("labels", "photos")
    assert checked.labels == "labels"
    assert len(checked.pairs) == 13
    assert ("labels/4.jpg.png", "photos/4.jpg.png") in checked.pairs
    assert counts(checked)["photos train"] == len(FacadesPairs(place, 32)) == 11
    assert checked.fits.keys() == {3}


def test_folders_named_the_wrong_way_round_are_told_of(tmp_path):
    names = {"labels": "photos", "photos": "labels"}
    contents = {f"{names[name[:6]]}{name[6:]}": image for name, image in PARALLEL.items()}
    checked = check_pictures(written(tmp_path / "pairs", contents))
    assert checked.labels == "photos"
    assert "labels in photos, so exchange the names" in checked.fits[3]


def test_where_no_pair_can_be_read_there_is_nothing_to_train_on(tmp_path):
    contents = {name: b"broken" if name.startswith("labels") else image for name, image in PARALLEL.items()}
    checked = check_pictures(written(tmp_path / "pairs", contents))
    assert not checked.fits
    assert "one in ten" in checked.misfits[3]
    assert checked.contact_sheet(4)[1][:2] == ["photos train", "photos validation"]


def test_labels_as_png_beside_their_jpeg_are_pairs(tmp_path):
    contents = {f"base/{n}.jpg": encoded(photo(n), "JPEG") for n in range(13)} | {
        f"base/{n}.png": labels(n) for n in range(13)
    }
    checked = check_pictures(written(tmp_path / "cmp", contents))
    assert checked.layout == "parallel"
    assert checked.labels == "labels"
    assert len(checked.pairs) == 13


@pytest.mark.parametrize("first", ["plans", "houses"])
def test_two_folders_of_the_same_names_are_pairs_in_the_right_order(tmp_path, first):
    written(tmp_path, {f"plans/{n}.png": labels(n) for n in range(13)})
    written(tmp_path, {f"houses/{n}.jpg": encoded(photo(n), "JPEG") for n in range(13)})
    places = [tmp_path / first, tmp_path / ("houses" if first == "plans" else "plans")]
    for checked in (check_pictures(*places), check_pictures(tmp_path)):
        assert checked.layout == "parallel"
        assert checked.fits.keys() == {3, 4}
        assert checked.labels == "plans"
        assert shlex.split(checked.command)[3:8] == [
            "train", "pix2pix", "--data", *((tmp_path / name).as_posix() for name in ("plans", "houses"))
        ]  # fmt: skip


def test_the_names_of_two_unrelated_folders_make_no_pairs(tmp_path):
    cats = written(tmp_path / "cats", {f"{n}.png": photo(n) for n in range(8)})
    dogs = written(tmp_path / "dogs", {f"{n}.png": photo(n, (50, 40), kind=1) for n in range(9)})
    checked = check_pictures(cats, dogs)
    assert checked.layout == "two sets"
    assert checked.fits.keys() == {4}
    assert checked.without_partner == []


@pytest.mark.parametrize("lower", [False, True])
def test_train_a_and_train_b_are_for_a_cyclegan(tmp_path, lower):
    contents = TWO_SETS | {"set/testA/1.png": photo(50), "set/testB/1.png": photo(51, kind=1)}
    if lower:
        contents = {name.lower(): image for name, image in contents.items()}
    folder = written(tmp_path / "two", contents)
    checked = check_pictures(folder)
    assert checked.layout == "two sets"
    assert checked.fits.keys() == {4}
    expected = {"A train": 9, "A validation": 1, "B train": 12, "B validation": 2, "A test": 1, "B test": 1}
    assert counts(checked) == expected
    loaded = UnpairedImages(folder, 32, "train"), UnpairedImages(folder, 32, "validation")
    assert [len(images.monets) for images in loaded] == [9, 1]
    assert [len(images.photos) for images in loaded] == [12, 2]


def test_two_folders_are_for_a_cyclegan_photos_first(tmp_path):
    summer = written(tmp_path / "summer", {f"{n}.png": photo(n) for n in range(8)})
    winter = zipped(tmp_path / "winter.zip", {f"w{n}.png": photo(n, kind=1) for n in range(14)})
    checked = check_pictures(summer, winter, size=32)
    assert counts(checked) == {
        "summer train": 7, "summer validation": 1, "winter.zip train": 12, "winter.zip validation": 2
    }  # fmt: skip
    assert checked.fits[4].startswith("summer as photos, 7 to train with")
    assert shlex.split(checked.command)[-4:] == [summer.as_posix(), winter.as_posix(), "--image-size", "32"]


def test_in_two_folders_of_your_own_no_folder_name_says_test(tmp_path):
    summer = written(tmp_path / "summer", {f"testA/{n}.png": photo(n) for n in range(8)})
    winter = written(tmp_path / "winter", {f"{n}w.png": photo(n, kind=1) for n in range(14)})
    checked = check_pictures(summer, winter, size=32)
    assert [counts(checked)[f"summer {split}"] for split in ("train", "validation")] == [
        len(UnpairedImages((summer, winter), 32, split).photos) for split in ("train", "validation")
    ]


def test_two_folders_of_one_name_keep_their_paths(tmp_path):
    for kind, place in enumerate("ab"):
        written(tmp_path / place / "pictures", {f"{place}{n}.png": photo(n, kind=kind) for n in range(6)})
    checked = check_pictures(tmp_path / "a" / "pictures", tmp_path / "b" / "pictures")
    assert len(checked.pictures) == 12
    assert checked.sides == tuple((tmp_path / place / "pictures").as_posix() for place in "ab")


@pytest.mark.parametrize(
    "contents",
    [ONE_SET, SIDE_BY_SIDE, PARALLEL, APART, TWO_SETS],
    ids=["set", "beside", "parallel", "apart", "two"],
)
def test_the_command_that_it_ends_with_trains(tmp_path, contents, capsys):
    folder = written(tmp_path / "my own pictures", contents)
    command = check_pictures(folder, size=32).command
    python, module, name, *words = shlex.split(command)
    assert (python, module, name) == ("python", "-m", "gancourse")
    length = ["--constant", "1", "--decay", "0", "--epoch-steps", "1"] if "cyclegan" in words else ["--steps", "1"]
    layers = [] if "dcgan" in words else ["--layers", "1"]
    assert main([*words, "--out", str(tmp_path / "run"), *SMALL, *length, *layers]) == 0
    assert "1 steps done." in capsys.readouterr().out


# --- Copies -----------------------------------------------------------------------------------------------------------


def saved_again(image, size=1.0, **options):
    smaller = image.resize((round(image.width * size), round(image.height * size)), Image.Resampling.LANCZOS)
    with Image.open(io.BytesIO(encoded(smaller, **options))) as again:
        return again.convert("RGB")


@pytest.mark.parametrize(
    "change",
    [
        lambda image: saved_again(image, form="JPEG", quality=30),
        lambda image: saved_again(image, form="WEBP", quality=50),
        lambda image: saved_again(image, size=0.5),
        lambda image: saved_again(image, size=0.4, form="JPEG", quality=80),
    ],
    ids=["JPEG", "WebP", "half", "small JPEG"],
)
def test_a_copy_is_known_at_any_size_and_quality_and_two_pictures_are_not_one(tmp_path, change):
    faces = [Image.fromarray(face.transpose(1, 2, 0)) for face in draw_faces(60, 64)]
    contents = {f"{number:02}.png": face for number, face in enumerate(faces)} | {"copy.png": change(faces[20])}
    checked = check_pictures(written(tmp_path / "faces", contents), size=32)
    assert checked.copies == [("20.png", "copy.png")]
    assert "20.png ≈ copy.png" in str(checked)


def test_copies_to_train_with_and_held_out_are_told_from_others(tmp_path):
    contents = ONE_SET | {"5b.png": ONE_SET["5.png"], "z.png": ONE_SET["0.png"]}
    checked = check_pictures(written(tmp_path / "set", contents), size=32)
    assert counts(checked) == {"train": 13, "validation": 2}
    assert checked.copies == [("0.png", "z.png"), ("5.png", "5b.png")]
    assert checked.shared == [("0.png", "z.png")]
    assert "held out; remove one: 1\n    0.png = z.png" in str(checked)
    assert "more than once: 1\n    5.png = 5b.png" in str(checked)


def test_a_picture_in_both_of_two_sets_is_named(tmp_path):
    contents = TWO_SETS | {"set/trainB/13.png": TWO_SETS["set/trainA/2.png"]}
    checked = check_pictures(written(tmp_path / "two", contents))
    assert checked.in_both == [("set/trainA/2.png", "set/trainB/13.png")]
    assert checked.shared == []
    assert checked.fits.keys() == {4}


def test_labels_alone_make_no_copy_of_a_pair(tmp_path):
    contents = PARALLEL | {"labels/3.jpg.png": PARALLEL["labels/2.jpg.png"]}
    assert check_pictures(written(tmp_path / "pairs", contents)).copies == []
    twice = {f"{side}/20.jpg.png": PARALLEL[f"{side}/1.jpg.png"] for side in ("labels", "photos")}
    checked = check_pictures(written(tmp_path / "pairs", twice))
    assert checked.copies == [("photos/1.jpg.png", "photos/20.jpg.png")]
    assert checked.shared == checked.copies


def test_find_copies_finds_what_comparing_all_finds():
    rng = np.random.default_rng(0)
    rows = rng.integers(100, 120, (300, 8, 8, 3)).astype(np.uint8)  # alike in brightness, and far apart in pixels
    rows[50] = rows[10] + 2
    rows[200] = rows[10] - 2  # alike to 10, and not to 50
    rows[250:] = rows[250]
    rows[120] = rows[119]
    rows[120, 0, 0, 0] += 100
    rows[130] = rows[131] + 3  # too far
    flat = rows.reshape(300, -1).astype(int)
    apart = np.abs(flat[:, None] - flat).mean(axis=2)
    alike = {(a, b) for a in range(300) for b in range(a) if apart[a, b] <= ALIKE}
    found = find_copies(rows)
    assert found == [[10, 50, 200], [119, 120], list(range(250, 300))]
    together = {(a, b) for group in found for a in group for b in group if b < a}
    assert together - alike == {(200, 50)}
    assert alike <= together
    assert find_copies(rows[:1]) == find_copies(rows[:0]) == []


def test_what_is_alike_only_through_others_is_one_group():
    rng = np.random.default_rng(0)
    way = rng.permutation(np.repeat([-2, 2], 96)).reshape(8, 8, 3)  # each step is 2 levels, in all directions
    starts = rng.integers(100, 120, (40, 8, 8, 3))
    chains = [start + step * way for start in starts for step in range(5)]
    order = rng.permutation(200)
    rows = np.array([chains[place] for place in order], np.uint8)
    rows[np.arange(200), 0, 0, 0] += rng.integers(0, 60, 200, np.uint8)  # so that others lie between in brightness
    expected = sorted(sorted(np.flatnonzero(order // 5 == chain).tolist()) for chain in range(40))
    assert find_copies(rows) == expected


def test_many_pictures_are_compared_in_seconds():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (10_000, 8, 8, 3), np.uint8)
    rows[5_000:9_000] = 0  # as many black ones
    rows[9_999] = rows[3]
    assert [len(group) for group in find_copies(rows)] == [2, 4_000]


def test_a_fingerprint_is_eight_by_eight_and_averages():
    left_white = Image.new("RGB", (160, 80))
    left_white.paste("white", (0, 0, 80, 80))
    found = fingerprint(left_white)
    assert found.shape == (8, 8, 3)
    assert found.dtype == np.uint8
    assert (found[:, :3] == 255).all()
    assert (found[:, 5:] == 0).all()
    chessboard = Image.fromarray((np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)).convert("RGB")
    assert abs(fingerprint(chessboard).astype(int) - 127).max() <= 8


def test_a_seam_is_in_the_middle():
    assert seam(beside(photo(0), photo(1))) > SEAM
    assert seam(photo(0, (80, 40))) < 1.5
    off_centre = beside(photo(0, (30, 40)), photo(1, (50, 40)))
    assert seam(off_centre) < 1.5


# --- One fault each ---------------------------------------------------------------------------------------------------


def test_a_bad_file_is_named_with_its_reason_and_ends_nothing(tmp_path):
    contents = {f"{n}.png": photo(n) for n in range(40)} | {"7.png": b"<html>", "8.png": encoded(photo(8))[:900]}
    checked = check_pictures(written(tmp_path / "set", contents), size=32)
    assert list(checked.unreadable) == ["7.png", "8.png"]
    assert "7.png is not a picture" in checked.unreadable["7.png"]
    assert "8.png cannot be read" in checked.unreadable["8.png"]
    assert len(checked.pictures) == 38
    assert counts(checked) == {"train": 32, "validation": 6}
    assert checked.fits[2] == "one set, 32 to train with and 6 held out"
    assert "Cannot be read, and left out: 2" in str(checked)


def test_a_disk_that_answers_once_is_enough(tmp_path, monkeypatch):
    folder, asked, read = written(tmp_path / "set", ONE_SET), [], PictureFolder.read

    def once(pictures, name):
        if name in asked:
            raise OSError(5, "Input/output error")
        asked.append(name)
        return read(pictures, name)

    monkeypatch.setattr(PictureFolder, "read", once)
    assert len(check_pictures(folder, size=32).pictures) == len(ONE_SET)


def test_more_than_one_bad_file_in_ten_is_no_set(tmp_path):
    contents = ONE_SET | {"1.png": b"", "2.png": b"no picture"}
    checked = check_pictures(written(tmp_path / "set", contents), size=32)
    assert not checked.fits
    assert checked.command is None
    assert "one in ten" in checked.misfits[2]
    with pytest.raises(CourseError, match="too many"):
        CelebAFaces(tmp_path / "set", 32)


def test_where_nothing_can_be_read_it_is_an_error(tmp_path):
    written(tmp_path / "set", {"1.png": b"", "2.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"})
    with pytest.raises(CourseError, match="Not one of 2 pictures"):
        check_pictures(tmp_path / "set")


def test_heic_is_refused_by_name(tmp_path):
    contents = ONE_SET | {"phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"}
    checked = check_pictures(written(tmp_path / "set", contents))
    assert "HEIC" in checked.unreadable["phone.heic"]


@pytest.mark.parametrize(
    ("change", "form", "options", "mode", "flag"),
    [
        (lambda image: image.convert("L"), "PNG", {}, "L", "grey"),
        (lambda image: image.convert("L").convert("RGB"), "JPEG", {"quality": 60}, "RGB", "grey"),
        (lambda image: image.quantize(64), "PNG", {}, "P", None),
        (lambda image: image.convert("CMYK"), "JPEG", {}, "CMYK", None),
        (lambda image: image.convert("RGBA"), "PNG", {}, "RGBA", "transparent"),
        (lambda image: Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257), "TIFF", {}, "I;16", "deep"),
        (lambda image: image, "JPEG", {"exif": 6}, "RGB", "turned"),
    ],
)
def test_what_a_picture_is_stored_as_is_said(tmp_path, change, form, options, mode, flag):
    if "exif" in options:
        exif = Image.Exif()
        exif[ORIENTATION] = options["exif"]
        options = {"exif": exif}
    odd = encoded(change(photo(3, (48, 36))), form, **options)
    checked = check_pictures(written(tmp_path / "set", ONE_SET | {"3.png": odd}), size=32)
    picture = checked.pictures["3.png"]
    assert (picture.mode, picture.format) == (mode, form)
    assert picture.size == ((36, 48) if flag == "turned" else (48, 36))
    flags = {what for what in ("grey", "transparent", "deep", "turned") if getattr(picture, what)}
    assert flags - {"grey"} == {flag} - {"grey", None}
    assert ("grey" in flags) == (flag == "grey" or flag == "deep")
    assert checked.grey == (["3.png"] if "grey" in flags else [])
    assert all(checked.having(what) == ["3.png"] for what in flags)
    assert checked.contact_sheet()[1] == ["train", "validation", *sorted(flags & {"grey", "turned"})]


def test_a_grey_set_has_no_grey_pictures_among_colours(tmp_path):
    checked = check_pictures(written(tmp_path / "set", {n: image.convert("L") for n, image in ONE_SET.items()}))
    assert checked.grey == []
    assert len(checked.having("grey")) == 13


def test_small_is_what_is_smaller_than_asked_for_and_half_of_a_pair(tmp_path):
    folder = written(tmp_path / "set", ONE_SET | {"4.png": photo(4, (64, 31)), "5.png": photo(5, (32, 32))})
    assert check_pictures(folder, size=32).small == ["4.png"]
    assert len(check_pictures(folder, size=64).small) == 13
    pairs = written(tmp_path / "pairs", SIDE_BY_SIDE | {"4.png": beside(photo(4, (31, 40)), labels(4, (31, 40)))})
    assert check_pictures(pairs, size=32).small == ["4.png"]


def test_exchanged_pairs_are_named(tmp_path):
    turned = {name: mirrored(SIDE_BY_SIDE[name]) for name in ("2.png", "11.png")}
    checked = check_pictures(written(tmp_path / "pairs", SIDE_BY_SIDE | turned))
    assert checked.labels == "right"
    assert checked.exchanged == ["2.png", "11.png"]
    changed = PARALLEL | {
        "labels/6.jpg.png": PARALLEL["photos/6.jpg.png"],
        "photos/6.jpg.png": PARALLEL["labels/6.jpg.png"],
    }
    checked = check_pictures(written(tmp_path / "parallel", changed))
    assert checked.exchanged == ["photos/6.jpg.png"]
    assert checked.labels == "labels"


@pytest.mark.parametrize("size", [(79, 40), (40, 40), (40, 80)])
def test_pictures_that_cannot_be_halved_stand_in_the_way_of_pairs(tmp_path, size):
    checked = check_pictures(written(tmp_path / "pairs", SIDE_BY_SIDE | {"3.png": photo(3, size)}))
    assert checked.layout == "side by side"
    assert checked.not_pairs == ["3.png"]
    assert not checked.fits
    with pytest.raises(CourseError, match=r"3\.png"):
        FacadesPairs(tmp_path / "pairs", 32, "all")


def test_pictures_without_a_partner_stand_in_the_way_of_pairs(tmp_path):
    contents = {name: image for name, image in PARALLEL.items() if name not in ("labels/5.jpg.png", "photos/8.jpg.png")}
    checked = check_pictures(written(tmp_path / "pairs", contents))
    assert sorted(checked.without_partner) == ["labels/8.jpg.png", "photos/5.jpg.png"]
    assert not checked.fits
    with pytest.raises(CourseError, match="Without a partner"):
        FacadesPairs(tmp_path / "pairs", 32)


def test_pairs_of_two_sizes_stand_in_the_way(tmp_path):
    checked = check_pictures(written(tmp_path / "pairs", PARALLEL | {"photos/5.jpg.png": photo(5, (40, 44))}))
    assert checked.two_sizes == ["photos/5.jpg.png"]
    assert not checked.fits
    with pytest.raises(CourseError, match="40 x 44"):
        FacadesPairs(tmp_path / "pairs", 32)


def test_labels_that_are_numbers_of_classes_stand_in_the_way(tmp_path):
    numbers = {name: image.point(lambda value: value // 64 + 1).convert("L") for name, image in PARALLEL.items()
               if name.startswith("labels")}  # fmt: skip
    checked = check_pictures(written(tmp_path / "pairs", PARALLEL | numbers))
    assert not checked.fits
    assert "nearly black" in checked.misfits[3]
    with pytest.raises(CourseError, match="nearly black"):
        FacadesPairs(tmp_path / "pairs", 32)


def test_five_pairs_are_too_few_and_six_are_not(tmp_path):
    contents = {f"{n}.png": SIDE_BY_SIDE[f"{n}.png"] for n in range(5)}
    checked = check_pictures(written(tmp_path / "pairs", contents))
    assert "too few" in checked.misfits[3]
    assert checked.command is None
    checked = check_pictures(written(tmp_path / "pairs", {"5.png": SIDE_BY_SIDE["5.png"]}))
    assert "5 to train with and 1 held out" in checked.fits[3]


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "There is no"), ("empty", "no pictures"), ("set/1.png", "is one picture"), ("broken.zip", "zip")],
)
def test_what_is_no_set_is_refused(tmp_path, name, message):
    written(tmp_path / "set", ONE_SET)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4")
    with pytest.raises(CourseError, match=message):
        check_pictures(tmp_path / name)


def test_a_size_that_no_network_takes_is_refused(tmp_path):
    with pytest.raises(CourseError, match="size is 100; it can be 32, 64, 128, 256, 512"):
        check_pictures(written(tmp_path / "set", ONE_SET), size=100)


# --- The page and the sheet -------------------------------------------------------------------------------------------


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sizes = {"3.png": photo(3, (90, 60)), "4.png": photo(4, (36, 36))}
    written(tmp_path / "my set", ONE_SET | sizes | {"11.png": encoded(photo(11), "JPEG")})
    assert str(check_pictures("my set", size=32)) == (
        "my set: 13 pictures\n"
        "\n"
        "           train              validation\n"
        "pictures   11                 2\n"
        "smallest   36 × 36            40 × 40\n"
        "median     40 × 40            40 × 40\n"
        "largest    90 × 60            40 × 40\n"
        "shapes     10 square, 1 wide  2 square\n"
        "stored as  11 RGB             2 RGB\n"
        "files      11 PNG             1 JPEG, 1 PNG\n"
        "\n"
        "Fits lesson 2, DCGAN: one set, 11 to train with and 2 held out.\n"
        "Not lesson 3, pix2pix: these are no pairs, neither side by side nor in folders labels/ and photos/.\n"
        "Not lesson 4, CycleGAN: it takes two sets; give a second folder, or one archive with trainA/ and trainB/.\n"
        "\n"
        "To train:\n"
        "    python -m gancourse train dcgan --data 'my set' --image-size 32"
    )


def test_of_a_long_list_the_first_are_named_and_the_others_counted(tmp_path):
    said = str(check_pictures(written(tmp_path / "set", ONE_SET), size=64))
    assert "and soft: 13\n    0.png (40 × 40)\n" in said
    assert "    3.png (40 × 40)\n    and 9 more\n" in said
    assert "4.png" not in said


def test_the_sheet_shows_what_training_sees_and_then_what_is_named(tmp_path):
    contents = ONE_SET | {"3.png": photo(3, (80, 40)), "6.png": ONE_SET["2.png"], "9.png": photo(9).convert("L")}
    checked = check_pictures(written(tmp_path / "set", contents), size=32)
    tiles, rows = checked.contact_sheet(columns=4)
    assert rows == ["train", "validation", "copies", "grey"]
    assert tiles.shape == (16, 3, 96, 96)
    assert tiles.dtype == torch.float32
    assert -1 <= tiles.min() < tiles.max() <= 1
    square = photo(3, (80, 40)).crop((20, 0, 60, 40)).resize((96, 96), Image.Resampling.BILINEAR)
    assert torch.equal(to_uint8(tiles[1]), torch.tensor(np.array(square)).permute(2, 0, 1))  # of 0, 3, 7, 10
    assert torch.equal(tiles[8], tiles[9])
    assert (tiles[10:12] == 1).all()  # nothing is white
    assert torch.equal(tiles[12, 0], tiles[12, 2])
    assert not torch.equal(tiles[0, 0], tiles[0, 2])


@pytest.mark.parametrize(
    ("contents", "rows"), [(SIDE_BY_SIDE, ["left", "right"]), (PARALLEL, ["labels", "photos"])], ids=["beside", "apart"]
)
def test_the_sheet_shows_both_sides_of_a_pair_above_each_other(tmp_path, contents, rows):
    tiles, found = check_pictures(written(tmp_path / "pairs", contents), size=32).contact_sheet(columns=2)
    assert found == rows
    shown = photo(0), labels(0)
    for tile, image in zip((tiles[0], tiles[2]), shown if rows[0] == "left" else shown[::-1], strict=True):
        square = image.resize((96, 96), Image.Resampling.BILINEAR)
        assert torch.equal(to_uint8(tile), torch.tensor(np.array(square)).permute(2, 0, 1))


def test_named_pictures_are_shown_whole(tmp_path):
    odd = photo(5, (80, 20))
    tiles, rows = check_pictures(written(tmp_path / "set", ONE_SET | {"5.png": odd}), size=32).contact_sheet(3)
    whole = ImageOps.pad(odd, (96, 96), color="white")
    assert rows[-1] == "small"
    assert torch.equal(to_uint8(tiles[-3]), torch.tensor(np.array(whole)).permute(2, 0, 1))


# --- Scale ------------------------------------------------------------------------------------------------------------


def test_no_more_pictures_are_in_memory_than_are_decoded_at_once(tmp_path, monkeypatch):
    alive, most = set(), 0

    def counting(content, called):
        nonlocal most
        image = open_image(content, called)
        alive.add(called)
        weakref.finalize(image, alive.discard, called)
        most = max(most, len(alive))
        return image

    monkeypatch.setattr("gancourse.data.checked.open_image", counting)
    content = {f"{number}.png": photo(number, (33, 33)) for number in range(120)}
    assert len(check_pictures(written(tmp_path / "set", content), size=32).pictures) == 120
    assert 1 <= most <= os.cpu_count() + 1
    assert not alive


# --- Real sets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("archive", "layout", "found"),
    [
        ("facades.tar.gz", "side by side", {"train": 400, "validation": 100}),
        ("monet2photo.zip", "two sets", {"A train": 972, "A validation": 100, "B train": 972, "B validation": 100}),
        ("img_align_celeba.zip", "one set", {"train": 2500, "validation": 500}),
    ],
)
def test_real_sets_are_taken_for_what_they_are(real_data, archive, layout, found):
    checked = check_pictures(real_data / archive)
    assert checked.layout == layout
    assert counts(checked) == found
    assert checked.labels == ("right" if layout == "side by side" else None)
    assert checked.exchanged == checked.copies == []
