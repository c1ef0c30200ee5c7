"""Pictures: opening any file safely, cutting it to size, and the faces of lesson 2, real and drawn.

A dataset here is indexed as a tensor is: an integer gives one image (3, H, W), a slice or a tensor of indices gives a
batch (N, 3, H, W), always float in [-1, 1].  Inside, pictures are kept as uint8, a quarter of the size.
"""

import io
import os
import re
import stat
import threading
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import Dataset

from gancourse import profile
from gancourse.data import catalogue
from gancourse.data.drawn_faces import draw_faces, face_attributes
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

Split = Literal["train", "validation", "all"]

# Only these decoders are tried; Pillow knows forty, and one of them starts Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"}
MOST_PIXELS = 90_000_000  # in one picture: 270 MB once decoded
MOST_BYTES = 64 * 2**20  # in one file of an archive, unpacked
MOST_COMPRESSION = 100  # JPEG and PNG hardly shrink in a zip

# Drawn faces are numbered; the validation faces start so far out that no training set reaches them.
FIRST_VALIDATION_FACE = 1_000_000_000


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


def centre_square(image: Image.Image, size: int) -> Tensor:
    """The central square, as wide as the picture's short side, resized to uint8 (3, size, size).

    The filter is Pillow's bilinear, which widens as the picture shrinks and so averages over every pixel it drops.
    None of its weights is negative: unlike bicubic or Lanczos it draws no bright rims that a generator would learn.
    """
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def to_float(pixels: Tensor) -> Tensor:
    """uint8 in 0..255 to float in [-1, 1]; 0 becomes exactly -1 and 255 exactly 1."""
    return pixels / 127.5 - 1


def to_uint8(images: Tensor) -> Tensor:
    """Float in [-1, 1] to the nearest uint8 in 0..255, the inverse of `to_float`; values outside are clipped."""
    return ((images.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


# --- Many pictures ----------------------------------------------------------------------------------------------------


def _is_picture(name: str) -> bool:
    """Whether a relative path is a picture's, and not what an operating system leaves beside pictures."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and Path(parts[-1]).suffix.lower() in SUFFIXES


def _natural_order(name: str) -> tuple[str, str]:
    """A sorting key that puts 2.jpg before 10.jpg; for CelebA's padded numbers it is the official order."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), name.lower()), name


class _PictureFolder:
    """The pictures of a folder and of the folders in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files = [Path(folder, file) for folder, _, files in os.walk(path) for file in files]
        names = (file.relative_to(path).as_posix() for file in files)
        self.names = sorted(filter(_is_picture, names), key=_natural_order)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class _PictureArchive:
    """The pictures of a zip archive, read without unpacking it, by any number of threads and worker processes.

    Raises CourseError for an archive that cannot be read, or that no honest maker of pictures would pack.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open()
        members = self._archive.infolist()
        pictures = [member for member in members if _is_picture(member.filename)]
        for fault in self._faults(members, pictures):
            raise CourseError(f"{path.name} is refused: {fault}. Get the archive from its makers again.")
        self.names = sorted((member.filename for member in pictures), key=_natural_order)

    def __reduce__(self) -> tuple[type["_PictureArchive"], tuple[Path]]:
        return _PictureArchive, (self.path,)

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
        faults = [
            f"{name!r} points outside the archive"
            for name in names
            if ".." in re.split(r"[/\\]", name) or re.match(r"[/\\]|[A-Za-z]:", name)
        ]
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


def _open_pictures(source: str | Path) -> _PictureFolder | _PictureArchive:
    """The pictures of an archive, of a folder, or of the CelebA archive or folder inside a folder."""
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise CourseError(f"There is no {path}. Give the path of img_align_celeba.zip or of a folder of pictures.")
    path = (catalogue.find("celeba", path) or path) if path.is_dir() else path
    pictures = _PictureFolder(path) if path.is_dir() else _PictureArchive(path)
    if not pictures.names:
        raise CourseError(f"{path} holds no pictures ({', '.join(sorted(SUFFIXES))}). Is it the right one?")
    return pictures


def _decode(
    pictures: _PictureFolder | _PictureArchive, names: Sequence[str], image_size: int, progress: bool
) -> Tensor:
    """The named pictures as uint8 (N, 3, image_size, image_size), decoded by all cores: Pillow lets threads run."""
    pixels = torch.empty(len(names), 3, image_size, image_size, dtype=torch.uint8)

    def decode_some(positions: range) -> int:
        for position in positions:
            label = f"{pictures.path.name}: {names[position]}"
            try:
                content = pictures.read(names[position])
            except Exception as error:  # zlib, struct, zipfile and the disk each have their own
                raise CourseError(f"{label} cannot be read ({error}). Replace it by a good copy.") from error
            pixels[position] = centre_square(open_image(io.BytesIO(content), label), image_size)
        return len(positions)

    portions = [range(len(names))[start : start + 8] for start in range(0, len(names), 8)]
    with (
        ThreadPoolExecutor(os.cpu_count()) as threads,
        progress_bar(total=len(names), desc="Decoding", unit="picture", leave=False, show=progress) as bar,
    ):
        for done in threads.map(decode_some, portions):  # on Ctrl-C it drops the portions not yet begun
            bar.update(done)
    return pixels


def _held_out(total: int) -> int:
    """How many of `total` faces, the last ones, are for validation: 500, or a sixth of fewer than 3,000."""
    return min(500, total // 6)


def _check_size(image_size: int, count: int | None, split: str) -> None:
    if type(image_size) is not int or not 1 <= image_size <= 1024:
        raise CourseError(f"image_size is {image_size!r}; it has to be a whole number of pixels, 1 to 1024.")
    if count is not None and (type(count) is not int or count < 1):
        raise CourseError(f"count is {count!r}; it has to be a whole number, at least 1.")
    if split not in ("train", "validation", "all"):
        raise CourseError(f"split is {split!r}; it can be 'train', 'validation' or 'all'.")


class CelebAFaces(Dataset[Tensor]):
    """Real faces, the centre square of each: float (3, image_size, image_size) in [-1, 1].

    `source` is img_align_celeba.zip (it is not unpacked), a folder of pictures (with those in its sub-folders), or a
    folder that holds either.  The makers give aligned faces no split of their own for this use, so validation is the
    last 500 pictures, or the last sixth where there are fewer than 3,000.  `count` takes at most so many of the split,
    the first ones.

    Where the decoded pictures fit into `memory_gb` (10⁹ bytes) they are decoded once, now; else at each access.

    Raises CourseError for a missing or empty source, for an archive that is damaged or unsafe, and for a picture
    that cannot be read: a set with a hole in it is not the set, so nothing is left out without your knowing.
    """

    source: Path  # the archive or the folder that the pictures come from
    description: str

    def __init__(
        self,
        source: str | Path,
        image_size: int = 64,
        split: Split = "train",
        count: int | None = None,
        memory_gb: float = 4.0,
        progress: bool = True,
    ) -> None:
        _check_size(image_size, count, split)
        self._pictures = _open_pictures(source)
        self._image_size = image_size
        names = self._pictures.names
        border = len(names) - _held_out(len(names))
        self._names = {"train": names[:border], "validation": names[border:], "all": names}[split][:count]
        self.source = self._pictures.path
        if not self._names:
            raise CourseError(f"{self.source} has {len(names)} pictures, too few to set a sixth aside for validation.")
        self.description = (
            f"CelebA, {len(self._names):,} of {len(names):,} pictures at {image_size} px, from {self.source.name}"
        )
        self._pixels: Tensor | None = None
        if len(self._names) * 3 * image_size**2 <= memory_gb * 1e9:
            self._pixels = _decode(self._pictures, self._names, image_size, progress)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        if self._pixels is not None:
            return to_float(self._pixels[index])
        positions = torch.arange(len(self))[index]
        names = [self._names[position] for position in positions.flatten()]
        pixels = _decode(self._pictures, names, self._image_size, progress=False)
        return to_float(pixels.reshape(*positions.shape, *pixels.shape[1:]))


class DrawnFaces(Dataset[Tensor]):
    """The drawn twin of CelebA: `count` faces drawn by code, float (3, image_size, image_size) in [-1, 1].

    The same `seed` draws the same faces, and the first of many are the same as few.  Training and validation faces
    are different ones; "all" is both, in CelebA's proportion.  `attributes` holds what is known of each face.
    """

    description: str
    attributes: dict[str, np.ndarray]

    def __init__(
        self, count: int, image_size: int = 64, split: Split = "train", seed: int = 0, progress: bool = True
    ) -> None:
        _check_size(image_size, count, split)
        held_out = {"train": 0, "validation": count, "all": _held_out(count)}[split]
        both = [(count - held_out, 0), (held_out, FIRST_VALIDATION_FACE)]
        ranges = [(length, first) for length, first in both if length]
        drawn = [draw_faces(length, image_size, seed, first, progress=progress) for length, first in ranges]
        known = [face_attributes(length, seed, first) for length, first in ranges]
        self._pixels = torch.from_numpy(np.concatenate(drawn))
        self.attributes = {name: np.concatenate([part[name] for part in known]) for name in known[0]}
        self.description = f"drawn twin of CelebA, {count:,} faces at {image_size} px"

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        return to_float(self._pixels[index])


def faces(
    image_size: int = 64,
    split: Split = "train",
    count: int | None = None,
    root: str | Path | None = None,
    progress: bool = True,
) -> CelebAFaces | DrawnFaces:
    """CelebA where it lies in `root` (default: the data folder), else its drawn twin; a printed line says which.

    Under the smoke profile it is always the twin.  `count` takes at most so many pictures; without it, all of the real
    split, or of the twin 500 for validation and else 2,000 under the smoke profile and 10,000 under the others.
    """
    smoke = profile.name() == "smoke"
    found = None if smoke else catalogue.find("celeba", root)
    if found:
        real_faces = CelebAFaces(found, image_size, split, count, progress=progress)
        print(f"Faces: {real_faces.description}.")
        return real_faces
    if count is None:
        count = 500 if split == "validation" else profile.pick(smoke=2_000, lesson=10_000, full=10_000)
    drawn_faces = DrawnFaces(count, image_size, split, progress=progress)
    celeba = catalogue.REAL_SETS["celeba"]
    if smoke:
        reason = f"as always in the smoke profile. The others use {celeba.archive} once it lies in the data folder"
    else:
        folder = Path(root) if root else catalogue.data_folder()
        reason = f"not the real ones. For those put {celeba.archive} into {folder}; its makers' page is {celeba.page}"
    print(f"Faces: {drawn_faces.description}, {reason}.")
    return drawn_faces
