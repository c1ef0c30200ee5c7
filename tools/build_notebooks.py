"""Build the lessons: notebooks/source/NN_*.md -> notebooks/NN_*.ipynb (executed) and notebooks/assignments/NN_*.ipynb.

    python tools/build_notebooks.py              every lesson
    python tools/build_notebooks.py 01 04        these lessons
    python tools/build_notebooks.py --prose      only words changed: keep the outputs, run nothing
    python tools/build_notebooks.py --check      write nothing; exit 1 where a notebook is not what its source gives

One source holds both notebooks.  Tags on its cells say what goes where:

    exercise   a definition with its solution between two markers.  Lesson: folded.  Assignment: a stub that raises.
    check      the cell after an exercise that looks at the answer.  Assignment: locked.
    graded     the cell that gives points.  Only in the assignment, at its end, locked.
    solution   what to conclude from an exercise (Markdown).  Only in the lesson.

A source without exercises gives a lesson and no assignment.
"""

import argparse
import hashlib
import math
import os
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any
from unittest import mock

import jupytext
import nbformat
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, output_from_msg
from tqdm import tqdm
from traitlets import Type

from gancourse.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"

# notebooks/conftest.py runs the lessons under the same settings.
ENVIRONMENT = {
    "GANCOURSE_PROFILE": "smoke",
    "GANCOURSE_PROGRESS": "0",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LARGEST = 1_000_000  # bytes a notebook; browsers and diffs get slow beyond it
SECONDS_PER_CELL = 300
WIDGET = "application/vnd.jupyter.widget-view+json"

BOOTSTRAP = """\
import sys

if "google.colab" in sys.modules:
    %pip install -q "gancourse @ git+https://github.com/{repository}@v{version}"
"""
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{repository}/blob/v{version}/notebooks/{page}.ipynb)"
)
STUB = """\
\\1### BEGIN SOLUTION
\\1raise NotImplementedError("{number} is yours to write.")
\\1### END SOLUTION"""
GRADES = """\
## For the grade

These cells are locked. They look at what you wrote, not at what a check handed back, so run the cells above first."""

SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION$", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def home() -> dict[str, str]:
    """The repository ("owner/name") and version that badges and first cells name, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {"repository": project["tool"]["gancourse"]["repository"], "version": project["project"]["version"]}


def sources(numbers: list[str]) -> list[Path]:
    """The lesson sources with these numbers ("01"), or all of them, in order."""
    found = sorted((NOTEBOOKS / "source").glob("[0-9][0-9]_*.md"))
    unknown = set(numbers) - {path.name[:2] for path in found}
    if unknown:
        raise CourseError(f"There is no notebooks/source/{min(unknown)}_*.md; give lessons by number, as in 01.")
    return [path for path in found if not numbers or path.name[:2] in numbers]


def has_exercises(source: Path) -> bool:
    """Whether there is anything to leave out, and so an assignment."""
    return any("exercise" in tags(cell) for cell in read_source(source))


# From source to cells -------------------------------------------------------------------------------------------------


def read_source(path: Path) -> list[NotebookNode]:
    """The cells of a MyST source, each with an id made of the lesson's name, the cell's text and its repeat number.

    An id therefore stays when cells are added or moved elsewhere, and diffs show only what changed.
    """
    try:
        cells = jupytext.read(path, fmt="md:myst").cells
    except Exception as error:  # jupytext lets several YAML and MyST errors through
        raise CourseError(f"{path.name} cannot be read as MyST Markdown: {error}") from error
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        raise CourseError(f"{path.name} must begin with its title, as in: # 1. The GAN recap")
    seen: Counter[str] = Counter()
    for cell in cells:
        seen[cell.source] += 1
        key = f"{path.stem}\n{seen[cell.source]}\n{cell.source}"
        cell.id = hashlib.sha256(key.encode()).hexdigest()[:12]
        if "alt" in cell.metadata:
            # Where myst-nb looks for it.  nbconvert's classic page looks into the outputs, which `tidy` sees to.
            cell.metadata.mystnb = {"image": {"alt": str(cell.metadata.pop("alt"))}}
    return cells


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def render_lesson(path: Path) -> NotebookNode:
    """The lesson as its source gives it, not yet executed."""
    cells = []
    for cell in read_source(path):
        if "graded" in tags(cell):
            continue
        if "exercise" in tags(cell):
            number = exercise_number(cell, path)
            answer = SOLUTION.sub(lambda region: region[2].rstrip("\n"), cell.source)
            cell.source = f"# @title Solution {number}\n{answer}"
            cell.metadata.update(cellView="form", jupyter={"source_hidden": True})
        cells.append(cell)
    return with_first_cells(cells, page=path.stem)


def render_assignment(path: Path) -> NotebookNode:
    """The same lesson with holes: stubs, locked checks, and the graded cells at the end."""
    cells, graded, number = [], [], ""
    for cell in read_source(path):
        if "solution" in tags(cell):
            continue
        if "exercise" in tags(cell):
            number = exercise_number(cell, path)
            cell.source = SOLUTION.sub(STUB.format(number=number), cell.source)
            cell.metadata.nbgrader = nbgrader(number, solution=True)
        elif {"check", "graded"} & set(tags(cell)):
            if not number:
                raise CourseError(f"{path.name}: a check or graded cell stands before the first exercise.")
            cell.metadata.update(deletable=False, editable=False)
            if "check" in tags(cell):
                cell.metadata.nbgrader = nbgrader(f"{number}-check", locked=True)
            else:
                points = cell.metadata.pop("points", None)
                if points is None:
                    raise CourseError(f"{path.name}: the graded cell of {number} needs its points, as in: points: 2")
                cell.metadata.nbgrader = nbgrader(f"{number}-graded", grade=True, locked=True, points=points)
                graded.append(cell)
                continue
        cells.append(cell)
    if graded:
        cells += [new_markdown_cell(GRADES, id="for-the-grade"), *graded]
    return with_first_cells(cells, page=f"assignments/{path.stem}")


def exercise_number(cell: NotebookNode, path: Path) -> str:
    """The "E1.1" of an exercise cell, which must also hold a solution to cut out."""
    number = cell.metadata.get("exercise")
    if not number:
        raise CourseError(f"{path.name}: an exercise cell needs its number, as in: exercise: E1.1")
    markers = cell.source.count("### BEGIN SOLUTION"), cell.source.count("### END SOLUTION")
    if not 0 < len(SOLUTION.findall(cell.source)) == markers[0] == markers[1]:
        raise CourseError(f"{path.name}: {number} needs each ### BEGIN SOLUTION followed by its ### END SOLUTION.")
    return number


def nbgrader(name: str, *, solution: bool = False, grade: bool = False, locked: bool = False, points: int = 0) -> dict:
    """The cell metadata nbgrader reads.  It allows no dots in a grade_id."""
    fields = {"grade": grade, "grade_id": name.replace(".", "-"), "locked": locked, "schema_version": 3}
    return {**fields, "solution": solution, "task": False} | ({"points": points} if grade else {})


def with_first_cells(cells: list[NotebookNode], page: str) -> NotebookNode:
    """A notebook of these cells: the badge under the title, then the cell that installs the package in Colab."""
    title, *rest = cells
    heading, _, text = title.source.partition("\n")
    title.source = f"{heading}\n\n{BADGE.format(**home(), page=page)}\n\n{text.lstrip()}".rstrip()
    first = new_code_cell(BOOTSTRAP.format(**home()).rstrip(), id="bootstrap")
    return new_notebook(cells=[title, first, *rest], metadata=nbformat.from_dict(METADATA), nbformat_minor=5)


# Running --------------------------------------------------------------------------------------------------------------


class ShellChannel(AsyncZMQSocketChannel):
    """Looks again every half second for a reply.

    What nbclient sends for an Output widget goes out past asyncio, and now and then takes with it the notice that a
    cell's reply has come; the build then stood still until the cell's time was up (jupyter/nbclient#312).
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return await super().get_msg(timeout=max(0.0, min(0.5, deadline - time.monotonic())))
            except Empty:
                if time.monotonic() >= deadline:
                    raise


class KernelClient(AsyncKernelClient):
    shell_channel_class = Type(ShellChannel)


class LessonClient(NotebookClient):
    """Runs a lesson with this Python.  An error that a front end would show inside a widget is the cell's own here."""

    def create_kernel_manager(self) -> AsyncKernelManager:
        # No folders to look in: a kernelspec left by another environment must not choose another Python.
        specs = KernelSpecManager(kernel_dirs=[])
        self.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs, client_factory=KernelClient)
        return self.km

    def output(self, outs, msg, display_id, cell_index):  # type: ignore[no-untyped-def]
        if msg["msg_type"] == "error":
            outs.append(output_from_msg(msg))
            return outs[-1]
        return super().output(outs, msg, display_id, cell_index)


def run(notebook: NotebookNode, name: str) -> None:
    """Execute the notebook in place, in notebooks/, under the settings of the committed lessons."""
    progress = tqdm(total=len(notebook.cells), desc=name, unit="cell", leave=False)
    client = LessonClient(
        notebook,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        extra_arguments=["--log-level=40"],  # no remarks about the transport between the lines of progress
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: progress.update(),
    )
    with mock.patch.dict(os.environ, ENVIRONMENT), progress:
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            place = f"{name}, cell {progress.n} of {progress.total}"
            raise CourseError(f"{place} failed.\n\n{COLOUR.sub('', str(error))}") from error


def tidy(notebook: NotebookNode) -> None:
    """Leave in the outputs only what is the same on every run, and give pictures their alternative text."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in code_cells(notebook):
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        for output in cell.outputs:
            if "text" in output:
                output.text = ADDRESS.sub("0xADDR", output.text)
            data = output.get("data", {})
            # Without a kernel there is no widget to show; front ends then fall back on the picture and the text.
            data.pop(WIDGET, None)
            if "text/plain" in data:
                data["text/plain"] = ADDRESS.sub("0xADDR", data["text/plain"])
            if "image/png" in data and alt:
                output.metadata.setdefault("image/png", {})["alt"] = alt
        cell.outputs = [output for output in cell.outputs if output.get("data") != {}]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def first_line(cell: NotebookNode) -> str:
    return cell.source.partition("\n")[0]


def faults(notebook: NotebookNode, name: str) -> Iterator[str]:
    """What a reader of this executed lesson should not meet, one sentence each."""
    private = [str(folder) for folder in (ROOT, Path.home()) if folder != folder.parent]
    for count, cell in enumerate(code_cells(notebook), 1):
        place = f"{name}, code cell {count} ({first_line(cell)})"
        if cell.execution_count != count:
            yield f"{place} has execution count {cell.execution_count}; build the lesson again."
        for output in cell.outputs:
            if output.output_type == "error":
                traceback = COLOUR.sub("", "\n".join(output.traceback))
                yield f"{place} ends in an error: {traceback}"
            elif output.get("name") == "stderr":
                yield f"{place} writes to stderr; silence the cause: {output.text.strip()}"
            shown = str(output.get("text", output.get("data", {}).get("text/plain", "")))
            if any(folder in shown for folder in private):
                yield f"{place} shows a path of this machine."
    size = len(written(notebook).encode())
    if size > LARGEST:
        yield f"{name} has {size:,} bytes; at most {LARGEST:,} are allowed, so make its pictures smaller."


def written(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


# The commands ---------------------------------------------------------------------------------------------------------


def build(source: Path, out: Path = NOTEBOOKS, *, prose: bool = False) -> None:
    """Write the lesson and the assignment of one source below `out`.

    With prose=True nothing runs: the outputs come from the lesson already there, whose code must be the same.
    Raises CourseError when a cell fails, and when the result has a fault; nothing is written then.
    """
    lesson = render_lesson(source)
    target = out / f"{source.stem}.ipynb"
    notebooks = {target: lesson}
    if has_exercises(source):
        notebooks[out / "assignments" / target.name] = render_assignment(source)
    if prose:
        keep_outputs(lesson, target)
    else:
        run(lesson, source.stem)
    tidy(lesson)
    if found := list(faults(lesson, source.stem)):
        raise CourseError("\n".join(found))
    for path, notebook in notebooks.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(notebook), encoding="utf-8")


def keep_outputs(lesson: NotebookNode, target: Path) -> None:
    """Take the outputs from the notebook at `target`, in place, if its code is the same (the first cell aside)."""
    if not target.exists():
        raise CourseError(f"{target.name} is not built yet, so it has no outputs to keep; build it without --prose.")
    old, new = code_cells(nbformat.read(target, as_version=4)), code_cells(lesson)
    if [cell.source for cell in old[1:]] != [cell.source for cell in new[1:]]:
        raise CourseError(f"The code of {target.name} changed, so it has to run; build it without --prose.")
    for before, after in zip(old, new, strict=True):
        after.execution_count, after.outputs = before.execution_count, before.outputs


def stale(source: Path, out: Path = NOTEBOOKS) -> list[str]:
    """Why the notebooks below `out` are not what this source gives, one sentence each; empty when they are."""
    found = []
    notebooks = {out / f"{source.stem}.ipynb": render_lesson(source)}
    if has_exercises(source):
        notebooks[out / "assignments" / f"{source.stem}.ipynb"] = render_assignment(source)
    for path, fresh in notebooks.items():
        name = path.relative_to(out).with_suffix("").as_posix()
        if not path.exists():
            found.append(f"{name} is not built.")
            continue
        notebook = nbformat.read(path, as_version=4)
        if notebook.metadata != fresh.metadata:
            found.append(f"{name} has other notebook metadata than the build gives.")
        if path.parent == out:
            found += faults(notebook, name)
            for cell in code_cells(notebook):
                cell.execution_count, cell.outputs = None, []
        for position, (cell, wanted) in enumerate(zip(notebook.cells, fresh.cells, strict=False), 1):
            if cell != wanted:
                found.append(f"{name}, cell {position} ({first_line(cell)}) is not what {source.name} gives.")
                break
        else:
            if len(notebook.cells) != len(fresh.cells):
                found.append(f"{name} has {len(notebook.cells)} cells; {source.name} gives {len(fresh.cells)}.")
    return found


def orphans() -> list[str]:
    """Notebooks that have no source, one sentence each."""
    lessons = {path.stem: path for path in sources([])}
    found = [
        f"{path.name} has no source in notebooks/source."
        for path in NOTEBOOKS.glob("*.ipynb")
        if path.stem not in lessons
    ]
    for path in NOTEBOOKS.glob("assignments/*.ipynb"):
        if path.stem not in lessons or not has_exercises(lessons[path.stem]):
            found.append(f"assignments/{path.name} has no exercises in notebooks/source.")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the lessons from notebooks/source.")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons by number, as in 01; default: all")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a notebook is not fresh")
    parser.add_argument("--prose", action="store_true", help="only words changed: keep the outputs and run nothing")
    parser.add_argument("--out", type=Path, default=NOTEBOOKS, help="where the notebooks are; default: notebooks/")
    options = parser.parse_args()
    try:
        chosen = sources(options.lessons)
        if options.check:
            found = [reason for source in chosen for reason in stale(source, options.out)] + orphans()
            if found:
                raise CourseError("\n".join([*found, "To build: python tools/build_notebooks.py"]))
            return
        for source in chosen:
            build(source, options.out, prose=options.prose)
            print(f"{source.stem}: built")
    except CourseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
