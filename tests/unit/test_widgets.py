"""Widgets: what they compute, that the shell follows its controls, and what a reader without a kernel gets."""

import base64
import math
import time

import pytest

from gancourse.widgets import Explorer, draw_loss_slopes, loss_slope_explorer, loss_slopes


@pytest.mark.parametrize("logit", [-8.0, -0.5, 0.0, 8.0])
def test_slopes_follow_the_closed_forms(logit):
    slopes = loss_slopes({"logit": logit})["slopes"]
    probability = 1 / (1 + math.exp(-logit))
    assert slopes["saturating"] == pytest.approx(-probability, abs=1e-6)
    assert slopes["non-saturating"] == pytest.approx(probability - 1, abs=1e-6)
    assert slopes["least squares"] == pytest.approx(2 * (logit - 1), abs=1e-5)


def test_moving_the_slider_moves_picture_and_text():
    explorer = loss_slope_explorer()
    first_picture, first_summary = explorer.picture.value, explorer.summary
    assert first_summary.startswith("logit -4.0, so D = 0.018.")
    explorer.controls["logit"].value = 2.0
    assert explorer.summary.startswith("logit +2.0, so D = 0.881.")
    assert explorer.picture.value != first_picture
    assert bytes(explorer.picture.value[:4]) == b"\x89PNG"
    explorer.view.children[1].click()  # Reset
    assert (explorer.picture.value, explorer.summary) == (first_picture, first_summary)


def test_a_reader_without_a_kernel_gets_a_picture_with_its_description_and_the_text():
    explorer = loss_slope_explorer()
    data, metadata = explorer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == explorer.picture.value
    assert data["text/plain"] == explorer.summary
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.view.model_id
    assert "cross at logit 0" in metadata["image/png"]["alt"]


def test_the_shell_can_be_found_on_a_page():
    explorer = loss_slope_explorer()
    assert "gancourse-picture" in explorer.picture._dom_classes
    assert "gancourse-summary" in explorer.caption._dom_classes


def test_an_error_in_compute_is_not_swallowed():
    import ipywidgets

    def compute(state):
        if state["number"] == 7:
            raise RuntimeError("seven")
        return {"summary": "fine"}

    explorer = Explorer(compute, lambda _: b"", {"number": ipywidgets.IntSlider(value=1)}, alt="")
    with pytest.raises(RuntimeError, match="seven"):
        explorer.controls["number"].value = 7


def test_it_reacts_within_150_ms():
    """On a machine that counts to a million in 37 ms; on a slower or busier one in proportion."""

    def seconds(work):
        start = time.process_time()
        work()
        return time.process_time() - start

    result = loss_slopes({"logit": 1.0})
    draw_loss_slopes(result)  # the first drawing loads fonts
    million = min(seconds(lambda: sum(number for number in range(1_000_000))) for _ in range(5))
    drawing = min(seconds(lambda: draw_loss_slopes(result)) for _ in range(10))
    assert drawing < 4 * million
