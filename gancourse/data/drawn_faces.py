"""Portraits drawn by code: the twin of CelebA for whoever has no CelebA.

Every face follows from attributes that are known exactly, so a lesson can ask for "the same face with glasses".
A portrait is painted as an illustrator would: background, hair behind the head, neck and clothes, head, features,
glasses, hair in front.  Shapes are signed distances turned into coverage, so every edge is anti-aliased.

Two frames are used.  The picture's: x to the right and y downwards, both from -1 to 1.  The head's: the same axes
tilted with the head, origin between the eyes, chin near y = 0.64; lengths are in this frame unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gancourse.data.drawing import Floats, colours, refuse_negative, to_bytes
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

Attributes = Mapping[str, NDArray]

CATEGORIES: dict[str, tuple[str, ...]] = {
    "skin_tone": ("very light", "light", "light medium", "medium", "tan", "brown", "dark brown", "deep"),
    "hair_colour": ("black", "dark brown", "brown", "auburn", "ginger", "blond", "grey", "white", "rose", "teal"),
    "hair_style": (
        *("bald", "receding", "cropped", "short", "swept", "curly"),
        *("bob", "fringe", "long", "wavy", "bun", "ponytail"),
    ),
    "eye_colour": ("dark brown", "brown", "hazel", "green", "blue", "grey"),
    "glasses": ("none", "thin", "thick", "sun"),
    "facial_hair": ("none", "stubble", "moustache", "goatee", "beard"),
    "clothes": ("crew", "v-neck", "shirt", "jacket", "roll-neck"),
    "clothes_colour": ("navy", "charcoal", "white", "rust", "olive", "mustard", "teal", "plum", "sky", "rose"),
    "background": ("gradient", "glow", "horizon", "window", "lights"),
    "background_colour": ("sand", "sage", "sky", "slate", "dusk", "clay", "cream", "night"),
}
"""What each integer code means."""

CONTINUOUS: dict[str, tuple[float, float]] = {
    "smile": (-1, 1),  # mouth turned down, to a broad smile that shows teeth
    "turn": (-1, 1),  # the nose points left, to right; about 24 degrees at either end
    "tilt": (-1, 1),  # the crown leans left, to right; about 8 degrees at either end
    "age": (0, 1),  # about 18 to 85 years
    "face_width": (-1, 1),
    "jaw": (-1, 1),  # pointed, to square
    "eye_size": (-1, 1),
    "nose_width": (-1, 1),
    "lip_fullness": (-1, 1),
    "lip_colour": (0, 1),  # bare, to painted
    "brow": (-1, 1),  # fine and arched, to heavy and straight
    "parting": (-1, 1),  # side of the parting and of the ponytail
    "hair_volume": (-1, 1),
    "light": (-1, 1),  # from the left, to from the right
    "backdrop": (-1, 1),  # where the light or the shape in the background stands
}
"""The range of each continuous attribute."""

FREQUENCIES: dict[str, tuple[float, ...]] = {
    "skin_tone": (0.12, 0.17, 0.17, 0.15, 0.13, 0.11, 0.09, 0.06),
    "glasses": (0.74, 0.10, 0.10, 0.06),
    "clothes": (0.34, 0.18, 0.18, 0.18, 0.12),
    "clothes_colour": (0.15, 0.14, 0.12, 0.10, 0.09, 0.08, 0.10, 0.08, 0.08, 0.06),
    "background": (0.30, 0.25, 0.15, 0.15, 0.15),
    "background_colour": (0.14, 0.13, 0.15, 0.14, 0.11, 0.11, 0.12, 0.10),
}
"""How often each code comes up, for the attributes that depend on nothing else."""

_DARK_SKIN = 5  # the first code of skin_tone whose hair and eyes come from the dark rows below
_HAIR_COLOURS = {  # weights of black .. blond, then of rose and teal; grey and white come with age
    "light": (0.10, 0.22, 0.28, 0.10, 0.08, 0.20, 0.0, 0.0, 0.012, 0.008),
    "medium": (0.38, 0.34, 0.18, 0.04, 0.01, 0.03, 0.0, 0.0, 0.012, 0.008),
    "dark": (0.62, 0.28, 0.06, 0.02, 0.0, 0.0, 0.0, 0.0, 0.012, 0.008),
}
_EYE_COLOURS = {
    "light": (0.10, 0.25, 0.17, 0.12, 0.26, 0.10),
    "medium": (0.40, 0.37, 0.13, 0.06, 0.03, 0.01),
    "dark": (0.64, 0.32, 0.04, 0.0, 0.0, 0.0),
}
_MOSTLY_SHORT_STYLES = (0.07, 0.10, 0.22, 0.27, 0.16, 0.10, 0.0, 0.01, 0.03, 0.02, 0.02, 0.0)
_MOSTLY_LONG_STYLES = (0.0, 0.0, 0.04, 0.07, 0.03, 0.15, 0.16, 0.13, 0.16, 0.13, 0.07, 0.06)
_FACIAL_HAIR = (0.52, 0.16, 0.07, 0.07, 0.18)


def face_attributes(count: int, seed: int = 0, first: int = 0) -> dict[str, NDArray]:
    """The known attributes of faces first .. first + count - 1.

    Returns one array (count,) per name of CATEGORIES (int64 codes) and of CONTINUOUS (float32, within its range).
    A face depends only on (seed, its number).  FREQUENCIES holds for what is independent.  The rest goes together as in
    a crowd: hair and eye colour lean dark with dark skin, curls are commoner there; grey, white, bald and receding
    come with age.  Half of the crowd draws its hair from a table of mostly short styles, half from one of mostly long
    ones; facial hair (in half of the first) comes only with the one, painted lips mostly with the other.
    Raises CourseError for a negative count, seed or first.
    """
    refuse_negative(count=count, seed=seed, first=first)
    columns = [*CATEGORIES, *CONTINUOUS, "short", "grey"]
    numbers = range(first, first + count)
    uniforms = [np.random.default_rng((seed, number)).random(len(columns)) for number in numbers]
    u = dict(zip(columns, np.array(uniforms).reshape(count, len(columns)).T, strict=True))

    known: dict[str, NDArray] = {name: _pick(u[name], np.array(odds)) for name, odds in FREQUENCIES.items()}
    age = u["age"] * np.sqrt(u["age"])
    tone, short = known["skin_tone"], u["short"] < 0.5
    family = np.where(tone < 3, 0, np.where(tone < _DARK_SKIN, 1, 2))

    colour = _pick(u["hair_colour"], np.array(list(_HAIR_COLOURS.values()))[family])
    turned_grey = u["grey"] < np.clip(1.7 * (age - 0.4), 0, 0.95)
    known["hair_colour"] = np.where(turned_grey, np.where(age > 0.85, 7, 6), colour)
    known["eye_colour"] = _pick(u["eye_colour"], np.array(list(_EYE_COLOURS.values()))[family])

    styles = np.where(short[:, None], _MOSTLY_SHORT_STYLES, _MOSTLY_LONG_STYLES)
    styles[:, :2] *= 0.2 + 2 * age[:, None]  # bald, receding
    styles[:, 5] *= 1 + 1.5 * (tone >= _DARK_SKIN)  # curly
    known["hair_style"] = _pick(u["hair_style"], styles)
    known["facial_hair"] = np.where(short, _pick(u["facial_hair"], np.array(_FACIAL_HAIR)), 0)

    for name, (low, high) in CONTINUOUS.items():
        known[name] = low + (high - low) * _peaked(u[name])
    known["age"] = age
    known["smile"] = 1 - 2 * u["smile"] * u["smile"]  # people smile at a camera: 1/3 on average
    known["light"], known["parting"], known["backdrop"] = (2 * u[name] - 1 for name in ("light", "parting", "backdrop"))
    known["lip_colour"] = u["lip_colour"] * np.where(short, 0.15, 1.0)
    return {name: known[name] for name in CATEGORIES} | {name: known[name].astype(np.float32) for name in CONTINUOUS}


def draw_faces(
    count: int, image_size: int = 64, seed: int = 0, first: int = 0, progress: bool = False
) -> NDArray[np.uint8]:
    """Faces first .. first + count - 1 as RGB pictures, (count, 3, image_size, image_size), uint8.

    A face depends only on (seed, its number, image_size), so any slice can be drawn alone.  progress shows a bar unless
    GANCOURSE_PROGRESS=0.  Raises CourseError for a negative count, seed or first, or an image_size under 16.
    """
    return draw_portraits(face_attributes(count, seed, first), image_size, progress)


def draw_portraits(attributes: Attributes, image_size: int = 64, progress: bool = False) -> NDArray[np.uint8]:
    """Pictures of the given attributes, (count, 3, image_size, image_size), uint8 RGB.

    attributes: as face_attributes returns them; change one and draw again to see what it does.
    progress is as in draw_faces.  Raises CourseError if a name is missing or unknown, lengths differ, a value is out of
    range, or image_size is under 16.
    """
    count = _check_attributes(attributes)
    if image_size < 16:
        raise CourseError(f"A face needs at least 16 pixels a side, not {image_size}; ask for 32, 64 or 128.")
    pictures = np.empty((count, 3, image_size, image_size), np.uint8)
    batch = max(1, 16 * 64 * 64 // image_size**2)  # small enough for the working set to stay in the cache
    with progress_bar(total=count, desc="drawing faces", unit="face", leave=False, show=progress) as bar:
        for start in range(0, count, batch):
            some = slice(start, start + batch)
            pictures[some] = _draw_batch({name: values[some] for name, values in attributes.items()}, image_size)
            bar.update(len(pictures[some]))
    return pictures


def _draw_batch(attributes: Attributes, image_size: int) -> NDArray[np.uint8]:
    person = _Person(attributes)
    sheet = _Sheet.blank(person, image_size)
    hair = _Hair(person, sheet)

    _paint_background(sheet, person)
    _paint_hair_behind(sheet, person, hair)
    _paint_neck(sheet, person)
    _paint_clothes(sheet, person)
    _paint_head(sheet, person)
    hair.cast_shadow(sheet, person)
    features = sheet.crop(left=-0.7, right=0.7, top=-0.42, bottom=0.82)
    nose = sheet.crop(left=-0.45, right=0.45, top=-0.25, bottom=0.45)
    mouth = sheet.crop(left=-0.45, right=0.45, top=0.2, bottom=0.7)
    jaw = sheet.crop(left=-0.7, right=0.7, top=-0.05, bottom=0.82)
    eyes = sheet.crop(left=-0.7, right=0.7, top=-0.3, bottom=0.3)
    left_eye = sheet.crop(left=-0.6, right=0.25, top=-0.4, bottom=0.3)
    right_eye = sheet.crop(left=-0.25, right=0.6, top=-0.4, bottom=0.3)
    _paint_cheeks_and_age(features, person)
    _paint_nose(nose, person)
    _paint_facial_hair(jaw, person)
    _paint_mouth(mouth, person)
    _paint_eye(left_eye, person, -1)
    _paint_eye(right_eye, person, 1)
    _paint_glasses(eyes, person)
    _paint_hair_in_front(sheet, person, hair)
    return to_bytes(sheet.rgb)


# --- drawing attributes ---------------------------------------------------------------------------------------------


def _pick(uniform: NDArray, weights: NDArray) -> NDArray[np.int64]:
    """The code that each uniform number falls on; weights (codes,) or (count, codes), of any positive sum."""
    edges = np.cumsum(weights, axis=-1)
    return (uniform[:, None] * edges[..., -1:] >= edges[..., :-1]).sum(axis=1)


def _peaked(uniform: NDArray) -> NDArray:
    """A triangular distribution on [0, 1]: few extremes, as in a crowd."""
    low = np.sqrt(uniform / 2)
    return np.where(uniform < 0.5, low, 1 - np.sqrt((1 - uniform) / 2))


def _check_attributes(attributes: Attributes) -> int:
    expected = [*CATEGORIES, *CONTINUOUS]
    if wrong := set(attributes) ^ set(expected):
        raise CourseError(
            f"These attributes are missing or unknown: {', '.join(sorted(wrong))}. Start from face_attributes()."
        )
    if len({np.shape(attributes[name]) for name in expected}) != 1 or np.ndim(attributes["smile"]) != 1:
        raise CourseError("Every attribute must be an array (count,), all of the same length.")
    for name in expected:
        if name in CATEGORIES and not np.issubdtype(np.asarray(attributes[name]).dtype, np.integer):
            raise CourseError(f"The attribute {name} holds codes, so its array must be of integers.")
        low, high = (0, len(CATEGORIES[name]) - 1) if name in CATEGORIES else CONTINUOUS[name]
        if not np.all((attributes[name] >= low) & (attributes[name] <= high)):
            raise CourseError(f"The attribute {name} must lie between {low} and {high}.")
    return len(attributes["smile"])


# --- paper and pencils ----------------------------------------------------------------------------------------------


def _bump(x: Floats, y: Floats | float = 0.0) -> Floats:
    """A soft round spot, or without y a soft band: 1 in the middle, 0 from radius 1 on."""
    return np.square(np.clip(1 - x * x - y * y, 0, None))


def _wave(x: Floats) -> Floats:
    """A smooth wave of period 1 between -1 and 1, of parabolas: the same bits on every machine, unlike a sine."""
    x = x - np.floor(x) - np.float32(0.5)
    return x * (8 - 16 * np.abs(x))


def _ramp(x: Floats) -> Floats:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _distance(level: Floats, slope_x: Floats, slope_y: Floats) -> Floats:
    """Signed distance, good near the outline, to where level is 0; negative inside."""
    return level / np.sqrt(slope_x * slope_x + slope_y * slope_y + np.float32(1e-4))


def _ellipse(x: Floats, y: Floats, half_width: Floats | float, half_height: float) -> Floats:
    """Signed distance to an ellipse about the origin."""
    across, along = x / half_width, y / half_height
    return _distance(across * across + along * along - 1, 2 * across / half_width, 2 * along / half_height)


def _rounded_box(x: Floats, y: Floats, half_width: Floats, half_height: Floats, corner: Floats) -> Floats:
    """Signed distance to a rectangle about the origin with round corners."""
    x, y = np.abs(x) - half_width + corner, np.abs(y) - half_height + corner
    return np.hypot(np.clip(x, 0, None), np.clip(y, 0, None)) + np.clip(np.maximum(x, y), None, 0) - corner


@dataclass
class _Sheet:
    """A batch of pictures and, for every pixel, where it lies."""

    rgb: Floats  # (N, 3, H, W), 0 to 1
    x: Floats  # (1, 1, W), the picture's frame
    y: Floats  # (1, H, 1)
    head_x: Floats  # (N, H, W), the head's frame
    head_y: Floats
    pixels: float  # in one unit of the head's frame

    @classmethod
    def blank(cls, person: _Person, image_size: int) -> _Sheet:
        centres = ((np.arange(image_size) + 0.5) * 2 / image_size - 1).astype(np.float32)
        x, y = centres[None, None, :], centres[None, :, None]
        from_neck = y - NECK
        head_x = (person.cos_tilt * x + person.sin_tilt * from_neck) / HEAD_SCALE
        head_y = (person.cos_tilt * from_neck - person.sin_tilt * x + (NECK - EYE_LINE)) / HEAD_SCALE
        rgb = np.empty((len(head_x), 3, image_size, image_size), np.float32)
        return cls(rgb, x, y, head_x, head_y, HEAD_SCALE * image_size / 2)

    def crop(self, left: float, right: float, top: float, bottom: float) -> _Sheet:
        """A window (picture's frame) on the same pictures: small things cost less there."""
        size = self.x.size
        columns = slice(int((left + 1) / 2 * size), int((right + 1) / 2 * size) + 1)
        rows = slice(int((top + 1) / 2 * size), int((bottom + 1) / 2 * size) + 1)
        return _Sheet(
            *(self.rgb[..., rows, columns], self.x[..., columns], self.y[:, rows]),
            *(self.head_x[:, rows, columns], self.head_y[:, rows, columns], self.pixels),
        )

    def inside(self, distance: Floats, softness: float = 0) -> Floats:
        """Coverage of each pixel by the shape of this signed distance; softness widens the edge."""
        return np.clip(0.5 - distance * (1 / (softness + 1 / self.pixels)), 0, 1)

    def between(self, top: Floats, bottom: Floats) -> Floats:
        """Coverage by the strip between the curves y = top(x) and y = bottom(x) of the head's frame, however thin."""
        return np.clip(self.inside(self.head_y - bottom) - self.inside(self.head_y - top), 0, 1)

    def arc(self, u: Floats, middle: Floats, thickness: Floats | float) -> Floats:
        """Coverage by a stroke along y = middle(x) that tapers to nothing at u = -1 and u = 1."""
        half = np.maximum(thickness, 0.8 / self.pixels) / 2 * np.clip(1 - u * u, 0, 1)
        return self.between(middle - half, middle + half)

    def paint(self, colour: Floats, coverage: Floats) -> None:
        coverage = coverage[:, None]
        self.rgb *= 1 - coverage
        self.rgb += coverage * colour

    def shade(self, amount: Floats, tint: Floats | None = None) -> None:
        """Multiplies by a warm shadow (or another tint); a shadow fits every colour it falls on."""
        self.rgb *= 1 - amount[:, None] * (1 - (SHADOW if tint is None else tint))

    def lighten(self, amount: Floats) -> None:
        self.paint(LIGHT, amount)


# --- geometry -------------------------------------------------------------------------------------------------------

HEAD_SCALE = 1.06  # the head's unit in the picture's
EYE_LINE = 0.0  # the eyes' height in the picture
NECK = 0.65  # the point in the picture about which the head tilts
EYES = 0.45  # from the middle line (0) to the side of the head (1)
BROWS, NOSE, MOUTH = -0.13, 0.215, 0.39  # heights


SKIN = colours("f8dcc9", "f1c7a9", "e6b18c", "d49b72", "bb8159", "99643f", "78492c", "583521")
HAIR = colours("211c20", "3d2821", "61402c", "7c3d24", "b7632c", "d6b06a", "918f92", "dad7d3", "d87f9c", "3f8f98")
IRIS = colours("3a2318", "5f3a20", "84663a", "5c7a4c", "4f7fa8", "7d8a94")
FABRIC = colours("2f3e5c", "3a3b40", "e9e6df", "b5523b", "6b7346", "d1a33f", "2f7f86", "6e3e5e", "7fa8c9", "d08a92")
BACKDROP = colours("d9c7ae", "a9b79b", "a7c3d6", "76879a", "9484a3", "c99a80", "ece3d3", "414d63")
SHADOW, LIGHT, BLUSH, WHITE, INK = colours("8c5f60", "fff3e0", "f0a09a", "efe8e1", "1d1517")


class _Person:
    """The attributes of a batch as arrays (N, 1, 1), colours as (N, 3, 1, 1), and the pose worked out."""

    def __init__(self, attributes: Attributes) -> None:
        def value(name: str) -> Floats:
            return np.asarray(attributes[name], np.float32)[:, None, None]

        self.smile, self.age, self.jaw = value("smile"), value("age"), value("jaw")
        self.eye_size, self.nose_width, self.brow = value("eye_size"), value("nose_width"), value("brow")
        self.lip_fullness, self.lip_colour = value("lip_fullness"), value("lip_colour")
        self.parting, self.hair_volume = value("parting"), value("hair_volume")
        self.light, self.backdrop, self.turn = value("light"), value("backdrop"), value("turn")
        self.parting_side = np.where(self.parting > 0, np.float32(1), np.float32(-1))
        self.half_width = 0.425 + 0.025 * value("face_width")
        self.chin = 0.645 - 0.02 * value("face_width")

        self.skin, self.hair = SKIN[attributes["skin_tone"]], HAIR[attributes["hair_colour"]]
        dyed = np.asarray(attributes["hair_colour"]) >= CATEGORIES["hair_colour"].index("rose")
        self.beard = np.where(dyed[:, None, None, None], HAIR[1], self.hair)  # nobody here dyes beard and brows
        self.iris, self.fabric = IRIS[attributes["eye_colour"]], FABRIC[attributes["clothes_colour"]]
        self.backdrop_colour = BACKDROP[attributes["background_colour"]]
        self.codes = {name: np.asarray(attributes[name])[:, None, None] for name in CATEGORIES}

        yaw, roll = 0.42 * value("turn"), 0.14 * value("tilt")
        self.cos_turn, self.sin_turn = np.cos(yaw), np.sin(yaw)
        self.cos_tilt, self.sin_tilt = np.cos(roll), np.sin(roll)

    def has(self, name: str, *labels: str) -> Floats:
        """1 for the people whose code is one of these labels, else 0."""
        return np.isin(self.codes[name], [CATEGORIES[name].index(label) for label in labels]).astype(np.float32)

    def on_face(self, across: float, depth: float = 0.75) -> tuple[Floats, Floats]:
        """Where a point of the face is after the turn, and how much narrower it looks.

        across: its place from the middle line (0) to the side of the head (-1 or 1), seen from the front;
        depth: how far the face bulges forward, in half widths.
        """
        forward = depth * np.sqrt(np.float32(1 - across * across))
        x = self.half_width * (across * self.cos_turn + forward * self.sin_turn)
        return x, self.cos_turn - depth * depth * across / np.maximum(forward, 0.1) * self.sin_turn

    def outline(self, x: Floats, y: Floats, grow: Floats | float = 0) -> tuple[Floats, Floats, Floats]:
        """The head without hair: signed distance, and x and y scaled to -1 .. 1 across it, as a ball to be lit."""
        square, taper = 0.36 + 0.28 * self.jaw, 0.17 - 0.08 * self.jaw
        down = np.clip(y / self.chin, 0, 1)
        width = (self.half_width + grow) * (1 - taper * down * down)
        height = np.where(y > 0, self.chin, np.float32(0.56)) + grow
        across, along = (x - self.turn * (0.02 + 0.07 * y)) / width, y / height
        squared = along * along
        square = np.where(y > 0, square, np.float32(0.3))
        level = across * across + squared * (1 - square + square * squared) - 1
        slope_y = along * (1 - square + 2 * square * squared) * 2 / height
        return _distance(level, 2 * across / width, slope_y), across, along


class _Hair:
    """The hair's silhouette and the opening in it through which the face looks, as signed distances."""

    #  volume  top    ends  hairline arch  opening curl  wave  flare
    STYLES = np.array(
        [
            (0.000, 0.00, 0.00, -0.50, 0.00, 0.440, 0.00, 0.00, 0.00),  # bald
            (0.015, 0.00, 0.12, -0.62, -0.50, 0.415, 0.00, 0.00, 0.00),  # receding
            (0.025, 0.02, 0.10, -0.37, 0.00, 0.405, 0.00, 0.00, 0.00),  # cropped
            (0.060, 0.06, 0.11, -0.38, 0.32, 0.400, 0.00, 0.00, 0.00),  # short
            (0.040, 0.15, 0.10, -0.38, -0.10, 0.405, 0.00, 0.00, 0.00),  # swept
            (0.140, 0.14, 0.36, -0.35, 0.05, 0.390, 0.07, 0.00, 0.00),  # curly
            (0.095, 0.09, 0.52, -0.38, 0.35, 0.365, 0.00, 0.00, 0.05),  # bob
            (0.090, 0.09, 0.66, -0.17, 0.00, 0.360, 0.00, 0.00, 0.04),  # fringe
            (0.080, 0.08, 1.40, -0.41, 0.50, 0.360, 0.00, 0.00, 0.05),  # long
            (0.105, 0.10, 1.40, -0.40, 0.40, 0.365, 0.00, 0.03, 0.07),  # wavy
            (0.030, 0.04, 0.12, -0.38, 0.00, 0.405, 0.00, 0.00, 0.00),  # bun
            (0.035, 0.04, 0.12, -0.38, 0.18, 0.400, 0.00, 0.00, 0.00),  # ponytail
        ],
        np.float32,
    )

    def __init__(self, person: _Person, sheet: _Sheet) -> None:
        x, y = sheet.head_x, sheet.head_y
        rows = self.STYLES[person.codes["hair_style"]]  # (N, 1, 1, columns)
        volume, top, ends, hairline, arch, opening, curl, wave, flare = np.moveaxis(rows, -1, 0)
        more = 1 + 0.25 * person.hair_volume
        self.presence = 1 - person.has("hair_style", "bald")

        settle = np.where(ends < 0.2, _ramp((y + 0.25) / (ends + 0.2)), 0)  # short hair lies close above the ears
        width = person.half_width + volume * more * (1 - settle)
        width = width + flare * np.clip(y, 0, None) + wave * _wave(2.2 * y) * _ramp(y + 0.4)
        height = 0.565 + top * more
        up = np.clip(y, None, 0) / height
        across = (x + 0.03 * person.turn) / width
        squared = up * up
        # 0 in the middle of the skull, 1 at the silhouette
        self.radius = across * across + squared * (0.7 + 0.3 * squared)
        curls = curl * (0.5 - np.maximum(np.abs(_wave(2.3 * x + 0.2)), np.abs(_wave(2.3 * y))))
        slope_y = up * (1.4 + 1.2 * squared) / height
        self.silhouette = _distance(self.radius - 1, 2 * across / width, slope_y) + curls
        curly = curl > 0
        rounding = np.where(curly, np.float32(0.24), 0.25 * np.minimum(ends, 0.6))
        tips = ends - rounding * across * across - y - curls
        self.presence = self.presence * np.clip(0.5 + tips / np.maximum(0.15 - 0.25 * ends, 0.03), 0, 1)

        middle, _ = person.on_face(0, depth=0.55)
        part = middle + (0.08 * person.parting_side + 0.16 * person.parting) * (1 - person.has("hair_style", "long"))
        sideways = x - part
        falls = y - 0.04 - arch * np.sqrt(sideways * sideways + np.float32(0.003))
        forehead = 0.04 - hairline
        lift = np.clip(falls, None, 0) / forehead
        inward = (x - middle) / opening
        level = inward * inward + lift * lift - 1
        self.opening = _distance(level, 2 * inward / opening, 2 * lift / forehead) - 0.5 * curls
        self.overhead = _ramp(-4 * y)  # the part of the opening's edge that hangs over the forehead
        coils = _wave(3.3 * x + 0.6 * _wave(2.7 * y)) * 0.4 + _wave(4.1 * y + 0.6 * _wave(2.9 * x)) * 0.4 - 5 * curls
        straight = _wave(sideways / (y + 1.3) * 9) * 0.6 + _wave(x * 7) * 0.4
        self.strands = np.where(curly, coils, straight)
        self.across, self.gloss = across, np.clip(9 * top, 0, 1)

    def cast_shadow(self, sheet: _Sheet, person: _Person) -> None:
        head = sheet.inside(person.outline(sheet.head_x, sheet.head_y)[0])
        sheet.shade(0.45 * self.presence * self.overhead * head * np.square(np.clip(1 + self.opening / 0.11, 0, 1)))


# --- layers, from back to front -------------------------------------------------------------------------------------


def _paint_background(sheet: _Sheet, person: _Person) -> None:
    x, y, place = sheet.x, sheet.y, person.backdrop
    sheet.rgb[:] = person.backdrop_colour
    sheet.lighten(np.clip(0.16 + 0.14 * person.light * x - 0.16 * y, 0, 1))
    sheet.shade(np.clip(0.10 - 0.14 * person.light * x + 0.16 * y, 0, 1))
    sheet.lighten(person.has("background", "glow") * 0.5 * _bump((x - 0.4 * place) / 1.3, (y + 0.2) / 1.3))
    sheet.shade(person.has("background", "horizon") * 0.45 * _ramp((y - 0.1 - 0.2 * place - 0.15 * place * x) / 0.3))
    pane = _ramp((0.42 - np.abs(x - np.where(place > 0, 0.75, -0.75))) / 0.16) * _ramp((0.55 - np.abs(y + 0.3)) / 0.16)
    sheet.lighten(person.has("background", "window") * 0.6 * pane)
    lights = sum(
        _ramp(1.6 * (1 - (np.square(x - cx - 0.2 * place) + np.square(y - cy)) / radius**2))
        for cx, cy, radius in ((-0.75, -0.55, 0.26), (0.7, -0.7, 0.2), (0.85, -0.05, 0.3), (-0.95, 0.15, 0.2))
    )
    sheet.lighten(person.has("background", "lights") * 0.4 * lights)


def _paint_hair_behind(sheet: _Sheet, person: _Person, hair: _Hair) -> None:
    x, y = sheet.head_x, sheet.head_y
    away = -0.05 * person.turn
    tail_x = x - away - person.parting_side * (0.5 + 0.1 * _wave(0.5 * y))
    tail = _ellipse(tail_x, y - 0.28, 0.15 * (1.28 - y), 0.5)
    bun = _ellipse(x - 2 * away, y + 0.68, 0.2, 0.16)
    for present, distance in ((person.has("hair_style", "ponytail"), tail), (person.has("hair_style", "bun"), bun)):
        coverage = present * sheet.inside(distance)
        sheet.paint(person.hair, coverage)
        sheet.shade(coverage * np.clip(0.35 + 0.2 * hair.strands + distance, 0, 1))
    coverage = hair.presence * sheet.inside(hair.silhouette)
    sheet.paint(person.hair * 0.8, coverage)
    sheet.shade(coverage * np.clip(0.25 + 0.7 * y, 0, 0.6))


def _paint_neck(sheet: _Sheet, person: _Person) -> None:
    x = sheet.x - 0.02 * person.turn
    width = 0.235 + 0.03 * person.jaw + 0.9 * np.square(np.clip(sheet.y - 0.66, 0, None))
    neck = sheet.inside(np.maximum(np.abs(x) - width, 0.3 - sheet.y))
    sheet.paint(person.skin, neck)
    sheet.shade(neck * np.clip(0.22 - 0.9 * person.light * x, 0, 0.5))
    below, _, _ = person.outline(sheet.head_x - 0.05 * person.light, sheet.head_y - 0.08)
    sheet.shade(0.75 * neck * sheet.inside(below, softness=0.12))


def _paint_clothes(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.x, sheet.y
    wide = np.abs(x)
    shoulders = 0.80 + 0.30 * np.square(np.clip(wide - 0.16, 0, None)) + 0.03 * _ramp(wide / 0.4) - y
    crew = 0.2 * (np.square(x / 0.31) + np.square((y - 0.74) / 0.15) - 1)
    vee = 0.7 * wide + 0.5 * (y - 1.12)
    rolled, round_neck = person.has("clothes", "roll-neck"), person.has("clothes", "crew")
    neckline = np.where(round_neck > 0, crew, vee)
    roll = np.minimum(shoulders, np.maximum(wide - 0.27, 0.73 - y))
    clothes = sheet.inside(np.where(rolled > 0, roll, np.maximum(shoulders, -neckline)))

    undershirt = person.has("clothes", "jacket") * sheet.inside(np.maximum(shoulders, 0.80 + 0.35 * wide - y))
    sheet.paint(WHITE * 0.95, undershirt)
    sheet.paint(person.fabric, clothes)
    sheet.shade(clothes * np.clip(0.18 - 0.35 * person.light * x + 0.3 * _bump(x / 0.6, (y - 0.8) / 0.16), 0, 1))
    sheet.shade(0.3 * clothes * sheet.inside(neckline - 0.035) * person.has("clothes", "crew", "v-neck"))
    collar = np.maximum(np.abs(vee - 0.05) - 0.06, np.abs(y - 0.85) - 0.12 + 0.15 * wide)
    collar = sheet.inside(collar) * person.has("clothes", "shirt", "jacket")
    sheet.paint(person.fabric, collar)
    sheet.lighten(0.25 * collar * person.has("clothes", "shirt"))
    sheet.shade(0.35 * collar * person.has("clothes", "jacket"))
    sheet.shade(0.35 * rolled * clothes * sheet.inside(np.abs(y - 0.86 + 0.1 * x * x) - 0.01, softness=0.03))


def _paint_head(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.head_x, sheet.head_y
    for side in (-1, 1):
        ear_x = x + 0.06 * person.turn - side * (person.half_width + 0.012)
        ear_y = y - 0.09 - 0.25 * side * (x - side * person.half_width)
        ear = sheet.inside(_ellipse(ear_x, ear_y, 0.07, 0.125))
        sheet.paint(person.skin, ear)
        sheet.shade(ear * np.clip(0.25 + 0.35 * _bump(ear_x / 0.07, ear_y / 0.125) - 0.2 * side * person.light, 0, 1))

    distance, across, along = person.outline(x, y)
    head = sheet.inside(distance)
    sheet.paint(person.skin, head)
    toward = np.sqrt(np.clip(1 - across * across - along * along, 0, 1))
    lit = 0.55 * person.light * across - 0.45 * along + 0.75 * toward
    sheet.shade(head * np.clip(0.62 - lit, 0, 0.75) * 0.85)
    sheet.lighten(head * np.clip(lit - 0.72, 0, 0.5) * 0.55)


def _paint_cheeks_and_age(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.head_x, sheet.head_y
    lines = np.clip(1.6 * person.age - 0.6, 0, 1)
    for side in (-1, 1):
        cheek_x, narrow = person.on_face(side * 0.6)
        sheet.shade(0.38 * _bump((x - cheek_x) / (0.17 * narrow), (y - 0.21) / 0.13), BLUSH)
        fold_x, narrow = person.on_face(side * 0.4)
        u = (y - 0.31) / 0.1
        fold = np.abs(x - fold_x - side * narrow * (0.05 * u + 0.015 * person.smile)) - 0.012
        fold_depth = np.clip(0.25 * person.smile + 0.55 * lines, 0, 0.55)
        sheet.shade(fold_depth * np.clip(1 - u * u, 0, 1) * sheet.inside(fold, softness=0.03))
    middle, _ = person.on_face(0)
    for height in (-0.22, -0.28):
        u = (x - middle) / 0.24
        sheet.shade(0.4 * lines * sheet.arc(u, height - 0.02 * u * u, 0.022))


def _paint_nose(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.head_x, sheet.head_y
    bridge, _ = person.on_face(0)
    tip, _ = person.on_face(0, depth=1.02)
    half = 0.078 + 0.018 * person.nose_width
    down = np.clip((y + 0.1) / (NOSE + 0.1), 0, 1)
    line = bridge + (tip - bridge) * down * down
    away = -np.clip(4 * person.light, -1, 1)  # the flank in shadow
    along = _ramp((y + 0.12) / 0.2) * _ramp((NOSE + 0.03 - y) / 0.1)
    flank = line + away * half * (0.6 + 0.3 * down)
    sheet.shade(0.32 * along * _bump((x - flank) / (half * 0.75)) * np.abs(away))
    sheet.lighten(0.16 * along * _bump((x - line + away * 0.015) / (half * 0.6)))
    sheet.lighten(0.3 * _bump((x - tip + away * 0.015) / (half * 0.55), (y - NOSE + 0.035) / 0.05))
    sheet.shade(0.5 * _bump((x - tip) / (half * 1.7), (y - NOSE - 0.045) / 0.055))
    u = (x - tip) / (half * 1.15)
    sheet.shade(0.75 * sheet.arc(u, NOSE + 0.03 - 0.035 * u * u, 0.032))


def _paint_facial_hair(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.head_x, sheet.head_y
    middle, _ = person.on_face(0, depth=0.8)
    full, stubble = person.has("facial_hair", "beard"), person.has("facial_hair", "stubble")
    goatee, moustache = person.has("facial_hair", "goatee"), person.has("facial_hair", "moustache")
    jaw, _, _ = person.outline(x, y - 0.035 * full, 0.012 * full)
    cheeks = _ellipse(x - 0.8 * middle, y, 0.375, 0.285)
    chin = np.abs(x - middle) - 0.17 - 9 * (1 - goatee)  # elsewhere the whole jaw
    growth = np.maximum(np.maximum(chin, -cheeks), 0.08 - y)
    strength = 0.92 * full + 0.92 * goatee + 0.27 * stubble
    coverage = strength * sheet.inside(growth, softness=0.06) * sheet.inside(jaw)
    u = (x - middle) / 0.21
    lip = NOSE + 0.115 - 0.02 * person.smile * u * u
    above_lip = sheet.between(lip - 0.06 * (1 - u * u), lip + 0.035 * (1 - u * u))
    coverage = np.maximum(coverage, np.clip(0.92 * moustache + strength, 0, 0.92) * above_lip)
    sheet.paint(person.beard, coverage)
    sheet.shade(coverage * np.clip(0.14 - 0.5 * person.light * x + 0.4 * (y - 0.4), 0, 1))


def _paint_mouth(sheet: _Sheet, person: _Person) -> None:
    middle, narrow = person.on_face(0, depth=0.82)
    width = (0.15 + 0.03 * person.smile) * narrow
    u = (sheet.head_x - middle) / width
    belly = np.clip(1 - u * u, 0, 1)
    fullness = 1 + 0.3 * person.lip_fullness
    curve = np.where(person.smile > 0, person.smile, np.float32(0.3) * person.smile) + np.float32(0.2)
    seam = MOUTH + curve * 0.05 * (0.45 - np.minimum(u * u, 1.5))
    gap = np.clip(person.smile - 0.25, 0, 1) * 0.085 * belly
    bow = 0.35 * _bump(u / 0.35)
    natural = person.skin * colours("dc938c")
    painted = colours("b0344a") * (0.45 + 0.55 * person.skin)
    lips = natural + (painted - natural) * person.lip_colour[:, None] * 0.85

    sheet.shade(0.35 * _bump(u / 0.75, (sheet.head_y - MOUTH - 0.115) / 0.05))
    lower = sheet.between(seam, seam + gap + 0.05 * fullness * belly * (1.6 - 0.6 * belly))
    sheet.paint(lips, lower)
    sheet.lighten(0.25 * lower * _bump(u / 0.5, (sheet.head_y - seam - gap - 0.03) / 0.028))
    upper = sheet.between(seam - 0.038 * fullness * belly * (1 - bow), seam)
    sheet.paint(lips * 0.86, upper)
    sheet.paint(colours("5a2326"), sheet.between(seam, seam + gap))
    sheet.paint(WHITE, sheet.between(seam, seam + gap * 0.72))
    sheet.shade(0.8 * sheet.arc(u / 1.08, seam, 0.018))


def _paint_eye(sheet: _Sheet, person: _Person, side: int) -> None:
    x, y = sheet.head_x, sheet.head_y
    centre, narrow = person.on_face(side * EYES)
    width = (0.108 + 0.008 * person.eye_size) * narrow
    squint = np.clip(person.smile, 0, 1)
    height = 0.054 * (1 + 0.14 * person.eye_size) * (1 - 0.18 * squint)
    u = (x - centre) / width
    belly = np.clip(1 - u * u, 0, 1)
    slant = -0.008 * side * u
    upper, lower = slant - height * belly, slant + (0.75 - 0.2 * squint) * height * belly

    sheet.shade(0.35 * _bump((x - centre + side * 0.02) / (0.17 * narrow), (y + 0.055) / 0.1))
    sheet.shade((0.12 + 0.35 * person.age) * sheet.arc(u / 0.9, lower + 0.035, 0.03))
    open_eye = sheet.between(upper, lower)
    sheet.paint(WHITE, open_eye)
    sheet.shade(0.3 * open_eye * _ramp(0.5 - y / height))
    gaze = centre - 0.018 * person.turn
    distance = np.hypot((x - gaze) / narrow, y + 0.008)
    sheet.paint(person.iris, open_eye * sheet.inside(distance - 0.056))
    sheet.paint(INK, open_eye * sheet.inside(distance - 0.027))
    glint = np.hypot(x - gaze - 0.02 * np.clip(3 * person.light, -1, 1), y + 0.024)
    sheet.paint(np.ones_like(WHITE), 0.9 * open_eye * sheet.inside(glint - 0.014))
    lashes = 0.022 + 0.012 * person.lip_colour
    sheet.paint(INK, 0.88 * sheet.arc(u / 1.12, upper - 0.004, lashes))
    sheet.shade(0.4 * sheet.arc(u, upper - 0.035, 0.016))

    brow_x, _ = person.on_face(side * (EYES + 0.01))
    v = (x - brow_x) / (0.135 * narrow)
    rise = BROWS - 0.012 * np.abs(person.smile)
    line = rise + (0.034 - 0.018 * person.brow) * v * v + side * v * 0.006
    brow = sheet.arc(v, line, (0.046 + 0.014 * person.brow) * (1.1 - 0.25 * side * v))
    sheet.paint(person.beard * 0.62 + person.skin * 0.16, 0.9 * brow)


def _paint_hair_in_front(sheet: _Sheet, person: _Person, hair: _Hair) -> None:
    coverage = hair.presence * sheet.inside(np.maximum(hair.silhouette, -hair.opening))
    sheet.paint(person.hair, coverage)
    lit = person.light * hair.across
    sheet.shade(coverage * np.clip(0.22 + 0.22 * hair.strands - 0.3 * lit + 0.25 * sheet.head_y, 0, 0.8))
    shine = _bump((hair.radius - 0.72) / 0.3) * _ramp(0.5 - 1.2 * sheet.head_y) * hair.gloss
    sheet.lighten(coverage * shine * np.clip(0.22 + 0.2 * lit + 0.1 * hair.strands, 0, 1))


def _paint_glasses(sheet: _Sheet, person: _Person) -> None:
    x, y = sheet.head_x, sheet.head_y
    worn = 1 - person.has("glasses", "none")
    thin, sun = person.has("glasses", "thin"), person.has("glasses", "sun")
    gold = thin * (person.codes["skin_tone"] >= _DARK_SKIN)  # a dark wire would be lost there
    stroke = np.maximum(0.042 - 0.024 * thin, 1 / sheet.pixels)
    frame = np.where(gold[:, None] > 0, colours("d3ac66"), colours("2f2729"))
    inner = []
    for side in (-1, 1):
        centre, narrow = person.on_face(side * (EYES + 0.02), depth=0.85)
        half = 0.15 * narrow
        lens = _rounded_box(x - centre, y - 0.015, half, 0.115 + 0.012 * thin, 0.07 + 0.03 * thin)
        glass = worn * sheet.inside(lens)
        sheet.paint(colours("2b2526"), 0.97 * sun * glass)
        sheet.lighten(glass * (0.07 + 0.2 * sun) * _ramp(0.5 - 4 * (y + 0.5 * (x - centre))))
        sheet.paint(frame, worn * sheet.inside(np.abs(lens) - stroke / 2))
        arm = side * (x - centre) - half  # from the hinge outwards
        reach = np.clip(person.half_width + 0.01 - side * centre - half - 0.03 * side * person.turn, 0.02, None)
        temple = np.maximum(np.abs(y + 0.03) - stroke / 2, np.abs(arm - reach / 2) - reach / 2)
        sheet.paint(frame, worn * sheet.inside(temple))
        inner.append(centre - side * half)
    left, right = inner
    u = (2 * x - left - right) / (right - left)
    bridge = np.maximum(np.abs(y + 0.03 - 0.02 * u * u) - stroke / 2, (np.abs(u) - 1) * (right - left) / 2)
    sheet.paint(frame, worn * sheet.inside(bridge))
