"""Widgets: for each a pure `compute(state)`, a `draw(result)`, and one thin shell for all.

Works in ipywidgets 7.7 (Colab) and 8.  No text depends on a widget: without a kernel its cell shows the picture and
the summary of its first state.
"""

from gancourse.widgets.explorer import Explorer
from gancourse.widgets.lesson_01 import game_stepper, loss_slope_explorer, training_scrubber

__all__ = ["Explorer", "game_stepper", "loss_slope_explorer", "training_scrubber"]
