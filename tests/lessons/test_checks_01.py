"""Every check accepts right answers written differently, and names the misconception in wrong ones."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import logsigmoid, softplus

from gancourse.checks import assert_correct, check_generator_bce_loss
from gancourse.losses import generator_bce_loss


def zeros_like_labels(logits):
    return bce(logits, torch.zeros_like(logits))


def ones_like_labels(logits, **options):
    return bce(logits, torch.ones_like(logits), **options)


RIGHT = [
    generator_bce_loss,
    lambda logits: softplus(-logits).mean(),
    lambda logits: -logsigmoid(logits).sum() / logits.numel(),
]
WRONG = [
    (lambda logits: softplus(-logits).sum(), "you took the sum"),
    (lambda logits: logsigmoid(logits).mean(), "wrong sign"),
    (lambda logits: torch.log(1 - logits.sigmoid()).mean(), "saturating loss"),
    (zeros_like_labels, "turn the labels round"),
    (lambda logits: ones_like_labels(logits.sigmoid()), "sigmoid is in there twice"),
    (lambda logits: -logits.sigmoid().mean(), "left the logarithm out"),
    (lambda logits: -torch.log(logits.sigmoid()).mean(), "at logit -200 it is infinite"),
    (lambda logits: softplus(-logits), r"shape \(3,\)"),
    (lambda logits: ones_like_labels(logits.detach()), "no gradient"),
    (lambda logits: ones_like_labels(logits).item(), "returns float"),
    (lambda logits: 2 * ones_like_labels(logits), "should give 1.5866; yours gives 3.1733"),
    (lambda logits: logits.nothing, "raised AttributeError"),
    (lambda: None, "raised TypeError"),
]


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_are_accepted_and_handed_back(answer, capsys):
    assert check_generator_bce_loss(answer) is answer
    assert capsys.readouterr().out == "✓ generator_bce_loss is right. From here on this notebook uses yours.\n"
    assert_correct("generator_bce_loss")


@pytest.mark.parametrize(("answer", "sentence"), WRONG)
def test_wrong_answers_are_named_and_the_lesson_goes_on(answer, sentence, capsys):
    assert check_generator_bce_loss(answer) is generator_bce_loss
    verdict = capsys.readouterr().out
    with pytest.raises(AssertionError, match=sentence) as error:
        assert_correct("generator_bce_loss")
    assert str(error.value) in verdict
    assert "uses the course's own" in verdict


def test_a_stub_is_not_written_yet(capsys):
    def generator_bce_loss(fake_logits):
        raise NotImplementedError("E1.1 is yours to write.")

    check_generator_bce_loss(generator_bce_loss)
    assert "not written yet" in capsys.readouterr().out
    with pytest.raises(AssertionError, match="not written yet"):
        assert_correct("generator_bce_loss")


def test_what_was_never_checked_is_not_correct():
    with pytest.raises(AssertionError, match="run the cell with check_nothing"):
        assert_correct("nothing")
