"""One source gives two notebooks: a lesson with folded solutions and an assignment with holes."""

import shutil
from pathlib import Path

import build_notebooks
import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from gancourse.errors import CourseError

WIDGET = "application/vnd.jupyter.widget-view+json"


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def cell_with(notebook: NotebookNode, text: str) -> NotebookNode:
    (found,) = (cell for cell in notebook.cells if text in cell.source)
    return found


@pytest.fixture
def lesson(built: Path) -> NotebookNode:
    return nbformat.read(built / "09_sample.ipynb", as_version=4)


@pytest.fixture
def assignment(built: Path) -> NotebookNode:
    return nbformat.read(built / "assignments" / "09_sample.ipynb", as_version=4)


def short_lesson(folder: Path, code: str) -> Path:
    """A source with one code cell."""
    path = folder / "08_short.md"
    path.write_text(f"# 8. Short\n\n```{{code-cell}} python\n{code}\n```\n", encoding="utf-8")
    return path


def test_a_second_build_is_the_same_to_the_byte(built: Path, sample: Path, tmp_path: Path) -> None:
    build_notebooks.build(sample, tmp_path)
    for name in ("09_sample.ipynb", "assignments/09_sample.ipynb"):
        assert (tmp_path / name).read_bytes() == (built / name).read_bytes()


def test_the_lesson_folds_the_solution_and_drops_its_markers(lesson: NotebookNode) -> None:
    (cell,) = tagged(lesson, "exercise")
    assert cell.source == (
        "# @title Solution E9.1\n"
        "def double(number):\n"
        '    """Twice the number."""\n'
        "    twice = 2 * number\n"
        "    return twice"
    )
    assert cell.metadata.jupyter == {"source_hidden": True}
    assert cell.metadata.cellView == "form"
    assert not tagged(lesson, "graded")
    assert len(tagged(lesson, "solution")) == 1


def test_the_assignment_has_a_stub_where_the_solution_was(assignment: NotebookNode) -> None:
    (cell,) = tagged(assignment, "exercise")
    assert cell.source == (
        "def double(number):\n"
        '    """Twice the number."""\n'
        "    ### BEGIN SOLUTION\n"
        '    raise NotImplementedError("E9.1 is yours to write.")\n'
        "    ### END SOLUTION"
    )
    assert cell.metadata.nbgrader == {
        "grade": False,
        "grade_id": "E9-1",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert "jupyter" not in cell.metadata
    assert not tagged(assignment, "solution")


def test_check_and_grade_are_locked_and_the_grade_comes_last(assignment: NotebookNode) -> None:
    (check,), (graded,) = tagged(assignment, "check"), tagged(assignment, "graded")
    assert assignment.cells[-1] == graded
    assert (check.metadata.nbgrader.grade_id, graded.metadata.nbgrader.grade_id) == ("E9-1-check", "E9-1-graded")
    assert (check.metadata.nbgrader.grade, graded.metadata.nbgrader.grade) == (False, True)
    assert graded.metadata.nbgrader.points == 2
    for cell in (check, graded):
        assert cell.metadata.nbgrader.locked
        assert (cell.metadata.editable, cell.metadata.deletable) == (False, False)


def test_the_assignment_holds_no_outputs(assignment: NotebookNode) -> None:
    for cell in assignment.cells:
        if cell.cell_type == "code":
            assert (cell.execution_count, cell.outputs) == (None, [])


def test_both_notebooks_begin_with_badge_and_first_cell(lesson: NotebookNode, assignment: NotebookNode) -> None:
    home = build_notebooks.home()
    for notebook, page in ((lesson, "09_sample"), (assignment, "assignments/09_sample")):
        title, first = notebook.cells[:2]
        assert title.source.startswith("# 9. A sample lesson\n\n[![Open in Colab]")
        assert f"github/{home['repository']}/blob/v{home['version']}/notebooks/{page}.ipynb)" in title.source
        assert title.source.endswith("\n\nIt has one cell of every kind that the build knows.")
        assert f"github.com/{home['repository']}@v{home['version']}" in first.source


def test_the_metadata_names_no_version_and_no_tool(lesson: NotebookNode, assignment: NotebookNode) -> None:
    for notebook in (lesson, assignment):
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata == {
            "accelerator": "GPU",
            "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }


def test_a_widget_leaves_its_picture_and_its_words(lesson: NotebookNode) -> None:
    (output,) = cell_with(lesson, "slider.observe").outputs
    assert output.data == {"image/png": "iVBORw0KGgo=", "text/plain": "a slider at 3"}


def test_what_a_callback_prints_stays_in_its_widget(lesson: NotebookNode) -> None:
    assert [output.text for output in cell_with(lesson, "slider.value = 5").outputs] == ["[10]\n"]
    assert [output.text for output in cell_with(lesson, "printed.outputs").outputs] == ["['double: 10\\n']\n"]


def test_alternative_text_reaches_both_places_that_are_read(lesson: NotebookNode) -> None:
    cell = cell_with(lesson, "plt.subplots")
    alt = "A straight line that rises from 0 to 1"
    assert cell.metadata == {"mystnb": {"image": {"alt": alt}}}
    assert cell.outputs[0].metadata == {"image/png": {"alt": alt}}
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(lesson)
    assert f'alt="{alt}"' in page


def test_memory_addresses_are_not_kept(lesson: NotebookNode) -> None:
    assert cell_with(lesson, "print(object())").outputs[0].text == "<object object at 0xADDR>\n"


def test_ids_survive_a_new_cell_and_tell_equal_cells_apart(sample: Path, tmp_path: Path) -> None:
    def ids(text: str) -> list[str]:
        path = tmp_path / sample.name
        path.write_text(text, encoding="utf-8")
        return [cell.id for cell in build_notebooks.render_lesson(path).cells]

    text = sample.read_text(encoding="utf-8")
    cell = "```{code-cell} python\nprint(object())\n```\n"
    before = ids(text)
    assert len(set(before)) == len(before)
    after = ids(text.replace("A slider, and", "+++\n\nA new cell.\n\n+++\n\nA slider, and"))
    assert [name for name in after if name in before] == before
    twice = ids(text + "\n" + cell)
    assert len(set(twice)) == len(before) + 1


def test_new_words_need_no_run(built: Path, sample: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    source, target = tmp_path / sample.name, tmp_path / "09_sample.ipynb"
    text = sample.read_text(encoding="utf-8")

    source.write_text(text.replace("A slider, and", "One slider, and").replace("A straight", "A short"))
    build_notebooks.build(source, tmp_path, prose=True)
    assert target.read_text().count("One slider, and") == 1
    assert target.read_text().count("A short line") == 2
    assert build_notebooks.stale(source, tmp_path) == []

    source.write_text(text.replace("slider.value = 5", "slider.value = 6"))
    with pytest.raises(CourseError, match=r"code of 09_sample.ipynb changed.*without --prose"):
        build_notebooks.build(source, tmp_path, prose=True)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("numbers = [1]\nnumbers[1]", r"(?s)08_short, cell 3 of 3 failed.*numbers\[1\].*IndexError"),
        ("import os\n\nos._exit(1)", "(?s)08_short, cell 3 of 3 failed.*Kernel died"),
        (
            "import ipywidgets\n\ncall = ipywidgets.interact(lambda number: 1 / number, number=1)\n"
            "call.widget.children[0].value = 0",
            "(?s)code cell 2 .* ends in an error.*ZeroDivisionError",
        ),
        ("import warnings\n\nwarnings.warn('tiring')", "writes to stderr.*tiring"),
        ("import pathlib\n\nprint(pathlib.Path.home() / 'data')", "shows a path of this machine"),
        ("print('long\\n' * 200_000)", "1,000,000 are allowed"),
    ],
    ids=["exception", "crash", "callback", "warning", "path", "size"],
)
def test_a_lesson_with_a_fault_is_not_written(tmp_path: Path, code: str, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        build_notebooks.build(short_lesson(tmp_path, code), tmp_path)
    assert not list(tmp_path.rglob("*.ipynb"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("exercise: E9.1\n", "", "needs its number"),
        ("    ### END SOLUTION\n", "", "BEGIN SOLUTION followed by its ### END SOLUTION"),
        ("points: 2\n", "", "needs its points"),
        ("# 9. A sample lesson", "A sample lesson", "must begin with its title"),
        ("tags: [exercise]\nexercise: E9.1", "tags: []", "before the first exercise"),
        ("alt: A straight", "alt: A: straight", "cannot be read as MyST"),
    ],
)
def test_a_source_that_cannot_be_rendered_says_why(
    sample: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = sample.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / sample.name
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=message):
        build_notebooks.render_assignment(path)


def test_an_unknown_lesson_is_named() -> None:
    with pytest.raises(CourseError, match=r"no notebooks/source/77_\*.md"):
        build_notebooks.sources(["77"])
