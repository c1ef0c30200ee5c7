"""Taught once in a lesson, kept once in the package, and the same code in both places."""

import ast
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.md"))
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(code: str) -> dict[str, Definition]:
    """The functions and classes defined at the top level of some code, by name."""
    return {node.name: node for node in ast.parse(code).body if isinstance(node, Definition)}


def without_docstrings(definition: Definition) -> str:
    """The syntax tree as text, comments and docstrings aside.  Names, types and defaults all count."""
    tree = ast.parse(ast.unparse(definition))
    for node in ast.walk(tree):
        if isinstance(node, Definition) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def taught(source: Path) -> dict[str, Definition]:
    """What a lesson defines.  Lines for IPython (`%pip`) are no Python and define nothing."""
    cells = [cell.source for cell in jupytext.read(source, fmt="md:myst").cells if cell.cell_type == "code"]
    found: dict[str, Definition] = {}
    for cell in cells:
        found |= definitions("\n".join(line for line in cell.splitlines() if not line.lstrip().startswith(("%", "!"))))
    return found


def kept(package: Path) -> dict[str, list[tuple[str, Definition]]]:
    """What the package's modules define: for each name, the modules that do and their definitions."""
    found: dict[str, list[tuple[str, Definition]]] = {}
    for path in sorted(package.rglob("*.py")):
        for name, definition in definitions(path.read_text(encoding="utf-8")).items():
            found.setdefault(name, []).append((path.relative_to(package).as_posix(), definition))
    return found


def disagreements(source: Path, package: Path) -> list[str]:
    """Where the lesson and the package do not say the same, one sentence each."""
    modules, lesson = kept(package), taught(source)
    both = lesson.keys() & modules.keys()
    if not both:
        return [f"{source.name} teaches nothing that the package keeps."]
    found = []
    for name in sorted(both):
        if len(modules[name]) > 1:
            found.append(f"{name} is kept more than once: {', '.join(module for module, _ in modules[name])}.")
        elif without_docstrings(lesson[name]) != without_docstrings(modules[name][0][1]):
            found.append(f"{name} in {source.name} and in {modules[name][0][0]} are not the same code.")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_and_package_agree(source: Path) -> None:
    assert disagreements(source, ROOT / "gancourse") == []


def test_there_are_lessons() -> None:
    assert SOURCES


LESSON = '''
```{code-cell} python
def loss(logits, weight=1.0):
    """In the lesson's words."""
    ### BEGIN SOLUTION
    return weight * logits.mean()
    ### END SOLUTION
```
'''
KEPT = '''
def loss(logits, weight=1.0):
    """In other words.

    On more lines.
    """
    return weight * logits.mean()  # and with a comment
'''


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ({"losses.py": KEPT}, None),
        ({"losses.py": KEPT.replace("mean()", "sum()")}, "are not the same code"),
        ({"losses.py": KEPT.replace("weight=1.0", "weight=2.0")}, "are not the same code"),
        ({"losses.py": KEPT.replace("(logits,", "(logits: Tensor,")}, "are not the same code"),
        ({"losses.py": KEPT.replace("loss(", "other_loss(")}, "teaches nothing that the package keeps"),
        ({"losses.py": KEPT, "steps.py": KEPT}, "kept more than once: losses.py, steps.py"),
    ],
    ids=["same", "body", "default", "type", "none", "twice"],
)
def test_a_changed_copy_is_seen(tmp_path: Path, package: dict[str, str], message: str | None) -> None:
    source = tmp_path / "01_lesson.md"
    source.write_text(LESSON, encoding="utf-8")
    for name, code in package.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    found = disagreements(source, tmp_path)
    assert found == [] if message is None else len(found) == 1 and message in found[0]
