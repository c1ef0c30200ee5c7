"""Curves over one axis of steps, one above another, and a line through all of them at the step one looks at."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gancourse import show

LEFT = 40  # px, of each curve in a column 400 px wide


class Column(NamedTuple):
    """Where the curves stand in a column of pictures, in px."""

    height: int
    curve_height: int
    bottoms: tuple[int, ...]  # of the curves, from the first down, measured from the column's lower edge
    width: int = 310  # of a curve; what is left at its right is for labels

    def draw(self, last: int, *titles: str) -> tuple[Figure, list[Axes]]:
        """An empty column for steps up to `last`, and its axes from the first down."""
        drawing = show.figure(400, self.height)
        drawing.set_layout_engine("none")
        curves = []
        for bottom, title in zip(self.bottoms, titles, strict=True):
            box = (LEFT / 400, bottom / self.height, self.width / 400, self.curve_height / self.height)
            axes = drawing.add_axes(box)
            axes.set(xlim=(0, last), xticks=[])
            axes.set_title(title, fontsize=10, pad=3)
            axes.tick_params(labelsize=9)
            curves.append(axes)
        curves[-1].set(xticks=[0, last], xticklabels=["0", f"step {last:,}"])
        return drawing, curves

    def beside(self, picture: np.ndarray, curves: np.ndarray, share: float) -> np.ndarray:
        """A picture with the drawn column at its right, and a line through the curves at `share` of their steps."""
        whole = np.hstack([picture, curves])
        column = picture.shape[1] + LEFT + round(self.width * share)
        for bottom in self.bottoms:
            whole[self.height - bottom - self.curve_height : self.height - bottom, column - 1 : column + 1] = 0x33
        return whole


def plot_losses(axes: Axes, values: dict[str, list[float]]) -> None:
    """The losses of both players, each with its letter at the end."""
    for name, colour, player in (
        ("discriminator_loss", show.DISCRIMINATOR, "D"),
        ("generator_loss", show.GENERATED, "G"),
    ):
        steps = range(1, len(values[name]) + 1)
        axes.plot(steps, values[name], color=colour, linewidth=0.8)
        axes.text(axes.get_xlim()[1] * 1.02, values[name][-1], player, color=colour, va="center")
