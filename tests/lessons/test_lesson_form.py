"""Every lesson keeps the form a teacher and a learner rely on: numbered, hinted, checked, short in its cells."""

import ast
import importlib
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import jupytext
import pytest
from nbformat import NotebookNode

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "source").glob("[0-9][0-9]_*.md"))
PARTS = ["exercise", "check", "graded", "solution"]
LONGEST = 25  # lines of a code cell that is not one definition

TASK = re.compile(r"^\*\*Exercise (E\d+\.\d+) · (\d+) min · ([●○]{3})\.\*\*", re.MULTILINE)
PREDICTION = re.compile(r"^\*\*Predict (P\d+\.\d+)\.\*\*", re.MULTILINE)
REVEAL = re.compile(r"^\*\*Reveal (P\d+\.\d+)\.\*\*", re.MULTILINE)
FIGURE = re.compile(r"^\*\*Figure (\d+\.\d+)\.\*\*", re.MULTILINE)
THINK = re.compile(r"^\*\*Think (T\d+\.\d+)\.\*\*", re.MULTILINE)
HEADING = re.compile(r"^## (\d+\.\d+) \S", re.MULTILINE)
HINTS = ["<summary>Hint 1</summary>", "<summary>Hint 2</summary>"]


def faults(path: Path) -> list[str]:
    """What breaks the form, one sentence each."""
    cells = jupytext.read(path, fmt="md:myst").cells
    # Lines for IPython (`%pip`) are no Python.
    code = [re.sub(r"(?m)^\s*[%!].*$", "pass", cell.source) for cell in cells if cell.cell_type == "code"]
    return [*numbering(cells, str(int(path.name[:2]))), *exercises(cells), *long_cells(code), *missing_imports(code)]


def numbering(cells: list[NotebookNode], lesson: str) -> list[str]:
    """Headings, exercises, predictions, figures and prompts each count 1, 2, 3; every prediction is revealed later."""
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = []
    for pattern, letter in ((HEADING, ""), (TASK, "E"), (PREDICTION, "P"), (REVEAL, "P"), (FIGURE, ""), (THINK, "T")):
        numbers = [match[1] for match in pattern.finditer(prose)]
        wanted = [f"{letter}{lesson}.{count}" for count in range(1, len(numbers) + 1)]
        if numbers != wanted:
            found.append(f"the numbers {', '.join(numbers)} should be {', '.join(wanted)}.")
    reveals = {match[1]: match.start() for match in REVEAL.finditer(prose)}
    for match in PREDICTION.finditer(prose):
        if reveals.get(match[1], -1) < match.start():
            found.append(f"{match[1]} has no reveal after it.")
    mentions = {"**Exercise": TASK, "**Predict": PREDICTION, "**Figure": FIGURE, "**Think": THINK, "\n## ": HEADING}
    for mention, pattern in mentions.items():
        if prose.count(mention) != len(pattern.findall(prose)):
            found.append(f"a line that begins {mention.strip()} is not written as the others are.")
    return found


def exercises(cells: list[NotebookNode]) -> list[str]:
    """From each task to the next: two hints, solution, check, graded cell and what to conclude, in this order."""
    found = []
    starts = [index for index, cell in enumerate(cells) if cell.cell_type == "markdown" and TASK.search(cell.source)]
    for start, end in pairwise([*starts, len(cells)]):
        task, *rest = cells[start:end]
        number = TASK.search(task.source)[1]
        if [hint for hint in HINTS if task.source.count(hint) == 1] != HINTS:
            found.append(f"{number} does not have Hint 1 and Hint 2 under its task.")
        parts = [tag for cell in rest for tag in PARTS if tag in cell.metadata.get("tags", [])]
        if parts != PARTS:
            found.append(f"{number} has {', '.join(parts)}; not {', '.join(PARTS)}.")
        if names := {cell.metadata["exercise"] for cell in rest if "exercise" in cell.metadata} - {number}:
            found.append(f"the exercise cell {min(names)} stands under the task {number}.")
    return found


def long_cells(code: list[str]) -> list[str]:
    """Cells too long to be read at one look.  One definition may be longer."""
    found = []
    for cell in code:
        lines = re.sub(r" *### (BEGIN|END) SOLUTION\n", "", cell).splitlines()
        body = ast.parse(cell).body
        one_definition = len(body) == 1 and isinstance(body[0], ast.FunctionDef | ast.ClassDef)
        if len(lines) > LONGEST and not one_definition:
            found.append(f"a cell has {len(lines)} lines: {lines[0]}")
    return found


def missing_imports(code: list[str]) -> list[str]:
    """What a cell imports and nobody has."""
    found = []
    for node in (node for cell in code for node in ast.walk(ast.parse(cell))):
        if isinstance(node, ast.Import):
            wanted = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            wanted = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for module, name in wanted:
            try:
                imported = importlib.import_module(module)
                if name and not hasattr(imported, name):
                    importlib.import_module(f"{module}.{name}")
            except ImportError:
                found.append(f"{name or module} cannot be imported from {module}.")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_lesson_keeps_the_form(source: Path) -> None:
    assert faults(source) == []


GOOD = """
# 3. A lesson

## 3.1 A finding

**Predict P3.1.** Which?

**Figure 3.1.** The first.

```{code-cell} python
from pathlib import Path
```

**Reveal P3.1.** That.

**Exercise E3.1 · 5 min · ●●○.** Write `f`.

<details><summary>Hint 1</summary></details>
<details><summary>Hint 2</summary></details>

```{code-cell} python
:tags: [exercise]
:exercise: E3.1

def f():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION
```

```{code-cell} python
:tags: [check]

f = f
```

```{code-cell} python
:tags: [graded]
:points: 1

f()
```

+++ {"tags": ["solution"]}

So it is.

+++

**Think T3.1.** Why?
"""


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (replaced("## 3.1 A", "## 3.2 A"), "should be 3.1"),
        (replaced("## 3.1 A", "## A"), "a line that begins ## is not"),
        (replaced("P3.1", "P3.2"), "should be P3.1"),
        (replaced("E3.1", "E2.1"), "should be E3.1"),
        (replaced("Figure 3.1", "Figure 3.2"), "should be 3.1"),
        (replaced("**Reveal P3.1.** That.", ""), "P3.1 has no reveal"),
        (replaced("**Predict P3.1.**", "**Predict** P3.1"), "is not written as the others"),
        (replaced(" · ●●○", ""), "is not written as the others"),
        (replaced(" · 5 min", ""), "is not written as the others"),
        (replaced("<summary>Hint 2</summary>", ""), "Hint 1 and Hint 2"),
        (replaced("Think T3.1", "Think T3.2"), "should be T3.1"),
        (replaced(":exercise: E3.1", ":exercise: E3.2"), "stands under the task E3.1"),
        (replaced(":tags: [check]", ""), "has exercise, graded, solution"),
        (replaced(":tags: [graded]", ":tags: [other]"), "has exercise, check, solution"),
        (replaced('+++ {"tags": ["solution"]}', "+++"), "has exercise, check, graded;"),
        (replaced("f = f\n", "f = f\n" * 26), "has 26 lines"),
        (replaced("import Path", "import Road"), "Road cannot be imported from pathlib"),
    ],
)
def test_a_broken_form_is_seen(tmp_path: Path, change: Callable[[str], str], fault: str) -> None:
    path = tmp_path / "03_lesson.md"
    path.write_text(change(GOOD), encoding="utf-8")
    assert fault in "\n".join(faults(path))


def test_a_right_form_and_a_long_definition_pass(tmp_path: Path) -> None:
    path = tmp_path / "03_lesson.md"
    path.write_text(GOOD.replace("    return 1\n", "    print()\n" * 30), encoding="utf-8")
    assert faults(path) == []


def test_the_example_for_contributors_keeps_the_form(repository: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"(?s)`````markdown\n(.*?)`````", (repository / "CONTRIBUTING.md").read_text("utf-8"))
    path = tmp_path / "03_lesson.md"
    path.write_text(f"# 3. A lesson\n\n{example}", encoding="utf-8")
    assert TASK.search(example)
    assert faults(path) == []
