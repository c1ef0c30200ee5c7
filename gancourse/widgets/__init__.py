"""Widgets: for each a pure `compute(state)`, a `draw(result)`, and one thin shell for all.

Works in ipywidgets 7.7 (Colab) and 8.  No text depends on a widget: without a kernel its cell shows the picture and
the summary of its first state.
"""

from gancourse.widgets.explorer import Explorer
from gancourse.widgets.facade_painter import facade_painter
from gancourse.widgets.lesson_01 import game_stepper, loss_slope_explorer, training_scrubber
from gancourse.widgets.lesson_02 import face_training_scrubber, latent_explorer, shape_calculator
from gancourse.widgets.lesson_03 import patch_score_map, pixel_weight_slider, receptive_field_explorer, skip_toggles

__all__ = [
    "Explorer",
    "facade_painter",
    "face_training_scrubber",
    "game_stepper",
    "latent_explorer",
    "loss_slope_explorer",
    "patch_score_map",
    "pixel_weight_slider",
    "receptive_field_explorer",
    "shape_calculator",
    "skip_toggles",
    "training_scrubber",
]
