"""House fronts drawn by code, with their label maps: the twin of the CMP facades for whoever has them not.

A facade is planned by a small grammar: a front is a ground floor, storeys and a roof; a storey is a row of bays; a bay
is a window with what belongs to it (hood, sill, blinds, balcony, panel).  The plan is a list of parts, from back to
front.  Painted in the classes' codes it is the label map, exact to the pixel and with nothing between two classes.
Painted in materials, weather and light it is a photograph.

The plan does not tell which materials and which light: one hidden choice per photograph does.  So a label map has many
right answers, and whoever minimises the mean distance to all of them gets their grey and blurred mean.

Places in a plan are fractions of the picture's side, x to the right and y downwards.  For a picture they are rounded to
whole pixels first; the photograph is then painted finer, with the same edges, and averaged down.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gancourse.data.drawing import (
    Chooser,
    Floats,
    Random,
    add_blocks,
    colours,
    mottle,
    refuse_negative,
    spread,
    steps,
    to_bytes,
)
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

CLASSES: dict[str, tuple[int, int, int]] = {
    "background": (0, 0, 222),  # sky, street and neighbours
    "facade": (0, 48, 255),  # the wall and the roof
    "window": (0, 128, 255),
    "door": (0, 207, 255),
    "cornice": (32, 255, 223),  # the hood over a window
    "sill": (112, 255, 143),
    "balcony": (192, 255, 63),
    "blind": (255, 239, 0),
    "deco": (255, 159, 0),
    "molding": (255, 80, 0),  # a band across the whole front
    "pillar": (255, 0, 0),
    "shop": (174, 0, 0),
}
"""The classes of the CMP facades in their order, and the colour of each in the label pictures of pix2pix's archive.

A class's code is its position.
"""

SIZES = (16, 32, 64, 128, 256)
FIRST_VALIDATION = 1_000_000_000
"""Facades are numbered from 0 to train with, from here on to validate with."""

# The label code of every kind of part: the classes, and the pieces of background and facade that are painted apart.
_CODE = {name: code for code, name in enumerate(CLASSES)}
_CODE |= {"neighbour": 0, "street": 0, "base": 1, "chimney": 1, "roof": 1, "gable": 1}
_PALETTE = np.array(list(CLASSES.values()), np.uint8)


def draw_facades(
    count: int, image_size: int = 64, seed: int = 0, first: int = 0, look: int = 0, progress: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Facades first .. first + count - 1: label maps (count, S, S) of codes 0 .. 11, and RGB photos (count, 3, S, S).

    A label map depends only on (seed, its number, image_size), so any slice can be drawn alone; at every size it is the
    same house.  Its photo depends on look besides: another look shows the same house in other materials, weather and
    light.  progress shows a bar unless GANCOURSE_PROGRESS=0.  Raises CourseError for a negative count, seed, first or
    look, or an image_size that is not one of SIZES.
    """
    refuse_negative(count=count, seed=seed, first=first, look=look)
    if image_size not in SIZES:
        raise CourseError(f"Facades are drawn at {', '.join(map(str, SIZES))} pixels a side, not at {image_size}.")
    codes = np.empty((count, image_size, image_size), np.uint8)
    photos = np.empty((count, 3, image_size, image_size), np.uint8)
    with progress_bar(range(count), desc="drawing facades", unit="facade", leave=False, show=progress) as bar:
        for place in bar:
            parts = _plan(np.random.default_rng((seed, first + place, 0)))
            codes[place] = _paint_codes(parts, image_size)
            photos[place] = _paint_photo(parts, image_size, np.random.default_rng((seed, first + place, 1 + look)))
    return codes, photos


def colour_labels(codes: NDArray) -> NDArray[np.uint8]:
    """Label pictures in the colours of CLASSES, RGB (N, 3, H, W), of integer codes (N, H, W).

    Raises CourseError for codes other than 0 .. 11.
    """
    codes = np.asarray(codes)
    if not np.issubdtype(codes.dtype, np.integer) or not np.isin(codes, range(len(CLASSES))).all():
        raise CourseError(f"Label codes are whole numbers from 0 to {len(CLASSES) - 1}, as draw_facades returns them.")
    return np.ascontiguousarray(np.moveaxis(_PALETTE[codes], -1, 1))


# --- the grammar ----------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    kind: str  # a name of _CODE: a class, or a piece of background or facade that the photo paints differently
    left: float
    top: float
    right: float
    bottom: float
    shape: str = "box"


class _Plan(Chooser):
    """A house front, part by part from back to front."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.parts: list[_Part] = []
        self.storeys = self.choose({2: 0.14, 3: 0.28, 4: 0.28, 5: 0.2, 6: 0.1})
        bays = {2: 0.1, 3: 0.26, 4: 0.25, 5: 0.2, 6: 0.11, 7: 0.08}
        self.bays = max(self.choose(bays), self.storeys - 2)
        fills = rng.random() < 0.3
        self.left = 0.0 if fills else self.between(0.02, 0.13)
        self.right = 1.0 if fills else 1 - self.between(0.02, 0.13)
        self.ground = self.between(0.91, 0.96)
        self.bay = (self.right - self.left) / self.bays
        self.roof = self.choose({"flat": 0.4, "mansard": 0.3, "gable": 0.15 if self.bays < 5 else 0, "attic": 0.15})
        roof_height = {"flat": 0.0, "mansard": 0.12, "gable": 0.2, "attic": 0.07}[self.roof]
        room = self.ground - self.between(0.06, 0.13) - roof_height
        self.storey = min(room / (self.storeys + 0.2), 1.9 * self.bay, 0.3)
        self.eaves = self.ground - self.storey * (self.storeys + 0.2)
        self.first_floor = self.ground - 1.2 * self.storey
        self.roof_height = roof_height

        rhythm = self.choose({"even": 0.4, "abab": 0.25, "centre": 0.25 if self.bays % 2 else 0.05, "odd": 0.12})
        middle = (self.bays - 1) / 2
        self.accents = [
            {"even": False, "abab": bay % 2 == 1, "centre": abs(bay - middle) < 0.6, "odd": False}[rhythm]
            for bay in range(self.bays)
        ]
        if rhythm == "odd":
            self.accents[int(rng.integers(self.bays))] = True
        self.window_width = self.between(0.38, 0.56)
        self.accent_width = self.between(0.58, 0.68) if self.happens(0.6) else 0.36
        self.window_top = self.between(0.19, 0.24)
        self.window_height = self.between(0.5, 0.6)
        self.sills, self.hoods = self.happens(0.72), self.happens(0.55)
        self.pediments = self.happens(0.4)
        self.blinds = self.choose({"none": 0.5, "shutters": 0.3, "roller": 0.2})
        self.decorated = self.choose({"none": 0.4, "panels": 0.35, "medallions": 0.25})
        self.pillars = self.choose({"none": 0.6, "corners": 0.2, "bays": 0.2})
        self.arched = {int(rng.integers(1, self.storeys))} if self.happens(0.3) else set()
        self.balconies = self.choose({"none": 0.45, "accents": 0.3, "long": 0.12, "all": 0.13})

    def add(self, kind: str, left: float, top: float, right: float, bottom: float, shape: str = "box") -> None:
        self.parts.append(_Part(kind, left, top, right, bottom, shape))

    def front(self) -> None:
        """A front is a wall and a roof, pillars, storeys, bands between them, and a ground floor."""
        self.surroundings()
        self.upper_end()
        self.add("facade", self.left, self.eaves, self.right, self.first_floor)
        self.add("base", self.left, self.first_floor, self.right, self.ground)
        self.uprights()
        for number in range(1, self.storeys):
            self.row(number)
        self.bands()
        self.ground_floor()

    def surroundings(self) -> None:
        self.add("background", 0, 0, 1, 1)
        if self.left > 0:
            self.add("neighbour", 0, 0.2, self.left, self.ground)
            self.add("neighbour", self.right, 0.2, 1, self.ground)
        self.add("street", 0, self.ground, 1, 1)

    def upper_end(self) -> None:
        left, right, eaves, height = self.left, self.right, self.eaves, self.roof_height
        if self.roof == "mansard":
            for place in (0.2, 0.68):
                if self.happens(0.4):
                    x = left + (right - left) * (place + self.between(0, 0.12))
                    self.add("chimney", x - 0.016, eaves - height - 0.045, x + 0.016, eaves - 0.8 * height)
            self.add("roof", left, eaves - height, right, eaves, "mansard")
            if self.happens(0.7):
                for bay in range(self.bays):
                    if self.bays < 4 or bay % 2 == self.bays % 2 - 1 or self.accents[bay]:
                        middle, half = left + (bay + 0.5) * self.bay, min(0.2 * self.bay, 0.035)
                        self.add("window", middle - half, eaves - 0.8 * height, middle + half, eaves - 0.22 * height)
        elif self.roof == "gable":
            stepped = self.happens(0.4)
            kind, shape = ("facade", "steps") if stepped else ("gable", "gable")
            self.add(kind, left, eaves - height, right, eaves, shape)
            middle, half = (left + right) / 2, 0.05
            if self.happens(0.5):
                self.add("deco", middle - half, eaves - 0.55 * height, middle + half, eaves - 0.1 * height, "disc")
            else:
                self.add("window", middle - half, eaves - 0.6 * height, middle + half, eaves - 0.1 * height, "arch")
        elif self.roof == "attic":
            self.add("facade", left, eaves - height, right, eaves)
            if self.happens(0.6):
                middle, half = (left + right) / 2, 0.5 * self.bay * (2 - self.bays % 2)
                self.add("deco", middle - half, eaves - height, middle + half, eaves - 0.01, "pediment")
            self.add("molding", left, eaves - height - 0.004, right, eaves - height + 0.018)

    def uprights(self) -> None:
        if self.pillars == "none":
            return
        half = min(0.09 * self.bay, 0.022)
        edges = range(self.bays + 1) if self.pillars == "bays" else (0, self.bays)
        bottom = self.ground if self.happens(0.3) else self.first_floor
        for edge in edges:
            x = min(max(self.left + edge * self.bay, self.left + half), self.right - half)
            self.add("pillar", x - half, self.eaves, x + half, bottom)

    def row(self, number: int) -> None:
        """A storey, counted from the ground, is a row of bays."""
        top = self.first_floor - number * self.storey
        for bay in range(self.bays):
            self.bay_of(number, bay, top)
        if self.balconies == "long" and number == 1:
            shorter = self.happens(0.5) and self.bays > 3
            margin = (1.12 if shorter else 0.12) * self.bay
            left, right = self.left + margin, self.right - margin
            self.add("balcony", left, top + 0.62 * self.storey, right, top + 0.94 * self.storey)

    def bay_of(self, number: int, bay: int, top: float) -> None:
        """A bay is a window with its hood, sill, blinds, balcony and panel."""
        accent = self.accents[bay]
        middle = self.left + (bay + 0.5) * self.bay
        half = 0.5 * self.bay * (self.accent_width if accent else self.window_width)
        if self.blinds == "shutters":
            half = min(half, 0.25 * self.bay)
        high, low = top + self.window_top * self.storey, top + (self.window_top + self.window_height) * self.storey
        shape = "arch" if number in self.arched else "box"
        if 2 * half > 1.3 * (low - high):  # two windows side by side rather than one that lies down
            self.add("window", middle - half, high, middle - 0.12 * half, low, shape)
            self.add("window", middle + 0.12 * half, high, middle + half, low, shape)
        else:
            self.add("window", middle - half, high, middle + half, low, shape)
        if self.hoods and shape == "box":
            if self.pediments and (accent or number == 1):
                self.add(
                    "cornice", middle - 1.25 * half, high - 0.15 * self.storey, middle + 1.25 * half, high, "pediment"
                )
            else:
                self.add("cornice", middle - 1.2 * half, high - 0.08 * self.storey, middle + 1.2 * half, high)
        if self.sills:
            self.add("sill", middle - 1.2 * half, low, middle + 1.2 * half, low + max(0.014, 0.065 * self.storey))
        if self.blinds == "shutters" and not self.happens(0.08):
            self.add("blind", middle - 1.75 * half, high, middle - half, low)
            self.add("blind", middle + half, high, middle + 1.75 * half, low)
        elif self.blinds == "roller" and shape == "box" and self.happens(0.6):
            self.add("blind", middle - half, high, middle + half, high + (low - high) * self.between(0.3, 0.85))
        if self.decorated == "panels" and number > 1:
            under = low + 0.11 * self.storey
            self.add("deco", middle - 0.8 * half, under, middle + 0.8 * half, under + 0.13 * self.storey)
        elif self.decorated == "medallions" and bay and self.pillars != "bays":
            x, y, radius = middle - 0.5 * self.bay, 0.55 * high + 0.45 * low, min(0.14 * self.bay, 0.13 * self.storey)
            if 0.5 * self.bay - half * (1.75 if self.blinds == "shutters" else 1) > 1.1 * radius:
                self.add("deco", x - radius, y - radius, x + radius, y + radius, "disc")
        if (self.balconies == "accents" and accent) or self.balconies == "all":
            reach = min(1.45 * half, 0.47 * self.bay)
            self.add("balcony", middle - reach, low - 0.16 * self.storey, middle + reach, low + 0.14 * self.storey)

    def bands(self) -> None:
        """Moldings: at the eaves, over the ground floor, and now and then between the storeys."""
        overhang = 0.0 if self.left == 0 else 0.012
        eaves = self.between(0.022, 0.04)
        self.add(
            "molding", self.left - overhang, self.eaves - 0.3 * eaves, self.right + overhang, self.eaves + 0.7 * eaves
        )
        if self.happens(0.75):
            self.add("molding", self.left, self.first_floor - 0.012, self.right, self.first_floor + 0.012)
        if self.happens(0.35):
            for number in range(1, self.storeys - 1):
                y = self.first_floor - number * self.storey
                self.add("molding", self.left, y - 0.009, self.right, y + 0.009)

    def ground_floor(self) -> None:
        """Shops, windows and a door, one or more bays each."""
        top, height = self.first_floor, self.ground - self.first_floor
        shops = self.happens(0.5)
        arched = self.happens(0.25)
        entrance = self.choose({self.bays // 2: 0.5, 0: 0.25, self.bays - 1: 0.25})
        bay = 0
        while bay < self.bays:
            left, middle = self.left + bay * self.bay, self.left + (bay + 0.5) * self.bay
            span = 1
            if bay == entrance:
                half = min(0.27 * self.bay, 0.3 * height)
                if self.happens(0.4):
                    self.add(
                        "cornice", middle - 1.35 * half, top + 0.17 * height, middle + 1.35 * half, top + 0.25 * height
                    )
                self.add(
                    *(
                        "door",
                        middle - half,
                        top + 0.25 * height,
                        middle + half,
                        self.ground,
                        "arch" if arched else "box",
                    )
                )
            elif shops:
                room = (entrance if bay < entrance else self.bays) - bay
                span = min(room, int(self.rng.integers(1, 4)))
                self.add(
                    "shop", left + 0.07 * self.bay, top + 0.15 * height, left + (span - 0.07) * self.bay, self.ground
                )
            else:
                half = min(0.5 * self.bay * self.window_width, 0.35 * height)
                shape = "arch" if arched else "box"
                self.add("window", middle - half, top + 0.24 * height, middle + half, top + 0.68 * height, shape)
                if self.sills:
                    self.add("sill", middle - 1.2 * half, top + 0.68 * height, middle + 1.2 * half, top + 0.74 * height)
            bay += span


def _plan(rng: Random) -> list[_Part]:
    plan = _Plan(rng)
    plan.front()
    return plan.parts


# --- the label map --------------------------------------------------------------------------------------------------


def _pixels(part: _Part, image_size: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels: at least one pixel each way, within the picture."""
    left = min(max(math.floor(part.left * image_size + 0.5), 0), image_size - 1)
    top = min(max(math.floor(part.top * image_size + 0.5), 0), image_size - 1)
    right = min(max(math.floor(part.right * image_size + 0.5), left + 1), image_size)
    bottom = min(max(math.floor(part.bottom * image_size + 0.5), top + 1), image_size)
    return left, top, right, bottom


@lru_cache(maxsize=4096)
def _inside(shape: str, height: int, width: int) -> NDArray[np.bool_]:
    """Which pixels of a box, by their centres, belong to the shape that fills it."""
    x, y = (np.arange(width) + 0.5) / width * 2 - 1, ((np.arange(height) + 0.5) / height)[:, None]
    if shape == "arch":
        rise = min(0.5 * width / height, 0.6)
        return x * x + np.square(np.clip(1 - y / rise, 0, None)) < 1
    if shape == "disc":
        return x * x + np.square(2 * y - 1) < 1
    if shape == "mansard":
        return np.abs(x) < 0.86 + 0.14 * y
    if shape == "steps":
        return np.abs(x) < np.floor(y * 5 + 1) / 5
    return np.abs(x) < y  # a gable or a pediment


def _paint_codes(parts: list[_Part], image_size: int) -> NDArray[np.uint8]:
    codes = np.zeros((image_size, image_size), np.uint8)
    for part in parts:
        left, top, right, bottom = _pixels(part, image_size)
        box = codes[top:bottom, left:right]
        box[... if part.shape == "box" else _inside(part.shape, *box.shape)] = _CODE[part.kind]
    return codes


# --- the photograph: what one look chooses --------------------------------------------------------------------------


WALLS: dict[str, Floats] = {
    "brick": colours(
        *("a8523a", "8a3e32", "b96f4e", "6d4a40", "cf9a6a", "d9bd90", "9d938a", "8f5b48"),
        *("6f7f8c", "8797a0", "5d7468", "7c6f86"),
    ),
    "stone": colours("cdbf9f", "b5ada1", "8d8a83", "aa9170", "ddd3c4", "9a6f5c", "93a1ab", "8ba093", "b9c3ca"),
    "plaster": colours(
        *("eadfc4", "e2b262", "d98d68", "c3cfac", "a8bac8", "dbd7cf", "f2ede3", "b4524a", "8a9b7b", "cfa6a2"),
        *("6fa5a3", "6f92ba", "a195b5", "7fa67c"),
    ),
    "stucco": colours(
        *("c9b48c", "b58d5e", "a89f92", "9aa48d", "8e99a3", "c7bfb2", "b07a66", "d3c06c", "7a828c"),
        *("7f9fae", "86a898", "8f86a3"),
    ),
    "boards": colours("e9e6de", "9fb0b8", "7d8f7a", "a34a3f", "d9c48f", "5f6f80", "c8b7a0", "5f8f94", "6f7fa0"),
}
"""What a front may be made of, and its colours."""

TRIM = colours("f3efe6", "e6dcc6", "c7ae86", "b9b3aa", "6a5f57", "9c6050", "d8d2c8", "4f5a63", "cfd6dc")
ROOFS = colours("9d4b37", "b5623f", "4d535c", "5e463b", "6f9f8a", "8d959b", "7c3a31")
FRAMES = colours("f5f3ee", "f5f3ee", "e9e0cc", "4a342a", "2d3a34", "34302e", "7a2f2a", "4a5d73")
DOORS = colours("5a3524", "7a4a2a", "274233", "7c2b27", "22344f", "2e2b2a", "a9743c", "d9d3c5", "4f6f7d")
BLINDS = colours("3f6148", "2f4a3a", "7b4a32", "5a7183", "d9d3c4", "8c3a31", "b9a582", "4b4f52")
CLOTH = colours("a8352f", "2f5d45", "d8c9a4", "2d4a6e", "d39a3a", "6b2f45", "e7e3da")
SIGNS = colours("1f3a2c", "7a1f22", "22304a", "2b2826", "d9c68f", "b5712c", "e6e2d8", "3f6f78")


class _Weather(NamedTuple):
    """Light as it falls on a wall: from the whole sky, and from the sun."""

    zenith: Floats
    horizon: Floats
    skylight: Floats
    sunlight: Floats
    clouds: float
    lit: float  # share of windows with a lamp on


def _weather(zenith: str, horizon: str, skylight: tuple, sunlight: tuple, clouds: float, lit: float) -> _Weather:
    zenith_colour, horizon_colour = colours(zenith, horizon)
    from_sky, from_sun = (np.array(light, np.float32).reshape(3, 1, 1) for light in (skylight, sunlight))
    return _Weather(zenith_colour, horizon_colour, from_sky, from_sun, clouds, lit)


WEATHER: dict[str, _Weather] = {
    "clear": _weather("5f96d2", "c3dcee", (0.48, 0.53, 0.62), (0.56, 0.53, 0.45), 0.25, 0.02),
    "cloudy": _weather("7fa6cc", "d8e2ea", (0.62, 0.65, 0.70), (0.32, 0.31, 0.28), 0.9, 0.05),
    "overcast": _weather("c4cacf", "e4e6e6", (0.86, 0.88, 0.91), (0.0, 0.0, 0.0), 0.3, 0.12),
    "low sun": _weather("7fa5cf", "f6dfba", (0.42, 0.41, 0.47), (0.66, 0.50, 0.30), 0.35, 0.05),
    "dusk": _weather("2b3d6b", "e0a183", (0.52, 0.49, 0.60), (0.06, 0.03, 0.02), 0.5, 0.45),
}


class _Look(Chooser):
    """The hidden choice behind one photograph: materials, light and camera."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.material = self.choose({"brick": 0.3, "stone": 0.16, "plaster": 0.24, "stucco": 0.18, "boards": 0.12})
        self.wall = self.vary(self.one_of(WALLS[self.material]), 0.06)
        self.course = self.between(0.034, 0.046)  # height of a brick or board
        self.base = self.choose({"same": 0.45, "rusticated": 0.3, "dark": 0.25})
        self.trim = self.vary(self.one_of(TRIM), 0.04)
        if abs(float((self.trim - self.wall).mean())) < 0.13:  # a band must be told from its wall
            self.trim = self.trim * 0.72 if self.wall.mean() > 0.45 else 1 - (1 - self.trim) * 0.6
        self.accent = self.one_of(np.concatenate([TRIM, DOORS, CLOTH]))
        self.roof = self.vary(self.one_of(ROOFS), 0.05)
        self.frame, self.door = self.one_of(FRAMES), self.vary(self.one_of(DOORS), 0.04)
        self.blind = self.vary(self.one_of(BLINDS), 0.04)
        self.cloth, self.sign = self.one_of(CLOTH), self.one_of(SIGNS)
        self.awning = self.one_of(CLOTH)
        self.railing = self.choose({"iron": 0.55, "parapet": 0.3, "balusters": 0.15})
        self.iron = self.one_of(colours("22211f", "2c3a34", "efece4", "4a3f38"))
        self.flowers = self.one_of(colours("c93b46", "e08aa6", "e9c44a", "e9e4e2", "8a4fa0"))
        self.planted = self.happens(0.45)
        self.panes = self.choose({"cross": 0.4, "two": 0.2, "six": 0.25, "top": 0.15})
        self.glass = colours("151a20")[0] + self.between(0, 0.12)
        self.reflection = self.between(0.1, 0.85)
        self.curtained, self.opened = self.between(0.05, 0.6), self.between(0.0, 0.12)
        self.weathering = self.between(0.0, 1.0)

        days = {"clear": 0.3, "cloudy": 0.2, "overcast": 0.2, "low sun": 0.18, "dusk": 0.12}
        self.weather = WEATHER[self.choose(days)]
        self.sun = -1 if self.happens(0.5) else 1  # the side it shines from
        self.steep = self.between(0.5, 1.3)  # how long a shadow falls, in units of what sticks out
        self.exposure = self.between(0.86, 1.14)
        red, blue = colours("ff0000", "0000ff")
        self.tint = 1 + self.between(-0.05, 0.05) * red + self.between(-0.05, 0.05) * blue
        self.noise = self.between(0.004, 0.014)

    def vary(self, colour: Floats, amount: float) -> Floats:
        return np.clip(colour + amount * (2 * self.rng.random((3, 1, 1), dtype=np.float32) - 1), 0.02, 0.98)


# --- the photograph: paper and pencils ------------------------------------------------------------------------------


class _Patch:
    """A box of the fine picture: its own colour, how much sun misses it, how far it shines by itself."""

    def __init__(self, colour: Floats, shade: Floats, glow: Floats, unit: int) -> None:
        self.colour, self.shade, self.glow, self.unit = colour, shade, glow, unit
        self.height, self.width = shade.shape

    def cut(self, rows: slice, columns: slice) -> _Patch:
        return _Patch(self.colour[:, rows, columns], self.shade[rows, columns], self.glow[rows, columns], self.unit)

    def part(self, left: float = 0, top: float = 0, right: float = 1, bottom: float = 1) -> _Patch:
        """The piece between these fractions of the patch."""
        rows = slice(max(round(top * self.height), 0), max(round(bottom * self.height), 0))
        columns = slice(max(round(left * self.width), 0), max(round(right * self.width), 0))
        return self.cut(rows, columns)

    def inset(self, border: float) -> _Patch:
        """The patch without a border, its width a fraction of the picture."""
        n = max(round(border * self.unit), 1)
        rows, columns = slice(n, max(self.height - n, n)), slice(n, max(self.width - n, n))
        return self.cut(rows, columns)

    def fill(self, colour: Floats, glow: float = 0, shade: float = 0) -> None:
        self.colour[...], self.glow[...], self.shade[...] = colour, glow, shade

    def upright(self, colour: Floats, place: float, thick: float) -> None:
        """A bar from top to bottom about a fraction of the width; thick is a fraction of the picture."""
        n = max(round(thick * self.unit), 1)
        start = min(max(round(place * self.width - n / 2), 0), max(self.width - n, 0))
        self.colour[:, :, start : start + n] = colour
        self.glow[:, start : start + n] = 0

    def level(self, colour: Floats, place: float, thick: float) -> None:
        """A bar from left to right about a fraction of the height."""
        n = max(round(thick * self.unit), 1)
        start = min(max(round(place * self.height - n / 2), 0), max(self.height - n, 0))
        self.colour[:, start : start + n] = colour
        self.glow[start : start + n] = 0

    def ramp(self) -> Floats:
        """From 0 at the top to 1 at the bottom, (height, 1)."""
        return steps(self.height)[:, None]


class _Photo:
    """One photograph in the making: the parts are painted one over the other, then it is developed."""

    def __init__(self, image_size: int, look: _Look) -> None:
        self.look, self.rng, self.image_size = look, look.rng, image_size
        self.finer = max(192 // image_size, 2)
        self.unit = self.finer * image_size
        colour = np.zeros((3, self.unit, self.unit), np.float32)
        self.whole = _Patch(colour, np.zeros_like(colour[0]), np.zeros_like(colour[0]), self.unit)

    def paint(self, part: _Part) -> None:
        left, top, right, bottom = (self.finer * side for side in _pixels(part, self.image_size))
        patch = self.whole.cut(slice(top, bottom), slice(left, right))
        layers = patch.colour, patch.shade, patch.glow
        behind = None if part.shape == "box" else [layer.copy() for layer in layers]
        _PAINTERS[part.kind](patch, self.look)
        if behind is not None:
            outside = ~_inside(part.shape, patch.height, patch.width)
            for layer, before in zip(layers, behind, strict=True):
                np.copyto(layer, before, where=outside)
        if reach := _STICKS_OUT.get(part.kind, 0):
            self.cast(left, right, bottom, reach)
        if part.kind == "pillar":
            self.cast_aside(left, right, top, bottom)

    def cast(self, left: int, right: int, bottom: int, reach: float) -> None:
        """The shadow under what sticks out of the wall, shifted away from the sun."""
        depth = max(round(reach * self.look.steep * self.unit), 1)
        shift = round(-0.5 * self.look.sun * depth)
        columns = slice(max(left + shift, 0), max(right + shift, 0))
        below = self.whole.shade[bottom : bottom + depth, columns]
        np.maximum(below, 1.0, out=below)

    def cast_aside(self, left: int, right: int, top: int, bottom: int) -> None:
        wide = max(round(0.008 * self.unit), 1)
        columns = slice(right, right + wide) if self.look.sun < 0 else slice(max(left - wide, 0), left)
        self.whole.shade[top:bottom, columns] = 1

    def develop(self) -> NDArray[np.uint8]:
        """Light on the materials, the lens's average over each pixel, exposure and noise."""
        look, size = self.look, self.image_size
        if look.weather.sunlight.max() > 0.2 and look.happens(0.16):
            self.house_opposite()
        light = look.weather.sunlight * (1 - self.whole.shade)
        light += look.weather.skylight * (1 - 0.25 * self.whole.shade)
        light += self.whole.glow * (1 - light)
        light *= self.whole.colour
        photo = add_blocks(light, self.finer)
        photo *= look.exposure / self.finer**2 * look.tint
        photo += (self.rng.random((size, size), dtype=np.float32) - 0.5) * np.float32(3.4 * look.noise)
        return to_bytes(photo)

    def house_opposite(self) -> None:
        """The shadow of the house across the street climbs the front, slanting away from the sun."""
        look, n = self.look, self.unit
        edge = (look.between(0.35, 0.85) + look.sun * look.between(-0.1, 0.3) * (np.arange(n) / n - 0.5)) * n
        np.maximum(self.whole.shade, (np.arange(n)[:, None] > edge).astype(np.float32) * 0.9, out=self.whole.shade)


def _paint_photo(parts: list[_Part], image_size: int, rng: Random) -> NDArray[np.uint8]:
    photo = _Photo(image_size, _Look(rng))
    for part in parts:
        photo.paint(part)
    return photo.develop()


# --- the photograph: surroundings -----------------------------------------------------------------------------------


def _paint_sky(patch: _Patch, look: _Look) -> None:
    weather = look.weather
    patch.fill(weather.zenith + (weather.horizon - weather.zenith) * np.minimum(1.3 * patch.ramp(), 1), glow=1)
    upper = patch.part(bottom=0.6)
    cloud = mottle(look.rng, upper.height, upper.width, 4, 5)
    cloud += 0.6 * mottle(look.rng, upper.height, upper.width, 10, 10)
    cloud = np.clip(1.2 * cloud + weather.clouds - 0.35, 0, 1) * (0.75 * (1 - upper.ramp()))
    bright = 0.35 * weather.horizon + 0.65 * np.minimum(weather.skylight + weather.sunlight, 1)
    upper.colour += cloud * (bright - upper.colour)


def _paint_street(patch: _Patch, look: _Look) -> None:
    stone = look.one_of(colours("8b8782", "a39b8f", "6c6a69", "b4ada2"))
    patch.fill(stone)
    road = patch.part(top=0.45)
    road.fill(stone * look.between(0.5, 0.75))
    road.colour *= 1 + 0.08 * mottle(look.rng, road.height, road.width, 3, 30)
    patch.part(top=0.4, bottom=0.5).fill(stone * 1.12)


def _paint_neighbour(patch: _Patch, look: _Look) -> None:
    """A strip of the house next door, its windows cut by the picture's edge; or a gap; or a tree."""
    kind, height = look.choose({"house": 0.6, "gap": 0.2, "tree": 0.2}), look.between(0.0, 0.5)
    wall = look.vary(look.one_of(np.concatenate(list(WALLS.values()))), 0.05) * 0.85
    floors = int(look.rng.integers(3, 6))
    leaves, spots = look.vary(colours("4f6b35")[0], 0.08), mottle(look.rng, patch.height, patch.width, 40, 8)
    if kind == "house":
        house = patch.part(top=height)
        house.fill(wall)
        house.part(bottom=0.03).fill(look.roof)
        for floor in range(floors):
            window = house.part(0.28, (floor + 0.35) / floors, 0.74, (floor + 0.8) / floors)
            window.fill(look.glass * 1.5, glow=0.4)
            window.level(look.frame, 0.5, 0.006)
    elif kind == "tree":
        crown = patch.part(top=height, bottom=0.86)
        y, x = 2 * steps(crown.height)[:, None] - 1, 2 * steps(crown.width) - 1
        ragged = spots[: crown.height]
        inside = y * y + 0.8 * x * x + 0.5 * ragged < 1
        np.copyto(crown.colour, leaves * (1 + 0.45 * ragged), where=inside)
        crown.glow[inside] = 0
        patch.part(0.42, 0.8, 0.58, 1).fill(colours("4a3b30")[0])


# --- the photograph: wall and roof ----------------------------------------------------------------------------------


def _courses(
    patch: _Patch, look: _Look, colour: Floats, course: float, ratio: float, uneven: float, joint: float
) -> None:
    """Bricks or blocks in running bond, each a little different, with joints between."""
    rng, high = look.rng, course * patch.unit
    tones = 1 + uneven * (2 * rng.random((64, 64), dtype=np.float32) - 1)
    warmth = 1 + 0.35 * uneven * (2 * rng.random((64, 64), dtype=np.float32) - 1) * colours("ff0000")[0]
    bricks = np.minimum(colour * tones * warmth, 1)
    mortar = colour * 0.45 + (0.38 if colour.mean() < 0.5 else 0.12)
    y, x = np.arange(patch.height) / high, np.arange(patch.width) / (high * ratio)
    rows = int(patch.height / high) + 1
    courses = np.empty((3, rows, patch.width), np.float32)
    for odd in (0, 1):
        along = x + 0.013 + 0.5 * odd
        courses[:, odd::2] = bricks[:, odd:rows:2, along.astype(np.int64) % 64]
        courses[:, odd::2, (along % 1) * ratio * high < joint * patch.unit] = mortar
    patch.fill(courses[:, y.astype(np.int64)])
    patch.colour[:, (y % 1) * high < joint * patch.unit] = mortar


def _paint_wall(patch: _Patch, look: _Look) -> None:
    rng, wall = look.rng, look.wall
    if look.material == "brick":
        _courses(patch, look, wall, look.course, 2.1, 0.22, 0.0095)
    elif look.material == "stone":
        _courses(patch, look, wall, 1.4 * look.course, 1.9, 0.12, 0.006)
    elif look.material == "boards":
        patch.fill(wall)
        y = np.arange(patch.height) / (look.course * patch.unit)
        patch.colour *= (1.08 - 0.14 * (y % 1) - 0.34 * ((y % 1) > 0.68)).astype(np.float32)[:, None]
    else:
        patch.fill(wall)
    rough = 0.03 if look.material in ("plaster", "boards") else 0.06
    spots = 1 + rough * mottle(rng, patch.height, patch.width, 44, 44)
    stained = look.material == "stucco"
    streaks = mottle(rng, patch.height, patch.width, 3, 40)
    spots -= (0.2 if stained else 0.07) * look.weathering * np.clip(streaks + 0.1, 0, 1)
    spots += 0.05 * (1 + stained) * mottle(rng, patch.height, patch.width, 5, 6)
    patch.colour *= spots


def _paint_base(patch: _Patch, look: _Look) -> None:
    """The ground floor's wall."""
    _paint_wall(patch, look)
    if look.base == "rusticated":
        _courses(patch, look, 0.6 * look.trim + 0.4 * look.wall, 0.055, 3.0, 0.06, 0.008)
    elif look.base == "dark":
        patch.colour *= 0.72
    plinth = patch.part(top=0.86)
    plinth.fill(0.5 * look.trim + 0.12)
    plinth.colour *= 1 + 0.15 * mottle(look.rng, plinth.height, plinth.width, 3, 30)
    plinth.level(0.6 * look.trim + 0.3, 0, 0.006)


def _paint_roof(patch: _Patch, look: _Look) -> None:
    _courses(patch, look, look.roof, 0.021, 1.3, 0.16, 0.0)
    y = np.arange(patch.height) / (0.021 * patch.unit)
    patch.colour *= (0.72 + 0.38 * (y % 1)).astype(np.float32)[:, None]
    patch.part(bottom=0.06).fill(look.roof * 0.7)


def _paint_chimney(patch: _Patch, look: _Look) -> None:
    brick = 0.5 * look.roof + 0.5 * WALLS["brick"][0]
    _courses(patch, look, brick, 0.014, 1.6, 0.15, 0.0)
    patch.part(bottom=0.2).fill(brick * 0.6)
    patch.part(0.5 + 0.2 * look.sun, 0.2).colour[:] *= 0.7


def _paint_gable(patch: _Patch, look: _Look) -> None:
    """A wall that ends in a point, under the edge of the roof."""
    _paint_wall(patch, look)
    edge = steps(patch.height)[:, None] - np.abs(2 * steps(patch.width) - 1)
    np.copyto(patch.colour, look.roof, where=edge < 0.14)
    np.copyto(patch.colour, look.roof * 0.6 + 0.2, where=edge < 0.05)
    patch.shade[(edge > 0.14) & (edge < 0.14 + 0.08 * look.steep)] = 1


# --- the photograph: openings ---------------------------------------------------------------------------------------


def _paint_glass(glass: _Patch, look: _Look, chances: NDArray, curtains: bool = True) -> None:
    """Dark, with the sky in it above the house opposite; a curtain, a lamp, or an open sash now and then.

    chances: five uniform numbers.
    """
    lit, drawn, opened, high, mirrored = chances
    sky = 0.55 * look.weather.horizon + 0.45 * look.weather.zenith
    shine = look.reflection * (0.55 + 0.6 * mirrored)
    above = (glass.ramp() < 0.25 + 0.6 * high).astype(np.float32)
    glass.fill(look.glass + shine * (0.18 + 0.55 * above) * (sky - look.glass), glow=0.85)
    cloth = np.clip(look.cloth * 0.5 + 0.45, 0, 1)
    if lit < look.weather.lit:
        glass.fill(colours("ffd98a")[0] * (0.8 + 0.25 * glass.ramp()), glow=1)
        cloth = cloth * colours("e8b060")[0]
    if curtains and drawn < look.curtained:
        if drawn < 0.4 * look.curtained:
            sheer = glass.part(top=0.45 if high < 0.5 else 0)
            sheer.colour += 0.7 * (cloth - sheer.colour)
        else:
            for curtain in (glass.part(right=0.3), glass.part(left=0.7)):
                curtain.colour[:] = cloth
                curtain.colour[:, :, ::3] *= 0.85
                curtain.glow[:] = 0.35
    elif opened < look.opened:
        glass.part(right=0.5).fill(colours("0c0d10")[0], glow=1)
        glass.part(left=0.5).fill(sky * 0.9, glow=1)


def _paint_window(patch: _Patch, look: _Look) -> None:
    patch.fill(look.frame)
    glass = patch.inset(0.0075)
    _paint_glass(glass, look, look.rng.random(5))
    bar = 0.0085
    if look.panes != "top":
        glass.upright(look.frame, 0.5, bar)
    for place in {"cross": [0.32], "two": [], "six": [0.33, 0.67], "top": [0.3]}[look.panes]:
        glass.level(look.frame, place, bar)
    reveal = max(round(0.012 * look.steep * patch.unit), 1)
    patch.shade[:reveal] = 1
    patch.colour[:, : max(round(0.006 * patch.unit), 1)] *= 0.45
    side = slice(0, max(reveal // 2, 1)) if look.sun < 0 else slice(-max(reveal // 2, 1), None)
    patch.shade[:, side] = 1
    patch.colour[..., side] *= 0.75


def _paint_blind(patch: _Patch, look: _Look) -> None:
    """Slats in a frame."""
    patch.fill(look.blind)
    slats = max(round(patch.height / patch.unit / 0.02), 1)
    y = np.arange(patch.height) / patch.height * slats
    patch.colour *= (0.72 + 0.5 * (y % 1)).astype(np.float32)[:, None]
    patch.upright(look.blind * 0.9, 0, 0.005)
    patch.upright(look.blind * 0.9, 1, 0.005)


def _paint_door(patch: _Patch, look: _Look) -> None:
    """Two leaves with panels under a light."""
    patch.fill(0.8 * look.trim)
    leaf = patch.inset(0.009)
    leaf.fill(look.door)
    _paint_glass(leaf.part(0.08, 0.02, 0.92, 0.2), look, look.rng.random(5), curtains=False)
    leaf.level(look.door * 0.7, 0.23, 0.01)
    for left in (0.08, 0.56):
        for top, bottom in ((0.3, 0.58), (0.66, 0.92)):
            panel = leaf.part(left, top, left + 0.36, bottom)
            panel.fill(look.door * 0.72)
            panel.part(0.2, 0.12, 1, 1).fill(np.minimum(look.door * 1.2 + 0.03, 1))
    leaf.upright(look.door * 0.5, 0.5, 0.006)
    leaf.part(0.53, 0.6, 0.6, 0.64).fill(colours("d9b55a")[0])
    patch.part(top=0.965).fill(colours("a9a49b")[0])
    patch.shade[: max(round(0.02 * look.steep * patch.unit), 1)] = 1


def _paint_shop(patch: _Patch, look: _Look) -> None:
    """A sign with letters, panes with wares behind them, an awning now and then."""
    rng = look.rng
    sign = look.sign if look.happens(0.5) else look.one_of(SIGNS)
    frame = look.vary(look.frame * 0.6 + sign * 0.4, 0.03)
    patch.fill(frame)
    board = patch.part(bottom=0.24)
    board.fill(sign)
    ink = colours("f3ead2")[0] if sign.mean() < 0.5 else colours("2b2624")[0]
    letters = int(4 + 12 * (patch.width / patch.unit) * look.between(0.6, 1.6))
    start, tall = look.between(0.12, 0.3), rng.random(32)
    for number in range(min(letters, 16)):
        left = start + (0.9 - start) * number / letters
        board.part(left, 0.3 + 0.15 * tall[number], left + (0.6 - start) / letters, 0.78).fill(ink)
    panes = max(round(patch.width / patch.unit / 0.09), 1)
    lit = look.happens(0.25 + look.weather.lit)
    chances, wares = rng.random((16, 5)), rng.random((16, 4, 4))  # as many at every size
    for number in range(panes):
        pane = patch.part((number + 0.06) / panes, 0.3, (number + 0.94) / panes, 0.86)
        _paint_glass(pane, look, chances[number % 16], curtains=False)
        if lit:
            pane.fill(colours("f3cf8f")[0] * (0.95 - 0.4 * pane.ramp()), glow=1)
        for x, tone, height, hue in wares[number % 16]:
            goods = pane.part(0.8 * x, 0.95 - 0.45 * height, 0.8 * x + 0.18, 1)
            goods.fill(
                np.array([[[0.3 + 0.6 * tone]], [[0.25 + 0.5 * hue]], [[0.6 - 0.4 * hue]]], np.float32), glow=0.6
            )
    if look.happens(0.4):
        drop = look.between(0.36, 0.5)
        awning = patch.part(0.01, 0.2, 0.99, drop)
        awning.fill(look.awning)
        stripes = max(round(patch.width / patch.unit / 0.05), 2)
        x = np.arange(awning.width) / max(awning.width, 1) * stripes
        awning.colour[..., x % 1 < 0.5] = colours("f0ebdf")[0]
        awning.colour *= 1.05 - 0.25 * awning.ramp()
        patch.part(0.0, drop, 1, drop + 0.12).shade[:] = 1
    patch.shade[: max(round(0.008 * look.steep * patch.unit), 1)] = 1


# --- the photograph: ornament ---------------------------------------------------------------------------------------


def _profile(patch: _Patch, colour: Floats) -> None:
    """A moulded band: bright where it meets the sky's light, dark underneath."""
    patch.fill(colour * (1.12 - 0.3 * patch.ramp()))
    patch.level(np.minimum(colour * 1.25, 1), 0.0, 0.005)
    patch.level(colour * 0.55, 1.0, 0.005)


def _paint_molding(patch: _Patch, look: _Look) -> None:
    _profile(patch, look.trim)
    if patch.height > 0.024 * patch.unit:  # room for dentils
        teeth = max(round(patch.width / patch.unit / 0.034), 1)
        x = np.arange(patch.width) / patch.width * teeth
        rows = slice(patch.height // 2, max(patch.height - 1, patch.height // 2 + 1))
        patch.colour[:, rows, x % 1 < 0.45] *= 0.55


def _paint_cornice(patch: _Patch, look: _Look) -> None:
    _profile(patch, look.trim)


def _paint_sill(patch: _Patch, look: _Look) -> None:
    _profile(patch, np.minimum(look.trim * 0.94 + 0.02, 1))


def _paint_pillar(patch: _Patch, look: _Look) -> None:
    across = 2 * steps(patch.width) - 1
    patch.fill(look.trim * (0.98 + 0.14 * look.sun * across - 0.1 * across * across))
    patch.upright(look.trim * 0.7, 0.5, 0.004)
    for end in (patch.part(bottom=0.035), patch.part(top=0.965)):
        _profile(end, look.trim)


def _paint_deco(patch: _Patch, look: _Look) -> None:
    """A relief of two symmetries, in the trim's stone or picked out in colour."""
    patch.fill(look.trim * 0.85)
    field = patch.inset(0.007)
    ground = 0.5 * look.accent + 0.5 * look.trim * 0.7
    quarter = 2 * look.rng.random((3, 3), dtype=np.float32) - 1
    half = np.concatenate([quarter, quarter[:, 1::-1]], axis=1)
    relief = spread(np.concatenate([half, half[1::-1]]), field.height, field.width)
    field.fill(ground * (1 + 0.45 * relief))


def _paint_balcony(patch: _Patch, look: _Look) -> None:
    """A slab with a railing: iron bars that one looks through, a wall, or balusters."""
    flowers = look.rng.random((24, 3))
    wide = patch.width / patch.unit
    if look.railing == "iron":
        patch.colour *= 0.72
        bars = max(round(wide / 0.026), 2)
        for number in range(bars + 1):
            patch.upright(look.iron, number / bars, 0.0075)
        patch.level(look.iron, 0.0, 0.011)
        patch.level(look.iron, 0.68, 0.006)
    elif look.railing == "parapet":
        patch.fill(look.wall * 0.55 + look.trim * 0.45)
        fields = max(round(wide / 0.1), 1)
        for number in range(fields):
            field = patch.part((number + 0.1) / fields, 0.25, (number + 0.9) / fields, 0.72)
            field.fill((look.wall * 0.55 + look.trim * 0.45) * 0.84)
        _profile(patch.part(bottom=0.16), look.trim)
    else:
        patch.fill(look.trim * 0.42)
        bars = max(round(wide / 0.03), 2)
        for number in range(bars + 1):
            patch.upright(look.trim * 0.97, number / bars, 0.014)
        _profile(patch.part(bottom=0.18), look.trim)
    _profile(patch.part(top=0.8), look.trim * 0.92)
    patch.part(bottom=0.8).shade[:] *= 0.5
    if look.planted:
        leaf = colours("4d6e36")[0]
        for x, y, tone in flowers[: 6 + int(40 * wide)]:
            spot = patch.part(x * 0.9, 0.02 + 0.28 * y, x * 0.9 + 0.02 / wide, 0.12 + 0.32 * y)
            spot.fill(look.flowers if tone > 0.62 else leaf * (0.6 + tone))


_PAINTERS: dict[str, Callable[[_Patch, _Look], None]] = {
    "background": _paint_sky,
    "street": _paint_street,
    "neighbour": _paint_neighbour,
    "facade": _paint_wall,
    "base": _paint_base,
    "chimney": _paint_chimney,
    "roof": _paint_roof,
    "gable": _paint_gable,
    "window": _paint_window,
    "blind": _paint_blind,
    "door": _paint_door,
    "shop": _paint_shop,
    "molding": _paint_molding,
    "cornice": _paint_cornice,
    "sill": _paint_sill,
    "pillar": _paint_pillar,
    "deco": _paint_deco,
    "balcony": _paint_balcony,
}
_STICKS_OUT = {"molding": 0.02, "cornice": 0.014, "sill": 0.012, "balcony": 0.03}
"""How far a part's shadow falls on what is below it, in fractions of the picture."""
