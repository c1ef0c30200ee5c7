"""The shell of all widgets: it follows its controls, and gives a reader without a kernel the first state."""

import base64
import io

import ipywidgets
import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from gancourse import show
from gancourse.widgets import Explorer, loss_slope_explorer
from gancourse.widgets.explorer import pixels, png


def counter(**more) -> Explorer:
    """An explorer of one number: its summary is the number, its picture the number as bytes."""
    slider = ipywidgets.IntSlider(value=1, max=9)
    button = ipywidgets.Button()
    return Explorer(
        lambda state: {"summary": f"<{state['number']}> & on"},
        lambda result: result["summary"].encode(),
        {"number": slider, "double": button},
        alt="a number",
        **more,
    )


def test_picture_and_text_follow_a_control_and_reset():
    explorer = counter()
    assert (explorer.state, explorer.summary, bytes(explorer.picture.value)) == ({"number": 1}, "<1> & on", b"<1> & on")
    explorer.controls["number"].value = 5
    assert (explorer.state, explorer.summary, bytes(explorer.picture.value)) == ({"number": 5}, "<5> & on", b"<5> & on")
    explorer.controls["reset"].click()
    assert explorer.summary == "<1> & on"


def test_the_text_on_the_page_is_the_summary_and_no_markup():
    assert counter().caption.value == "&lt;1&gt; &amp; on"


def test_an_action_runs_before_the_picture_follows():
    heard = []
    actions = {name: lambda state, name=name: heard.append((name, state)) for name in ("number", "double", "reset")}
    explorer = counter(actions=actions)
    explorer.draw = lambda result: heard.append("drawn") or b""
    explorer.controls["double"].click()
    explorer.controls["number"].value = 3
    explorer.controls["reset"].click()
    assert heard == [
        *[("double", {"number": 1}), "drawn"],
        *[("number", {"number": 3}), "drawn"],
        *[("reset", {"number": 3}), "drawn"],
    ]
    assert explorer.state == {"number": 3}, "an action named reset replaces what the button does"


def test_what_an_action_sets_is_drawn_once():
    explorer = counter(actions={"double": lambda state: setattr(slider, "value", 2 * state["number"])})
    slider, drawn = explorer.controls["number"], []
    explorer.draw = lambda result: drawn.append(result["summary"]) or b""
    explorer.controls["double"].click()
    explorer.reset()
    assert drawn == ["<2> & on", "<1> & on"]


def test_after_an_error_in_an_action_the_picture_still_follows():
    explorer = counter(actions={"number": lambda state: 1 / (state["number"] - 7)})
    with pytest.raises(ZeroDivisionError):
        explorer.controls["number"].value = 7
    explorer.controls["number"].value = 4
    assert explorer.summary == "<4> & on"


def test_the_controls_stand_in_reading_order_above_picture_and_text():
    explorer = counter()
    row, *below = explorer.view.children
    assert list(row.children) == [explorer.controls[name] for name in ("number", "double", "reset")]
    assert below == [explorer.picture, explorer.caption]
    assert row.layout.flex_flow == "row wrap", "on a narrow page"
    assert explorer.picture.layout.max_width == "100%"


def test_an_error_in_compute_is_not_swallowed():
    explorer = counter()
    explorer.compute = lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        explorer.controls["number"].value = 7


def test_a_reader_without_a_kernel_gets_a_picture_with_its_description_and_the_text():
    explorer = loss_slope_explorer()
    data, metadata = explorer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == explorer.picture.value
    assert data["text/plain"] == explorer.summary
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.view.model_id
    assert metadata == {"image/png": {"alt": explorer.alt}}


def test_the_shell_can_be_found_on_a_page():
    explorer = counter()
    assert "gancourse-picture" in explorer.picture._dom_classes
    assert "gancourse-summary" in explorer.caption._dom_classes


def test_the_quick_picture_is_the_one_that_show_saves():
    with mpl.rc_context(show.STYLE):
        drawing = show.figure(120, 80)
        drawing.set_layout_engine("none")
        drawing.text(0.2, 0.5, "The same")
    quick, saved = (Image.open(io.BytesIO(data)).convert("RGB") for data in (png(pixels(drawing)), show.png(drawing)))
    assert quick.size == (120, 80)
    assert np.array_equal(np.asarray(quick), np.asarray(saved))
    assert np.asarray(quick).min() < 100, "something is drawn"
