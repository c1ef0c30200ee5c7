"""What the widgets of several lessons draw and write with: a canvas in pixels, pictures enlarged, ink, numbers."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gancourse import show
from gancourse.widgets.explorer import State, pixels

INK = "#333333"
SOFT_INK = "#5a5a5a"
PALE = "#ededed"
LABELS_FIT: dict[str, Any] = {"description_width": "initial"}
PAIR_TILE = 128  # px, of a picture in the rows that `draw_weight` draws


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


def places_of(weights: Iterable[float]) -> dict[float, float]:
    """Where weights, in order, stand on a logarithmic axis: 0 and infinity, which have no logarithm, a step outside."""
    weights = list(weights)
    finite = [math.log10(weight) for weight in weights if 0 < weight < math.inf] or [0.0]
    outside = {0.0: min(finite) - 1, math.inf: max(finite) + 1}
    return {weight: outside[weight] if weight in outside else math.log10(weight) for weight in weights}


@show.in_style
def draw_panels(
    values: dict[str, dict[float, list[float]]],
    titles: dict[str, str],
    aims: Mapping[str, Mapping[str, Any]],
    axis: str,
) -> tuple[np.ndarray, dict[str, Axes]]:
    """For each of three measures a panel over all weights with a dot for each seed: pixels (164, 760, 3), the panels.

    values  by measure and weight a number for each seed
    aims    by measure what `axhline` takes for a line at the number aimed at; "y" at least
    axis    what the weight is called
    """
    drawing = show.figure(760, 164)
    drawing.set_layout_engine("none")
    panels = {}
    for number, (name, title) in enumerate(titles.items()):
        places = places_of(values[name])
        panel = drawing.add_axes(((46 + 242 * number) / 760, 42 / 164, 200 / 760, 90 / 164))
        panel.set_title(title, fontsize=10, pad=4)
        highest = max(map(max, values[name].values()))
        if name in aims:
            panel.axhline(**{"linewidth": 1, "linestyle": "--", **aims[name]})
            highest = max(highest, aims[name]["y"])
        for weight, seeds in values[name].items():
            panel.plot([places[weight]] * len(seeds), seeds, "o", color=show.QUIET, markersize=4)
        panel.set_xticks(list(places.values()), [f"{weight:g}" if weight < math.inf else "∞" for weight in places])
        panel.set_xlabel(axis, fontsize=9, labelpad=1)
        panel.set_xlim(min(places.values()) - 0.4, max(places.values()) + 0.4)
        panel.set_ylim(0, 1.15 * highest)
        panel.tick_params(labelsize=9)
        panels[name] = panel
    return pixels(drawing), panels


@show.in_style
def draw_weight(drawn: np.ndarray, panels: dict[str, Axes], result: State) -> bytes:
    """Rows of five pictures, and below them the panels that `draw_panels` made, the weight's dots and line marked.

    result  "rows": pictures (5, 3, S, S) by name; "chosen": which name is the weight's; "weight"; "values"
    """
    rows: dict[str, Tensor] = result["rows"]
    gutter, left, top = 4, 96, 8
    pitch = PAIR_TILE + gutter
    bottom = top + len(rows) * pitch
    drawing, write = canvas(760, bottom + len(drawn))
    axes = stage(drawing, 760, bottom + len(drawn))
    for row, words in enumerate(rows):
        y = top + row * pitch + PAIR_TILE / 2
        write(left - 8, y, words, ha="right", weight="bold" if words == result["chosen"] else "normal")
    put(axes, drawn, 0, bottom)
    for name, panel in panels.items():
        places = places_of(result["values"][name])
        seeds = result["values"][name][result["weight"]]
        here = places[result["weight"]]
        ends = [(here, 0), (here, panel.get_ylim()[1])]
        # From a panel's numbers to px from the upper edge of the whole.
        xs, ys = panel.transData.transform([*ends, *((here, seed) for seed in seeds)]).T
        ys = bottom + len(drawn) - ys
        axes.plot(xs[:2], ys[:2], color=INK, linewidth=1)
        axes.plot(xs[2:], ys[2:], "o", color=show.GENERATED, markersize=6)
    picture = pixels(drawing)
    for row, images in enumerate(rows.values()):
        for column, tile in enumerate(enlarge(images, PAIR_TILE)):
            y, x = top + row * pitch, left + column * pitch
            picture[y : y + PAIR_TILE, x : x + PAIR_TILE] = tile
    return show.small_png(picture)
