"""The facade painter in JupyterLab: a window drawn with the mouse, and one with the keys alone."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_jupyterlab import place_notebook, sample

if TYPE_CHECKING:
    from lab import Lab, LessonWidget

PAINTER = """
from gancourse.widgets import facade_painter

painter = facade_painter()
painter
"""
WINDOW, WALL = [0, 128, 255], [0, 48, 255]


class PaintedLabels:
    """The painter's canvas, by cells of the label map."""

    def __init__(self, widget: "LessonWidget") -> None:
        self.widget, self.page = widget, widget.page
        self.map = widget.output.locator("canvas")
        self.box = widget.output.locator(".gancourse-painter .box")
        self.status = widget.output.get_by_role("status")
        self.frame = widget.output.get_by_role("application")

    def move_to(self, x: int, y: int) -> None:
        """Put the mouse over the middle of a cell."""
        area = self.map.bounding_box()
        assert area is not None
        cell = area["width"] / 128
        self.page.mouse.move(area["x"] + (x + 0.5) * cell, area["y"] + (y + 0.5) * cell, steps=3)

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        self.move_to(x, y)
        self.page.mouse.down()
        self.move_to(to_x, to_y)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def colour(self, x: int, y: int) -> list[int]:
        """Of a cell, as drawn."""
        read = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3)"
        return list(self.map.evaluate(read, [x, y]))

    def changed_by(self, act: Callable[[], object]) -> str:
        """The summary, once both it and the photo have changed."""
        summary, pixels = self.widget.summary.inner_text(), self.widget.pixels()
        act()
        self.widget.wait_for_change(summary, pixels)
        return self.widget.summary.inner_text()


def test_a_facade_is_painted_in_jupyterlab(lab: "Lab", screenshot: Callable[[str], Path]) -> None:
    place_notebook(sample(PAINTER, "2"), lab.work / "painter.ipynb")
    notebook = lab.open("painter.ipynb")
    notebook.run_all(seconds=90)
    labels = PaintedLabels(notebook.widget())
    labels.widget.summary.wait_for()
    labels.map.scroll_into_view_if_needed()
    screenshot("painter_first")
    labels.changed_by(labels.widget.output.get_by_role("button", name="Clear").click)
    cells = notebook.panel.locator(".jp-CodeCell").count()

    with_the_mouse(labels, screenshot)
    with_the_keys_alone(labels, screenshot)
    assert notebook.panel.locator(".jp-CodeCell").count() == cells, "no key reached the notebook"
    assert notebook.panel.locator(".jp-mod-editMode").count() == 0
    on_a_phone(labels, screenshot)
    assert not lab.external_requests


def with_the_mouse(labels: PaintedLabels, screenshot: Callable[[str], Path]) -> None:
    """A window is drawn and taken back.  The wall is empty, before and after."""
    from playwright.sync_api import expect  # the lab fixture has found it

    mouse = labels.page.mouse
    wall, photo = labels.widget.summary.inner_text().partition(" Photo")[0], labels.widget.pixels()
    labels.drag(53, 49, 40, 30)  # from the lower right corner
    expect(labels.box).to_be_visible()
    expect(labels.status).to_have_text("window, 14 × 20 px at (40, 30)")
    screenshot("painter_dragging")
    assert labels.widget.pixels() == photo, "nothing is painted before the mouse is up"
    summary = labels.changed_by(mouse.up)
    assert summary.startswith("An empty wall, and on it a window of 14 × 20 px at (40, 30). Photo in ")
    assert [labels.colour(x, y) for x, y in ((40, 30), (53, 49))] == [WINDOW, WINDOW]
    assert [labels.colour(x, y) for x, y in ((39, 30), (40, 29), (54, 49), (53, 50))] == 4 * [WALL]
    expect(labels.box).to_be_hidden()
    screenshot("painter_window")

    labels.move_to(80, 80)
    mouse.down()
    mouse.up()  # a click paints nothing
    labels.drag(80, 80, 90, 90)
    labels.press("Escape")
    mouse.up()

    labels.widget.output.locator(".palette").get_by_role("button", name="door").click()
    summary = labels.changed_by(lambda: (labels.drag(100, 100, 150, 110), mouse.up()))
    assert "2 rectangles: 1 window, 1 door. The last: a door of 28 × 11 px at (100, 100)." in summary

    undo = labels.widget.output.get_by_role("button", name="Undo")
    labels.changed_by(undo.click)
    summary = labels.changed_by(undo.click)
    assert summary.startswith(wall)
    assert labels.widget.pixels() == photo
    assert labels.colour(45, 40) == WALL


def with_the_keys_alone(labels: PaintedLabels, screenshot: Callable[[str], Path]) -> None:
    """A balcony is drawn on the map and taken back, and then painted by numbers."""
    from playwright.sync_api import expect

    labels.widget.output.locator(".palette").get_by_role("button", name="balcony").focus()
    labels.press("Space")
    expect(labels.widget.output.get_by_label("class", exact=True)).to_have_value("balcony")
    labels.press(*6 * ["Tab"])  # over the rest of the palette, from balcony to shop
    expect(labels.frame).to_be_focused()
    labels.press(*16 * ["Shift+ArrowUp"], *16 * ["Shift+ArrowLeft"])  # to the corner, wherever the mouse left it
    labels.press(*7 * ["Shift+ArrowRight"], "ArrowLeft", *8 * ["Shift+ArrowDown"], "ArrowUp")
    expect(labels.status).to_have_text("at (55, 63)")
    labels.press("Enter", *2 * ["Shift+ArrowRight"], "ArrowDown")
    expect(labels.status).to_have_text("balcony, 17 × 2 px at (55, 63)")
    screenshot("painter_keys")
    summary = labels.changed_by(lambda: labels.press("Enter"))
    assert "a balcony of 17 × 2 px at (55, 63)." in summary

    labels.press("Space", "ArrowDown", "Escape")  # never mind
    summary = labels.changed_by(lambda: labels.press("Control+z"))
    assert summary.startswith("An empty wall, and nothing painted on it yet.")

    labels.widget.press("ArrowRight")  # the first slider
    expect(labels.status).to_have_text("balcony, 17 × 2 px at (56, 63)")
    expect(labels.box).to_be_visible()
    labels.widget.output.get_by_role("button", name="Add").focus()
    summary = labels.changed_by(lambda: labels.press("Enter"))
    assert "a balcony of 17 × 2 px at (56, 63)." in summary
    expect(labels.box).to_be_hidden()


def on_a_phone(labels: PaintedLabels, screenshot: Callable[[str], Path]) -> None:
    """The photo stands under the map, and both fit."""
    labels.page.set_viewport_size({"width": 420, "height": 1400})
    labels.press("Control+b")  # without the list of files
    labels.page.wait_for_timeout(500)
    labels.map.scroll_into_view_if_needed()
    area, photo = labels.map.bounding_box(), labels.widget.picture.bounding_box()
    assert area is not None
    assert photo is not None
    assert photo["y"] >= area["y"] + area["height"]
    for shown in (area, photo):
        assert 250 < shown["width"] == pytest.approx(shown["height"], abs=1)
        assert shown["x"] + shown["width"] <= 420
    summary = labels.changed_by(lambda: (labels.drag(40, 30, 53, 49), labels.page.mouse.up()))
    assert "The last: a balcony of 14 × 20 px at (40, 30)." in summary
    screenshot("painter_phone")
