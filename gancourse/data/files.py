"""Picture files: opening any of them safely, alone, in a folder or in an archive.

Nothing is ever unpacked to the disk.  Files from elsewhere are not trusted: what no honest maker of pictures would
pack is refused before it is read.
"""

import io
import os
import posixpath
import re
import stat
import tarfile
import threading
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gancourse.errors import CourseError
from gancourse.progress import progress_bar

# Only these decoders are tried; Pillow knows forty, and one of them starts Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"}
MOST_PIXELS = 90_000_000  # in one picture: 270 MB once decoded
MOST_BYTES = 64 * 2**20  # in one file of an archive, unpacked
MOST_TAR_BYTES = 2 * 2**30  # in one tar archive, which is held in memory
MOST_COMPRESSION = 100  # JPEG and PNG hardly shrink in a zip

# --- One picture ------------------------------------------------------------------------------------------------------


def open_image(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """The whole picture, decoded and upright, as RGB.

    Grey, palette, CMYK and 16-bit pictures are converted, transparency is laid on white, and a camera's EXIF rotation
    is applied.  `name` is what to call the picture in an error where `source` is an open file.

    Raises CourseError for what is not a picture, is cut short or damaged, or has more than MOST_PIXELS pixels.
    """
    name = name or str(getattr(source, "name", source))
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            image.load()
            return _upright_rgb(image)
    except FileNotFoundError:
        raise CourseError(f"There is no picture {name}. Check the path.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CourseError(
            f"{name} has more than {MOST_PIXELS // 10**6} million pixels. Scale it down first, or leave it out."
        ) from None
    except Image.UnidentifiedImageError:
        raise CourseError(f"{name} is not a picture ({', '.join(FORMATS)}). Convert it, or leave it out.") from None
    except Exception as error:  # a damaged file can raise anything from inside its decoder
        raise CourseError(f"{name} cannot be read ({error}). Replace it by a good copy, or leave it out.") from error


def _upright_rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip to white
        eight_bits = (np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8)
        return Image.fromarray(eight_bits).convert("RGB")
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


# --- Many pictures ----------------------------------------------------------------------------------------------------


def is_picture(name: str) -> bool:
    """Whether a relative path is a picture's, and not what an operating system leaves beside pictures."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and Path(parts[-1]).suffix.lower() in SUFFIXES


def natural_order(name: str) -> tuple[str, str]:
    """A sorting key that puts 2.jpg before 10.jpg; for CelebA's padded numbers it is the official order."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), name.lower()), name


class Pictures(Protocol):
    """Pictures that lie together, each by its relative path."""

    path: Path
    names: list[str]

    def read(self, name: str) -> bytes: ...


class PictureFolder:
    """The pictures of a folder and of the folders in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files = [Path(folder, file) for folder, _, files in os.walk(path) for file in files]
        names = (file.relative_to(path).as_posix() for file in files)
        self.names = sorted(filter(is_picture, names), key=natural_order)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class ZippedPictures:
    """The pictures of a zip archive, read without unpacking it, by any number of threads and worker processes.

    Raises CourseError for an archive that cannot be read, or that no honest maker of pictures would pack.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open()
        members = self._archive.infolist()
        pictures = [member for member in members if is_picture(member.filename)]
        for fault in self._faults(members, pictures):
            raise CourseError(f"{path.name} is refused: {fault}. Get the archive from its makers again.")
        self.names = sorted((member.filename for member in pictures), key=natural_order)

    def __reduce__(self) -> tuple[type["ZippedPictures"], tuple[Path]]:
        return ZippedPictures, (self.path,)

    def _open(self) -> None:
        try:
            self._archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise CourseError(
                f"{self.path} cannot be read as a zip archive ({error}). Perhaps its download broke off: get it again."
            ) from error
        self._lock = threading.Lock()
        self._process = os.getpid()

    @staticmethod
    def _faults(members: list[zipfile.ZipInfo], pictures: list[zipfile.ZipInfo]) -> list[str]:
        names = [member.filename for member in members]
        faults = [f"{name!r} points outside the archive" for name in names if points_outside(name)]
        if len(set(names)) < len(names):
            faults.append("it holds two files of one name")
        for picture in pictures:
            if stat.S_ISLNK(picture.external_attr >> 16):
                faults.append(f"{picture.filename!r} is a link")
            if picture.flag_bits & 1:
                faults.append(f"{picture.filename!r} is encrypted")
            if picture.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                faults.append(f"{picture.filename!r} is packed by an unusual method")
            if picture.file_size > min(MOST_BYTES, 2**20 + MOST_COMPRESSION * picture.compress_size):
                faults.append(f"{picture.filename!r} would unpack to {picture.file_size:,} bytes")
        return faults

    def read(self, name: str) -> bytes:
        if self._process != os.getpid():  # a forked worker would move the file position under its parent's feet
            self._open()
        with self._lock:
            return self._archive.read(name)


class TarredPictures:
    """The pictures of a tar archive, packed or not.  It has no table of contents, so it is read once, whole.

    Raises CourseError as ZippedPictures does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._contents: dict[str, bytes] = {}
        self._members: set[str] = set()
        self._bytes = 0
        try:
            with tarfile.open(path) as archive:
                for member in archive:
                    self._take(archive, member)
                self._require_end(archive)
        except CourseError:
            raise
        except Exception as error:  # each kind of compression has its own
            reason = str(error).partition("\n")[0].rstrip(":")  # the other lines are each opener's opinion
            raise CourseError(
                f"{path} cannot be read as a tar archive ({reason}). Perhaps its download broke off: get it again."
            ) from error
        self.names = sorted(self._contents, key=natural_order)

    def _take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = posixpath.normpath(member.name)  # `tar -c .` begins every name with ./
        self._bytes += member.size
        fault = ""
        if points_outside(member.name):
            fault = "points outside the archive"
        elif not (member.isfile() or member.isdir()):
            fault = "is a link or a device"
        elif member.isfile() and name in self._members:
            fault = "is there twice"
        elif is_picture(name) and member.size > MOST_BYTES:
            fault = f"would unpack to {member.size:,} bytes"
        if self._bytes > MOST_TAR_BYTES:
            raise CourseError(
                f"{self.path.name} holds more than the {MOST_TAR_BYTES:,} bytes that are read of a tar archive. If you "
                "trust it, unpack it and give the folder."
            )
        if fault:
            raise CourseError(
                f"{self.path.name} is refused: {member.name!r} {fault}. Get the archive from its makers again."
            )
        if member.isfile():
            self._members.add(name)
            if is_picture(name):
                content = archive.extractfile(member)
                assert content is not None  # None is for what is no file
                self._contents[name] = content.read()

    @staticmethod
    def _require_end(archive: tarfile.TarFile) -> None:
        """A damaged header ends tarfile's loop without a word; the end that was meant is a block of zeros."""
        assert archive.fileobj is not None
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it has no end")

    def read(self, name: str) -> bytes:
        return self._contents[name]


def points_outside(name: str) -> bool:
    """Whether a path in an archive is absolute, or climbs out of the folder that it is unpacked in."""
    return ".." in re.split(r"[/\\]", name) or bool(re.match(r"[/\\]|[A-Za-z]:", name))


def open_pictures(path: Path) -> Pictures:
    """The pictures of a folder, or of a zip or tar archive.  Raises CourseError where there are none."""
    if path.is_dir():
        pictures: Pictures = PictureFolder(path)
    else:
        tarred = re.search(r"\.(tar(\.\w+)?|tgz|tbz2?|txz)$", path.name.lower())
        pictures = TarredPictures(path) if tarred else ZippedPictures(path)
    if not pictures.names:
        raise CourseError(f"{path} holds no pictures ({', '.join(sorted(SUFFIXES))}). Is it the right one?")
    return pictures


def read_picture(pictures: Pictures, name: str) -> tuple[Image.Image, str]:
    """One of the pictures, as `open_image` gives it, and what to call it in an error."""
    called = f"{pictures.path.name}: {name}"
    try:
        content = pictures.read(name)
    except Exception as error:  # zlib, struct, zipfile and the disk each have their own
        raise CourseError(f"{called} cannot be read ({error}). Replace it by a good copy.") from error
    return open_image(io.BytesIO(content), called), called


def decode(names: Sequence[str], shape: tuple[int, int, int], load: Callable[[str], Tensor], progress: bool) -> Tensor:
    """What `load` makes of each name, uint8 (N, *shape), by all cores: Pillow lets threads run."""
    pixels = torch.empty(len(names), *shape, dtype=torch.uint8)

    def load_some(positions: range) -> int:
        for position in positions:
            pixels[position] = load(names[position])
        return len(positions)

    portions = [range(len(names))[start : start + 8] for start in range(0, len(names), 8)]
    with (
        ThreadPoolExecutor(os.cpu_count()) as threads,
        progress_bar(total=len(names), desc="Decoding", unit="picture", leave=False, show=progress) as bar,
    ):
        for done in threads.map(load_some, portions):  # on Ctrl-C it drops the portions not yet begun
            bar.update(done)
    return pixels
