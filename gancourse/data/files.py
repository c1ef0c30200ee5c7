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
import warnings
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps, features
from torch import Tensor

from gancourse.errors import CourseError
from gancourse.progress import progress_bar

# Only these decoders are tried; Pillow knows forty, and one of them starts Ghostscript.
FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM"]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"}
if "avif" in features.modules and features.check("avif"):  # since Pillow 11.3, and not in every build of it
    FORMATS.append("AVIF")
    SUFFIXES.add(".avif")
SEEN = SUFFIXES | {".avif", ".heic", ".heif"}  # pictures all the same: to be reported, not overlooked
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
AVIF_BRANDS = {b"avif", b"avis"}
MOST_PIXELS = 90_000_000  # in one picture: 270 MB once decoded
MOST_BYTES = 64 * 2**20  # in one file of an archive, unpacked
MOST_TAR_BYTES = 2 * 2**30  # in one tar archive, which is held in memory
MOST_COMPRESSION = 100  # JPEG and PNG hardly shrink in a zip
MOST_LEFT_OUT = 0.1  # of a set; where more pictures cannot be read, it is the wrong set or a broken copy

DIGITS = re.compile(r"\d+")
OUTSIDE = re.compile(r"([A-Za-z]:)?[/\\]|(.*[/\\])?\.\.([/\\]|$)", re.DOTALL)

# --- One picture ------------------------------------------------------------------------------------------------------


class UnreadablePicture(CourseError):
    """A file that is no picture, or not a whole one.  A set leaves it out and says so."""


def open_image(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """The whole picture, decoded and upright, as RGB.

    Grey, palette, CMYK and 16-bit pictures are converted, transparency is laid on white, and a camera's EXIF rotation
    is applied.  `name` is what to call the picture in an error where `source` is an open file.

    Raises UnreadablePicture, a CourseError, for what is not a picture, is cut short or damaged, has floating-point
    pixels or more than MOST_PIXELS of them, and for HEIC, which Pillow does not read.
    """
    name = name or str(getattr(source, "name", source))
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            image.load()
            return _upright_rgb(image)
    except FileNotFoundError:
        raise UnreadablePicture(f"There is no picture {name}. Check the path.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadablePicture(
            f"{name} has more than {MOST_PIXELS // 10**6} million pixels. Scale it down first, or leave it out."
        ) from None
    except Image.UnidentifiedImageError:
        raise UnreadablePicture(f"{name} {_why_unknown(source)}, or leave it out.") from None
    except Exception as error:  # a damaged file can raise anything from inside its decoder
        raise UnreadablePicture(
            f"{name} cannot be read ({error}). Replace it by a good copy, or leave it out."
        ) from error


def _why_unknown(source: str | Path | BinaryIO) -> str:
    """What a file is that no decoder takes, and what to do, from the brands with which HEIC and AVIF begin."""
    with open(source, "rb") if isinstance(source, (str, Path)) else nullcontext(source) as file:
        file.seek(0)
        start = file.read(64)
    brands: set[bytes] = set()
    if start[4:8] == b"ftyp":
        end = min(int.from_bytes(start[:4], "big"), len(start))
        brands = {start[8:12]} | {start[at : at + 4] for at in range(16, end, 4)}
    if brands & HEIC_BRANDS:
        return (
            "is a HEIC picture, as iPhones take them, which the course does not read. Save it as JPEG first (Preview "
            "on a Mac, Photos on Windows and `heif-convert` on Linux do)"
        )
    if brands & AVIF_BRANDS:
        return "is an AVIF picture, which this Pillow does not read. Update it, `pip install -U pillow`"
    return f"is not a picture ({', '.join(FORMATS)}). Convert it"


def _upright_rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip to white
        pixels = np.asarray(image)
        if pixels.min() < 0 or pixels.max() > 65_535:
            raise ValueError("its pixels are whole numbers of unknown range")
        eight_bits = (pixels / 257).round().astype(np.uint8)
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
    path = f"/{name}"
    return path.lower().endswith(tuple(SEEN)) and "/." not in path and "/__MACOSX/" not in path


def natural_order(name: str) -> tuple[str, str]:
    """A sorting key that puts 2.jpg before 10.jpg; for CelebA's padded numbers it is the official order."""
    return DIGITS.sub(lambda digits: digits[0].zfill(20), name.lower()), name


class Pictures(Protocol):
    """Pictures that lie together, each by its relative path."""

    path: Path
    names: list[str]

    def read(self, name: str) -> bytes: ...


class PictureFolder:
    """The pictures of a folder and of the folders in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        names = []
        for folder, _, files in os.walk(path):
            inside = Path(folder).relative_to(path)
            names += [posixpath.join(*inside.parts, file) for file in files]
        self.names = sorted(filter(is_picture, names), key=natural_order)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class ZippedPictures:
    """The pictures of a zip archive, read without unpacking it, by any number of threads.

    Raises CourseError for an archive that cannot be read, or that no honest maker of pictures would pack.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise CourseError(
                f"{path} cannot be read as a zip archive ({error}). Perhaps its download broke off: get it again."
            ) from error
        self._lock = threading.Lock()
        members = self._archive.infolist()
        pictures = [member for member in members if is_picture(member.filename)]
        for fault in self._faults(members, pictures):
            raise CourseError(f"{path.name} is refused: {fault}. Get the archive from its makers again.")
        self.names = sorted((member.filename for member in pictures), key=natural_order)

    @staticmethod
    def _faults(members: list[zipfile.ZipInfo], pictures: list[zipfile.ZipInfo]) -> list[str]:
        names = [member.filename for member in members]
        faults = [f"{name!r} points outside the archive" for name in names if points_outside(name)]
        seen: dict[str, str] = {}
        for name in names:
            if name.casefold() in seen and not name.endswith("/"):
                faults.append(f"it holds two files of one name, {seen[name.casefold()]!r} and {name!r}")
            seen[name.casefold()] = name
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
        elif member.isfile() and name.casefold() in self._members:
            fault = "is there twice, upper and lower case taken for one"
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
            self._members.add(name.casefold())
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
    return bool(OUTSIDE.match(name))


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


def read_file(pictures: Pictures, name: str) -> tuple[bytes, str]:
    """The bytes of one of the pictures, and what to call it in an error.  Raises UnreadablePicture."""
    called = f"{pictures.path.name}: {name}"
    try:
        return pictures.read(name), called
    except Exception as error:  # zlib, struct, zipfile and the disk each have their own
        raise UnreadablePicture(f"{called} cannot be read ({error}). Replace it by a good copy.") from error


def read_picture(pictures: Pictures, name: str) -> tuple[Image.Image, str]:
    """One of the pictures, as `open_image` gives it, and what to call it in an error."""
    content, called = read_file(pictures, name)
    return open_image(io.BytesIO(content), called), called


# --- A whole set ------------------------------------------------------------------------------------------------------

Refused = dict[int, str]  # a sentence on each picture that cannot be read, by its position
Loaded = TypeVar("Loaded")


def decode_each(
    names: Sequence[str], load: Callable[[str], Loaded], store: Callable[[int, Loaded], object], progress: bool
) -> Refused:
    """Hands `store` each position and what `load` makes of the name there, by all cores: Pillow lets threads run.

    Nothing is stored of the pictures that cannot be read, and what is returned says why.
    """
    refused: Refused = {}

    def load_some(positions: range) -> int:
        for position in positions:
            try:
                picture = load(names[position])
            except UnreadablePicture as error:
                refused[position] = str(error)
            else:
                store(position, picture)
        return len(positions)

    portions = [range(len(names))[start : start + 8] for start in range(0, len(names), 8)]
    with (
        ThreadPoolExecutor(os.cpu_count()) as threads,
        progress_bar(total=len(names), desc="Decoding", unit="picture", leave=False, show=progress) as bar,
    ):
        for done in threads.map(load_some, portions):  # on Ctrl-C it drops the portions not yet begun
            bar.update(done)
    return dict(sorted(refused.items()))


def decode(
    names: Sequence[str], shape: tuple[int, int, int], load: Callable[[str], Tensor], progress: bool
) -> tuple[Tensor, Refused]:
    """What `load` makes of each name that can be read, in order, uint8 (N, *shape); and why the others cannot."""
    pixels = torch.empty(len(names), *shape, dtype=torch.uint8)
    refused = decode_each(names, load, pixels.__setitem__, progress)
    if refused:
        kept = [position for position in range(len(names)) if position not in refused]
        for row, position in enumerate(kept):  # in place: a copy would need the memory twice
            pixels[row] = pixels[position]
        pixels = pixels[: len(kept)]
    return pixels, refused


def require_few(refused: Refused, total: int, what: str, where: str) -> str:
    """A count of what a set of `total` leaves out, and the first few by name.

    Raises CourseError where more than one in ten is left out.
    """
    first = "".join(f"\n  {sentence}" for sentence in list(refused.values())[:3])
    more = f"\n  and {len(refused) - 3:,} more" if len(refused) > 3 else ""
    count = f"{len(refused):,} of {total:,} {what} in {where} cannot be read"
    if len(refused) > MOST_LEFT_OUT * total:
        raise CourseError(f"{count}, too many to go on. Is it the right set, and a whole copy?{first}{more}")
    return f"{count} and are left out:{first}{more}"


def leave_out(refused: Refused, total: int, what: str, where: str) -> list[str]:
    """The sentences on what a set of `total` leaves out, with one warning, which points at whoever opens the set.

    Raises CourseError as `require_few` does.
    """
    told = require_few(refused, total, what, where)
    if refused:
        warnings.warn(told, stacklevel=3)
    return list(refused.values())
