"""Checks of lesson 1."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from gancourse.checks.verdict import verdict
from gancourse.losses import generator_bce_loss

Loss = Callable[[Tensor], Tensor]


def check_generator_bce_loss(answer: Loss) -> Loss:
    """Exercise E1.1: the non-saturating generator loss."""
    return verdict(answer, generator_bce_loss, _examine_generator_bce_loss)


def _examine_generator_bce_loss(answer: Loss) -> str | None:
    logits = torch.tensor([-4.0, 0.0, 3.0], requires_grad=True)
    loss = answer(logits)
    if not isinstance(loss, Tensor):
        return f"it should return a tensor; yours returns {type(loss).__name__}. Keep to torch's functions."
    if loss.shape != ():
        return f"it should return one number; yours has the shape {tuple(loss.shape)}. Take the mean."
    if not loss.requires_grad:
        return "its result has no gradient, so the generator would learn nothing. Do not detach or read the logits."
    right = generator_bce_loss(logits)
    misconceptions = {
        "you took the sum. A batch twice as large would pull twice as hard; take the mean.": right * 3,
        "it has the wrong sign. Training makes a loss smaller, and this would make D(G(z)) smaller.": -right,
        "this is log(1 − D(G(z))), the saturating loss. It is the same wish, but its slope is −D, almost nothing "
        "where D is sure. Ask for a large log D(G(z)) instead.": -softplus(logits).mean(),
        "this asks D to call the pictures fake: −log(1 − D(G(z))). The generator wants them called real; "
        "turn the labels round.": softplus(logits).mean(),
        "you gave probabilities to a function that takes logits, so the sigmoid is in there twice. Leave yours "
        "out.": binary_cross_entropy_with_logits(logits.sigmoid(), torch.ones(3)),
        "you left the logarithm out: this is −E[D(G(z))].": -logits.sigmoid().mean(),
    }
    for sentence, wrong in misconceptions.items():
        if torch.allclose(loss, wrong, atol=1e-4):
            return sentence
    if not torch.allclose(loss, right, atol=1e-4):
        return f"for the logits -4, 0 and 3 it should give {right.item():.4f}; yours gives {loss.item():.4f}."
    if not answer(torch.tensor([-200.0])).isfinite():
        return (
            "right, until D is very sure: at logit -200 it is infinite, because sigmoid(-200) is 0 in float32 and "
            "log 0 is not a number to learn from. Use a function that takes logits."
        )
    return None
