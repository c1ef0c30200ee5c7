"""Pictures as tensors, and the faces of lesson 2, real and drawn.

A dataset here is indexed as a tensor is: an integer gives one image (3, H, W), a slice or a tensor of indices gives a
batch (N, 3, H, W), always float in [-1, 1].  Inside, pictures are kept as uint8, a quarter of the size.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from gancourse import profile
from gancourse.data import catalogue
from gancourse.data.decoded import DecodedPictures
from gancourse.data.downloads import find_or_download
from gancourse.data.drawn_faces import draw_faces, face_attributes
from gancourse.data.files import Pictures, decode, leave_out, open_pictures, read_picture
from gancourse.errors import CourseError

Split = Literal["train", "validation", "all"]

# Drawn faces are numbered; the validation faces start so far out that no training set reaches them.
FIRST_VALIDATION_FACE = 1_000_000_000


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


def _open_faces(source: str | Path) -> Pictures:
    """The pictures of an archive, of a folder, or of the CelebA archive or folder inside a folder."""
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise CourseError(f"There is no {path}. Give the path of img_align_celeba.zip or of a folder of pictures.")
    return open_pictures((catalogue.find("celeba", path) or path) if path.is_dir() else path)


def held_out_count(total: int) -> int:
    """How many of `total` faces, the last ones, are for validation: 500, or a sixth of fewer than 3,000."""
    return min(500, total // 6)


def check_size(image_size: int, count: int | None, split: str) -> None:
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

    Pictures are decoded once: into memory, each time the set is opened, where they fit into `memory_gb` (10⁹ bytes);
    else all of the source into a file, which the next opening finds (`gancourse.data.decoded` says where it lies).

    A picture that cannot be read is left out, with a warning.  Raises CourseError for a missing or empty source, for
    an archive that is damaged or unsafe, and where more than one picture in ten cannot be read.
    """

    source: Path  # the archive or the folder that the pictures come from
    description: str
    left_out: list[str]  # a sentence on each picture that could not be read

    def __init__(
        self,
        source: str | Path,
        image_size: int = 64,
        split: Split = "train",
        count: int | None = None,
        memory_gb: float = 1.0,
        progress: bool = True,
    ) -> None:
        check_size(image_size, count, split)
        pictures = _open_faces(source)
        self.source = pictures.path
        names = pictures.names
        border = len(names) - held_out_count(len(names))
        everyone = range(len(names))
        positions = {"train": everyone[:border], "validation": everyone[border:], "all": everyone}[split][:count]
        if not positions:
            raise CourseError(f"{self.source} has {len(names)} pictures, too few to set a sixth aside for validation.")

        def load(name: str) -> Tensor:
            return centre_square(read_picture(pictures, name)[0], image_size)

        self._pixels: Tensor | DecodedPictures
        if len(positions) * 3 * image_size**2 <= memory_gb * 1e9:
            chosen = names[positions.start : positions.stop]
            self._pixels, refused = decode(chosen, (3, image_size, image_size), load, progress)
        else:
            self._pixels = DecodedPictures(pictures, image_size, positions, load, progress)
            refused = self._pixels.refused
        self.left_out = leave_out(refused, len(positions), "pictures", self.source.name)
        official = catalogue.REAL_SETS["celeba"]
        title = "CelebA, " if self.source.name in (official.archive, official.folder) else ""
        self.description = (
            f"{title}{len(self):,} of {len(names):,} pictures at {image_size} px, from {self.source.name}"
        )

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        return to_float(self._pixels[index])


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
        check_size(image_size, count, split)
        held_out = {"train": 0, "validation": count, "all": held_out_count(count)}[split]
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
    download: bool = False,
) -> CelebAFaces | DrawnFaces:
    """CelebA where it lies in `root` (default: the data folder), else its drawn twin; a printed line says which.

    Under the smoke profile it is always the twin.  `count` takes at most so many pictures; without it, all of the real
    split, or of the twin 500 for validation and else 2,000 under the smoke profile and 10,000 under the others.

    With `download` a missing set is fetched first (`gancourse.data.download`), except under the smoke profile; if that
    fails, why is printed, and the twin serves.
    """
    found = find_or_download("celeba", root, download)
    if found:
        real_faces = CelebAFaces(found, image_size, split, count, progress=progress)
        print(f"Faces: {real_faces.description}.")
        return real_faces
    if count is None:
        count = 500 if split == "validation" else profile.pick(smoke=2_000, lesson=10_000, full=10_000)
    drawn_faces = DrawnFaces(count, image_size, split, progress=progress)
    print(f"Faces: {drawn_faces.description}, {catalogue.why_drawn('celeba', root)}.")
    return drawn_faces
