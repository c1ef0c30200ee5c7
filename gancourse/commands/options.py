"""What several commands are asked, and the pictures that they are told of."""

import argparse
from pathlib import Path
from typing import Any, Literal

from gancourse.data import (
    CelebAFaces,
    DrawnFacades,
    DrawnFaces,
    DrawnLandscapes,
    FacadesPairs,
    UnpairedImages,
    facades,
    faces,
    monet2photo,
)
from gancourse.data.images import Split
from gancourse.errors import CourseError

Commands = Any  # a parser's sub-parsers, for which argparse has no public type
PAIRS_HELP = (
    "facades.tar.gz, or a folder or archive of pairs, or two, labels and photos; without it the facades from the data "
    "folder, or their drawn twin"
)


class HelpWithDefaults(argparse.ArgumentDefaultsHelpFormatter):
    """Defaults are named where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def natural(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def add_pairs_options(parser: argparse.ArgumentParser, what: str = PAIRS_HELP) -> None:
    parser.add_argument("--data", type=Path, nargs="+", metavar="PATH", help=what)
    parser.add_argument(
        "--labels-on", choices=["left", "right"], default="right", help="the half that holds the labels of a pair"
    )


def add_statistics_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--statistics", choices=["running", "own"], default="running",
        help="what a U-Net normalises by: the averages kept in training, without dropout, so that nothing is random; "
        "or each picture's own, with dropout, as the paper does with a network trained at batch 1",
    )  # fmt: skip


def one_or_two(places: list[Path], what: str) -> Path | tuple[Path, Path]:
    """The place that holds both sides, or the two that hold one each."""
    if len(places) > 2:
        raise CourseError(f"--data names {len(places)} places; give one that holds {what}.")
    return places[0] if len(places) == 1 else (places[0], places[1])


def load_faces(data: Path | None, image_size: int, split: Split, count: int | None) -> CelebAFaces | DrawnFaces:
    """The pictures at `data`, or what the data folder has; a printed line says which."""
    if data is None:
        return faces(image_size, split, count)
    images = CelebAFaces(data, image_size, split, count)
    print(f"Faces: {images.description}.")
    return images


def load_pairs(
    options: argparse.Namespace, image_size: int, split: Split, count: int | None
) -> FacadesPairs | DrawnFacades:
    """The pairs at --data, or what the data folder has; a printed line says which."""
    if options.data is None:
        return facades(image_size, split, count)
    pairs = FacadesPairs(
        one_or_two(options.data, "the pairs, or labels and photos"), image_size, split, count, options.labels_on
    )
    print(f"Pairs: {pairs.description}.")
    return pairs


def load_unpaired(
    data: list[Path] | None, image_size: int, split: Literal["train", "validation"], count: int | None
) -> UnpairedImages | DrawnLandscapes:
    """The two sets at --data, or what the data folder has; a printed line says which."""
    if data is None:
        return monet2photo(image_size, split, count)
    images = UnpairedImages(one_or_two(data, "both sets, or photos and paintings"), image_size, split, count)
    print(f"Unpaired: {images.description}.")
    return images
