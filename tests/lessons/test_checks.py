"""Every check of every lesson takes right answers, names what is wrong with the others, and disturbs nothing.

The answers, and what only one check promises, are in the test file of their lesson.
"""

import sys

import pytest
import test_checks_01
import test_checks_02
import test_checks_03
import test_checks_04
import torch

from gancourse import checks
from gancourse.checks import lesson_01, lesson_02, lesson_03, lesson_04

LESSONS = {
    lesson_01: test_checks_01.EXERCISES,
    lesson_02: test_checks_02.EXERCISES,
    lesson_03: test_checks_03.EXERCISES,
    lesson_04: test_checks_04.EXERCISES,
}
EXERCISES = {check: exercise for exercises in LESSONS.values() for check, exercise in exercises.items()}


@pytest.mark.parametrize(
    ("check", "solution", "answer"),
    [
        pytest.param(getattr(checks, check), solution, answer, id=f"{solution.__name__}-{number}")
        for check, (solution, right, _) in EXERCISES.items()
        for number, answer in enumerate(right)
    ],
)
def test_right_answers_are_accepted_and_handed_back(check, solution, answer, capsys):
    result = check(answer)
    name = solution.__name__
    assert capsys.readouterr().out == f"✓ {name} is right. From here on this notebook uses yours.\n"
    assert result is answer
    checks.assert_correct(name)


@pytest.mark.parametrize(
    ("check", "solution", "answer", "sentence"),
    [
        pytest.param(getattr(checks, check), solution, answer, sentence, id=f"{solution.__name__}-{number}")
        for check, (solution, _, wrong) in EXERCISES.items()
        for number, (answer, sentence) in enumerate(wrong)
    ],
)
def test_wrong_answers_are_named_and_the_lesson_goes_on(check, solution, answer, sentence, capsys):
    assert check(answer) is solution
    verdict = capsys.readouterr().out
    with pytest.raises(AssertionError, match=sentence) as error:
        checks.assert_correct(solution.__name__)
    assert str(error.value) in verdict
    assert "uses the course's own" in verdict


@pytest.mark.parametrize("check", EXERCISES)
def test_a_stub_is_not_written_yet(check, capsys):
    def stub(*arguments, **options):
        raise NotImplementedError("it is yours to write.")

    solution = EXERCISES[check][0]
    assert getattr(checks, check)(stub) is solution
    assert f"✗ {solution.__name__}: not written yet." in capsys.readouterr().out
    with pytest.raises(AssertionError, match="not written yet"):
        checks.assert_correct(solution.__name__)


def test_what_was_never_checked_is_not_correct():
    with pytest.raises(AssertionError, match="run the cell with check_nothing"):
        checks.assert_correct("nothing")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_check_has_right_and_wrong_answers(lesson):
    assert LESSONS[lesson].keys() == {name for name in vars(lesson) if name.startswith("check_")}
    for _, right, wrong in LESSONS[lesson].values():
        assert len(right) >= 3  # the course's own and two others
        assert len(wrong) >= 6


@pytest.mark.parametrize("check", EXERCISES)
def test_a_check_leaves_the_notebook_as_it_was(check):
    """An answer that draws random numbers, leaves hooks or writes into what it is given changes nothing after it."""
    solution = EXERCISES[check][0]

    def meddling(*arguments, **options):
        torch.rand(1)
        for argument in arguments:
            if isinstance(argument, torch.nn.Module):
                argument.register_forward_hook(lambda *_: pytest.fail("an answer's hook lives on"))
            elif isinstance(argument, torch.Tensor):
                argument.zero_()
        raise RuntimeError("meddled")

    before, tracer = torch.random.get_rng_state(), sys.gettrace()
    getattr(checks, check)(meddling)
    assert getattr(checks, check)(solution) is solution
    assert torch.equal(torch.random.get_rng_state(), before)
    assert sys.gettrace() is tracer  # which stops answers that do not end
    checks.assert_correct(solution.__name__)
