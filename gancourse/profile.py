"""How much of a lesson runs: smoke, lesson or full.

A cell says all three of its sizes where it uses them:

    steps = profile.pick(smoke=150, lesson=1500, full=15000)
"""

import os
from typing import TypeVar

from gancourse.errors import CourseError

PROFILES = ("smoke", "lesson", "full")

Size = TypeVar("Size")


def name() -> str:
    """The profile in force: `GANCOURSE_PROFILE`, or "lesson" where that is not set.

    smoke   what the committed lessons, the tests and CI run: a CPU, the drawn twins, seconds a training
    lesson  a laptop or a Colab T4: minutes a training, the real set where it is on the disk
    full    the papers' own configuration

    Raises CourseError for any other word.
    """
    chosen = os.environ.get("GANCOURSE_PROFILE", "lesson").strip().lower()
    if chosen not in PROFILES:
        raise CourseError(f"GANCOURSE_PROFILE is {chosen!r}; it can be smoke, lesson or full.")
    return chosen


def pick(*, smoke: Size, lesson: Size, full: Size) -> Size:
    """The one of the three values that the profile in force asks for."""
    return {"smoke": smoke, "lesson": lesson, "full": full}[name()]
