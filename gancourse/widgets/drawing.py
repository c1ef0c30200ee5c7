"""What the widgets of several lessons draw and write with: a canvas in pixels, pictures enlarged, ink, numbers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gancourse import show

INK = "#333333"
SOFT_INK = "#5a5a5a"
PALE = "#ededed"
LABELS_FIT: dict[str, Any] = {"description_width": "initial"}


def canvas(width: int, height: int) -> tuple[Figure, Callable[..., Any]]:
    """An empty figure, and a function that writes on it: x and y in px from the left and the upper edge."""
    drawing = show.figure(width, height)
    drawing.set_layout_engine("none")

    def write(x: float, y: float, words: str, **style: Any) -> None:
        drawing.text(x / width, 1 - y / height, words, **{"color": INK, "va": "center", **style})

    return drawing, write


def stage(drawing: Figure, width: int, height: int) -> Axes:
    """Axes that cover a canvas of this size, unseen, in px from the left and the upper edge."""
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    return axes


def put(axes: Axes, picture: np.ndarray, left: float, top: float) -> None:
    """Pixels (height, width, 3), bytes or 0 to 1, on a stage, as they are."""
    limits = axes.get_xlim(), axes.get_ylim()
    height, width = picture.shape[:2]
    axes.imshow(
        picture, extent=(left, left + width, top + height, top), interpolation="nearest", aspect="auto", zorder=0
    )
    axes.set(xlim=limits[0], ylim=limits[1])


def enlarge(images: Tensor, side: int) -> np.ndarray:
    """Pictures (N, 3, S, S) in [-1, 1] as bytes (N, side, side, 3), without smoothing.

    Where `side` is no multiple of S, a pixel on the border of two is mixed by area.
    """
    common = math.lcm(images.shape[-1], side)
    small = ((images.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    large = small.repeat(common // images.shape[-1], axis=1).repeat(common // images.shape[-1], axis=2)
    if common == side:
        return large
    mixed = large.reshape(len(large), side, common // side, side, common // side, 3)
    return mixed.mean(axis=(2, 4)).round().astype(np.uint8)


def count_of(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def decimals(value: float, digits: int = 2) -> str:
    """A number as the summaries write it: .82, and 1.04."""
    return f"{value:.{digits}f}".removeprefix("0")
