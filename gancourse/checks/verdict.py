"""What all checks share: try the learner's version, say what is wrong with it, and let the notebook run on."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import torch

Answer = TypeVar("Answer", bound=Callable[..., Any])
Examine = Callable[[Any], str | None]  # an answer -> what is wrong with it, or None

_submitted: dict[str, tuple[Any, Examine]] = {}


def verdict(answer: Answer, solution: Answer, examine: Examine) -> Answer:
    """Print how `answer` fares, and return it if it is right, `solution` if not.

    The answer is remembered under the solution's name, for `assert_correct`.
    """
    name = solution.__name__
    _submitted[name] = (answer, examine)
    fault = find_fault(answer, examine)
    if fault is None:
        print(f"✓ {name} is right. From here on this notebook uses yours.")
        return answer
    print(f"✗ {name}: {fault}\n  Until it is right, this notebook uses the course's own.")
    return solution


def find_fault(answer: Any, examine: Examine) -> str | None:
    """What is wrong with the answer, in words; None if nothing is.

    Whatever it draws, the notebook's random numbers go on as if nobody had looked.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            return examine(answer)
    except NotImplementedError:
        return "not written yet."
    except Exception as error:  # whatever a learner's code may raise
        return f"it raised {type(error).__name__}: {error}"


def assert_correct(name: str) -> None:
    """For graded cells: raise AssertionError unless the learner's own `name`, as its check saw it, is right."""
    assert name in _submitted, f"{name} was not checked: run the cell with check_{name}."
    fault = find_fault(*_submitted[name])
    assert fault is None, f"{name}: {fault}"


def examine_names(named: Any, right: dict[str, str], names: Collection[str], clues: dict[str, str]) -> str | None:
    """What is wrong with the names that were given to recorded runs; of a wrong one, what to look at again."""
    if not isinstance(named, dict):
        kind = "nothing" if named is None else type(named).__name__
        return f"it should return a dictionary from letters to names; yours returns {kind}."
    if missing := [run for run in right if run not in named]:
        return f"nothing is said of {' and '.join(missing)}. Name what happened in {', '.join(right)}."
    words = {run: str(named[run]).strip().lower() for run in right}
    if unknown := [named[run] for run in right if words[run] not in names]:
        return f"{unknown[0]!r} is none of the names. They are {', '.join(map(repr, names))}."
    wrong = [f"Run {run}: {clues[right[run]]}" for run in right if words[run] != right[run]]
    return "\n  ".join([f"{len(right) - len(wrong)} of {len(right)}.", *wrong]) if wrong else None
