"""Two sets of pictures that have nothing to do with each other: photos and paintings, or any two folders."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gancourse import profile
from gancourse.data import catalogue
from gancourse.data.downloads import find_or_download
from gancourse.data.drawn_landscapes import FIRST_VALIDATION, draw_landscapes
from gancourse.data.files import Pictures, decode, leave_out, open_pictures, read_picture
from gancourse.data.images import centre_square, check_size, to_float
from gancourse.errors import CourseError

UnpairedSplit = Literal["train", "validation", "test", "all"]

FIRST_PAINTED = 500_000_000  # from here on scenes are numbered of which a training set has the painting, not the photo
HELD_OUT = 100  # of each domain, the last ones; the makers give no validation set
DOMAINS = {"traina": "monets", "testa": "monets", "trainb": "photos", "testb": "photos"}


class Pixels(Dataset[Tensor]):
    """Images (N, 3, H, W), kept as uint8 and handed out as float in [-1, 1]."""

    def __init__(self, pixels: Tensor) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        return to_float(self._pixels[index])


class UnpairedImages:
    """Photos and paintings, each a dataset of its own: float (3, image_size, image_size) in [-1, 1].

    `source` is monet2photo.zip (it is not unpacked), the folder in it, or any archive or folder of the same layout:
    trainA, trainB and perhaps testA, testB, where A is Monet and B is photo, in capitals or not.  Or it is two folders
    or archives of your own, `(photos, monets)`.

    split   "train" is all of a domain's training pictures but the last 100, or but the last sixth where there are
            fewer than 600, and those are "validation"; "test" is testA and testB; "all" is training and validation
    count   at most so many of each domain, the first ones

    There are `photos` and `monets`, as many as there are of each: nothing is cut to the shorter of the two, and no
    photo has a partner.  `train_cyclegan` draws from each in an order of its own.

    A picture that cannot be read is left out, with a warning.  Raises CourseError for a missing source, for one without
    both domains, and for what CelebAFaces refuses.
    """

    photos: Pixels
    monets: Pixels
    description: str
    left_out: list[str]  # a sentence on each picture that could not be read
    paired = False  # no photo has a right answer

    def __init__(
        self,
        source: str | Path | tuple[str | Path, str | Path],
        image_size: int = 256,
        split: UnpairedSplit = "train",
        count: int | None = None,
        progress: bool = True,
    ) -> None:
        if split not in ("train", "validation", "test", "all"):
            raise CourseError(f"split is {split!r}; it can be 'train', 'validation', 'test' or 'all'.")
        check_size(image_size, count, "all")
        if isinstance(source, (str, Path)):
            pictures = _open(source)
            where = pictures.path.name
            files = {domain: (pictures, deal_out_domain(pictures.names, domain)) for domain in ("photos", "monets")}
        else:
            opened = dict(zip(("photos", "monets"), map(_open, source), strict=True))
            where = " and ".join(pictures.path.name for pictures in opened.values())
            files = {domain: (pictures, deal_out_set(pictures.names)) for domain, pictures in opened.items()}
        chosen = {domain: _of_split(parts, split)[:count] for domain, (_, parts) in files.items()}
        for domain, names in chosen.items():
            if not names:
                raise CourseError(f"{where} has no {domain} for split={split!r}. {REMEDY}")
        self.left_out = []
        sets: dict[str, Pixels] = {}
        for domain, (pictures, _) in files.items():
            shape = (3, image_size, image_size)
            pixels, refused = decode(chosen[domain], shape, _loader(pictures, image_size), progress)
            self.left_out += leave_out(refused, len(chosen[domain]), domain, where)
            sets[domain] = Pixels(pixels)
        self.photos, self.monets = sets["photos"], sets["monets"]
        self.description = (
            f"{len(self.photos):,} photos and {len(self.monets):,} paintings at {image_size} px, from {where}"
        )


REMEDY = (
    "Give monet2photo.zip, a folder or archive with trainA (the paintings) and trainB (the photos) in it, or two "
    "folders of your own, (photos, paintings)."
)


def _open(source: str | Path) -> Pictures:
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise CourseError(f"There is no {path}. {REMEDY}")
    return open_pictures((catalogue.find("monet2photo", path) or path) if path.is_dir() else path)


def deal_out_domain(names: list[str], domain: str) -> dict[str, list[str]]:
    """Of pictures in folders trainA, trainB, testA and testB those of "photos" or "monets", by their split."""
    inside: dict[str, list[str]] = {"train": [], "test": []}
    for name in names:
        folders = [folder for folder in PurePosixPath(name.lower()).parts[:-1] if DOMAINS.get(folder) == domain]
        if folders:
            inside[folders[0][:-1]].append(name)
    return deal_out_set(inside["train"]) | {"test": inside["test"]}


def deal_out_set(names: list[str]) -> dict[str, list[str]]:
    """Training and validation pictures of a folder that is one of two sets."""
    border = len(names) - min(HELD_OUT, len(names) // 6)
    return {"train": names[:border], "validation": names[border:], "test": []}


def _of_split(parts: dict[str, list[str]], split: UnpairedSplit) -> list[str]:
    return parts["train"] + parts["validation"] if split == "all" else parts[split]


def _loader(pictures: Pictures, size: int) -> Callable[[str], Tensor]:
    def load(name: str) -> Tensor:
        image, _ = read_picture(pictures, name)
        return torch.as_tensor(centre_square(image, size))

    return load


class DrawnLandscapes:
    """The drawn twin of Monet2photo: `count` photos and `count` paintings, (3, image_size, image_size) in [-1, 1].

    To train with, no scene is in both.  Held-out scenes, split "validation", are in both: `monets[i]` is the right
    answer to `photos[i]`, which no real set has, and `paired` is True.  The same `seed` draws the same scenes, and the
    first of many are the same as few.  Raises CourseError for a size or a number that `draw_landscapes` does not draw.
    """

    photos: Pixels
    monets: Pixels
    description: str
    paired: bool  # whether monets[i] is the right answer to photos[i]

    def __init__(
        self,
        count: int,
        image_size: int = 64,
        split: Literal["train", "validation"] = "train",
        seed: int = 0,
        progress: bool = True,
    ) -> None:
        if split not in ("train", "validation"):
            raise CourseError(f"split is {split!r}; drawn landscapes have 'train' and 'validation'.")
        check_size(image_size, count, split)
        self.paired = split == "validation"
        if self.paired:
            photos, paintings = draw_landscapes(count, image_size, seed, FIRST_VALIDATION, progress)
        else:
            photos, _ = draw_landscapes(count, image_size, seed, 0, progress)
            _, paintings = draw_landscapes(count, image_size, seed, FIRST_PAINTED, progress)
        self.photos, self.monets = (Pixels(torch.from_numpy(pixels)) for pixels in (photos, paintings))
        self.description = f"drawn twin of Monet2photo, {count:,} photos and {count:,} paintings at {image_size} px"


def monet2photo(
    image_size: int = 128,
    split: Literal["train", "validation"] = "train",
    count: int | None = None,
    root: str | Path | None = None,
    progress: bool = True,
    download: bool = False,
) -> UnpairedImages | DrawnLandscapes:
    """Monet2photo where it lies in `root` (default: the data folder), else its drawn twin; a printed line says which.

    Under the smoke profile it is always the twin.  `count` takes at most so many of each domain; without it, all of
    the real split, or of the twin 100 for validation and else 1,000, 300 under the smoke profile.

    With `download` a missing set is fetched first (`gancourse.data.download`), except under the smoke profile; if that
    fails, why is printed, and the twin serves.
    """
    found = find_or_download("monet2photo", root, download)
    if found:
        real_images = UnpairedImages(found, image_size, split, count, progress=progress)
        print(f"Monet2photo: {real_images.description}.")
        return real_images
    if count is None:
        count = 100 if split == "validation" else profile.pick(smoke=300, lesson=1_000, full=1_000)
    drawn_images = DrawnLandscapes(count, image_size, split, progress=progress)
    print(f"Monet2photo: {drawn_images.description}, {catalogue.why_drawn('monet2photo', root)}.")
    return drawn_images
