"""What a set of pictures is good for, before anything trains on it: its counts, its faults, and the lesson it fits.

Every picture is decoded once, by all cores, and forgotten again but for some numbers and a fingerprint of 192 bytes,
however large it is.
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gancourse.data import files
from gancourse.data.checked import SEAM, CheckedPicture, check_picture, find_copies
from gancourse.data.files import PictureFolder, Pictures, decode_each, open_pictures, read_picture
from gancourse.data.images import centre_square, held_out_count, to_float
from gancourse.data.pairs import MUCH_FLATTER, SPLIT_FOLDERS, deal_out_pairs, stem, two_sides
from gancourse.data.unpaired import DOMAINS, deal_out_domain, deal_out_set
from gancourse.errors import CourseError

Source = str | Path
Layout = Literal["one set", "side by side", "parallel", "two sets"]
Group = tuple[str, ...]
Thing = TypeVar("Thing")

LESSONS = {2: "lesson 2, DCGAN", 3: "lesson 3, pix2pix", 4: "lesson 4, CycleGAN"}
SIZES = (32, 64, 128, 256, 512)  # px; what the networks of all three take
LESSON_OF: dict[Layout, int] = {"one set": 2, "side by side": 3, "parallel": 3, "two sets": 4}
SETS = {"A": "monets", "B": "photos"}  # as Monet2photo's folders call the two
NAMED = 4  # so many of a long list are printed
TILE = 96  # px, of a picture on the contact sheet

# --- How the pictures lie ---------------------------------------------------------------------------------------------


class _File(NamedTuple):
    called: str
    pictures: Pictures
    name: str  # among those pictures
    side: str  # labels or photos, or which of two sets; "" in one set
    key: str  # the same for both pictures of a pair


def _open(source: Source) -> Pictures:
    path = Path(source).expanduser()
    if not path.exists():
        raise CourseError(f"There is no {path}. Give the path of a folder or an archive of pictures.")
    if path.is_file() and path.suffix.lower() in files.SEEN:
        raise CourseError(f"{path} is one picture. Give the folder that it lies in.")
    return open_pictures(path)


def _two_folders(pictures: Pictures) -> list[str]:
    """The two folders that a folder consists of, where their names say no more than that they are two."""
    tops = {(*PurePosixPath(name).parts[:-1], "")[0] for name in pictures.names}
    known = {*SPLIT_FOLDERS, *DOMAINS, "labels", "photos", ""}
    two = isinstance(pictures, PictureFolder) and len(tops) == 2 and not known & {top.lower() for top in tops}
    return sorted(tops) if two else []


def _lay_out(opened: Sequence[Pictures], sides: Sequence[str]) -> tuple[Layout, list[_File]]:
    """How the pictures lie, as far as their names tell, and each of them."""
    if len(opened) == 1:
        layout, inside = _inside(opened[0].names)
        return layout, [
            _File(name, opened[0], name, side, stem(name) if layout == "parallel" else name)
            for side, names in inside.items()
            for name in names
        ]
    listed = [
        _File(f"{side}/{name}", pictures, name, side, stem(name))
        for side, pictures in zip(sides, opened, strict=True)
        for name in pictures.names
    ]
    first, second = ({file.key for file in listed if file.side == side} for side in sides)
    paired = 2 * len(first & second) > min(len(first), len(second))
    return "parallel" if paired else "two sets", listed


def _inside(names: list[str]) -> tuple[Layout, dict[str, list[str]]]:
    """What the lessons' loaders find in one folder or archive: the pictures of each side."""
    sets = {side: list(chain.from_iterable(deal_out_domain(names, SETS[side]).values())) for side in SETS}
    if all(sets.values()):
        return "two sets", sets
    if sides := two_sides(names):
        return "parallel", dict(zip(("labels", "photos"), sides, strict=True))
    return "one set", {"": names}


def _splits(layout: Layout, listed: list[_File], places: int) -> dict[str, str]:
    """For each picture "train", "validation" or "test", as the lesson's loader deals them out; else "unused"."""
    split: dict[str, str] = {}
    for side in dict.fromkeys(file.side for file in listed):
        members = [file for file in listed if file.side == side]
        names = [file.key if layout == "parallel" else file.name for file in members]
        if layout == "one set":
            border = len(names) - held_out_count(len(names))
            parts = {"train": names[:border], "validation": names[border:]}
        elif layout == "two sets":
            parts = deal_out_set(names) if places == 2 else deal_out_domain(names, SETS[side])
        else:
            parts, _ = deal_out_pairs(names)
        part_of = {name: part for part, some in parts.items() for name in some}
        split |= {file.called: part_of.get(name, "unused") for file, name in zip(members, names, strict=True)}
    return split


def _pairs(layout: Layout, listed: Iterable[_File], pictures: dict[str, CheckedPicture]) -> list[Group]:
    """Each pair by the name of the picture that holds both sides, or by the names of two, where they can be read."""
    if layout == "side by side":
        return [(name,) for name, picture in pictures.items() if picture.can_be_cut]
    by_key: dict[str, list[str]] = {}
    for file in listed if layout == "parallel" else ():
        if file.called in pictures:
            by_key.setdefault(file.key, []).append(file.called)
    return [tuple(names) for names in by_key.values() if len(names) == 2]


# --- The report -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What `check_pictures` found.  `str(report)` is a page; these are the names in it."""

    places: Group  # the folder or archive, or both, as they were given
    size: int  # px, that the pictures are wanted at
    layout: Layout
    sides: Group  # what lies apart: labels and photos, or two sets; ("",) for one set, and for pairs side by side
    pictures: dict[str, CheckedPicture]  # by name, those that could be read
    unreadable: dict[str, str]  # by name, why
    parts: dict[str, list[str]]  # names by side and split: "train", "photos validation", "A test", ...
    pairs: list[Group]  # each by the name of the picture that holds both sides, or by two names
    copies: list[Group]  # names of one picture; in parallel folders the photos' of one pair
    shared: list[Group]  # those copies of which more than one split of a side has one
    in_both: list[Group]  # those copies of which both of two sets have one
    without_partner: list[str]  # in parallel folders
    two_sizes: list[str]  # in parallel folders: photos that do not have the size of their labels
    not_pairs: list[str]  # among pairs side by side: pictures without two equal halves
    labels: str | None  # the side that looks like them: "left", "right", or one of `sides`; None where nothing tells
    exchanged: list[str]  # of pairs whose labels look to be where most have the photo, the pictures or the photos
    small: list[str]  # with a side, or half a side, shorter than `size`
    grey: list[str]  # where most are in colour
    fits: dict[int, str]  # the lessons whose networks can train on it, and on what
    misfits: dict[int, str]  # the others, and why not
    files: dict[str, _File] = field(repr=False)

    @property
    def command(self) -> str | None:
        """What trains on this set, labels first if they lie apart; None where no lesson fits."""
        if not self.fits:
            return None
        lesson = LESSON_OF[self.layout]
        lesson = lesson if lesson in self.fits else min(self.fits)
        labels_last = lesson == 3 and len(self.places) == 2 and self.labels == self.sides[1]
        places = shlex.join(self.places[::-1] if labels_last else self.places)
        network = {2: "dcgan", 3: "pix2pix", 4: "cyclegan"}[lesson]
        left = " --labels-on left" if self.labels == "left" else ""
        return f"python -m gancourse train {network} --data {places}{left} --image-size {self.size}"

    def __str__(self) -> str:
        count = len(self.pictures) + len(self.unreadable)
        blocks = [f"{' and '.join(self.places)}: {count:,} pictures", _table(self._columns())]
        blocks += [_paragraph(title, lines) for title, lines in self._findings().items() if lines]
        verdicts = [f"Fits {LESSONS[lesson]}: {what}." for lesson, what in sorted(self.fits.items())]
        verdicts += [f"Not {LESSONS[lesson]}: {why}." for lesson, why in sorted(self.misfits.items())]
        blocks.append("\n".join(verdicts))
        if self.command:
            blocks.append(f"To train:\n    {self.command}")
        return "\n\n".join(blocks)

    def _columns(self) -> dict[str, list[str]]:
        """The table: for each part what is said of it, line by line."""
        columns = {"": ["pictures", "smallest", "median", "largest", "shapes", "stored as", "files"]}
        for part, names in self.parts.items():
            some = sorted((self.pictures[name] for name in names), key=lambda picture: np.prod(picture.size))
            columns[part] = [
                f"{len(some):,}",
                *("{} × {}".format(*some[place].size) for place in (0, len(some) // 2, -1)),
                *(_counted(getattr(picture, what) for picture in some) for what in ("shape", "mode", "format")),
            ]
        return columns

    def _findings(self) -> dict[str, list[str]]:
        """What to look at: a sentence, and a line on each picture that it is about."""

        def alike(groups: list[Group]) -> list[str]:
            contents = [{self.pictures[name].content for name in group} for group in groups]
            return [(" = " if len(content) == 1 else " ≈ ").join(group)
                    for content, group in zip(contents, groups, strict=True)]  # fmt: skip

        elsewhere = [group for group in self.copies if group not in self.shared and group not in self.in_both]
        return {
            "Cannot be read, and left out": [*self.unreadable.values()],
            "Without a partner of the same name; add it, or remove these": self.without_partner,
            "Not of the size of its labels; save both at one size": self.two_sizes,
            "Not two pictures side by side; remove these": self.not_pairs,
            "Labels where most have the photo; exchange the two": self.exchanged,
            "The same picture to train with and held out; remove one": alike(self.shared),
            "The same picture in both sets; remove one": alike(self.in_both),
            "The same picture more than once": alike(elsewhere),
            f"Smaller than {self.size} px, so enlarged, and soft": [
                "{} ({} × {})".format(name, *self.pictures[name].size) for name in self.small
            ],
            "Grey among colours": self.grey,
            "Turned upright, as their EXIF tag says": self.having("turned"),
            "Transparent, laid on white": self.having("transparent"),
            "Of 16 bits, read as 8": self.having("deep"),
        }

    def having(self, what: str) -> list[str]:
        """Names of the pictures of which this is true: "turned", "transparent", "deep", "grey" or "can_be_cut"."""
        return [name for name, picture in self.pictures.items() if getattr(picture, what)]

    def contact_sheet(self, columns: int = 8) -> tuple[Tensor, list[str]]:
        """Pictures (rows · columns, 3, 96, 96) in [-1, 1], and a label for each row: what to look at.

        First some of each part, evenly spread, as training sees them: their centre squares or, of pairs, both sides
        squeezed into squares.  Then, whole, what the report names.  `gancourse.show.picture_grid` draws it.
        """
        rows: dict[str, list[Tensor]] = {}
        if self.pairs:
            for side, pictures in self._both_sides(_spread(self.pairs, columns)).items():
                rows[side] = [_pixels(picture.resize((TILE, TILE), Image.Resampling.BILINEAR)) for picture in pictures]
        else:
            for part, names in self.parts.items():
                rows[part] = [centre_square(self._image(name), TILE) for name in _spread(names, columns)]
        flagged = {
            "copies": [name for group in self.copies for name in group],
            "exchanged": self.exchanged,
            "no pairs": self.not_pairs,
            "small": self.small,
            "grey": self.grey,
            "turned": self.having("turned"),
        }
        for label, some in flagged.items():
            if some:
                whole = (ImageOps.pad(self._image(name), (TILE, TILE), color="white") for name in some[:columns])
                rows[label] = [_pixels(tile) for tile in whole]
        white = torch.full((3, TILE, TILE), 255, dtype=torch.uint8)
        tiles = [tile for row in rows.values() for tile in [*row, *[white] * (columns - len(row))]]
        return to_float(torch.stack(tiles)), list(rows)

    def _both_sides(self, pairs: list[Group]) -> dict[str, list[Image.Image]]:
        images = [[self._image(name) for name in names] for names in pairs]
        if self.layout == "parallel":
            return {side: [pair[place] for pair in images] for place, side in enumerate(self.sides)}
        both = [image for (image,) in images]
        return {
            "left": [image.crop((0, 0, image.width // 2, image.height)) for image in both],
            "right": [image.crop((image.width // 2, 0, image.width, image.height)) for image in both],
        }

    def _image(self, name: str) -> Image.Image:
        return read_picture(self.files[name].pictures, self.files[name].name)[0]


def _pixels(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _spread(things: Sequence[Thing], count: int) -> list[Thing]:
    """So many of them, evenly, the first and the last included."""
    return [things[round(place)] for place in np.linspace(0, len(things) - 1, min(count, len(things)))]


def _counted(values: Iterable[str]) -> str:
    return ", ".join(f"{count:,} {value}" for value, count in Counter(values).most_common())


def _table(columns: dict[str, list[str]]) -> str:
    widths = [max(map(len, [head, *cells])) for head, cells in columns.items()]
    rows = zip(*([head, *cells] for head, cells in columns.items()), strict=True)
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _paragraph(title: str, lines: list[str]) -> str:
    more = [f"and {len(lines) - NAMED:,} more"] if len(lines) > NAMED else []
    return "\n    ".join([f"{title}: {len(lines):,}", *lines[:NAMED], *more])


# --- Checking ---------------------------------------------------------------------------------------------------------


def check_pictures(source: Source, other: Source | None = None, size: int = 64, progress: bool = True) -> Report:
    """Look at every picture of a folder, zip or tar, or of two of them, and say what can train on it.

    One is a set for a DCGAN; or pairs for a pix2pix, side by side or in folders labels/ and photos/; or trainA and
    trainB for a CycleGAN.  Two are the two sides of pairs where most names agree, and else the two sets of a CycleGAN,
    photos first.  A folder that holds two folders and nothing else is taken for those two.  `size` is what the pictures
    are wanted at, in px.

    A picture that cannot be read is listed with the reason.  Raises CourseError for a size that the networks do not
    take, for a place that does not exist, has no pictures or is refused, and where not one picture can be read.
    """
    if size not in SIZES:
        raise CourseError(f"size is {size!r}; it can be {', '.join(map(str, SIZES))}.")
    places = [Path(source)] if other is None else [Path(source), Path(other)]
    opened = [_open(place) for place in places]
    if other is None and (folders := _two_folders(opened[0])):
        places = [places[0] / folder for folder in folders]
        opened = [_open(place) for place in places]
    short = [place.name for place in places]
    shown = [place.as_posix() for place in places]
    layout, listed = _lay_out(opened, short if len({*short}) == len(short) else shown)
    pictures, unreadable = _look_at(layout, listed, progress)

    wide = [picture.seam for picture in pictures.values() if picture.can_be_cut]
    if layout == "one set" and 2 * len(wide) > len(pictures) and np.median(wide) >= SEAM:
        layout = "side by side"
    pairs = _pairs(layout, listed, pictures)
    two_sizes = [names[1] for names in pairs if pictures[names[0]].size != pictures[names[-1]].size]
    if len(places) == 2 and 2 * len(two_sizes) > len(pairs):  # names such as 1.jpg make no pairs
        layout, pairs, two_sizes = "two sets", [], []

    split, side = _splits(layout, listed, len(places)), {file.called: file.side for file in listed}
    part = {name: f"{side[name]} {split[name]}".strip() for name in pictures}
    parts: dict[str, list[str]] = {}
    for name in pictures:
        parts.setdefault(part[name], []).append(name)
    sides = tuple(dict.fromkeys(side.values()))
    copies = _copies(layout, pairs, pictures)
    labels, exchanged = _labels(layout, pairs, pictures, side)
    partners = Counter(file.key for file in listed) if layout == "parallel" else Counter()
    halved = 2 if layout == "side by side" else 1
    greys = {one: [name for name in pictures if side[name] == one and pictures[name].grey] for one in sides}
    counts = Counter(side[name] for name in pictures)
    found = Report(
        places=tuple(shown),
        size=size,
        layout=layout,
        sides=sides,
        pictures=pictures,
        unreadable=unreadable,
        parts=parts,
        pairs=pairs,
        copies=copies,
        shared=[group for group in copies if len({part[name] for name in group}) > len({side[name] for name in group})],
        in_both=[group for group in copies if len({side[name] for name in group}) > 1],
        without_partner=[file.called for file in listed if partners[file.key] == 1],
        two_sizes=two_sizes,
        not_pairs=[name for name, one in pictures.items() if layout == "side by side" and not one.can_be_cut],
        labels=labels,
        exchanged=exchanged,
        small=[name for name, one in pictures.items() if min(one.size[0] // halved, one.size[1]) < size],
        grey=[name for one in sides if 2 * len(greys[one]) < counts[one] for name in greys[one]],
        fits={},
        misfits={},
        files={file.called: file for file in listed},
    )
    for lesson, (fits, why) in _verdicts(found, split).items():
        (found.fits if fits else found.misfits)[lesson] = why
    return found


def _look_at(
    layout: Layout, listed: Sequence[_File], progress: bool
) -> tuple[dict[str, CheckedPicture], dict[str, str]]:
    """What is known of each picture that can be read, and of the others why not.  CourseError if none can."""
    by_name = {file.called: file for file in listed}
    found: dict[int, CheckedPicture] = {}

    def load(name: str) -> Any:
        return check_picture(by_name[name].pictures, by_name[name].name, layout == "parallel")

    refused = decode_each([*by_name], load, found.__setitem__, progress)
    if not found:
        raise CourseError(f"Not one of {len(listed):,} pictures can be read. {next(iter(refused.values()))}")
    names = [*by_name]
    return (
        {names[position]: found[position] for position in sorted(found)},
        {names[position]: why for position, why in refused.items()},
    )


def _copies(layout: Layout, pairs: list[Group], pictures: dict[str, CheckedPicture]) -> list[Group]:
    """Groups of names that are one picture.  In parallel folders both sides count: labels alone are often alike."""
    units = pairs if layout == "parallel" else [(name,) for name in pictures]
    prints = [np.stack([pictures[name].fingerprint for name in names]) for names in units]
    return [tuple(units[position][-1] for position in group) for group in find_copies(np.array(prints))]


def _labels(
    layout: Layout, pairs: list[Group], pictures: dict[str, CheckedPicture], side: dict[str, str]
) -> tuple[str | None, list[str]]:
    """The side that looks like labels, None where neither does, and the pairs in which the other one does."""
    if not pairs:
        return None, []
    if layout == "side by side":
        sides = "left", "right"
        flat = np.array([pictures[name].flatness for (name,) in pairs])
    else:
        sides = side[pairs[0][0]], side[pairs[0][1]]
        flat = np.array([[np.mean(pictures[name].flatness) for name in names] for names in pairs])
    flatter = flat[:, 1] - flat[:, 0]
    lean = flatter.mean()
    if abs(lean) <= MUCH_FLATTER:
        return None, []
    against = -np.sign(lean) * flatter > MUCH_FLATTER
    return sides[int(lean > 0)], [names[-1] for names, other in zip(pairs, against, strict=True) if other]


def _verdicts(found: Report, split: dict[str, str]) -> dict[int, tuple[bool, str]]:
    """For each lesson whether the set fits, and on what it would train or why not."""
    whole: Counter[str] = Counter()  # how many pictures or pairs a loader finds in each part
    read: Counter[str] = Counter()  # and how many of them it can read
    in_pairs = {names[-1] for names in found.pairs}
    for name, file in found.files.items():
        if found.layout == "parallel" and (file.side == found.sides[0] or name in found.without_partner):
            continue
        part = split[name] if found.layout in ("side by side", "parallel") else f"{file.side} {split[name]}".strip()
        whole[part] += 1
        read[part] += name in (in_pairs if found.layout == "parallel" else found.pictures)
    trained = [part for part in whole if part.endswith(("train", "validation"))]
    broken = [part for part in trained if whole[part] - read[part] > files.MOST_LEFT_OUT * whole[part]]
    many = f"more than one in ten of {' and of '.join(broken)} cannot be read" if broken else ""
    counts = f"{read['train']:,} to train with and {read['validation']:,} held out"

    if found.layout == "one set":
        return {
            2: (not many, many or f"one set, {counts}"),
            3: (False, "these are no pairs, neither side by side nor in folders labels/ and photos/"),
            4: (False, "it takes two sets; give a second folder, or one archive with trainA/ and trainB/"),
        }
    two = {side: read[f"{side} train"] for side in found.sides}
    if found.layout == "two sets":
        first, second = found.sides if len(found.places) == 2 else ("B", "A")
        lacking = [side for side in found.sides if not two[side]]
        why = many or (f"{lacking[0]} has nothing to train with" if lacking else "")
        return {
            2: (False, "these are two sets; either alone would do"),
            3: (False, "the names of the two sets do not match, or the sizes do not, so these are no pairs"),
            4: (
                not why,
                why or f"{first} as photos, {two[first]:,} to train with, and {second} as paintings, {two[second]:,}",
            ),
        }
    stops = len({*found.without_partner, *found.two_sizes, *found.not_pairs})
    why = many or (f"{stops:,} pictures named above stand in the way" if stops else "")
    if not why and _look_like_numbers(found):
        why = "the labels are nearly black: numbers of classes, to which drawn_facades.colour_labels gives colours"
    if not why and not (read["train"] and read["validation"]):
        why = f"{sum(read.values()):,} pairs are too few; of 6 or more a sixth is held out"
    where = "which side is the labels does not show"
    if found.labels:
        where = f"labels on the {found.labels}" if found.layout == "side by side" else f"labels in {found.labels}"
    if found.layout == "parallel" and len(found.places) == 1 and found.labels == "photos":
        where += ", so exchange the names of the two folders"
    if found.layout == "side by side":
        return {
            2: (False, "each picture is two, and has no centre to cut out"),
            3: (not why, why or f"pairs side by side, {where}: {counts}"),
            4: (False, "it takes two folders; cut the pairs apart"),
        }
    either = len(found.places) == 2
    return {
        2: (False, "these are two sets; either alone would do"),
        3: (not why, why or f"pairs by their names, {where}: {counts}"),
        4: (
            either,
            "the same two folders, as if nobody knew who belongs to whom" if either else "it takes two folders",
        ),
    }


def _look_like_numbers(found: Report) -> bool:
    """Whether the labels in a folder of their own are pictures of 0, 1, 2, ... that FacadesPairs refuses."""
    if found.layout != "parallel":
        return False
    place = found.sides.index(found.labels or found.sides[0])
    prints = [found.pictures[names[place]].fingerprint for names in found.pairs]
    return bool(prints) and all(0 < one.max() < 16 for one in prints)
