"""Widgets: for each a pure `compute(state)`, a `draw(result)`, and one thin shell for all.

Works in ipywidgets 7.7 (Colab) and 8.  No text depends on a widget: without a kernel its cell shows the picture and
the summary of its first state.
"""

from gancourse.widgets.explorer import Explorer
from gancourse.widgets.facade_painter import facade_painter
from gancourse.widgets.lesson_01 import game_stepper, loss_slope_explorer, training_scrubber
from gancourse.widgets.lesson_02 import face_training_scrubber, latent_explorer, shape_calculator
from gancourse.widgets.lesson_03 import patch_score_map, pixel_weight_slider, receptive_field_explorer, skip_toggles
from gancourse.widgets.lesson_04 import (
    cycle_viewer,
    identity_slider,
    pool_stepper,
    schedule_plot,
    steganography_slider,
    truth_explorer,
)

__all__ = [
    "Explorer",
    "cycle_viewer",
    "facade_painter",
    "face_training_scrubber",
    "game_stepper",
    "identity_slider",
    "latent_explorer",
    "loss_slope_explorer",
    "patch_score_map",
    "pixel_weight_slider",
    "pool_stepper",
    "receptive_field_explorer",
    "schedule_plot",
    "shape_calculator",
    "skip_toggles",
    "steganography_slider",
    "training_scrubber",
    "truth_explorer",
]
