"""One look for all figures: the palette, the style, and grids of pictures.

The same thing has the same colour in every lesson.  Figures carry a white background of their own, so they read on a
dark page and on paper, and are at most 800 px wide.
"""

import math
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from gancourse.errors import CourseError

# Safe for colour-blind eyes; after Okabe and Ito's palette.
REAL = "#0072b2"  # blue
GENERATED = "#e07b00"  # orange
DISCRIMINATOR = "#7b6d9e"  # grey-violet
TRUTH = "#009e73"  # green
QUIET = "#8a8a8a"  # axes, guides, what is not the point
ERROR = LinearSegmentedColormap.from_list("error", ["#ffffff", "#a50f3c"])
DOUBT = LinearSegmentedColormap.from_list("doubt", [GENERATED, "#ffffff", REAL])  # D: generated, one half, real

DPI = 100
TILE = 96  # px; a picture is enlarged to at least this
COMMON_COLOURS = 32  # of the 256 in a small PNG

STYLE: dict[Any, Any] = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": "#333333",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "lines.linewidth": 2,
}


def use_style() -> None:
    """Give every figure of this notebook the course's look."""
    mpl.rcParams.update(STYLE)


# A decorator for functions that draw outside a notebook's own style, in widgets above all.
in_style = mpl.rc_context(STYLE)


class Drawing(Figure):
    """A figure that a notebook shows as the value of a cell, whether or not pyplot has been used in it."""

    def _repr_png_(self) -> bytes:
        canvas = self.canvas
        assert isinstance(canvas, FigureCanvasAgg)
        canvas.draw()
        return small_png(np.array(canvas.buffer_rgba())[..., :3])


def figure(width: float = 640, height: float = 360) -> Drawing:
    """A figure of so many pixels, kept by nobody else: a widget draws a new one at every move."""
    drawing = Drawing(figsize=(width / DPI, height / DPI))
    FigureCanvasAgg(drawing)
    return drawing


def png(drawing: Figure) -> bytes:
    """The figure as a PNG file, the same bytes for the same figure."""
    buffer = BytesIO()
    drawing.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def small_png(picture: np.ndarray) -> bytes:
    """Pixels (height, width, 3) as a PNG of 256 colours: faces in all colours would take three times the room.

    The commonest colours stay as they are, the page and the flat colours of label maps among them.
    """
    buffer = BytesIO()
    # Choosing the colours takes most of the time, and every fifth pixel each way knows them all.
    few_pixels = np.ascontiguousarray(picture[::5, ::5])
    numbers = few_pixels.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1])
    _, places, counts = np.unique(numbers, return_index=True, return_counts=True)
    places = places[np.argsort(counts)][-COMMON_COLOURS:]
    common = few_pixels.reshape(-1, 3)[places]
    others = Image.fromarray(few_pixels).quantize(256 - len(common), Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*common.flatten().tolist(), *others])
    few_colours = Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
    # Pillow looks colours up with six bits a channel, so a common one may have got its neighbour: set that right.
    entries = np.array(few_colours.getpalette()).reshape(-1, 3)
    entries[np.asarray(few_colours)[::5, ::5].flat[places]] = common
    few_colours.putpalette(entries.flatten().tolist())
    few_colours.save(buffer, "png", compress_level=6)
    return buffer.getvalue()


@in_style
def picture_grid(images: Tensor, columns: int = 8, row_labels: Sequence[str] | None = None, title: str = "") -> Figure:
    """Pictures (N, 3, H, W) in [-1, 1], row by row, enlarged without smoothing.

    Values outside [-1, 1] are clipped, and the title says so.  Raises CourseError for tensors of another shape, and
    when the labels are not one a row.
    """
    if images.ndim != 4 or images.shape[1] != 3 or len(images) == 0:
        raise CourseError(f"picture_grid takes images (N, 3, H, W); these are {tuple(images.shape)}.")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    if row_labels is not None and len(row_labels) != rows:
        raise CourseError(f"There are {rows} rows of pictures and {len(row_labels)} labels for them.")
    images = images.detach().float().cpu()
    clipped = ((images < -1) | (images > 1)).float().mean().item()
    if clipped:
        title += f" ({clipped:.1%} of the values were outside [-1, 1] and are clipped)"

    zoom = math.ceil(TILE / images.shape[-1])
    tile, gutter = zoom * images.shape[-1], 4
    sheet = np.ones((rows * (tile + gutter) - gutter, columns * (tile + gutter) - gutter, 3), dtype=np.float32)
    for position, image in enumerate(images.clamp(-1, 1).add(1).div(2).permute(0, 2, 3, 1).numpy()):
        top, left = (tile + gutter) * (position // columns), (tile + gutter) * (position % columns)
        sheet[top : top + tile, left : left + tile] = image.repeat(zoom, 0).repeat(zoom, 1)

    margin = 16 + 9 * max(map(len, row_labels), default=0) if row_labels else 0
    head = 28 if title else 0
    height, width = sheet.shape[:2]
    shrink = min(1, (800 - margin) / width)
    height, width = round(height * shrink), round(width * shrink)
    drawing = figure(margin + width, head + height)
    drawing.set_layout_engine("none")
    axes = drawing.add_axes((margin / (margin + width), 0, width / (margin + width), height / (head + height)))
    axes.imshow(sheet, interpolation="nearest" if shrink == 1 else "antialiased", aspect="auto")
    axes.set_axis_off()
    if title:
        axes.set_title(title, loc="left")
    for row, label in enumerate(row_labels or []):
        axes.text(-8, (row + 0.5) * (tile + gutter), label, ha="right", va="center")
    return drawing
