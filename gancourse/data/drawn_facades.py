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

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gancourse.errors import CourseError
from gancourse.progress import progress_bar

Floats = NDArray[np.floating]
Random = np.random.Generator

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

_CODE = {name: code for code, name in enumerate(CLASSES)} | {"roof": 1}
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
    if min(count, seed, first, look) < 0:
        raise CourseError(f"count={count}, seed={seed}, first={first} and look={look}: none of them may be negative.")
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
    if not np.issubdtype(codes.dtype, np.integer) or codes.size and not 0 <= codes.min() <= codes.max() < len(CLASSES):
        raise CourseError(f"Label codes are whole numbers from 0 to {len(CLASSES) - 1}, as draw_facades returns them.")
    return np.ascontiguousarray(np.moveaxis(_PALETTE[codes], -1, 1))


# --- the grammar ----------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    kind: str  # a class, or "roof"
    left: float
    top: float
    right: float
    bottom: float
    shape: str = "box"


def _choose(rng: Random, odds: dict) -> object:
    """One key, as often as its weight says."""
    place = rng.random() * sum(odds.values())
    for key, weight in odds.items():
        place -= weight
        if place < 0:
            break
    return key


class _Plan:
    """A house front, part by part from back to front."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.parts = rng, []
        self.storeys = int(_choose(rng, {2: 0.14, 3: 0.28, 4: 0.28, 5: 0.2, 6: 0.1}))
        bays = {2: 0.1, 3: 0.26, 4: 0.25, 5: 0.2, 6: 0.11, 7: 0.08}
        self.bays = int(_choose(rng, bays))
        fills = rng.random() < 0.3
        self.left = 0.0 if fills else self.between(0.02, 0.13)
        self.right = 1.0 if fills else 1 - self.between(0.02, 0.13)
        self.ground = self.between(0.91, 0.96)
        self.bay = (self.right - self.left) / self.bays
        self.roof = _choose(rng, {"flat": 0.4, "mansard": 0.3, "gable": 0.15 if self.bays < 5 else 0, "attic": 0.15})
        roof_height = {"flat": 0.0, "mansard": 0.12, "gable": 0.2, "attic": 0.07}[self.roof]
        room = self.ground - self.between(0.06, 0.13) - roof_height
        self.storey = min(room / (self.storeys + 0.2), 1.55 * self.bay, 0.27)
        self.eaves = self.ground - self.storey * (self.storeys + 0.2)
        self.first_floor = self.ground - 1.2 * self.storey
        self.roof_height = roof_height

        rhythm = _choose(rng, {"even": 0.4, "abab": 0.25, "centre": 0.25 if self.bays % 2 else 0.05, "odd": 0.12})
        middle = (self.bays - 1) / 2
        self.accents = [
            {"even": False, "abab": bay % 2 == 1, "centre": abs(bay - middle) < 0.6, "odd": False}[rhythm]
            for bay in range(self.bays)
        ]
        if rhythm == "odd":
            self.accents[int(rng.integers(self.bays))] = True
        self.window_width = self.between(0.38, 0.56)
        self.accent_width = self.between(0.58, 0.68) if self.happens(0.6) else 0.36
        self.window_top = self.between(0.2, 0.26)
        self.window_height = self.between(0.46, 0.58)
        self.sills, self.hoods = self.happens(0.72), self.happens(0.45)
        self.pediments = self.happens(0.4)
        self.blinds = _choose(rng, {"none": 0.5, "shutters": 0.3, "roller": 0.2})
        self.decorated = _choose(rng, {"none": 0.45, "panels": 0.3, "medallions": 0.25})
        self.pillars = _choose(rng, {"none": 0.6, "corners": 0.2, "bays": 0.2})
        self.arched = {int(rng.integers(1, self.storeys))} if self.happens(0.3) else set()
        self.balconies = _choose(rng, {"none": 0.45, "accents": 0.3, "long": 0.12, "all": 0.13})

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.rng.random()

    def happens(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def add(self, kind: str, left: float, top: float, right: float, bottom: float, shape: str = "box") -> None:
        self.parts.append(_Part(kind, left, top, right, bottom, shape))

    def front(self) -> None:
        """A front is a wall and a roof, pillars, storeys, bands between them, and a ground floor."""
        self.upper_end()
        self.add("facade", self.left, self.eaves, self.right, self.ground)
        self.uprights()
        for number in range(1, self.storeys):
            self.row(number)
        self.bands()
        self.ground_floor()

    def upper_end(self) -> None:
        left, right, eaves, height = self.left, self.right, self.eaves, self.roof_height
        if self.roof == "mansard":
            self.add("roof", left, eaves - height, right, eaves, "mansard")
            if self.happens(0.7):
                for bay in range(self.bays):
                    if self.bays < 4 or bay % 2 == self.bays % 2 - 1 or self.accents[bay]:
                        middle, half = left + (bay + 0.5) * self.bay, min(0.2 * self.bay, 0.035)
                        self.add("window", middle - half, eaves - 0.8 * height, middle + half, eaves - 0.22 * height)
        elif self.roof == "gable":
            stepped = self.happens(0.4)
            self.add(
                "facade" if stepped else "roof", left, eaves - height, right, eaves, "steps" if stepped else "gable"
            )
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
            reach = self.happens(0.5)
            left, right = (self.left + 0.12 * self.bay, self.right - 0.12 * self.bay)
            if reach and self.bays > 3:
                left, right = left + self.bay, right - self.bay
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
        entrance = _choose(self.rng, {self.bays // 2: 0.5, 0: 0.25, self.bays - 1: 0.25})
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
                half = 0.5 * self.bay * self.window_width
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
    left, top = (int(np.clip(np.floor(side * image_size + 0.5), 0, image_size - 1)) for side in part[1:3])
    right, bottom = (int(np.clip(np.floor(side * image_size + 0.5), 1, image_size)) for side in part[3:5])
    return left, top, max(right, left + 1), max(bottom, top + 1)


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


# --- the photograph -------------------------------------------------------------------------------------------------


def _paint_photo(parts: list[_Part], image_size: int, rng: Random) -> NDArray[np.uint8]:
    codes = _paint_codes(parts, image_size)
    colours = rng.random((len(CLASSES), 3))
    photo = colours[codes] * 255
    return np.rint(photo).astype(np.uint8).transpose(2, 0, 1)
