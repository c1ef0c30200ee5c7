"""A tar archive is read as carefully as a zip (test_images.py): what no honest maker would pack is refused by name."""

import gzip
import io
import random
import tarfile

import pytest
from PIL import Image

from gancourse.data import files
from gancourse.data.files import open_image, open_pictures, read_picture
from gancourse.errors import CourseError


def shade(number):
    """A flat 8x8 PNG that says its number."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def member(name, content=b"", kind=tarfile.REGTYPE, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, len(content), link
    return entry, content


def tarred(path, *members):
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as archive:
        for entry, content in members:
            archive.addfile(entry, io.BytesIO(content))
    return path


PICTURES = [member(f"set/{number}.png", shade(number)) for number in range(1, 13)]


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.v1.tar.gz", "a.TGZ", "a.tar.bz2", "a.tar.xz"])
def test_every_kind_of_tar_is_read_in_natural_order(tmp_path, name):
    pictures = open_pictures(tarred(tmp_path / name, *PICTURES[::-1]))
    assert pictures.names == [f"set/{number}.png" for number in range(1, 13)]
    content = pictures.read("set/7.png")
    assert open_image(io.BytesIO(content), "7").getpixel((0, 0)) == (7, 0, 0)


def test_names_that_begin_with_the_folder_itself_are_not_hidden(tmp_path):
    archive = tarred(
        tmp_path / "a.tar", member(".", kind=tarfile.DIRTYPE), member("./train/1.png", shade(1)), member("./2.png", b"")
    )
    assert open_pictures(archive).names == ["2.png", "train/1.png"]


def test_what_systems_leave_beside_pictures_is_skipped(tmp_path):
    others = [
        member(name, b"?") for name in ("set/._1.png", "__MACOSX/1.png", ".trash/1.png", "set/Thumbs.db", "readme.txt")
    ]
    assert open_pictures(tarred(tmp_path / "a.tar.gz", *others, PICTURES[0])).names == ["set/1.png"]


def test_an_archive_without_pictures_says_so(tmp_path):
    with pytest.raises(CourseError, match=r"a\.tar\.gz holds no pictures"):
        open_pictures(tarred(tmp_path / "a.tar.gz", member("readme.txt", b"none")))


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "a\\..\\evil.png", "../notes.txt"]
)
def test_names_that_leave_the_archive_are_refused(tmp_path, name):
    with pytest.raises(CourseError, match=r"a\.tar is refused: .*points outside the archive"):
        open_pictures(tarred(tmp_path / "a.tar", PICTURES[0], member(name, shade(1))))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    archive = tarred(tmp_path / "a.tar", PICTURES[0], member("odd.png", kind=kind, link="set/1.png"))
    with pytest.raises(CourseError, match=r"'odd\.png' is a link or a device"):
        open_pictures(archive)


@pytest.mark.parametrize("again", ["set/1.png", "./set/1.png", "set//1.png"])
def test_two_files_of_one_name_are_refused(tmp_path, again):
    archive = tarred(tmp_path / "a.tar", PICTURES[0], member(again, shade(99)))
    with pytest.raises(CourseError, match=f"'{again}' is there twice"):
        open_pictures(archive)


@pytest.mark.parametrize("names", [("set/1.png", "SET/1.PNG"), ("SET/1.png", "set/1.png")])
def test_names_that_differ_only_in_case_are_one_name(tmp_path, names):
    archive = tarred(tmp_path / "a.tar", *(member(name, shade(1)) for name in names))
    with pytest.raises(CourseError, match=f"'{names[1]}' is there twice, upper and lower case taken for one"):
        open_pictures(archive)


def test_a_name_that_windows_does_not_take_is_read_since_nothing_is_unpacked(tmp_path):
    archive = tarred(tmp_path / "a.tar", member("a:b.png", shade(5)), member("set/c:d.png", shade(6)))
    pictures = open_pictures(archive)
    assert pictures.names == ["a:b.png", "set/c:d.png"]
    assert [read_picture(pictures, name)[0].getpixel((0, 0))[0] for name in pictures.names] == [5, 6]


def test_a_folder_that_is_named_twice_is_none_of_that(tmp_path):
    folder = member("set", kind=tarfile.DIRTYPE)
    assert len(open_pictures(tarred(tmp_path / "a.tar", folder, *PICTURES, folder)).names) == 12


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = tarred(tmp_path / "a.tar.gz", member("1.png", bytes(files.MOST_BYTES + 1)))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(CourseError, match=r"'1\.png' would unpack to 67,108,865 bytes"):
        open_pictures(bomb)


def test_only_pictures_are_held_to_the_size_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1_000)
    archive = tarred(tmp_path / "a.tar", member("labels.mat", bytes(2_000)), PICTURES[0])
    assert open_pictures(archive).names == ["set/1.png"]


@pytest.mark.parametrize("name", ["2.png", "notes.txt"])
def test_many_files_that_are_large_together_are_refused_too(tmp_path, monkeypatch, name):
    monkeypatch.setattr(files, "MOST_TAR_BYTES", 3_000)
    fits = tarred(tmp_path / "fits.tar", member("1.png", bytes(1_500)), member(name, bytes(1_500)))
    assert "1.png" in open_pictures(fits).names
    archive = tarred(tmp_path / "a.tar", member("1.png", bytes(1_500)), member(name, bytes(1_501)))
    with pytest.raises(CourseError, match=r"a\.tar holds more than the 3,000 bytes .* give the folder"):
        open_pictures(archive)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_an_archive_that_broke_off_is_refused_wherever_it_broke(tmp_path, suffix, share):
    noise = random.Random(0).randbytes(20_000)  # which cannot be packed smaller, so all of the archive is needed
    archive = tarred(tmp_path / f"a{suffix}", member("1.png", noise))
    archive.write_bytes(archive.read_bytes()[: int(share * 20_000)])
    with pytest.raises(CourseError, match=r"cannot be read as a tar archive .*broke off"):
        open_pictures(archive)


def test_an_archive_that_broke_off_between_two_pictures_is_refused(tmp_path):
    archive = tarred(tmp_path / "a.tar", *PICTURES)
    archive.write_bytes(archive.read_bytes()[: 5 * 1024])
    with pytest.raises(CourseError, match="broke off"):
        open_pictures(archive)


def test_a_damaged_header_does_not_hide_what_comes_after(tmp_path):
    archive = tarred(tmp_path / "a.tar", *PICTURES)
    content = bytearray(archive.read_bytes())
    content[5 * 1024 + 3] ^= 255
    for path, packed in ((archive, bytes(content)), (tmp_path / "b.tar.gz", gzip.compress(content))):
        path.write_bytes(packed)
        with pytest.raises(CourseError, match=r"cannot be read as a tar archive \(it has no end\)"):
            open_pictures(path)


def test_what_is_no_tar_is_refused(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"<html>404 Not Found</html>" * 50)
    with pytest.raises(CourseError, match=r"a\.tar\.gz cannot be read as a tar archive"):
        open_pictures(tmp_path / "a.tar.gz")
