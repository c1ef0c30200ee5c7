"""The lessons in JupyterLab, in a browser, as a learner has them: run all cells, move a slider, see it answer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from lab import Lab, LessonWidget

SAMPLE_WIDGET = """
import io
import ipywidgets
from PIL import Image

slider = ipywidgets.IntSlider(value=3, min=0, max=9, description="shade")
picture = ipywidgets.Image(format="png")
summary = ipywidgets.HTML()
picture.add_class("gancourse-picture")
summary.add_class("gancourse-summary")

def answer(change=None):
    file = io.BytesIO()
    Image.new("L", (96, 96), {shade}).save(file, "png")
    picture.value = file.getvalue()
    summary.value = f"shade {{slider.value}}"

slider.observe(answer, "value")
answer()
ipywidgets.VBox([slider, picture, summary])
"""


def place_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a copy with no execution counts, by which `run_all` knows what has run.  Outputs stay as they were."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = None
    nbformat.write(notebook, path)


def sample(*cells: str) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def move(widget: "LessonWidget", key: str) -> None:
    """One key on the slider must change both what the picture shows and what the summary says."""
    widget.summary.wait_for()
    summary, pixels = widget.summary.inner_text(), widget.pixels()
    widget.press(key)
    widget.wait_for_change(summary, pixels)


@pytest.mark.parametrize(
    "name",
    [
        "01_gan_recap",  # of the others nbval runs every cell, and the tests below move the widgets
        pytest.param("02_dcgan_celeba", marks=pytest.mark.slow),
        pytest.param("03_pix2pix_facades", marks=pytest.mark.slow),
        pytest.param("04_cyclegan_monet2photo", marks=pytest.mark.slow),
    ],
)
def test_the_lesson_runs_and_its_first_widget_answers_the_keyboard(
    lab: "Lab", repository: Path, screenshot: Callable[[str], Path], name: str
) -> None:
    place_notebook(nbformat.read(repository / "notebooks" / f"{name}.ipynb", as_version=4), lab.work / f"{name}.ipynb")
    notebook = lab.open(f"{name}.ipynb")
    screenshot(f"{name}_opened")
    notebook.run_all(seconds=300)
    widget = notebook.widget()
    widget.slider.scroll_into_view_if_needed()
    screenshot(f"{name}_before")
    move(widget, "ArrowRight")
    screenshot(f"{name}_after")
    outside = [url for url in lab.external_requests if not url.endswith("/colab-badge.svg")]
    assert not outside, "a lesson must work with no network; only its Colab badge may come from there"


WALK = """
import torch

from gancourse.weights import load_face_generator, load_face_reader
from gancourse.widgets import latent_explorer

latent_explorer(load_face_generator(), load_face_reader(), {"a push": torch.ones(100) / 5})
"""
SCRUBBER = """
from gancourse.recorded import load_face_run
from gancourse.widgets import face_training_scrubber

face_training_scrubber(load_face_run("healthy"))
"""

FIELD = """
from gancourse.data import DrawnFacades
from gancourse.widgets import receptive_field_explorer

receptive_field_explorer(DrawnFacades(1, 256, progress=False)[0][1])
"""
CYCLE = """
from gancourse.data import DrawnLandscapes
from gancourse.weights import load_landscape_generators
from gancourse.widgets import cycle_viewer

scenes = DrawnLandscapes(3, 64, "validation", progress=False)
cycle_viewer(*load_landscape_generators(), scenes.photos[:], scenes.monets[:])
"""
TRUTH = """
from gancourse.data import DrawnLandscapes
from gancourse.recorded import load_ablation
from gancourse.widgets import truth_explorer

scenes = DrawnLandscapes(8, 32, "validation", progress=False)
made = load_ablation("cyclegan").pictures
truth_explorer(scenes.photos[:], scenes.monets[:], {name: made[name] for name in ("adversary", "adversary + cycle")})
"""


@pytest.mark.parametrize(
    ("name", "cell", "key"),
    [
        ("walk", WALK, "ArrowRight"),
        ("scrubber", SCRUBBER, "ArrowLeft"),
        ("field", FIELD, "ArrowRight"),
        ("cycle", CYCLE, "ArrowRight"),
        ("truth", TRUTH, "ArrowRight"),
    ],
)
def test_a_lesson_s_widget_answers_the_keyboard(
    lab: "Lab", screenshot: Callable[[str], Path], name: str, cell: str, key: str
) -> None:
    place_notebook(sample(cell), lab.work / f"{name}.ipynb")
    notebook = lab.open(f"{name}.ipynb")
    notebook.run_all(seconds=60)
    move(notebook.widget(), key)
    screenshot(name)


GAME = """
from gancourse.widgets import game_stepper

game_stepper()
"""


def test_the_game_can_be_played_with_mouse_and_keyboard(lab: "Lab", screenshot: Callable[[str], Path]) -> None:
    from playwright.sync_api import expect  # the lab fixture has found it

    place_notebook(sample(GAME), lab.work / "game.ipynb")
    notebook = lab.open("game.ipynb")
    notebook.run_all(seconds=60)
    game = notebook.widget()
    controls = game.output
    expect(game.summary).to_contain_text("New game: neither has moved.")
    screenshot("game_new")

    summary, pixels = game.summary.inner_text(), game.pixels()
    controls.get_by_role("button", name="Step D").click()
    game.wait_for_change(summary, pixels)
    expect(game.summary).to_contain_text("Step D: D changed, G is bit-identical.")

    summary, pixels = game.summary.inner_text(), game.pixels()
    controls.get_by_role("button", name="Step G").focus()
    lab.page.keyboard.press("Enter")
    game.wait_for_change(summary, pixels)
    expect(game.summary).to_contain_text("Step G: G changed, D is bit-identical.")

    summary, pixels = game.summary.inner_text(), game.pixels()
    game.press("ArrowRight")  # the slider: one turn more
    controls.locator("button:has(.fa-play)").focus()
    lab.page.keyboard.press("Enter")
    game.wait_for_change(summary, pixels)
    expect(game.summary).to_contain_text("6 turns of D and G: in each step the other stayed bit-identical.")
    summary, pixels = game.summary.inner_text(), game.pixels()
    game.wait_for_change(summary, pixels)  # it goes on by itself
    controls.locator("button:has(.fa-pause)").click()
    expect(lab.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")  # the last tick has been answered
    screenshot("game_played")

    controls.get_by_label("real points").select_option("two moons")
    expect(game.summary).to_contain_text("New game: neither has moved.")
    screenshot("game_two_moons")


def test_these_tests_see_a_failing_cell_and_a_still_picture(lab: "Lab", screenshot: Callable[[str], Path]) -> None:
    place_notebook(sample("1 / 0", "2"), lab.work / "failing.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.open("failing.ipynb").run_all(seconds=60)

    place_notebook(sample(SAMPLE_WIDGET.format(shade="25 * slider.value")), lab.work / "moving.ipynb")
    moving = lab.open("moving.ipynb")
    moving.run_all(seconds=60)
    move(moving.widget(), "ArrowRight")
    assert moving.widget().summary.inner_text() == "shade 4"
    screenshot("sample_after")

    place_notebook(sample(SAMPLE_WIDGET.format(shade="75")), lab.work / "still.ipynb")
    still = lab.open("still.ipynb")
    still.run_all(seconds=60)
    still.widget().summary.wait_for()
    summary, pixels = still.widget().summary.inner_text(), still.widget().pixels()
    still.widget().press("ArrowRight")
    with pytest.raises(AssertionError, match="the picture did not"):
        still.widget().wait_for_change(summary, pixels, seconds=2)
