"""The course from the command line: python -m gancourse COMMAND.  Each has a module in gancourse/commands."""

import argparse
import sys
from collections.abc import Sequence

from gancourse.commands import check_data, doctor, download, evaluate, train, translate
from gancourse.errors import CourseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it went well, 2 after a sentence that says what to put right."""
    options = build_parser().parse_args(arguments)
    try:
        options.run(options)
    except (CourseError, OSError) as error:  # an OSError, a full disk say, is a sentence already
        print(f"gancourse: {error}", file=sys.stderr)
        return 2
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gancourse", description="A course on GANs, without its notebooks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (train, translate, evaluate, download, check_data, doctor):
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
