"""Checks of lesson 1."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from gancourse.checks.moves import Game, Step, close, examine_handed_in, examine_result, examine_step, old_gradients
from gancourse.checks.verdict import examine_names, verdict
from gancourse.losses import (
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    generator_saturating_loss,
    optimal_discriminator,
)
from gancourse.metrics import modes_covered
from gancourse.steps import discriminator_step, generator_step

Loss = Callable[[Tensor], Tensor]


# E1.1 ----------------------------------------------------------------------------------------------------------------


def check_optimal_discriminator(answer: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Exercise E1.1: the D that nobody can beat, p / (p + q)."""
    return verdict(answer, optimal_discriminator, _examine_optimal_discriminator)


def _examine_optimal_discriminator(answer: Callable[[Tensor, Tensor], Tensor]) -> str | None:
    real, fake = torch.tensor([0.2, 0.5, 3.0]), torch.tensor([0.6, 0.5, 1.0])
    value = answer(real.clone(), fake.clone())
    if not isinstance(value, Tensor):
        return f"it should return a tensor; yours returns {type(value).__name__}."
    if value.shape != real.shape:
        return (
            f"three places should give three probabilities; yours gives the shape {tuple(value.shape)}. "
            "Each place is judged on its own."
        )
    both = real + fake
    misconceptions = {
        "this is the probability of being generated. D says how likely a point is real; turn it round.": fake / both,
        "p / q says how many times likelier real is. It runs from 0 to infinity; a probability compares p with all "
        "that can turn up there, p + q.": real / fake,
        "this is q / p: a ratio, and upside down. A probability compares p with all that can turn up there, "
        "p + q.": fake / real,
        "this is the logit, log p − log q. D is the probability, its sigmoid.": real.log() - fake.log(),
        "this is the density of the real points alone. Where generated ones are just as dense, nobody can tell them "
        "apart: the answer needs both.": real,
        "this is p − q. Its sign says which is likelier, but it can be below 0; D is a probability.": real - fake,
        "this is half of what it should be. Are you halving twice? Dividing by p + q is enough.": real / both / 2,
        "this is a decision, 0 or 1. The best D also says how sure it can be.": (real > fake).float(),
        "you divided by the sum over all places. Each place is judged on its own, by its p + q.": real / both.sum(),
    }
    for sentence, wrong in misconceptions.items():
        if close(value.float(), wrong):
            return sentence
    if not close(value, optimal_discriminator(real, fake)):
        return (
            f"where p is 0.2 and q is 0.6 it should give 0.25; yours gives {value[0].item():.2f}. "
            "Of a hundred points that turn up there, how many are real?"
        )
    edges = answer(torch.tensor([0.0, 0.7]), torch.tensor([0.4, 0.0]))
    if not close(edges, torch.tensor([0.0, 1.0])):
        return (
            "right, where both densities are above 0. Where only one kind of point occurs D is sure, 0 or 1, and "
            f"yours gives {edges[0].item():.2f} and {edges[1].item():.2f}. Divide by nothing but p + q."
        )
    if not answer(torch.zeros(1), torch.zeros(1)).isfinite():
        return (
            "right, wherever there are points. Where there are none it divides 0 by 0, and one nan spoils every mean "
            "it enters. Nothing is known there: say one half, with torch.where."
        )
    return None


# E1.2 ----------------------------------------------------------------------------------------------------------------


def check_generator_bce_loss(answer: Loss) -> Loss:
    """Exercise E1.2: the non-saturating generator loss."""
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
        "this asks D to call the points fake: −log(1 − D(G(z))). The generator wants them called real; "
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


# E1.3 and E1.4 -------------------------------------------------------------------------------------------------------


def check_discriminator_step(answer: Step) -> Step:
    """Exercise E1.3: teach the discriminator, and leave the generator as it is.

    Any wall will do, `frozen`, `.detach()` or `torch.no_grad()`.  The loss and the update must be the ones handed in,
    and the result must have its three names, since the loop asks for them.
    """
    return verdict(answer, discriminator_step, _examine_discriminator_step)


def check_generator_step(answer: Step) -> Step:
    """Exercise E1.4: teach the generator, and leave the discriminator as it is, without a gradient in its weights."""
    return verdict(answer, generator_step, _examine_generator_step)


class _PointsGame(Game):
    """The smallest game: two linear networks, their weights set by hand, and three points for each side."""

    def __init__(self, mover: str) -> None:
        judge = nn.Linear(2, 1)
        super().__init__(mover, nn.Linear(2, 2), nn.Sequential(judge, nn.Flatten(0)))
        for network in self.networks.values():
            for weight in network.parameters():
                nn.init.constant_(weight, 0.5)
        nn.init.constant_(judge.bias, -0.2)
        self.real_images = torch.tensor([[1.0, 0.5], [0.5, 1.5], [1.5, 1.0]])
        self.latents = torch.tensor([[-1.0, 0.5], [0.5, 0.5], [0.0, -2.0]])

    def play(self, step: Step, **options: Any) -> Any:
        images = (self.real_images, self.latents) if self.mover == "discriminator" else (self.latents,)
        return step(self.networks["generator"], self.networks["discriminator"], self.optimiser, *images, **options)


def _examine_discriminator_step(answer: Step) -> str | None:
    mistakes: dict[str, Step] = {
        **old_gradients(discriminator_step),
        "it learns to call real points generated and generated ones real. The loss takes the real logits "
        "first.": partial(discriminator_step, loss=lambda real, fake: discriminator_bce_loss(fake, real)),
        "it learned from the real points alone. It can please this loss by calling everything real; show it the "
        "generated ones too.": partial(discriminator_step, loss=lambda real, _: generator_bce_loss(real)),
        "it learned from the generated points alone. It can please this loss by calling everything generated; show "
        "it the real ones too.": partial(discriminator_step, loss=lambda _, fake: softplus(fake).mean()),
        "it moved uphill. The loss already has the sign of something to make smaller.": partial(
            discriminator_step, loss=lambda real, fake: -discriminator_bce_loss(real, fake)
        ),
    }
    no_gradient = (
        "no gradient reached the discriminator's weights. The wall belongs around the generator, whose turn it is not."
    )
    left_behind = (
        "the discriminator learns as it should, but its loss flowed on into the generator and left gradients there. "
        "That takes time, and a generator's step that does not forget them adds them to its own. Build a wall: "
        "`with frozen(generator):`, or `.detach()` behind it."
    )
    new_game = partial(_PointsGame, "discriminator")
    return (
        examine_step(answer, discriminator_step, new_game, mistakes, no_gradient, left_behind)
        or examine_result(answer, discriminator_step, new_game)
        or examine_handed_in(answer, discriminator_step, new_game, discriminator_lsgan_loss)
    )


def _examine_generator_step(answer: Step) -> str | None:
    mistakes: dict[str, Step] = {
        **old_gradients(generator_step),
        "it went down the saturating loss, log(1 − D(G(z))). Its slope is −D, almost nothing where D is sure. Use the "
        "loss that was handed in.": partial(generator_step, loss=generator_saturating_loss),
        "it learns to be found out: you labelled its points fake. The generator wants them called real.": partial(
            generator_step, loss=lambda fake: softplus(fake).mean()
        ),
        "it moved uphill. The loss already has the sign of something to make smaller.": partial(
            generator_step, loss=lambda fake: -generator_bce_loss(fake)
        ),
    }
    no_gradient = (
        "no gradient reached the generator: a wall stands in its way, `.detach()` or `frozen` or `no_grad`. It is "
        "tempting to build one here too, but then its gradient stops there."
    )
    left_behind = (
        "the generator learns as it should, but leaves gradients in the discriminator's weights. They cost time, and "
        "the discriminator's step must forget them first. `with frozen(discriminator):` never computes them."
    )
    new_game = partial(_PointsGame, "generator")
    return (
        examine_step(answer, generator_step, new_game, mistakes, no_gradient, left_behind)
        or examine_result(answer, generator_step, new_game)
        or examine_handed_in(answer, generator_step, new_game, generator_lsgan_loss)
    )


# E1.5 ----------------------------------------------------------------------------------------------------------------


def check_modes_covered(answer: Callable[..., int]) -> Callable[..., int]:
    """Exercise E1.5: how many modes have their share of the points."""
    return verdict(answer, modes_covered, _examine_modes_covered)


MODES = torch.tensor([[10.0 * column, 10.0 * row] for row in range(2) for column in range(4)])


def _clouds(*clouds: tuple[int, float, int]) -> Tensor:
    """Points from triples (how many, how far from their mode, which mode)."""
    return torch.cat([(MODES[mode] + torch.tensor([far, 0.0])).expand(count, 2) for count, far, mode in clouds])


def _examine_modes_covered(answer: Callable[..., int]) -> str | None:
    near = [(8, 0.3, 0), (5, 0.3, 1), (4, 0.3, 2), (1, 0.3, 3), (1, 0.3, 4)]
    points = _clouds(*near, (6, 1.0, 5), (6, 1.0, 6), (9, 3.0, 0))  # forty
    found = answer(points, MODES.clone(), radius=0.5, share=0.125)
    if isinstance(found, Tensor):
        return "it returns a tensor. Read the number out, with item() or int()."
    if not isinstance(found, int):
        return f"it should return a whole number; yours returns {type(found).__name__}."
    misconceptions = {
        19: "you counted points, not modes. For each mode, the mean runs over the points.",
        8: "it counts every mode there is. Which of them have points near them?",
        5: "one point is enough for yours. A mode is covered when it has its `share` of all points: a stray one says "
        "little.",
        4: "a point far from every mode still counts for the nearest. It must lie within `radius`.",
        3: "you took the share of the points that lie near some mode. Take it of all points, or a generator that "
        "sends most of them nowhere looks complete.",
        1: "a mode with exactly the share is covered too: at least, not more than.",
    }
    if found in misconceptions:
        return misconceptions[found]
    if found != 2:
        return (
            "of forty points 8, 5, 4, 1 and 1 lie within 0.5 of five of the modes. With radius = 0.5 and "
            f"share = 0.125, five points make a mode covered: that is 2 modes; yours gives {found}."
        )
    found = answer(_clouds((150, 0.0, 0), (46, 0.3, 1), (3, 0.0, 2), (1, 0.0, 3)), MODES.clone())
    if found == 3:
        return "you compared the square of the distance with the radius: 0.3 is not within 0.2, though 0.09 is."
    if found != 2:
        return (
            "with radius and share given it is right. Left out they are 0.2 and 0.01: then of 200 points 150, 3 and 1 "
            f"lie at three of the modes and 2 are covered; yours gives {found}."
        )
    return None


# E1.6 ----------------------------------------------------------------------------------------------------------------

FAILURES = ("healthy", "collapse", "strong discriminator", "swapped labels", "no detach")

# What to look at, by what happened; none says the name.
CLUES = {
    "healthy": "put the losses aside. What do the distance and the covered modes do from the first sample to the last?",
    "collapse": "look at the samples of several steps. How many clouds hold points at one time?",
    "strong discriminator": "look at the accuracy and at D(G(z)), then compare the first sample with the last. How far "
    "have the points come?",
    "swapped labels": "compare the mean of D(x) with that of D(G(z)). Which of the two should be larger, and where do "
    "the points go?",
}


def failures() -> dict[str, str]:
    """What happened in the four recorded runs: for each letter one of FAILURES."""
    return {"A": "collapse", "B": "strong discriminator", "C": "swapped labels", "D": "healthy"}


def check_failures(answer: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Exercise E1.6: name what happened in each recorded run.  Capitals and spaces around a name do not matter."""
    return verdict(answer, failures, _examine_failures)


def _examine_failures(answer: Callable[[], dict[str, str]]) -> str | None:
    return examine_names(answer(), failures(), FAILURES, CLUES)
