"""Landscapes drawn by code, and a painting of each: the twin of Monet2photo for whoever has it not.

A scene is painted as a photograph first, from back to front: sky, hills, ground, water that mirrors what stands behind
it, trees, houses, boats.  Each pixel also keeps which region it belongs to and which way a brush would go there.  The
painting is the same scene seen through a palette of its own for each region, laid down in strokes that follow form.

The palette is a function of the scene: from a photo, which colours its painting has can be told, all but the strokes'
places.  It differs from region to region, so no single recolouring of a picture comes near it: the same green turns
gold in a meadow and blue-green in a tree.  Since both pictures show one scene, the right answer is always known.

Places are fractions of the picture's side, x to the right and y downwards.  Pictures are painted twice as fine as they
are asked for, and averaged down.
"""

from __future__ import annotations

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
    steps,
    to_bytes,
)
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

Angle = Floats | float

SIZES = (32, 64, 128)
FIRST_VALIDATION = 1_000_000_000
"""Scenes are numbered from 0 to train with, from here on to validate with."""

FINER = 2  # how much finer than asked for pictures are painted
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class Scenes(NamedTuple):
    """Photos and paintings of the same scenes, RGB (count, 3, S, S), and the region of each pixel, (count, S, S).

    All are uint8.  A region is a position in REGIONS, and holds for the photo and for the painting.
    """

    photos: NDArray[np.uint8]
    paintings: NDArray[np.uint8]
    regions: NDArray[np.uint8]


def draw_scenes(count: int, image_size: int = 64, seed: int = 0, first: int = 0, progress: bool = False) -> Scenes:
    """Scenes first .. first + count - 1, each as a photo, as a painting and as a map of its regions.

    A scene depends only on (seed, its number), so any slice can be drawn alone; at every size it is the same scene.
    progress shows a bar unless GANCOURSE_PROGRESS=0.  Raises CourseError for a negative count, seed or first, or an
    image_size that is not one of SIZES.
    """
    refuse_negative(count=count, seed=seed, first=first)
    if image_size not in SIZES:
        raise CourseError(f"Landscapes are drawn at {', '.join(map(str, SIZES))} pixels a side, not at {image_size}.")
    photos, paintings = np.empty((2, count, 3, image_size, image_size), np.uint8)
    regions = np.empty((count, image_size, image_size), np.uint8)
    with progress_bar(range(count), desc="drawing landscapes", unit="scene", leave=False, show=progress) as bar:
        for place in bar:
            scene = _Scene(np.random.default_rng((seed, first + place, 0)), FINER * image_size)
            photos[place] = _develop(scene, np.random.default_rng((seed, first + place, 1)))
            paintings[place] = _paint(scene, np.random.default_rng((seed, first + place, 2)))
            regions[place] = _most_frequent(scene.paper.region)
    return Scenes(photos, paintings, regions)


def draw_landscapes(
    count: int, image_size: int = 64, seed: int = 0, first: int = 0, progress: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The photos and the paintings that `draw_scenes` draws, (count, 3, S, S) each, without their regions."""
    return draw_scenes(count, image_size, seed, first, progress)[:2]


def flat_maps(regions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Maps of scenes with these regions (count, S, S), RGB (count, 3, S, S): each pixel has a colour of LEGEND.

    A map shows neither the weather nor what the ground is made of: hills, fields and water are one colour.
    """
    return np.moveaxis(LEGEND[_IN_LEGEND[regions]], -1, 1)


def _mix(colour: Floats, other: Floats, share: Floats | float) -> Floats:
    """A colour with a share of another in it."""
    return colour + share * (other - colour)


def _average(fine: Floats) -> Floats:
    """Blocks of FINER by FINER pixels averaged."""
    return add_blocks(fine, FINER) / np.float32(FINER**2)


def _most_frequent(fine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """In blocks of FINER by FINER pixels, the region that most of them belong to; of equals the last one of REGIONS."""
    votes = np.stack([add_blocks((fine == region).astype(np.uint8), FINER) for region in reversed(range(len(REGIONS)))])
    return (len(REGIONS) - 1 - votes.argmax(axis=0)).astype(np.uint8)


# --- regions and weather ----------------------------------------------------------------------------------------------

LEVEL, UPRIGHT = 0.0, 1.5  # the brush's direction in radians, anticlockwise
REGIONS = ("sky", "hill", "water", "field", "tree", "wall", "roof")
"""What a pixel of a scene can belong to, in the order that a painter comes to them.

A sail goes with the walls; a hull, a bridge and a haystack go with the roofs.
"""

SKY, HILL, WATER, FIELD, TREE, WALL, ROOF = range(len(REGIONS))

LEGEND = to_bytes(colours("a9cce3", "d8d2a0", "5b8c5a")[..., 0, 0])
"""The colours of a map, (3, RGB): the sky's, that of land and water, and that of what stands there."""

_IN_LEGEND = np.array([0, 1, 1, 1, 2, 2, 2])  # by region


class _Weather(NamedTuple):
    zenith: Floats
    horizon: Floats
    light: Floats  # what sun and sky together make of white
    contrast: float  # how far lit and shaded sides differ
    haze: float  # the share of the horizon's colour in what is farthest away


def _weather(zenith: str, horizon: str, light: str, contrast: float, haze: float) -> _Weather:
    above, low, white = colours(zenith, horizon, light)
    return _Weather(above, low, white, contrast, haze)


WEATHERS = {
    "noon": _weather("4f86c0", "bfd8e6", "fffaee", 1.0, 0.5),
    "summer": _weather("6f9fcd", "d5e2e2", "fff6e0", 0.9, 0.55),
    "hazy": _weather("93adc4", "dcded6", "f4f0e6", 0.6, 0.78),
    "overcast": _weather("98a2ab", "cdd0ce", "dde0e0", 0.4, 0.65),
    "storm": _weather("566272", "a9b1b2", "c8ccc8", 0.6, 0.5),
    "evening": _weather("6c86b3", "f0c898", "ffdfb4", 1.1, 0.55),
    "dawn": _weather("8c97bd", "eccbc2", "f2d8cc", 0.7, 0.75),
}
WEATHER_ODDS = {"noon": 5, "summer": 5, "hazy": 3, "overcast": 2, "storm": 1.5, "evening": 3, "dawn": 2}

FOLIAGE = colours("5f7a3e", "6d8148", "4d6a3c", "7d8648", "837f40")
GRASS = colours("869a52", "93a058", "7c944c", "a3a263")
CROPS = colours("c6ab66", "b9b26a", "7f9a50", "9c8a62", "a8a05c")
FLOWERS = colours("c8402f", "e6dcc2", "8c6fae", "dfb93c")
HILLS = colours("66785a", "70735f", "5a6e5c")
WALLS = colours("e3dac6", "d6c4a4", "c9bfb2", "d9cfc4")
ROOFS = colours("a5583f", "8f5a48", "6f6660", "b06a48")
PINE, TRUNK, HAY, TIMBER, PANE, SNOW, DEEP = colours(
    "3f5640", "5a4a3c", "c2a25c", "6a5a4c", "4a4c50", "eceef0", "4a6670"
)
WARM, AMBER, YELLOW = colours("ff9a10", "ff9030", "ffd000")  # what a material takes on here and there


# --- the scene, as a photograph ---------------------------------------------------------------------------------------


class _Paper(NamedTuple):
    """A box of the fine picture: each pixel's colour, its region, and which way a brush goes there."""

    colour: Floats  # (3, H, W)
    region: NDArray[np.uint8]  # (H, W)
    angle: Floats  # (H, W)
    x: Floats  # (1, W)
    y: Floats  # (H, 1)

    @classmethod
    def blank(cls, pixels: int) -> _Paper:
        colour, place = np.zeros((3, pixels, pixels), np.float32), steps(pixels)
        return cls(colour, np.zeros((pixels, pixels), np.uint8), np.zeros_like(colour[0]), place[None], place[:, None])

    def box(self, left: float, top: float, right: float, bottom: float) -> _Paper:
        """The piece between these places, at most the whole."""
        rows = slice(*np.searchsorted(self.y[:, 0], (top, bottom)))
        columns = slice(*np.searchsorted(self.x[0], (left, right)))
        region, angle = self.region[rows, columns], self.angle[rows, columns]
        return _Paper(self.colour[:, rows, columns], region, angle, self.x[:, columns], self.y[rows])

    def lay(self, cover: Floats, colour: Floats, region: int, angle: Angle) -> None:
        """Lay a colour where cover is 1, mix it in where it is less; at more than a half the region is the new one."""
        self.colour[:] = _mix(self.colour, colour, cover)
        ours = cover > 0.5
        np.copyto(self.region, np.uint8(region), where=ours)
        np.copyto(self.angle, np.asarray(angle, np.float32), where=ours)


class _Scene(Chooser):
    """One landscape, painted at once: `paper` holds it, `pixels` a side.  Choices are the same, whatever the pixels."""

    def __init__(self, rng: Random, pixels: int) -> None:
        super().__init__(rng)
        self.pixels = pixels
        self.paper = _Paper.blank(pixels)
        self.weather = WEATHERS[self.choose(WEATHER_ODDS)]
        self.sun = 1 if self.happens(0.5) else -1  # the side that the light comes from
        self.sun_x = 0.5 + self.sun * self.between(0.1, 0.45)
        self.kind = self.choose({"lake": 0.3, "river": 0.27, "sea": 0.13, "meadow": 0.17, "farmland": 0.13})
        self.has_water = self.kind in ("lake", "river", "sea")
        self.horizon = self.between(0.38, 0.58)
        self.bank = self.horizon + self.between(0.015, 0.06)  # where the water begins
        self.near = 2.0  # where it ends; below the picture where it does not
        self.foliage = self.one_of(FOLIAGE)
        self.sky()
        self.hills()
        if self.kind != "sea":
            self.ground()
            self.far_bank()
        if self.has_water:
            self.water()
            self.boats()
        self.near_bank()

    # --- tools

    def edge(self, distance: Floats) -> Floats:
        """Cover from the distance to an edge: 1 well inside, 0 outside, one pixel of the picture in between."""
        return np.clip(0.5 + distance * (self.pixels / FINER), 0, 1)

    def mottle(self, paper: _Paper, rows: int, columns: int) -> Floats:
        return mottle(self.rng, len(paper.y), paper.x.size, rows, columns)

    def profile(self, *waves: int) -> Floats:
        """A line across the picture between about -1 and 1: bumps of several widths, the narrower the lower; (1, W)."""
        lines = [mottle(self.rng, 1, self.pixels, 1, count) / (2**octave) for octave, count in enumerate(waves)]
        return np.add.reduce(lines)

    def lit(self, albedo: Floats, light: Floats | float, far: float = 0.0) -> Floats:
        """A material's colour: light from 0 (in the shade) to 1 (in the sun), and haze the farther away it is."""
        weather = self.weather
        shaded = 1 - 0.5 * weather.contrast * (1 - np.clip(light, 0, 1.3))
        colour = albedo * weather.light * np.asarray(shaded, np.float32)
        return _mix(colour, weather.horizon, far * weather.haze)

    # --- from back to front

    def sky(self) -> None:
        paper, weather = self.paper.box(0, 0, 1, self.horizon + 0.1), self.weather
        height = np.clip(paper.y / self.horizon, 0, 1)
        colour = _mix(weather.zenith, weather.horizon, height * np.sqrt(height))
        away = np.square(paper.x - self.sun_x) + 1.6 * np.square(paper.y - 0.75 * self.horizon)
        glow = np.clip(1 - away / 0.3, 0, 1) ** 2 * 0.4
        colour = _mix(colour, np.minimum(weather.light * 1.05, 1), glow)

        # Seen from below, clouds grow flatter and closer together towards the horizon.
        kind = self.choose({"none": 1, "heaps": 4, "streaks": 2.5, "cover": 2})
        amount = self.between(-0.25, 0.2)
        shapes = {"none": (2, 2), "heaps": (6, 5), "streaks": (12, 3), "cover": (6, 3)}[kind]
        cloud = self.mottle(paper, *shapes) + 0.5 * self.mottle(paper, 2 * shapes[0], 2 * shapes[1])
        cloud = cloud + 0.25 * self.mottle(paper, 4 * shapes[0], 4 * shapes[1])
        strength, soft = {"none": (0.0, 1), "heaps": (0.9, 0.35), "streaks": (0.6, 0.9), "cover": (0.8, 1.3)}[kind]
        cover = np.clip((cloud + amount) / soft, 0, 1) * strength * np.clip(1.15 - 0.5 * height, 0, 1)
        thick = np.clip(cloud + amount - 0.15, 0, 1)
        higher = np.maximum(np.arange(len(paper.y)) - self.pixels // 24, 0)
        towards_sun = cloud[higher] - cloud
        white = _mix(weather.light, weather.horizon, 0.25)
        shade = np.clip(0.32 * thick - 0.25 * towards_sun, 0, 0.5) * (0.5 + 0.5 * weather.contrast)
        grey = 0.55 * white + 0.1 * weather.zenith
        paper.lay(
            np.ones_like(cover), _mix(colour, _mix(white, grey, shade), cover), SKY, 0.5 * self.mottle(paper, 2, 2)
        )

    def hills(self) -> None:
        ridges = self.choose({1: 0.3, 2: 0.4, 3: 0.3})
        steep = self.choose({"low": 0.55, "high": 0.3, "peaks": 0.15})
        rise = {"low": 0.07, "high": 0.16, "peaks": 0.24}[steep] * self.between(0.7, 1.1)
        if self.kind == "sea":  # a coast on one side
            ridges, rise = 1, 0.13 * self.between(0.5, 1.2)
        for ridge in range(ridges):
            far = 1 - 0.75 * (ridge + self.rng.random() * 0.5) / ridges
            line = self.profile(3, 7, 15, 31) if steep == "peaks" else self.profile(2, 5, 12)
            height = rise * (1 - ridge / (ridges + 1)) * (0.55 + 0.55 * line)
            if self.kind == "sea":
                height = height + rise * 1.5 * (self.sun * (self.paper.x - self.between(0.45, 0.75)) * 3 - 0.5)
                height = np.minimum(height, 1.3 * rise)
            top = self.horizon - height
            paper = self.paper.box(0, float(top.min()) - 0.02, 1, self.bank + 0.03)
            slope = np.gradient(height[0]).astype(np.float32)[None] * self.pixels
            below = np.clip((paper.y - top) / rise, 0, 1)
            texture = self.mottle(paper, 6, 14) * 0.25 + self.mottle(paper, 14, 40) * 0.15
            light = 0.6 - 0.6 * self.sun * slope * (1 - 0.6 * below) + texture
            albedo = self.one_of(HILLS) + 0.06 * self.mottle(paper, 3, 6) * AMBER
            colour = self.lit(albedo, light, far)
            if steep == "peaks" and ridge == 0:
                snow = np.clip((0.35 - below + 0.5 * texture) * 6, 0, 1) * (height > 0.5 * rise)
                colour = _mix(colour, self.lit(SNOW, light + 0.2, 0.6 * far), snow)
            downhill = np.arctan(-1.4 * slope) + 0.25 * texture
            paper.lay(self.edge(paper.y - top), colour, HILL, downhill)

    def ground(self) -> None:
        """A meadow, or farmland in strips, that begins at the horizon and comes nearer downwards."""
        paper = self.paper.box(0, self.horizon - 0.06, 1, 1)
        line = self.horizon - 0.012 * self.profile(2, 6)
        near = np.clip((paper.y - line) / (1 - self.horizon), 0, 1)
        depth = np.sqrt(near)  # rows evenly far from each other on the ground crowd together towards the horizon
        meadow = self.one_of(GRASS)
        albedo = meadow + 0.1 * WARM * self.mottle(paper, 9, 3) * (1 - 0.5 * near)
        strips = self.kind == "farmland" or self.happens(0.25)
        cuts = np.sort(self.rng.random(4)).astype(np.float32)
        for cut in cuts:
            crop, tilt = self.one_of(CROPS), self.between(-0.25, 0.25)
            if strips:
                cover = self.edge((depth - 0.15 - 0.8 * cut - tilt * (paper.x - 0.5) * (0.2 + near)) * 0.5)
                albedo = _mix(albedo, crop, cover)
        blades = self.mottle(paper, 40, 28) * (0.5 - 0.3 * near) + self.mottle(paper, 16, 64) * 0.5 * near
        light = 0.75 + 0.3 * self.mottle(paper, 8, 4) * (1 - 0.5 * near) + 0.5 * blades
        colour = _mix(self.lit(albedo, light), self.weather.horizon, 0.5 * self.weather.haze * (1 - depth))
        flowers, patches = self.one_of(FLOWERS), self.mottle(paper, 5, 4)
        speckle = self.mottle(paper, 44, 56)
        if self.kind != "farmland" and self.happens(0.5):
            dots = np.clip((speckle + 0.4 * patches - 0.42) * 6, 0, 1) * np.clip(near * 4 - 0.3, 0, 0.85)
            colour = _mix(colour, self.lit(flowers, 0.9), dots)
        paper.lay(self.edge(paper.y - line), colour, FIELD, (0.15 + 1.1 * near) * (1 - 0.3 * blades))

    def far_bank(self) -> None:
        """What stands at a distance: a wood, trees alone, houses."""
        if self.happens(0.7):
            self.wood(self.bank, self.between(0.03, 0.08))
        for _ in range(int(self.rng.integers(0, 3))):
            self.house(self.between(0.1, 0.9), self.bank + 0.005, self.between(0.07, 0.13))
        row = self.happens(0.3)  # Monet's poplars
        start, size = self.between(0.05, 0.5), self.between(0.16, 0.3)
        for number in range(int(self.rng.integers(3, 7)) if row else int(self.rng.integers(0, 4))):
            x = start + number * 0.4 * size if row else self.between(0, 1)
            kind = "poplar" if row else self.choose({"round": 0.6, "poplar": 0.2, "pine": 0.2})
            height = size * self.between(0.85, 1.1) if row else self.between(0.1, 0.26)
            self.tree(x, self.bank + self.between(0, 0.01), height, kind, far=0.3)

    def near_bank(self) -> None:
        if not self.has_water:
            for y in np.sort(self.rng.uniform(self.horizon + 0.12, 0.9, self.rng.integers(0, 4))).tolist():
                self.haystack(self.between(0.1, 0.9), y, 0.28 * (y - self.horizon) + 0.03)
        else:
            self.foreground()
        if self.kind == "sea":
            return
        for _ in range(self.choose({0: 0.4, 1: 0.4, 2: 0.2})):
            side = 1 if self.happens(0.5) else -1
            x = 0.5 + side * self.between(0.25, 0.5)
            base = 1.04 if self.has_water else self.between(0.8, 0.98)  # by water, on the bank below the picture
            kind = self.choose({"round": 0.7, "pine": 0.15, "poplar": 0.15})
            self.tree(x, base, self.between(0.4, 0.72), kind, far=0.0)

    def foreground(self) -> None:
        """The bank that we stand on, grass against the water."""
        line = self.near + 0.035 * self.profile(3, 9) + 0.018 * self.profile(40, 80)
        paper = self.paper.box(0, float(line.min()) - 0.02, 1, 1)
        light = 0.55 + 0.5 * self.mottle(paper, 6, 48) + 0.2 * self.mottle(paper, 3, 8)
        colour = self.lit(self.one_of(GRASS) * 0.92, light + 1.2 * (paper.y - line))
        paper.lay(self.edge(paper.y - line), colour, FIELD, 1.25 + 0.3 * self.mottle(paper, 3, 8))

    # --- things

    def wood(self, base: float, height: float) -> None:
        top = base - height * (0.5 + 0.45 * self.profile(3, 7) + 0.2 * self.profile(22, 44))
        paper = self.paper.box(0, float(top.min()) - 0.02, 1, base + 0.02)
        up = np.clip((base - paper.y) / height, 0, 1)
        light = 0.1 + 0.6 * up + 0.55 * self.mottle(paper, 5, 36)
        grown = (top < base - 0.01) & (paper.y < base + 0.004)
        paper.lay(self.edge(paper.y - top) * grown, self.lit(0.85 * self.foliage, light, 0.4), TREE, UPRIGHT)

    def tree(self, x: float, base: float, height: float, kind: str, far: float) -> None:
        """A trunk, and a crown whose outline and leaves are mottled; the sun lights one side and the top."""
        wide, middle, half = {"round": (0.36, 0.6, 0.4), "poplar": (0.11, 0.52, 0.48), "pine": (0.24, 0.5, 0.5)}[kind]
        reach = 1.45 * wide * height
        paper = self.paper.box(x - reach, base - (middle + 1.45 * half) * height, x + reach, base)
        outline = 0.24 * self.mottle(paper, 6, 5) + 0.2 * self.mottle(paper, 13, 11)
        leaves = 0.8 * self.mottle(paper, 9, 8) + 0.6 * self.mottle(paper, 18, 16) + 0.5 * self.mottle(paper, 36, 32)
        trunk = self.edge(0.02 * height - np.abs(paper.x - x)) * (paper.y > base - 0.5 * height)
        paper.lay(trunk, self.lit(TRUNK, 0.5, far), TREE, UPRIGHT)
        u = (paper.x - x) / (wide * height)
        v = (paper.y - (base - middle * height)) / (half * height)
        if kind == "pine":
            inside = np.minimum(0.46 * (v + 1) - np.abs(u) + outline * (v + 1), 0.9 - v)
        else:
            inside = 1 - np.sqrt(u * u + v * v) + outline
        light = 0.42 + 0.38 * self.sun * u - 0.3 * v + 0.5 * leaves + 0.5 * outline
        albedo = (PINE if kind == "pine" else self.foliage) + 0.05 * leaves * YELLOW
        paper.lay(self.edge(0.6 * wide * height * inside), self.lit(albedo, light, far), TREE, UPRIGHT + 0.5 * u)

    def house(self, x: float, base: float, size: float) -> None:
        wall, roof = self.one_of(WALLS), self.one_of(ROOFS)
        wide, church = size * self.between(0.5, 0.8), self.happens(0.25)
        if church:
            self.gable(x + self.sun * wide * 0.62, base, 0.16 * size, 0.85 * size, 0.55 * size, wall, roof)
        self.gable(x, base, wide, 0.42 * size, 0.34 * size, wall, roof)
        for place in (-0.6, 0.0, 0.6):
            middle, high = x + place * wide, base - 0.3 * size
            pane = self.paper.box(middle - 0.07 * size, high, middle + 0.07 * size, high + 0.15 * size)
            pane.lay(np.ones(pane.region.shape, np.float32), self.lit(PANE, 0.5, 0.15), WALL, UPRIGHT)

    def gable(self, x: float, base: float, half: float, wall: float, roof: float, front: Floats, tiles: Floats) -> None:
        """A box with its roof: the sunny part of the wall, the shaded one, and a roof that narrows upwards."""
        paper = self.paper.box(x - 1.3 * half, base - wall - roof, x + 1.3 * half, base)
        u = (paper.x - x) / half
        cover = self.edge((1 - np.abs(u)) * half) * self.edge(paper.y - (base - wall))
        paper.lay(cover, self.lit(front, 0.3 + 0.7 * (self.sun * u > -0.4), 0.15), WALL, UPRIGHT)
        down = (paper.y - (base - wall - roof)) / roof
        cover = self.edge((0.35 + 0.8 * down - np.abs(u)) * half) * self.edge((1 - down) * roof)
        paper.lay(cover, self.lit(tiles, 0.75 + 0.3 * self.sun * u, 0.15), ROOF, LEVEL)

    def haystack(self, x: float, base: float, size: float) -> None:
        """A cylinder of straw under a cone, and the shadow that it throws on the grass."""
        paper = self.paper.box(x - 2.6 * size, base - 1.5 * size, x + 2.6 * size, base + 0.3 * size)
        straw = self.mottle(paper, 14, 20)
        u, v = (paper.x - x) / size, (base - paper.y) / size
        shadow = 1 - np.square((u + 0.9 * self.sun) / 1.5) - np.square(v / 0.24)
        paper.colour[:] *= 1 - 0.35 * self.weather.contrast * np.clip(3 * shadow, 0, 1)
        inside = np.minimum(np.where(v > 0.6, 1.15 - 0.95 * (v - 0.6) / 0.75, 0.85 + 0.5 * v) - np.abs(u), 1.35 - v)
        inside = np.minimum(inside, v + 0.12 * (1 - u * u))
        light = 0.55 + 0.5 * self.sun * u + 0.3 * straw + 0.1 * v
        paper.lay(self.edge(inside * size), self.lit(HAY, light), ROOF, UPRIGHT + 0.6 * u)

    def water(self) -> None:
        """Water mirrors what stands behind it, broken by ripples, with some colour of its own."""
        shore = self.horizon if self.kind == "sea" else self.bank
        paper = self.paper.box(0, shore, 1, 1)
        down = paper.y - shore
        ripples = self.mottle(paper, 26, 5) + 0.7 * self.mottle(paper, 50, 12)
        reach = min(1.15, 0.95 * shore / (1 - shore))  # as much height as there is to mirror
        row = shore - (reach - 0.2 * ripples * (1 - 0.5 * down)) * down
        rows = np.clip((row * self.pixels).astype(np.int64), 0, self.pixels - 1)
        mirrored = np.take_along_axis(self.paper.colour, np.broadcast_to(rows, (3, *rows.shape)), axis=1)
        near = down / (1 - shore)
        colour = _mix(mirrored, self.lit(DEEP, 0.8), 0.18 + 0.2 * near)
        breeze = 0.4 * np.clip(self.mottle(paper, 10, 2) - 0.2, 0, 1)
        colour = _mix(colour, _mix(self.weather.horizon, self.weather.zenith, 0.5), breeze)
        colour = np.clip(colour + 0.07 * ripples * (0.4 + near) * self.weather.light, 0, 1)
        bend = 0.5 + self.between(-0.2, 0.2) + 0.28 * mottle(self.rng, len(paper.y), 1, 4, 1)
        width, self.near = self.between(0.3, 0.6), self.between(0.78, 1.25)
        if self.kind == "river":
            inside = 0.03 + width * near * np.sqrt(near) - np.abs(paper.x - bend - 0.02 * ripples)
            self.near = 2.0
        else:
            inside = down + np.zeros_like(paper.x) + 0.01
        paper.lay(self.edge(inside), colour, WATER, LEVEL)

    def boats(self) -> None:
        """Boats on the water, before or behind a bridge."""
        if self.kind != "sea" and self.happens(0.2):
            self.bridge()
        if self.kind != "river":
            for _ in range(self.choose({0: 0.5, 1: 0.3, 2: 0.2})):
                y = self.between(self.bank + 0.03, min(self.near, 1) - 0.12)
                self.boat(self.between(0.1, 0.9), y, 0.05 + 0.35 * (y - self.bank))

    def boat(self, x: float, y: float, size: float) -> None:
        hull, sails = self.one_of(ROOFS), self.one_of(WALLS)
        for up in (-1, 1):
            paper = self.paper.box(x - size, y - 2.2 * size, x + size, y + 1.8 * size)
            u, v = (paper.x - x) / size, up * (y - paper.y) / size
            aside = np.abs(u - 0.05)
            sail = np.minimum(np.minimum(v - 0.35, 1.9 - v - 2.2 * aside), 0.7 - np.abs(u))
            self.stand(
                paper, up, self.edge(0.5 * size * sail), self.lit(sails, 0.5 + 0.5 * (self.sun * u > 0)), WALL, 1.5
            )
            mast = np.minimum(0.05 - aside, np.minimum(v - 0.2, 2 - v))
            self.stand(paper, up, self.edge(size * mast), self.lit(TIMBER, 0.4), WALL, UPRIGHT)
            body = np.minimum(0.34 - v, np.minimum(v, 0.75 + 0.35 * v - np.abs(u)))
            self.stand(paper, up, self.edge(size * body), self.lit(hull, 0.5), ROOF, LEVEL)

    def bridge(self) -> None:
        """A footbridge: an arch from bank to bank, and its rail."""
        y, rise = self.bank + self.between(0.1, 0.2), self.between(0.08, 0.14)
        for up in (-1, 1):
            paper = self.paper.box(0, y - rise - 0.14, 1, y + rise + 0.14)
            over = up * (y - paper.y) - rise * (1 - np.square(2 * paper.x - 1))
            beam, rail = 0.022 - np.abs(over), 0.008 - np.abs(over - 0.07)
            post = np.minimum(0.007 - np.abs((paper.x * 9) % 1 - 0.5) / 9, np.minimum(over, 0.07 - over))
            cover = self.edge(np.maximum(np.maximum(beam, rail), post))
            self.stand(paper, up, cover, self.lit(TIMBER, 0.7), ROOF, 4 * rise * (1 - 2 * paper.x))

    def stand(self, paper: _Paper, up: int, cover: Floats, colour: Floats, region: int, angle: Angle) -> None:
        """Lay a thing that stands in the water (up=1), or its fainter mirror image (up=-1), which shows on water."""
        if up > 0:
            paper.lay(cover, colour, region, angle)
        else:
            paper.lay(0.45 * cover * (paper.region == WATER), colour, WATER, LEVEL)


def _develop(scene: _Scene, rng: Random) -> NDArray[np.uint8]:
    """The lens's average over each pixel, and the sensor's noise."""
    photo = _average(scene.paper.colour)
    photo += (rng.random(photo.shape[1:], dtype=np.float32) - 0.5) * 0.03
    return to_bytes(photo)


# --- the painting -----------------------------------------------------------------------------------------------------


class _Brush(NamedTuple):
    """How a region is painted."""

    dark: tuple[float, float, float]  # what is added to RGB where the scene's luminance is 0.2,
    half: tuple[float, float, float]  # 0.5
    bright: tuple[float, float, float]  # and 0.8
    keep: float  # the share of the scene's own colour that stays
    length: float
    width: float
    turn: float  # how far strokes stray from the form's direction, radians
    density: float  # the share of possible strokes that are set


BRUSHES = (
    _Brush((0.04, -0.07, 0.18), (0.13, -0.06, -0.02), (0.14, 0.01, -0.20), 0.35, 0.17, 0.045, 0.3, 0.36),  # sky
    _Brush((0.02, -0.09, 0.24), (0.10, -0.09, 0.16), (0.18, -0.04, 0.02), 0.3, 0.11, 0.034, 0.25, 0.55),  # hill
    _Brush((-0.16, 0.04, 0.16), (-0.20, 0.08, 0.08), (0.17, -0.07, 0.02), 0.2, 0.14, 0.028, 0.07, 0.6),  # water
    _Brush((0.10, -0.10, 0.18), (0.16, 0.01, -0.18), (0.20, 0.02, -0.26), 0.45, 0.085, 0.030, 0.35, 0.6),  # field
    _Brush((-0.10, -0.04, 0.26), (-0.16, 0.08, 0.14), (0.12, 0.08, -0.30), 0.25, 0.06, 0.030, 0.6, 0.9),  # tree
    _Brush((0.06, -0.10, 0.22), (0.12, -0.06, 0.08), (0.14, -0.02, -0.06), 0.5, 0.05, 0.022, 0.2, 1.0),  # wall
    _Brush((0.12, -0.08, 0.16), (0.24, -0.04, -0.16), (0.22, 0.02, -0.20), 0.5, 0.05, 0.022, 0.2, 1.0),  # roof
)
"""A brush for each region, from back to front: what comes later is painted over what comes earlier."""

PLACES = 46  # possible strokes lie on a grid of so many a side, each somewhere in its cell
BRISTLES = 7
LEVELS = 256

_KEEP = np.array([brush.keep for brush in BRUSHES], np.float32)
_LIGHTS = np.linspace(0, 1, LEVELS)
# What is added to a pixel by its region, its channel and its luminance, (regions, 3, LEVELS).
_HUES = np.array(
    [[np.interp(_LIGHTS, (0.2, 0.5, 0.8), hues) for hues in zip(*brush[:3], strict=True)] for brush in BRUSHES],
    np.float32,
)


def _palette(scene: _Scene) -> Floats:
    """The painter's colour for every pixel, (3, H, W): the scene's luminance, some of its hue, and its region's own."""
    colour, region = scene.paper.colour, scene.paper.region
    light = LUMINANCE[0] * colour[0] + LUMINANCE[1] * colour[1] + LUMINANCE[2] * colour[2]
    level = np.clip(light * LEVELS, 0, LEVELS - 1).astype(np.int64)
    hue = np.stack([_HUES[:, channel].take(region.astype(np.int64) * LEVELS + level) for channel in range(3)])
    return np.clip(light + _KEEP[region] * (colour - light) + hue, 0, 1)


def _paint(scene: _Scene, rng: Random) -> NDArray[np.uint8]:
    """The scene in strokes, from back to front, over a ground of its own colours."""
    palette, pixels = _palette(scene), scene.pixels
    cells = np.stack(np.divmod(rng.permutation(PLACES**2), PLACES), axis=1)  # in the order of painting
    places = ((cells + rng.random(cells.shape)) / PLACES).astype(np.float32)
    chances = rng.random(len(cells))
    turns, bends, tones, warmths = 2 * rng.random((4, len(cells), 1, 1), dtype=np.float32) - 1
    relief = 0.07 * (rng.random((len(cells), BRISTLES, 1), dtype=np.float32) - 0.5)

    # Broken colour: one stroke is lighter, the next one darker, one warmer and one cooler; their mean is right.
    broken = 0.035 * tones + 0.03 * warmths * np.array([1, 0, -1], np.float32)

    rows, columns = np.minimum((places * pixels).astype(np.int64), pixels - 1).T  # float32 may round a place up to 1
    middles = rows * pixels + columns
    regions, angles = scene.paper.region.ravel(), scene.paper.angle.ravel()
    ground = np.moveaxis(palette, 0, -1).reshape(-1, 3)
    canvas = ground.copy()
    for region, brush in enumerate(BRUSHES):
        chosen = np.flatnonzero((regions[middles] == region) & (chances < brush.density))
        middle = middles[chosen]
        touched = _tracks(brush, pixels, places[chosen], angles[middle], turns[chosen], bends[chosen])
        # A stroke has the mean colour of its region where it goes.
        spine = np.column_stack([middle, touched[:, :: touched.shape[1] // 5, touched.shape[2] // 2]])
        share = (regions[spine] == region)[..., None].astype(np.float32)
        colours = (share * ground[spine]).sum(axis=1, keepdims=True) / share.sum(axis=1, keepdims=True)
        # Each bristle leaves a line of its own; where strokes meet, the last one lies on top.
        hairs = (BRISTLES * steps(touched.shape[2])).astype(np.int64)
        paint = (colours + broken[chosen] + relief[chosen][:, hairs]).reshape(-1, 3)
        last = np.full(pixels * pixels, -1, np.int32)
        last[touched] = np.arange(len(paint), dtype=np.int32).reshape(-1, 1, len(hairs))
        painted = np.flatnonzero(last >= 0)
        canvas[painted] = paint[last[painted]]
    return to_bytes(_average(np.moveaxis(canvas.reshape(pixels, pixels, 3), -1, 0)))


def _tracks(
    brush: _Brush, pixels: int, places: Floats, angles: Floats, turns: Floats, bends: Floats
) -> NDArray[np.int32]:
    """The pixels that strokes touch, (strokes, points along, points across), as positions in the flattened picture.

    Strokes are a little bent, narrow towards their ends, and sampled closer than pixels lie, so that none has holes.
    """
    along = np.linspace(-1, 1, int(1.35 * brush.length * pixels) + 2, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, int(1.35 * brush.width * pixels) + 2, dtype=np.float32)
    # Sines differ between machines in the last bit.  Of rounded angles, in double precision, that bit is rounded away.
    direction = np.rint(256 * (angles[:, None, None] + brush.turn * turns)).astype(np.float64) / 256
    cos, sin = np.cos(direction).astype(np.float32), np.sin(direction).astype(np.float32)
    ahead = 0.5 * brush.length * along
    aside = 0.5 * brush.width * across * np.sqrt(1 - np.square(0.85 * along))
    aside = aside + 0.12 * brush.length * bends * (np.square(along) - 0.4)
    x = places[:, 1, None, None] + cos * ahead + sin * aside
    y = places[:, 0, None, None] - sin * ahead + cos * aside
    row, column = (np.clip((pixels * place).astype(np.int32), 0, pixels - 1) for place in (y, x))
    return row * pixels + column
