"""What the drawn twins draw with: choices that come out of a seed, colours, soft spots, and pixels from finer ones.

All of it gives the same bits on every machine: sums and products in a fixed order, no sines, no products of matrices.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gancourse.errors import CourseError

Floats = NDArray[np.floating]
Random = np.random.Generator
_Key = TypeVar("_Key")


def refuse_negative(**numbers: int) -> None:
    """Raises CourseError if any of these numbers is negative; their names are those that the caller knows them by."""
    if min(numbers.values()) < 0:
        *others, last = (f"{name}={number}" for name, number in numbers.items())
        raise CourseError(f"{', '.join(others)} and {last}: none of them may be negative.")


class Chooser:
    """Choices out of one stream of random numbers, in the order in which they are asked for."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def choose(self, odds: Mapping[_Key, float]) -> _Key:
        """One key, as often as its weight says."""
        place = self.rng.random() * sum(odds.values())
        for key, weight in odds.items():
            place -= weight
            if place < 0:
                return key
        return key  # the last one, should rounding leave nothing to take

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.rng.random()

    def happens(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def one_of(self, colours: Floats) -> Floats:
        return colours[self.rng.integers(len(colours))]


# --- colours and pixels -----------------------------------------------------------------------------------------------


def colours(*codes: str) -> Floats:
    """Colours as planes that a picture (3, H, W) can be multiplied with: (codes, 3, 1, 1), from 0 to 1."""
    return np.array([list(bytes.fromhex(code)) for code in codes], np.float32).reshape(-1, 3, 1, 1) / 255


def add_blocks(fine: Floats, finer: int) -> Floats:
    """Sums over blocks of finer by finer pixels: (..., H, W) becomes (..., H / finer, W / finer)."""
    rows = np.add.reduce([fine[..., first::finer, :] for first in range(finer)])
    return np.add.reduce([rows[..., first::finer] for first in range(finer)])


def to_bytes(picture: Floats) -> NDArray[np.uint8]:
    """The picture from 0 to 1, cut off there, as uint8 from 0 to 255."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


# --- soft spots -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def steps(pixels: int) -> Floats:
    """From 0 to 1, one value for each pixel, at its middle."""
    return (np.arange(pixels, dtype=np.float32) + np.float32(0.5)) / np.float32(max(pixels, 1))


@lru_cache(maxsize=512)
def _between(cells: int, pixels: int) -> tuple[NDArray[np.int64], Floats]:
    """For each pixel, which of the cells + 1 evenly spread values comes before it, and how far it is to the next."""
    place = steps(pixels) * cells
    before = place.astype(np.int64)
    way = place - before.astype(np.float32)
    return before, (way * way * (3 - 2 * way))[:, None]


def spread(values: Floats, height: int, width: int) -> Floats:
    """A smooth surface (height, width) through a grid of values.

    Not a product of matrices, though it could be: that would start threads, and round differently on another machine.
    """
    before, way = _between(values.shape[1] - 1, width)
    across = values.T
    across = (across[before] + way * (across[before + 1] - across[before])).T
    before, way = _between(values.shape[0] - 1, height)
    rises = np.diff(across, axis=0)
    surface = np.take(rises, before, axis=0)
    surface *= way
    surface += np.take(across, before, axis=0)
    return surface


def mottle(rng: Random, height: int, width: int, rows: int, columns: int) -> Floats:
    """Soft spots between -1 and 1, rows by columns of them whatever the pixels."""
    return spread(2 * rng.random((rows + 1, columns + 1), dtype=np.float32) - 1, height, width)
