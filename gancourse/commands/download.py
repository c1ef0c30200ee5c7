"""python -m gancourse download: the real sets, checked, where the lessons look for them."""

import argparse
import sys
from pathlib import Path

from gancourse.commands.options import Commands
from gancourse.data.catalogue import REAL_SETS, data_folder, entry, find
from gancourse.data.downloads import announcement, download
from gancourse.errors import CourseError


def add_to(commands: Commands) -> None:
    parser = commands.add_parser(
        "download",
        help="fetch real sets of pictures",
        description="Fetch real sets of pictures. Each is checked before it is put in place; what was interrupted goes "
        "on where it stopped.",
        epilog=f"SET: {', '.join(REAL_SETS)}",
    )
    parser.add_argument("sets", nargs="+", metavar="SET", help="celeba, facades, monet2photo, or another one below")
    parser.add_argument("--to", type=Path, metavar="DIR", help=f"where to (default: the data folder, {data_folder()})")
    parser.add_argument(
        "--from", dest="source", metavar="FILE_OR_URL",
        help="take it from here: an archive fetched by hand, or an address",
    )  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="agree to the terms without being asked")
    parser.set_defaults(run=download_sets)


def download_sets(options: argparse.Namespace) -> None:
    """python -m gancourse download"""
    folder = options.to or data_folder()
    if options.source and len(options.sets) > 1:
        raise CourseError("--from is for one set. Name one, and then the next.")
    missing = [name for name in options.sets if not find(name, folder)]
    if missing and not options.yes:
        for name in missing:
            print(announcement(entry(name), folder))
        _require_consent()
    failed = []
    for name in options.sets:
        try:
            print(f"{name}: {download(name, folder, options.source, announce=options.yes)}")
        except CourseError as error:
            failed.append(str(error))
    if failed:
        raise CourseError("\n".join(failed))


def _require_consent() -> None:
    if not sys.stdin.isatty():
        raise CourseError("Nobody is there to agree to these terms. Add --yes if you do.")
    if input("Fetch this, on these terms? [y/N] ").strip().lower() not in ("y", "yes"):
        raise CourseError("Nothing was fetched.")
