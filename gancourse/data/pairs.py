"""Pairs of pictures that belong together, pixel by pixel: labels and the photo of the facade that they describe.

A dataset here is indexed as a tensor is, and gives two: `labels, photos = pairs[indices]`, each (N, 3, H, W), or
(3, H, W) for an integer, float in [-1, 1].  Inside, pictures are kept as uint8.
"""

import warnings
from collections.abc import Iterable
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torch.utils.data import Dataset

from gancourse import profile
from gancourse.data import catalogue
from gancourse.data.downloads import find_or_download
from gancourse.data.drawn_facades import FIRST_VALIDATION, colour_labels, draw_facades
from gancourse.data.files import SUFFIXES, Pictures, decode, leave_out, open_pictures, read_picture
from gancourse.data.images import Split, check_size, held_out_count, to_float
from gancourse.errors import CourseError

Side = Literal["left", "right"]
PairSplit = Literal["train", "validation", "test", "all"]
Batch = tuple[Tensor, Tensor]
Source = str | Path | tuple[str | Path, str | Path]

LARGER = 286 / 256  # how much larger the jitter makes a picture before it cuts the size out again
SPLIT_FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}

# Where the photos are flatter than the labels by so much, the two are taken for each other.  In each of the 500 real
# pairs the labels are the flatter side, by 0.30 on average and 0.04 at least.
MUCH_FLATTER = 0.1
LOOKED_AT = 16  # so many pairs are judged together

# --- Augmentation -----------------------------------------------------------------------------------------------------


def jitter(labels: Tensor, photos: Tensor, rng: torch.Generator) -> Batch:
    """Both (N, 3, H, H), each pair a little enlarged, cut out somewhere, and one time in two mirrored: alike for both.

    The paper's augmentation: from 256 px to 286, and 256 of those again; other sizes in proportion.  Only for training:
    what is judged stays as it is.  (Isola et al. 2017, §6.2.)
    """
    size = labels.shape[-1]
    larger = round(size * LARGER)
    both = torch.cat([labels, photos], dim=1)
    both = interpolate(both, (larger, larger), mode="bicubic", align_corners=False).clamp(-1, 1)
    tops, lefts = torch.randint(larger - size + 1, (2, len(both)), generator=rng).tolist()
    mirrored = (torch.rand(len(both), generator=rng) < 0.5).tolist()
    cut = [pair[:, top : top + size, left : left + size] for pair, top, left in zip(both, tops, lefts, strict=True)]
    turned = torch.stack([pair.flip(-1) if flip else pair for pair, flip in zip(cut, mirrored, strict=True)])
    return turned[:, :3], turned[:, 3:]


# --- One pair ---------------------------------------------------------------------------------------------------------


def halves(image: Image.Image, labels_on: Side, name: str) -> tuple[Image.Image, Image.Image]:
    """The labels and the photo of a picture that holds both side by side.

    Raises CourseError, with `name`, for an odd width, and for a picture that is no wider than high.
    """
    width, height = image.size
    if width <= height:
        raise CourseError(
            f"{name} is {width} x {height} px, so its halves would be strips: it looks like one picture, not a pair. "
            "Put labels and photo side by side in one picture, or in folders labels/ and photos/ under one name."
        )
    if width % 2:
        raise CourseError(
            f"{name} is {width} px wide, an odd number, so its halves differ. Save the pair again, both halves alike."
        )
    left, right = image.crop((0, 0, width // 2, height)), image.crop((width // 2, 0, width, height))
    return (left, right) if labels_on == "left" else (right, left)


def flatness(image: Image.Image) -> float:
    """The share of neighbouring pixels that are alike: no channel differs by more than 2, which JPEG alone can do.

    Labels are areas of one colour each, and photos are not.
    """
    pixels = np.asarray(image, np.int16)
    steps = [np.abs(np.diff(pixels, axis=axis)).max(axis=2) for axis in (0, 1)]
    return float(np.mean([(step <= 2).mean() for step in steps if step.size]))


def _require_colours(labels: Image.Image, name: str) -> None:
    """CMP's own label pictures hold the classes' numbers, 1 to 12; without their palette they look black."""
    pixels = np.asarray(labels)
    if 0 < pixels.max() < 16 and (pixels == pixels[..., :1]).all():
        raise CourseError(
            f"The labels in {name} are nearly black: they look like the classes' numbers, not their colours. Give each "
            "class a colour first; for CMP's numbers 1 to 12 gancourse.data.drawn_facades.colour_labels(numbers - 1) "
            "makes them."
        )


def _fit(labels: Image.Image, photo: Image.Image, size: int) -> Tensor:
    """Both as one uint8 (6, size, size), labels first."""
    fitted = [np.array(image.resize((size, size), Image.Resampling.BILINEAR)) for image in (labels, photo)]
    return torch.from_numpy(np.concatenate(fitted, axis=2)).permute(2, 0, 1)


# --- How pairs lie ----------------------------------------------------------------------------------------------------


def two_sides(names: list[str]) -> tuple[list[str], list[str]] | None:
    """Of the pictures in one folder or archive the labels and the photos; None where they can only lie side by side.

    There are two folders, labels/ and photos/, or CMP's own layout, a PNG of labels beside each JPEG.
    """

    def inside(folder: str) -> list[str]:
        return [name for name in names if folder in PurePosixPath(name.lower()).parts[:-1]]

    def ending(*suffixes: str) -> list[str]:
        return [name for name in names if name.lower().endswith(suffixes)]

    labels, photos = inside("labels"), inside("photos")
    if labels and photos:
        return labels, photos
    labels, photos = ending(".png"), ending(".jpg", ".jpeg")
    return (labels, photos) if {*map(stem, labels)} & {*map(stem, photos)} else None


def stem(name: str) -> str:
    """What both pictures of a pair have: the path without its suffix, and without a folder labels/ or photos/."""
    parts = PurePosixPath(name).with_suffix("").parts
    return "/".join([*(part for part in parts[:-1] if part.lower() not in ("labels", "photos")), parts[-1]])


def deal_out_pairs(names: list[str]) -> tuple[dict[str, list[str]], bool]:
    """The names of each split, and whether folders say so; without such folders the last sixth is for validation."""
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for name in names:
        folders = [folder for folder in PurePosixPath(name.lower()).parts[:-1] if folder in SPLIT_FOLDERS]
        if folders:
            parts[SPLIT_FOLDERS[folders[0]]].append(name)
    if any(parts.values()):
        return parts, True
    border = len(names) - held_out_count(len(names))
    return {"train": names[:border], "validation": names[border:], "test": []}, False


# --- Where pairs come from --------------------------------------------------------------------------------------------


class _PairedFiles(Protocol):
    """Pairs that lie together, each by its relative path."""

    names: list[str]
    remedy: str  # for labels and photos that are taken for each other

    def read(self, name: str) -> tuple[Image.Image, Image.Image]: ...


class _SideBySide:
    """Labels and photo in one picture, as in the archive of the facades."""

    def __init__(self, pictures: Pictures, labels_on: Side) -> None:
        self.names = pictures.names
        self.remedy = f"pass labels_on={'left' if labels_on == 'right' else 'right'!r}"
        self._pictures, self._labels_on = pictures, labels_on

    def read(self, name: str) -> tuple[Image.Image, Image.Image]:
        image, called = read_picture(self._pictures, name)
        labels, photo = halves(image, self._labels_on, called)
        _require_colours(labels, called)
        return labels, photo


class _Parallel:
    """Labels and photo in two pictures of one name, whatever the suffix.

    Raises CourseError for a picture without a partner, and for two of one name.
    """

    def __init__(self, labels: Pictures, label_names: list[str], photos: Pictures, photo_names: list[str]) -> None:
        self._labels, self._photos = labels, photos
        self._label_names, self._photo_names = _by_stem(label_names), _by_stem(photo_names)
        alone = self._label_names.keys() ^ self._photo_names.keys()
        if alone:
            first = [(self._label_names | self._photo_names)[stem] for stem in sorted(alone)[:3]]
            raise CourseError(
                f"Without a partner: {', '.join(first)}{f' and {len(alone) - 3} more' if len(alone) > 3 else ''}. "
                "Labels and photo of a pair have one name, whatever the suffix: add what is missing, or remove these."
            )
        self.names = list(self._label_names)
        self.remedy = "exchange the labels' folder and the photos'"

    def read(self, name: str) -> tuple[Image.Image, Image.Image]:
        labels, label_name = read_picture(self._labels, self._label_names[name])
        photo, photo_name = read_picture(self._photos, self._photo_names[name])
        if labels.size != photo.size:
            sizes = [f"{image.width} x {image.height}" for image in (labels, photo)]
            raise CourseError(
                f"{label_name} is {sizes[0]} px and {photo_name} {sizes[1]}. Labels and photo have to match pixel by "
                "pixel: save both at one size."
            )
        _require_colours(labels, label_name)
        return labels, photo


def _by_stem(names: list[str]) -> dict[str, str]:
    stems: dict[str, str] = {}
    for name in names:
        if (first := stems.setdefault(stem(name), name)) != name:
            raise CourseError(f"{first} and {name} are two pictures for one side of a pair. Remove one of them.")
    return stems


def _open(source: str | Path) -> Pictures:
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise CourseError(
            f"There is no {path}. Give the path of facades.tar.gz, or of a folder or archive of pairs of your own."
        )
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        raise CourseError(f"{path} is one picture. Give the folder of pairs that it lies in.")
    return open_pictures((catalogue.find("facades", path) or path) if path.is_dir() else path)


def _pairs_among(pictures: Pictures, labels_on: Side) -> _PairedFiles:
    sides = two_sides(pictures.names)
    return _Parallel(pictures, sides[0], pictures, sides[1]) if sides else _SideBySide(pictures, labels_on)


def _chosen(parts: dict[str, list[str]], split: PairSplit, in_folders: bool, where: object) -> list[str]:
    names = list(chain.from_iterable(parts.values())) if split == "all" else parts[split]
    if names:
        return names
    there = [name for name, members in parts.items() if members]
    if not in_folders and split == "validation":
        raise CourseError(f"{where} has too few pairs, {len(parts['train'])}, to set a sixth aside for validation.")
    folder = "val" if split == "validation" else split
    raise CourseError(
        f"{where} has no pairs in a folder {folder}/. Put some there, or ask for split={' or '.join(map(repr, there))}."
    )


# --- The sets ---------------------------------------------------------------------------------------------------------


class _Pairs(Dataset[Batch]):
    description: str
    _pixels: Tensor  # uint8 (N, 6, H, W), labels first

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int | slice | Tensor) -> Batch:
        both = to_float(self._pixels[index])
        return both[..., :3, :, :], both[..., 3:, :, :]


class FacadesPairs(_Pairs):
    """Label maps and their photos, real ones or your own: two of (3, image_size, image_size), float in [-1, 1].

    `source` is facades.tar.gz (it is not unpacked) or the folder in it; or a folder, zip or tar of other pairs, which
    lie side by side in one picture each, or in two of one name, whatever the suffix: in folders labels/ and photos/,
    or a PNG of labels beside each JPEG, as CMP publishes them.  Or it is two, `(labels_folder, photos_folder)`.

    split      the pairs in folders train/, val/ or test/; where there are none, the last 500 pairs or the last sixth
               are for validation.  (TensorFlow's tutorial calls the val/ of the facades its test set.)
    count      at most so many of the split, the first ones
    labels_on  the half that holds the labels, where pairs lie side by side

    Each side is resized to a square, is never jittered here, and is kept decoded: 6 · image_size² bytes a pair.

    A pair that cannot be read is left out, with a warning.  Raises CourseError for a missing or empty source, for
    pictures that are no pairs, for labels that are not colours, and for what CelebAFaces refuses.  Warns where labels
    and photos look exchanged.
    """

    source: Path | tuple[Path, Path]  # the archives or the folders that the pairs come from
    left_out: list[str]  # a sentence on each pair that could not be read

    def __init__(
        self,
        source: Source,
        image_size: int = 256,
        split: PairSplit = "train",
        count: int | None = None,
        labels_on: Side = "right",
        progress: bool = True,
    ) -> None:
        if split not in ("train", "validation", "test", "all"):
            raise CourseError(f"split is {split!r}; it can be 'train', 'validation', 'test' or 'all'.")
        if labels_on not in ("left", "right"):
            raise CourseError(f"labels_on is {labels_on!r}; it can be 'left' or 'right'.")
        check_size(image_size, count, "all")
        if isinstance(source, (str, Path)):
            pictures = _open(source)
            pairs = _pairs_among(pictures, labels_on)
            self.source = pictures.path
            where = pictures.path.name
        else:
            labels, photos = map(_open, source)
            pairs = _Parallel(labels, labels.names, photos, photos.names)
            self.source = labels.path, photos.path
            where = f"{labels.path.name} and {photos.path.name}"
        parts, in_folders = deal_out_pairs(pairs.names)
        names = _chosen(parts, split, in_folders, where)[:count]
        shape = (6, image_size, image_size)
        self._pixels, refused = decode(names, shape, lambda name: _fit(*pairs.read(name), image_size), progress)
        self.left_out = leave_out(refused, len(names), "pairs", where)
        readable = [name for position, name in enumerate(names) if position not in refused]
        _warn_if_exchanged(pairs, readable[:LOOKED_AT], where)
        official = catalogue.REAL_SETS["facades"]
        title = f"{official.title}, " if where in (official.archive, official.folder) else ""
        total = sum(map(len, parts.values()))
        self.description = f"{title}{len(self):,} of {total:,} pairs at {image_size} px, from {where}"


def _warn_if_exchanged(pairs: _PairedFiles, names: Iterable[str], where: str) -> None:
    flat = np.array([[flatness(side) for side in pairs.read(name)] for name in names])
    labels, photos = flat.mean(axis=0)
    if photos - labels > MUCH_FLATTER:
        warnings.warn(
            f"Labels and photos of {where} look exchanged: {photos:.0%} of neighbouring pixels are alike in the photos "
            f"and {labels:.0%} in the labels, which should be the flatter ones; if they are exchanged, {pairs.remedy}.",
            stacklevel=3,
        )


class DrawnFacades(_Pairs):
    """The drawn twin of the facades: `count` pairs drawn by code, two of (3, image_size, image_size) in [-1, 1].

    The same `seed` draws the same facades, and the first of many are the same as few.  Training and validation facades
    are different ones; "all" is both, five to one.  `codes`, uint8 (N, H, W), holds each pixel's class.

    Raises CourseError for a size or a number that `draw_facades` does not draw.
    """

    codes: Tensor

    def __init__(
        self, count: int, image_size: int = 64, split: Split = "train", seed: int = 0, progress: bool = True
    ) -> None:
        check_size(image_size, count, split)
        held_out = {"train": 0, "validation": count, "all": held_out_count(count)}[split]
        ranges = [(length, first) for length, first in [(count - held_out, 0), (held_out, FIRST_VALIDATION)] if length]
        drawn = [draw_facades(length, image_size, seed, first, progress=progress) for length, first in ranges]
        codes, photos = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        self.codes = torch.from_numpy(codes)
        self._pixels = torch.from_numpy(np.concatenate([colour_labels(codes), photos], axis=1))
        self.description = f"drawn twin of CMP facades, {count:,} pairs at {image_size} px"


def facades(
    image_size: int = 256,
    split: Split = "train",
    count: int | None = None,
    root: str | Path | None = None,
    progress: bool = True,
    download: bool = False,
) -> FacadesPairs | DrawnFacades:
    """The CMP facades where they lie in `root` (default: the data folder), else their drawn twin; a line says which.

    Under the smoke profile it is always the twin.  `count` takes at most so many pairs; without it, all of the real
    split, or of the twin as many as there are real ones: 100 for validation and else 400, 200 under the smoke profile.

    With `download` a missing set is fetched first (`gancourse.data.download`), except under the smoke profile; if that
    fails, why is printed, and the twin serves.
    """
    found = find_or_download("facades", root, download)
    if found:
        real_facades = FacadesPairs(found, image_size, split, count, progress=progress)
        print(f"Facades: {real_facades.description}.")
        return real_facades
    if count is None:
        count = 100 if split == "validation" else profile.pick(smoke=200, lesson=400, full=400)
    drawn_facades = DrawnFacades(count, image_size, split, progress=progress)
    print(f"Facades: {drawn_facades.description}, {catalogue.why_drawn('facades', root)}.")
    return drawn_facades
