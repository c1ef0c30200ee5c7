"""Which real sets there are, whose they are, where they come from, and where they lie on this machine."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from gancourse import profile
from gancourse.errors import CourseError


@dataclass(frozen=True)
class RealSet:
    """One entry of sources.toml."""

    title: str
    page: str  # the makers' own page
    terms: str  # what their licence allows, in one sentence
    citation: str
    archive: str  # the official archive's file name
    folder: str  # the folder inside that archive
    pictures: dict[str, int]  # how many pictures each part of the set has
    sources: tuple[str, ...]  # addresses of that archive, the makers' own first
    kind: str = ""  # which of several archives of the set is meant
    bytes: int = 0  # of the archive; 0 where nobody published it
    sha256: str = ""  # of the archive, where somebody published it
    like: str = ""  # the lesson's set that has the same layout; of a lesson's own set ""


REAL_SETS: dict[str, RealSet] = {
    name: RealSet(**{**entry, "sources": tuple(entry["sources"])})
    for name, entry in tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8")).items()
}


def entry(name: str) -> RealSet:
    """One of the real sets.  Raises CourseError for a name that is not in the catalogue."""
    if name not in REAL_SETS:
        raise CourseError(f"There is no set {name!r}. There are {', '.join(REAL_SETS)}.")
    return REAL_SETS[name]


def data_folder() -> Path:
    """The folder where real sets are looked for; it may not exist.

    GANCOURSE_DATA if that is set; else `data/` of the checkout that this package lies in; else `~/.cache/gancourse`.
    """
    if chosen := os.environ.get("GANCOURSE_DATA"):
        return Path(chosen).expanduser()
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "data").is_dir():
        return checkout / "data"
    return Path.home() / ".cache" / "gancourse"


def find(name: str, root: str | Path | None = None) -> Path | None:
    """The archive or the folder of the real set `name` ("celeba", "facades", "monet2photo"), or None.

    It may lie directly in `root` (default: `data_folder()`) or in a sub-folder called `name`; the archive goes before
    the unpacked folder.  An empty folder does not count.
    """
    folder = data_folder() if root is None else Path(root).expanduser()
    real_set = entry(name)
    places = (folder, folder / name)
    for archive in (place / real_set.archive for place in places):
        if archive.is_file():
            return archive
    for unpacked in (place / real_set.folder for place in reversed(places)):
        if unpacked.is_dir() and any(unpacked.iterdir()):
            return unpacked
    return None


def why_drawn(name: str, root: str | Path | None = None) -> str:
    """Why the drawn twin of a set is used, and what to do for the real one: the end of a line that says which is."""
    real_set = REAL_SETS[name]
    if profile.name() == "smoke":
        return f"as always in the smoke profile. The others use {real_set.archive} once it lies in the data folder"
    where = f" --to {root}" if root else ""
    return f"not the real ones. `python -m gancourse download {name}{where}` brings those, or download=True here"
