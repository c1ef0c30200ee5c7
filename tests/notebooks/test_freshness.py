"""The committed notebooks are what their sources give, were run from top to bottom, and link to where they live."""

import re
import shutil
from pathlib import Path

import build_notebooks
import nbformat
import pytest

LESSONS = build_notebooks.sources([])


def test_there_are_lessons_and_nothing_else() -> None:
    assert LESSONS
    assert build_notebooks.orphans() == []


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_the_notebooks_are_what_their_source_gives(source: Path) -> None:
    assert build_notebooks.stale(source) == [], "run: python tools/build_notebooks.py"


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_every_picture_says_what_it_shows(source: Path) -> None:
    notebook = nbformat.read(build_notebooks.NOTEBOOKS / f"{source.stem}.ipynb", as_version=4)
    for cell in build_notebooks.code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata.get("image/png", {}).get("alt"), f"no alt text for the picture of: {cell.source}"
        if "mystnb" in cell.metadata:
            shown = [output for output in cell.outputs if "image/png" in output.get("data", {})]
            assert shown, f"words for a picture, and no picture, at: {cell.source}"


def test_the_readme_opens_every_lesson_in_colab(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    address = re.compile(r"https://colab\.research\.google\.com/github/[^)\s]+")
    badges = [build_notebooks.BADGE.format(**build_notebooks.home(), page=source.stem) for source in LESSONS]
    assert set(address.findall(readme)) == set(address.findall("".join(badges))), "run make repository"


@pytest.fixture
def course(built: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course whose only lesson is the sample, fresh."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    (tmp_path / "source").mkdir()
    shutil.copy(sample, tmp_path / "source")
    monkeypatch.setattr(build_notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr("sys.argv", ["build_notebooks.py", "--check"])
    return tmp_path


def test_check_passes_a_fresh_course(course: Path) -> None:
    build_notebooks.main()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A slider, and", "One slider, and"),
        ("triple.widget.result", "triple.widget.result + 0"),
        ("points: 2", "points: 3"),
        ("twice = 2 * number", "twice = number * 2"),
        ("alt: A straight line", "alt: A line"),
        ("Doubling is", "+++\n\nNew.\n\n+++\n\nDoubling is"),
        ("```{code-cell} python\nprint(object())\n```\n", ""),
    ],
    ids=["words", "code", "points", "solution", "alt", "new cell", "last cell gone"],
)
def test_check_sees_an_edited_source(course: Path, old: str, new: str) -> None:
    source = course / "source" / "09_sample.md"
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"09_sample.*\n.*To build"):
        build_notebooks.main()


def damage_count(lesson: nbformat.NotebookNode) -> None:
    # nbval runs such a cell and compares nothing, so this is the only gate it meets.
    lesson.cells[2].update(execution_count=None, outputs=[])


def damage_order(lesson: nbformat.NotebookNode) -> None:
    lesson.cells[2].execution_count = 7


def damage_output(lesson: nbformat.NotebookNode) -> None:
    lesson.cells[2].outputs = [nbformat.v4.new_output("error", ename="Oops", evalue="", traceback=["Oops"])]


def damage_id(lesson: nbformat.NotebookNode) -> None:
    lesson.cells[2].id = "another"


def damage_metadata(lesson: nbformat.NotebookNode) -> None:
    lesson.metadata.language_info.version = "3.11"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_count, r"code cell 2 \(import os\) has execution count None"),
        (damage_order, "has execution count 7"),
        (damage_output, "ends in an error: Oops"),
        (damage_id, r"cell 3 \(import os\) is not what 09_sample.md gives"),
        (damage_metadata, "other notebook metadata"),
    ],
)
def test_check_sees_an_edited_notebook(course: Path, damage, message: str) -> None:
    path = course / "09_sample.ipynb"
    lesson = nbformat.read(path, as_version=4)
    damage(lesson)
    nbformat.write(lesson, path)
    with pytest.raises(SystemExit, match=message):
        build_notebooks.main()


def test_check_sees_a_notebook_without_a_source(course: Path) -> None:
    shutil.copy(course / "09_sample.ipynb", course / "08_gone.ipynb")
    with pytest.raises(SystemExit, match=r"08_gone.ipynb has no source"):
        build_notebooks.main()


def test_check_sees_outputs_in_an_assignment(course: Path) -> None:
    path = course / "assignments" / "09_sample.ipynb"
    assignment = nbformat.read(path, as_version=4)
    assignment.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="smoke 0 1\n")]
    nbformat.write(assignment, path)
    with pytest.raises(SystemExit, match=r"assignments/09_sample, cell 3 .* is not what"):
        build_notebooks.main()
