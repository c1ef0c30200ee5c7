"""nbval, as `make test` runs it on the lessons, passes a right lesson and fails a wrong one, cell by cell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import build_notebooks
import nbformat
import pytest


def nbval(notebook: Path) -> tuple[str, set[int]]:
    """pytest's output for this notebook, and the numbers of the code cells that failed."""
    for name in ("conftest.py", "sanitize.cfg"):
        shutil.copy(build_notebooks.NOTEBOOKS / name, notebook.parent)
    settings = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "sanitize.cfg", "--nbval-cell-timeout", "60"]
    # Whoever calls the gate, the lesson runs under the settings it was built with.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GANCOURSE", "COV_"))}
    environment |= {"GANCOURSE_PROFILE": "full", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "2"}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir=.", *settings, notebook.name],
        cwd=notebook.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    failed = {int(cell) for cell in re.findall(r"^FAILED \S+::Cell (\d+)", finished.stdout, re.MULTILINE)}
    assert (finished.returncode == 1) == bool(failed), finished.stdout
    return build_notebooks.COLOUR.sub("", finished.stdout), failed


def cell_number(notebook: nbformat.NotebookNode, text: str) -> int:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (found,) = (number for number, cell in enumerate(code) if text in cell.source)
    return found


@pytest.fixture
def lesson(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built / "09_sample.ipynb", tmp_path))


def test_a_right_lesson_passes(lesson: Path) -> None:
    report, failed = nbval(lesson)
    assert not failed, report
    assert "11 passed" in report


def test_the_gate_bites(lesson: Path) -> None:
    notebook = nbformat.read(lesson, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    verdict, slider, moved, printed, triple, tripled = (
        cell_number(notebook, text)
        for text in (
            "submitted = double",
            "slider.observe",
            "slider.value = 5",
            "printed.outputs",
            "def triple",
            "triple.widget",
        )
    )
    # One wrong stored text, one wrong summary of a widget, and two callbacks that raise.
    code[verdict].outputs[0].text = "E9.1: not yet.\n"
    code[slider].outputs[0].data["text/plain"] = "a slider at 4"
    code[slider].source = code[slider].source.replace('change["new"]', 'change["now"]')
    code[triple].source = code[triple].source.replace("print(3 * number)", "print(3 / (number - 4))")
    nbformat.write(notebook, lesson)

    report, failed = nbval(lesson)
    # The observe callback raises in `moved`, so nothing reaches `printed`; the interact one raises in `tripled`.
    assert failed == {verdict, slider, moved, printed, tripled}, report
    assert "KeyError: 'now'" in report
    assert "ZeroDivisionError" in report
