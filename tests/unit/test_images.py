"""Whatever a user has on the disk becomes images in [-1, 1], or a sentence that says what to do."""

import io
import os
import stat
import struct
import threading
import time
import warnings
import zipfile
import zlib

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch.utils.data import DataLoader

from gancourse.data import CelebAFaces, DrawnFaces, centre_square, faces, files, images, open_image, to_float, to_uint8
from gancourse.data.drawn_faces import draw_faces, face_attributes
from gancourse.errors import CourseError


@pytest.fixture(autouse=True)
def lesson_profile_no_data_and_no_bars(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_PROFILE", "lesson")
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GANCOURSE_PROGRESS", "0")


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def opened(image, form="PNG", **options):
    return open_image(io.BytesIO(encoded(image, form, **options)), "a picture")


def shade(number):
    """A flat 8x8 picture that says its number."""
    return encoded(Image.new("RGB", (8, 8), (number, 0, 255 - number)))


def numbers(batch):
    return to_uint8(batch)[..., 0, 0, 0].tolist()


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures, 1.png to 12.png; the number is the red of all pixels."""
    path = tmp_path / "pictures"
    path.mkdir()
    for number in range(1, 13):
        (path / f"{number}.png").write_bytes(shade(number))
    return path


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


# --- One picture ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "form", "options", "expected"),
    [
        (Image.new("L", (4, 4), 90), "PNG", {}, (90, 90, 90)),
        (Image.new("1", (4, 4), 1), "PNG", {}, (255, 255, 255)),
        (Image.new("RGB", (4, 4), (200, 10, 30)).quantize(2), "GIF", {}, (200, 10, 30)),
        (Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF", {}, (255, 0, 0)),
        (Image.fromarray(np.full((4, 4), 100 * 257, np.uint16)), "PNG", {}, (100, 100, 100)),
        (Image.fromarray(np.full((4, 4), 65535, np.uint16)), "TIFF", {}, (255, 255, 255)),
        (Image.new("RGBA", (4, 4), (255, 0, 0, 51)), "PNG", {}, (255, 204, 204)),
        (Image.new("LA", (4, 4), (0, 0)), "PNG", {}, (255, 255, 255)),
        (Image.new("RGB", (4, 4), (1, 2, 3)), "PNG", {"transparency": (1, 2, 3)}, (255, 255, 255)),
        (Image.new("P", (4, 4), 0), "PNG", {"transparency": 0}, (255, 255, 255)),
    ],
    ids=["grey", "1-bit", "palette", "CMYK", "16-bit", "16-bit TIFF", "alpha", "grey+alpha", "RGB key", "palette key"],
)
def test_every_kind_of_pixel_becomes_rgb(image, form, options, expected):
    picture = opened(image, form, **options)
    assert picture.mode == "RGB"
    assert picture.getpixel((1, 1)) == expected


RAMPS = np.indices((24, 32)).transpose(1, 2, 0) * 7
SMOOTH = Image.fromarray(np.dstack([RAMPS, np.full((24, 32), 90)]).astype(np.uint8))  # each pixel another
AVIF = pytest.mark.skipif("AVIF" not in files.FORMATS, reason="this Pillow was built without AVIF")


@pytest.mark.parametrize(
    ("form", "options", "most"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("PPM", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 100}, 12),
        ("JPEG", {"quality": 100, "subsampling": 0}, 3),
        pytest.param("AVIF", {"quality": 100, "subsampling": "4:4:4"}, 3, marks=AVIF),
    ],
    ids=lambda given: "-".join(map(str, given.values())) if isinstance(given, dict) else str(given),
)
def test_every_format_keeps_its_pixels(form, options, most):
    read, meant = (np.asarray(image, int) for image in (opened(SMOOTH, form, **options), SMOOTH))
    assert read.shape == meant.shape
    assert np.abs(read - meant).max() <= most


def png_of_16_bits(pixels):
    """What Pillow does not write: a PNG of (H, W, 3 or 4) numbers of 16 bits."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff_of(pixels, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **options)
    return stream.getvalue()


SIXTEEN_BITS = np.asarray(SMOOTH, np.uint16) * 257


@pytest.mark.parametrize(
    "content",
    [
        png_of_16_bits(SIXTEEN_BITS),
        png_of_16_bits(np.dstack([SIXTEEN_BITS, np.full((24, 32), 65535, np.uint16)])),
        tiff_of(SIXTEEN_BITS, photometric="rgb"),
        tiff_of(SIXTEEN_BITS, photometric="rgb", byteorder=">"),
    ],
    ids=["PNG", "PNG with alpha", "TIFF", "TIFF of a Mac"],
)
def test_colours_of_16_bits_are_brought_to_8(content):
    assert np.array_equal(np.asarray(open_image(io.BytesIO(content), "a picture")), np.asarray(SMOOTH))


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_greys_of_16_bits_are_brought_to_8_and_not_cut_off(byteorder):
    grey = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    read = np.asarray(open_image(io.BytesIO(tiff_of(grey, byteorder=byteorder)), "a picture"))
    assert np.array_equal(read, np.dstack([grey // 257] * 3))


@pytest.mark.parametrize("number", [-1, 65_536])
def test_whole_numbers_that_are_none_of_16_bits_are_refused(number):
    pixels = np.array([[0, 7], [1_000, number]], np.int32)
    with pytest.raises(CourseError, match="its pixels are whole numbers of unknown range"):
        open_image(io.BytesIO(tiff_of(pixels)), "a picture")


@pytest.mark.parametrize("form", ["PNG", "WEBP", pytest.param("AVIF", marks=AVIF)])
def test_what_is_transparent_is_laid_on_white(form):
    image = Image.new("RGBA", (16, 16), (255, 0, 0, 51))
    image.paste((9, 90, 200, 0), (8, 0, 16, 16))
    picture = opened(image, form, **({} if form == "PNG" else {"quality": 100}))
    assert np.abs(np.subtract(picture.getpixel((3, 8)), (255, 204, 204))).max() <= 2
    assert np.abs(np.subtract(picture.getpixel((12, 8)), 255)).max() <= 2


UNDONE_BY = {  # what a camera does to a picture that the EXIF orientation undoes
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", pytest.param("AVIF", marks=AVIF)])
@pytest.mark.parametrize("orientation", UNDONE_BY)
def test_a_picture_is_stood_up_however_the_camera_was_held(form, orientation):
    turned = SMOOTH if orientation == 1 else SMOOTH.transpose(UNDONE_BY[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = opened(turned, form, exif=exif, **({"quality": 100} if form in ("JPEG", "WEBP", "AVIF") else {}))
    assert picture.size == SMOOTH.size
    assert np.abs(np.asarray(picture, int) - np.asarray(SMOOTH, int)).max() <= 15


def test_a_cmyk_jpeg_keeps_its_colour():
    red, green, blue = opened(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG").getpixel((8, 8))
    assert red > 240
    assert max(green, blue) < 15


def test_a_path_and_an_open_file_give_the_same_picture(folder):
    with (folder / "7.png").open("rb") as file:
        assert open_image(file).getpixel((0, 0)) == open_image(str(folder / "7.png")).getpixel((0, 0)) == (7, 0, 248)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not a picture"),
        (b"This is not a picture at all." * 20, "is not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a picture"),
        (encoded(NOISE, "JPEG")[:-300], "truncated"),
        (encoded(NOISE, "PNG")[:-300], "truncated"),
        (encoded(NOISE, "PNG")[:60] + bytes(200) + encoded(NOISE, "PNG")[260:], "cannot be read"),
        (encoded(Image.new("F", (4, 4), 0.5), "TIFF"), "floating-point"),
    ],
    ids=["empty", "text", "PostScript", "short JPEG", "short PNG", "overwritten PNG", "float TIFF"],
)
def test_what_is_no_whole_picture_is_refused_by_name(content, told):
    with pytest.raises(CourseError, match=r"holiday\.jpg") as caught:
        open_image(io.BytesIO(content), "holiday.jpg")
    assert told in str(caught.value)


def family(major, *compatible):
    """How HEIC and AVIF begin: a box that says which they are."""
    brands = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(400)


@pytest.mark.parametrize(
    "content",
    [family(b"heic", b"mif1", b"heic"), family(b"mif1", b"miaf", b"heic"), family(b"hevc", b"msf1"), family(b"heix")],
    ids=["iPhone", "by its second name", "a sequence", "10 bits"],
)
@pytest.mark.parametrize("name", ["holiday.heic", "holiday.jpg"])
def test_heic_is_refused_by_name_whatever_its_suffix(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    told = rf"{name} is a HEIC picture.*Save it as JPEG first .*, or leave it out\.$"
    with pytest.raises(CourseError, match=told):
        open_image(tmp_path / name)
    with (tmp_path / name).open("rb") as file, pytest.raises(CourseError, match=told):
        open_image(file)


def test_other_members_of_that_family_are_not_called_heic():
    with pytest.raises(CourseError, match="film is not a picture"):
        open_image(io.BytesIO(family(b"isom", b"mp42")), "film")
    with pytest.raises(CourseError, match="short is not a picture"):
        open_image(io.BytesIO(b"\0\0\0\1ftyp"), "short")


def test_avif_is_called_by_its_name_where_pillow_does_not_read_it(monkeypatch):
    monkeypatch.setattr(files, "FORMATS", ["JPEG", "PNG"])
    for content in (family(b"avif", b"mif1"), family(b"mif1", b"avif")):
        with pytest.raises(CourseError, match=r"holiday is an AVIF picture.*pip install -U pillow"):
            open_image(io.BytesIO(content), "holiday")


def test_heic_in_a_set_is_reported_and_not_overlooked(folder):
    for name in ("13.heic", "14.HEIF"):
        (folder / name).write_bytes(family(b"heic"))
    (folder / "14.HEIF").unlink()
    with pytest.warns(
        UserWarning, match=r"1 of 13 pictures in pictures cannot be read.*\n  pictures: 13\.heic is a HEIC"
    ):
        CelebAFaces(folder, 4, "all")
    (folder / "14.HEIF").write_bytes(family(b"heic"))
    with pytest.raises(CourseError, match=r"2 of 14 pictures .*\n.*13\.heic is a HEIC.*\n.*14\.HEIF is a HEIC"):
        CelebAFaces(folder, 4, "all")


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(CourseError, match=r"no picture .*gone\.png"):
        open_image(tmp_path / "gone.png")


@pytest.mark.parametrize(("width", "height"), [(9_001, 10_000), (30_000, 30_000)], ids=["large", "huge"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_small_file_of_too_many_pixels_is_refused_before_it_is_decoded(width, height):
    header = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    with pytest.raises(CourseError, match=r"bomb\.bmp has more than 90 million pixels"):
        open_image(io.BytesIO(bytes(header)), "bomb.bmp")


@pytest.mark.parametrize(("width", "height"), [(30, 10), (10, 30)])
def test_the_square_is_the_central_one(width, height):
    image = Image.new("RGB", (width, height), "red")
    left, top = (width - 10) // 2, (height - 10) // 2
    image.paste((0, 255, 0), (left, top, left + 10, top + 10))
    for size in (5, 10, 16):
        square = centre_square(image, size)
        assert square.shape == (3, size, size)
        assert square.dtype == torch.uint8
        assert square.unique(dim=1).flatten(1).T.unique(dim=0).tolist() == [[0, 255, 0]]


def test_shrinking_averages_over_every_pixel():
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (64, 32))).convert("RGB")
    assert (centre_square(stripes, 8).int() - 127).abs().max() <= 12  # a filter that skips pixels gives 0 or 255


def test_shrinking_draws_no_rims():
    step = Image.new("RGB", (64, 64), (50, 50, 50))
    step.paste((200, 200, 200), (32, 0, 64, 64))
    square = centre_square(step, 16)
    assert (int(square.min()), int(square.max())) == (50, 200)


def test_bytes_and_floats_are_each_others_inverse():
    pixels = torch.arange(256, dtype=torch.uint8)
    floats = to_float(pixels)
    assert floats.dtype == torch.float32
    assert floats[0].item() == -1.0
    assert floats[255].item() == 1.0
    assert (floats.diff() > 0).all()
    assert torch.equal(to_uint8(floats), pixels)
    assert to_uint8(torch.tensor([-7.0, 0.999, 1.0, 7.0])).tolist() == [0, 255, 255, 255]
    assert to_uint8(torch.tensor([-1.0, 0.0, 1.0], dtype=torch.bfloat16)).tolist() == [0, 128, 255]


# --- Sets of pictures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory_gb", [4.0, 0.0], ids=["in memory", "on the disk"])
def test_real_faces_are_indexed_as_a_tensor_is(folder, memory_gb):
    dataset = CelebAFaces(folder, image_size=4, split="all", memory_gb=memory_gb)
    assert len(dataset) == 12
    assert dataset[0].shape == (3, 4, 4)
    assert numbers(dataset[torch.tensor(2)]) == 3
    batch = dataset[torch.tensor([11, 0, 0, -2])]
    assert batch.dtype == torch.float32
    assert batch.shape == (4, 3, 4, 4)
    assert numbers(batch) == [12, 1, 1, 11]
    assert numbers(dataset[2:5]) == [3, 4, 5]
    assert numbers(dataset[torch.arange(12) > 9]) == [11, 12]
    assert numbers(torch.stack(list(dataset))) == list(range(1, 13))
    with pytest.raises(IndexError):
        dataset[12]


@pytest.mark.parametrize("memory_gb", [4.0, 0.0], ids=["in memory", "on the disk"])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_works_too(folder, tmp_path, memory_gb, workers):
    archive = zipped(tmp_path / "faces.zip", [(file.name, file.read_bytes()) for file in folder.iterdir()])
    dataset = CelebAFaces(archive, image_size=4, split="all", memory_gb=memory_gb)
    loader = DataLoader(dataset, batch_size=5, num_workers=workers)
    assert [numbers(batch) for batch in loader] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]


def test_the_last_sixth_is_for_validation_and_never_more_than_500(folder):
    parts = {split: CelebAFaces(folder, image_size=4, split=split) for split in ("train", "validation", "all")}
    assert numbers(parts["train"][:]) == list(range(1, 11))
    assert numbers(parts["validation"][:]) == [11, 12]
    assert numbers(parts["all"][:]) == list(range(1, 13))
    assert [images.held_out_count(total) for total in (5, 6, 2_999, 3_000, 202_599)] == [0, 1, 499, 500, 500]


def test_count_takes_the_first_of_the_split(folder):
    assert numbers(CelebAFaces(folder, image_size=4, count=3)[:]) == [1, 2, 3]
    assert numbers(CelebAFaces(folder, image_size=4, split="validation", count=1)[:]) == [11]
    assert len(CelebAFaces(folder, image_size=4, count=999)) == 10


def test_it_says_in_a_line_what_it_is(folder):
    dataset = CelebAFaces(folder, image_size=4)
    assert dataset.source == folder
    assert dataset.description == "10 of 12 pictures at 4 px, from pictures"


def test_pictures_in_sub_folders_count_and_what_systems_leave_beside_them_does_not(tmp_path):
    for name in ("b/2.PNG", "a/10.png", "a/9.png", "a/.hidden.png", "__MACOSX/1.png", ".trash/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(shade(int("".join(filter(str.isdigit, name)) or 0)))
    for name in ("Thumbs.db", ".DS_Store", "list_attr_celeba.txt"):
        (tmp_path / name).write_bytes(b"no picture")
    in_folder = CelebAFaces(tmp_path, image_size=4, split="all")
    assert numbers(in_folder[:]) == [9, 10, 2]

    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    members = [(file.relative_to(tmp_path).as_posix(), file.read_bytes()) for file in files]
    assert torch.equal(CelebAFaces(zipped(tmp_path / "set.zip", members), image_size=4, split="all")[:], in_folder[:])


def test_the_zip_or_the_folder_may_lie_inside_the_given_folder(folder, tmp_path):
    home = tmp_path / "home"
    (home / "celeba").mkdir(parents=True)
    (home / "holiday.png").write_bytes(shade(99))
    folder.rename(home / "celeba" / "img_align_celeba")
    assert CelebAFaces(home, image_size=4).source == home / "celeba" / "img_align_celeba"
    archive = zipped(home / "img_align_celeba.zip", [("img_align_celeba/1.png", shade(1))])
    assert CelebAFaces(home, image_size=4).source == archive


def test_a_missing_an_empty_and_a_tiny_source_are_told_apart(tmp_path):
    with pytest.raises(CourseError, match=r"There is no .*gone.*img_align_celeba\.zip"):
        CelebAFaces(tmp_path / "gone")
    with pytest.raises(CourseError, match="holds no pictures"):
        CelebAFaces(tmp_path)
    with pytest.raises(CourseError, match="holds no pictures"):
        CelebAFaces(zipped(tmp_path / "a.zip", [("readme.txt", b"")]))
    with pytest.raises(CourseError, match="1 pictures, too few"):
        CelebAFaces(zipped(tmp_path / "b.zip", [("1.png", shade(1))]), split="validation")


@pytest.mark.parametrize("dataset", [lambda **given: CelebAFaces("gone", **given), lambda **given: faces(**given)])
@pytest.mark.parametrize(
    "given",
    [{"image_size": 0}, {"image_size": 2000}, {"image_size": 64.0}, {"image_size": True}, {"count": 0}, {"split": "x"}],
    ids=str,
)
def test_a_size_a_count_or_a_split_that_makes_no_sense_is_named(dataset, given):
    with pytest.raises(CourseError, match=next(iter(given))):
        dataset(**given)


def test_damaged_pictures_are_left_out_with_one_warning(folder, tmp_path):
    for number in range(13, 41):
        (folder / f"{number}.png").write_bytes(shade(number))
    for number in (1, 5, 16, 40):
        (folder / f"{number}.png").write_bytes(shade(number)[:-30])
    archive = zipped(tmp_path / "faces.zip", [(file.name, file.read_bytes()) for file in folder.iterdir()])
    for source in (folder, archive):
        with pytest.warns(UserWarning, match="cannot be read") as caught:
            dataset = CelebAFaces(source, image_size=4, split="all")
        (warning,) = caught
        lines = str(warning.message).split("\n")
        assert lines[0] == f"4 of 40 pictures in {source.name} cannot be read and are left out:"
        assert [line[: line.index(".png")] for line in lines[1:4]] == [
            f"  {source.name}: {name}" for name in (1, 5, 16)
        ]
        assert lines[4:] == ["  and 1 more"]
        assert warning.filename == __file__
        assert numbers(dataset[:]) == [number for number in range(1, 40) if number not in (1, 5, 16)]
        assert len(dataset) == 36
        assert dataset.description.startswith("36 of 40 pictures")
        assert [sentence.split(" cannot be read")[0] for sentence in dataset.left_out] == [
            f"{source.name}: {number}.png" for number in (1, 5, 16, 40)
        ]


def test_a_split_leaves_out_only_its_own(folder):
    (folder / "5.png").write_bytes(b"?")
    with pytest.warns(UserWarning, match="1 of 10 pictures"):
        train = CelebAFaces(folder, 4)
    assert numbers(train[:]) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validation = CelebAFaces(folder, 4, "validation")
    assert numbers(validation[:]) == [11, 12]
    assert validation.left_out == []


def test_more_than_one_in_ten_is_too_many(folder):
    (folder / "5.png").write_bytes(b"?")
    with pytest.raises(CourseError, match=r"^1 of 9 pictures in pictures cannot be read, too many .*\n.*5\.png is not"):
        CelebAFaces(folder, 4, count=9)
    for file in folder.iterdir():
        file.write_bytes(b"?")
    with pytest.raises(CourseError, match="12 of 12 pictures in pictures cannot be read, too many"):
        CelebAFaces(folder, 4, "all")


# --- Archives nobody should trust -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "a\\..\\evil.png", "../notes.txt"]
)
def test_names_that_leave_the_archive_are_refused(tmp_path, name):
    archive = zipped(tmp_path / "a.zip", [("1.png", shade(1)), (name, shade(2))])
    with pytest.raises(CourseError, match="points outside"):
        CelebAFaces(archive)


def test_names_that_differ_only_in_case_are_one_name(tmp_path):
    for first, second in (("a/1.png", "a/1.PNG"), ("A/1.png", "a/1.png"), ("straße.png", "STRASSE.png")):
        archive = zipped(tmp_path / "a.zip", [(first, shade(1)), ("2.png", shade(2)), (second, shade(3))])
        with pytest.raises(CourseError, match=f"two files of one name, '{first}' and '{second}'"):
            CelebAFaces(archive)


def test_folders_may_be_listed_twice(tmp_path):
    archive = zipped(
        tmp_path / "a.zip", [("Set/", b""), ("set/", b""), ("Set/1.png", shade(1)), ("set/2.png", shade(2))]
    )
    assert numbers(CelebAFaces(archive, 4, "all")[:]) == [1, 2]


def test_a_name_that_windows_does_not_take_is_read_since_nothing_is_unpacked(tmp_path):
    odd = ["a:b.png", "set/c:d.png", "set/con.png", "set/what?.png"]
    archive = zipped(tmp_path / "a.zip", [(name, shade(number)) for number, name in enumerate(odd)])
    assert numbers(CelebAFaces(archive, 4, "all")[:]) == [0, 1, 2, 3]


def test_links_duplicates_and_odd_packing_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(CourseError, match=r"'link\.png' is a link"):
        CelebAFaces(zipped(tmp_path / "link.zip", [(link, b"/etc/passwd")]))
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zipped(tmp_path / "twice.zip", [("1.png", shade(1)), ("1.png", shade(2))])
    with pytest.raises(CourseError, match="two files of one name"):
        CelebAFaces(twice)
    with pytest.raises(CourseError, match="unusual method"):
        CelebAFaces(zipped(tmp_path / "bz2.zip", [("1.png", shade(1))], zipfile.ZIP_BZIP2))


def test_an_encrypted_archive_is_refused(tmp_path):
    archive = zipped(tmp_path / "secret.zip", [("1.png", shade(1))])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(CourseError, match=r"refused: '1\.png' is encrypted"):
        CelebAFaces(archive)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    zeros = zipped(tmp_path / "zeros.zip", [("1.png", bytes(8 * 2**20))], zipfile.ZIP_DEFLATED)
    with pytest.raises(CourseError, match=r"would unpack to 8,388,608 bytes"):
        CelebAFaces(zeros)
    monkeypatch.setattr(files, "MOST_BYTES", 50)
    with pytest.raises(CourseError, match=f"would unpack to {len(shade(1))} bytes"):
        CelebAFaces(zipped(tmp_path / "large.zip", [("1.png", shade(1))]))


def test_a_bomb_that_understates_its_size_is_read_no_further_than_it_said(tmp_path):
    archive = zipped(tmp_path / "liar.zip", [("1.png", bytes(8 * 2**20))], zipfile.ZIP_DEFLATED)
    content = bytearray(archive.read_bytes())
    directory = content.index(b"PK\1\2")
    content[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(CourseError, match=r"liar\.zip: 1\.png cannot be read .*CRC"):
        CelebAFaces(archive)


def test_a_broken_zip_and_what_is_no_zip_are_refused(folder, tmp_path):
    archive = zipped(tmp_path / "faces.zip", [(file.name, file.read_bytes()) for file in folder.iterdir()])
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(CourseError, match=r"faces\.zip cannot be read as a zip .*broke off"):
        CelebAFaces(archive)
    with pytest.raises(CourseError, match=r"1\.png cannot be read as a zip"):
        CelebAFaces(folder / "1.png")
    flipped = bytearray(content)
    flipped[flipped.index(b"IDAT") + 6] ^= 255
    archive.write_bytes(flipped)
    with pytest.warns(UserWarning, match=r"faces\.zip: \d+\.png cannot be read"):
        CelebAFaces(archive, split="all")


# --- Decoding many ----------------------------------------------------------------------------------------------------


def test_threads_decode_side_by_side_but_read_the_zip_one_at_a_time(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "faces.zip", [(f"{n:03}.png", shade(n)) for n in range(100)], zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    inside = {"read": 0, "decode": 0}
    most = dict(inside)

    def watched(what, original):
        def call(*given):
            inside[what] += 1
            most[what] = max(most[what], inside[what])
            time.sleep(0.002)
            result = original(*given)
            inside[what] -= 1
            return result

        return call

    monkeypatch.setattr(zipfile.ZipFile, "read", watched("read", zipfile.ZipFile.read))
    monkeypatch.setattr(files, "open_image", watched("decode", files.open_image))
    assert numbers(CelebAFaces(archive, image_size=2, split="all")[:]) == list(range(100))
    assert most["read"] == 1
    assert most["decode"] > 1


def test_ctrl_c_stops_the_decoding_soon(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "faces.zip", [(f"{n:04}.png", shade(0)) for n in range(800)])
    decoded = []

    def interrupted(*_):
        decoded.append(1)
        if len(decoded) == 20:
            raise KeyboardInterrupt
        return Image.new("RGB", (2, 2))

    monkeypatch.setattr(files, "open_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        CelebAFaces(archive, image_size=2)
    assert len(decoded) < 400
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


# --- The twin, and which of the two -----------------------------------------------------------------------------------


def test_the_twin_is_what_draw_faces_draws():
    twin = DrawnFaces(6, image_size=16, seed=3)
    assert len(twin) == 6
    assert twin[2].shape == (3, 16, 16)
    assert torch.equal(to_uint8(twin[torch.tensor([5, 0])]), torch.from_numpy(draw_faces(6, 16, 3)[[5, 0]]))
    assert twin.attributes.keys() == face_attributes(1).keys()
    assert (twin.attributes["smile"] == face_attributes(6, 3)["smile"]).all()
    assert twin.description == "drawn twin of CelebA, 6 faces at 16 px"
    assert numbers(next(iter(DataLoader(twin, batch_size=4)))) == numbers(twin[:4])


def test_drawn_faces_for_validation_are_others():
    train = DrawnFaces(12, image_size=16)
    validation = DrawnFaces(12, image_size=16, split="validation")
    both = DrawnFaces(12, image_size=16, split="all")
    apart = (train[:].flatten(1)[:, None] - validation[:].flatten(1)[None]).abs().amax(2)
    assert (apart > 0).all()
    assert torch.equal(both[:], torch.cat([train[:10], validation[:2]]))
    assert both.attributes["smile"].tolist() == [*train.attributes["smile"][:10], *validation.attributes["smile"][:2]]


@pytest.mark.parametrize(
    "make",
    [
        lambda path: CelebAFaces(path, image_size=20, split="all"),
        lambda path: CelebAFaces(path, image_size=20, split="all", memory_gb=0),
        lambda _: DrawnFaces(12, image_size=20),
        lambda path: faces(image_size=20, root=path, count=12),
    ],
    ids=["real, in memory", "real, on the disk", "drawn", "faces"],
)
def test_every_set_of_pictures_keeps_to_the_range(tmp_path, make):
    for number, colour in enumerate(["black", "white", "red"] * 4):
        Image.new("RGB", (30, 40), colour).save(tmp_path / f"{number}.png")
    dataset = make(tmp_path)
    everything = dataset[:]
    assert everything.dtype == torch.float32
    assert everything.shape == (12, 3, 20, 20)
    assert -1 <= everything.min() < -0.5
    assert 0.5 < everything.max() <= 1


def test_faces_takes_the_real_set_where_there_is_one(folder, capsys):
    folder.rename(folder.with_name("img_align_celeba"))
    dataset = faces(image_size=4, root=folder.parent)
    assert numbers(dataset[:]) == list(range(1, 11))
    said = capsys.readouterr().out
    assert said == "Faces: CelebA, 10 of 12 pictures at 4 px, from img_align_celeba.\n"


def test_faces_draws_where_there_is_none_and_says_how_to_get_it(tmp_path, capsys):
    assert len(faces(image_size=16, count=5)) == 5
    said = capsys.readouterr().out
    assert said.startswith("Faces: drawn twin of CelebA, 5 faces at 16 px, not the real ones.")
    assert "`python -m gancourse download celeba` brings those" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_in_the_smoke_profile_faces_are_drawn_and_the_line_is_the_same_on_every_machine(folder, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_PROFILE", "smoke")
    folder.rename(folder.with_name("img_align_celeba"))
    faces(image_size=16, count=5, root=folder.parent)
    said = capsys.readouterr().out
    assert said.startswith("Faces: drawn twin of CelebA, 5 faces at 16 px, as always in the smoke profile.")
    assert "img_align_celeba.zip" in said
    assert str(folder.parent) not in said


@pytest.mark.parametrize(
    ("profile", "split", "count"),
    [("smoke", "train", 2_000), ("lesson", "train", 10_000), ("full", "all", 10_000), ("lesson", "validation", 500)],
)
def test_how_many_faces_are_drawn_unless_asked(tmp_path, monkeypatch, profile, split, count):
    monkeypatch.setenv("GANCOURSE_PROFILE", profile)
    monkeypatch.setattr(images, "draw_faces", lambda n, size, *_, **__: np.zeros((n, 3, size, size), np.uint8))
    monkeypatch.setattr(images, "face_attributes", lambda n, *_: {"smile": np.zeros(n)})
    assert len(faces(image_size=16, split=split, root=tmp_path)) == count
