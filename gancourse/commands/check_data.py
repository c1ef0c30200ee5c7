"""python -m gancourse check-data: what a folder or an archive of pictures is good for."""

import argparse
from pathlib import Path

from gancourse import show
from gancourse.commands.options import Commands, HelpWithDefaults
from gancourse.data.report import SIZES, check_pictures
from gancourse.errors import CourseError


def add_to(commands: Commands) -> None:
    check_data = commands.add_parser(
        "check-data",
        help="what a folder or an archive of pictures is good for",
        description="Look at every picture of a set of your own before anything trains on it: counts, sizes, copies, "
        "faults, which lesson's network it fits, and the command that trains that.",
        formatter_class=HelpWithDefaults,
    )
    check_data.add_argument("source", type=Path, metavar="DIR", help="a folder, zip or tar of pictures")
    check_data.add_argument(
        "other", type=Path, nargs="?", metavar="DIR2",
        help="a second one: the other side of pairs, or the other set of a CycleGAN",
    )  # fmt: skip
    check_data.add_argument("--size", type=int, choices=SIZES, default=64, help="what the pictures are wanted at, px")
    check_data.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw a contact sheet as well")
    check_data.set_defaults(run=check_data_at)


def check_data_at(options: argparse.Namespace) -> None:
    """python -m gancourse check-data"""
    if options.sheet and options.sheet.suffix.lower() != ".png":
        raise CourseError(f"The contact sheet is a PNG; give a name that ends in .png, not {options.sheet}.")
    report = check_pictures(options.source, options.other, options.size)
    print(report)
    if options.sheet:
        pictures, row_labels = report.contact_sheet()
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        options.sheet.write_bytes(show.png(show.picture_grid(pictures, columns=8, row_labels=row_labels)))
        print(f"\nThe contact sheet is {options.sheet}.")
    if not report.fits:
        raise CourseError("No lesson's network can train on this as it is; the report says why.")
