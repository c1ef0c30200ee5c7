"""A class can use the assignments: nbgrader makes the students' version and grades what comes back."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import build_notebooks
import nbformat
import pytest

LESSONS = [source for source in build_notebooks.sources([]) if build_notebooks.has_exercises(source)]
CONFIGURATION = """
c = get_config()
c.CourseDirectory.course_id = "gancourse"
c.ExecutePreprocessor.timeout = 300
"""
# Runs where nbgrader is; prints {student: [points, points possible]}.
READ_GRADES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({s.student.id: [s.score, s.max_score] for s in book.assignment_submissions("lesson")}))
"""


def solved(release: nbformat.NotebookNode, source: Path) -> nbformat.NotebookNode:
    """The released assignment with every stub replaced by the source's solution."""
    answers = {cell.id: cell.source for cell in build_notebooks.read_source(source)}
    stubs = [cell for cell in release.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert stubs
    for cell in stubs:
        cell.source = answers[cell.id]
    return release


@pytest.mark.slow
@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_nbgrader_gives_nothing_for_stubs_and_everything_for_solutions(source: Path, tmp_path: Path, absent) -> None:
    python = os.environ.get("GANCOURSE_CLASSROOM_PYTHON", sys.executable)
    settings = {
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",  # nbgrader calls alembic by its name
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        **build_notebooks.ENVIRONMENT,
    }

    def run(*words: str) -> str:
        finished = subprocess.run(
            [python, *words], cwd=tmp_path, env={**os.environ, **settings}, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    if subprocess.run([python, "-c", "import nbgrader"], capture_output=True, check=False).returncode:
        absent("classroom", f"nbgrader is not installed for {python} (it comes with the classroom extra)")

    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    name = f"{source.stem}.ipynb"
    assignment = nbformat.read(build_notebooks.NOTEBOOKS / "assignments" / name, as_version=4)
    (tmp_path / "source" / "lesson").mkdir(parents=True)
    nbformat.write(assignment, tmp_path / "source" / "lesson" / name)
    run("-m", "nbgrader", "generate_assignment", "lesson", "--create")

    released = tmp_path / "release" / "lesson" / name
    release = nbformat.read(released, as_version=4)
    for cell in release.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            # nbgrader's own stub stands where the markers were; name, arguments and docstring stay before it.
            assert re.search(r'(?s)^(def|class) .*""".*"""\n.*\n? +# YOUR CODE HERE\n +raise NotImpl', cell.source)

    for student, notebook in (("blank", release), ("right", solved(nbformat.read(released, as_version=4), source))):
        (tmp_path / "submitted" / student / "lesson").mkdir(parents=True)
        nbformat.write(notebook, tmp_path / "submitted" / student / "lesson" / name)
    run("-m", "nbgrader", "autograde", "lesson", "--create")

    points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in assignment.cells)
    assert points > 0
    assert json.loads(run("-c", READ_GRADES)) == {"blank": [0, points], "right": [points, points]}

    # An exercise left undone stops nobody: in the blank submission only the graded cells fail.
    graded = nbformat.read(tmp_path / "autograded" / "blank" / "lesson" / name, as_version=4)
    for cell in build_notebooks.code_cells(graded):
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == cell.metadata.get("nbgrader", {}).get("grade", False), cell.source
