"""Every check accepts right answers written differently, and names the misconception in wrong ones."""

import re

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import logsigmoid, softplus
from torch.optim import SGD

from gancourse import checks
from gancourse.checks.lesson_01 import CLUES, FAILURES, failures
from gancourse.losses import (
    discriminator_bce_loss,
    generator_bce_loss,
    generator_saturating_loss,
    optimal_discriminator,
)
from gancourse.metrics import modes_covered
from gancourse.steps import (
    DiscriminatorResult,
    GeneratorResult,
    discriminator_step,
    frozen,
    generator_step,
    update,
)

# E1.1 ----------------------------------------------------------------------------------------------------------------


def odds(p, q):
    ratio = p / q
    return ratio / (1 + ratio)


def without_branches(p, q):
    return (p + (p + q == 0) / 2) / (p + q + (p + q == 0))


OPTIMAL_DISCRIMINATORS = [
    optimal_discriminator,
    lambda p, q: torch.where(p + q > 0, 1 - q / (p + q), 0.5),
    lambda p, q: torch.sigmoid(p.log() - q.log()).nan_to_num(0.5),
    without_branches,
]
WRONG_OPTIMAL_DISCRIMINATORS = [
    (lambda p, q: q / (p + q), "the probability of being generated"),
    (lambda p, q: p / q, "how many times likelier"),
    (lambda p, q: q / p, "upside down"),
    (lambda p, q: p.log() - q.log(), "the logit"),
    (lambda p, q: p, "density of the real points alone"),
    (lambda p, q: p - q, "below 0"),
    (lambda p, q: p / (p + q) / 2, "half of what it should be"),
    (lambda p, q: p > q, "this is a decision"),
    (lambda p, q: p / (p + q).sum(), "sum over all places"),
    (lambda p, q: (p / (p + q)).mean(), r"gives the shape \(\)"),
    (lambda p, q: (p / (p + q)).tolist(), "returns list"),
    (lambda p, q: p * q, "should give 0.25; yours gives 0.12"),
    (odds, "yours gives 0.00 and nan"),
    (lambda p, q: p / (p + q), "divides 0 by 0"),
]

# E1.2 ----------------------------------------------------------------------------------------------------------------


def zeros_like_labels(logits):
    return bce(logits, torch.zeros_like(logits))


def ones_like_labels(logits, **options):
    return bce(logits, torch.ones_like(logits), **options)


GENERATOR_LOSSES = [
    generator_bce_loss,
    lambda logits: softplus(-logits).mean(),
    lambda logits: -logsigmoid(logits).sum() / logits.numel(),
]
WRONG_GENERATOR_LOSSES = [
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

# E1.3 ----------------------------------------------------------------------------------------------------------------
# Each wrong step is the right one with one thing done differently, which is what the keywords say.


def discriminator_variant(
    *,
    wall="detach",
    fakes=lambda generator, latents: generator(latents),
    judge_both=lambda loss, real_logits, fake_logits: loss(real_logits, fake_logits),
    move=lambda loss, optimiser, update: update(loss, optimiser),
    result=lambda loss, real, fake: DiscriminatorResult(loss.detach(), real.detach(), fake.detach()),
):
    """The step of the discriminator, written out."""

    def step(generator, discriminator, optimiser, real_images, latents, loss=discriminator_bce_loss, update=update):
        fake_images = fakes(generator, latents)
        if wall == "detach":
            fake_images = fake_images.detach()
        real_logits, fake_logits = discriminator(real_images), discriminator(fake_images)
        value = judge_both(loss, real_logits, fake_logits)
        move(value, optimiser, update)
        return result(value, real_logits, fake_logits)

    return step


@torch.no_grad()
def without_gradients(generator, latents):
    return generator(latents)


def left_frozen(generator, latents):
    return generator.requires_grad_(False)(latents)


def by_hand(loss, optimiser, update):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def no_zero_grad(loss, optimiser, update):
    loss.backward()
    optimiser.step()


def step_before_backward(loss, optimiser, update):
    optimiser.step()
    optimiser.zero_grad()
    loss.backward()


def forgotten_then_stepped(loss, optimiser, update):
    optimiser.zero_grad()
    optimiser.step()
    loss.backward()


def in_one_batch(generator, discriminator, optimiser, real_images, latents, loss=discriminator_bce_loss, update=update):
    """Right for networks without batch norm, and accepted here; the lesson asks why the course keeps two batches."""
    made = generator(latents).detach()
    logits = discriminator(torch.cat([real_images, made]))
    real_logits, fake_logits = logits.split([len(real_images), len(made)])
    value = loss(real_logits, fake_logits)
    update(value, optimiser)
    return DiscriminatorResult(value.detach(), real_logits.detach(), fake_logits.detach())


def trains_the_generator_too(generator, discriminator, optimiser, real_images, latents, **options):
    with frozen(discriminator):
        value = generator_bce_loss(discriminator(generator(latents)))
    update(value, SGD(generator.parameters(), 0.1))
    return discriminator_step(generator, discriminator, optimiser, real_images, latents, **options)


def freezes_the_wrong_player(generator, discriminator, optimiser, real_images, latents, **options):
    with frozen(discriminator):
        return discriminator_variant(wall="none")(generator, discriminator, optimiser, real_images, latents, **options)


def all_within_no_grad(*arguments, **options):
    with torch.no_grad():
        return discriminator_step(*arguments, **options)


DISCRIMINATOR_STEPS = [
    discriminator_step,
    discriminator_variant(),
    discriminator_variant(wall="none", fakes=without_gradients),
    in_one_batch,
]
WRONG_DISCRIMINATOR_STEPS = [
    (discriminator_variant(wall="none"), "flowed on into the generator"),
    (trains_the_generator_too, "it changed the generator"),
    (freezes_the_wrong_player, "The wall belongs around the generator"),
    (all_within_no_grad, "The wall belongs around the generator"),
    (discriminator_variant(fakes=left_frozen), "leaves the generator frozen"),
    (discriminator_variant(move=no_zero_grad), "gradients of an earlier step were still there"),
    (discriminator_variant(move=step_before_backward), r"step\(\) came before backward\(\)"),
    (discriminator_variant(move=forgotten_then_stepped), r"step\(\) must come after backward\(\)"),
    (discriminator_variant(move=lambda *_: None), "did not move. Hand the loss and the optimiser to update"),
    (discriminator_variant(judge_both=lambda loss, real, fake: loss(fake, real)), "takes the real logits first"),
    (discriminator_variant(judge_both=lambda loss, real, fake: ones_like_labels(real)), "real points alone"),
    (discriminator_variant(judge_both=lambda loss, real, fake: zeros_like_labels(fake)), "generated points alone"),
    (discriminator_variant(judge_both=lambda loss, real, fake: -loss(real, fake)), "moved uphill"),
    (discriminator_variant(judge_both=lambda loss, real, fake: 3 * loss(real, fake)), "not to where one step"),
    (discriminator_variant(judge_both=lambda loss, real, fake: discriminator_bce_loss(real, fake)), "ignores the loss"),
    (discriminator_variant(move=by_hand), "ignores the update"),
    (discriminator_variant(result=lambda *_: None), r"returns nothing.*DiscriminatorResult\(loss, real_logits, fake"),
    (discriminator_variant(result=lambda *values: tuple(v.detach() for v in values)), "returns tuple"),
    (discriminator_variant(result=DiscriminatorResult), "in its result, loss still hangs on the graph"),
    (
        discriminator_variant(result=lambda loss, real, fake: DiscriminatorResult(loss.detach(), real, fake)),
        "real_logits still hangs on the graph",
    ),
    (
        discriminator_variant(result=lambda loss, real, fake: DiscriminatorResult(loss.item(), real, fake)),
        "should be a tensor; it is float",
    ),
    (
        discriminator_variant(
            result=lambda loss, real, fake: DiscriminatorResult(loss.detach(), fake.detach(), real.detach())
        ),
        "in each other's place",
    ),
    (
        discriminator_variant(
            result=lambda loss, *both: DiscriminatorResult(loss.detach(), *(s.detach().sigmoid() for s in both))
        ),
        "real_logits holds probabilities",
    ),
    (
        discriminator_variant(
            result=lambda loss, real, fake: DiscriminatorResult(loss.detach() / 2, real.detach(), fake.detach())
        ),
        "loss is not what this step learned from",
    ),
]

# E1.4 ----------------------------------------------------------------------------------------------------------------


def generator_variant(
    *,
    hold_still=True,
    between=lambda images: images,
    judge=lambda loss, fake_logits: loss(fake_logits),
    move=lambda loss, optimiser, update: update(loss, optimiser),
    result=lambda loss, fake: GeneratorResult(loss.detach(), fake.detach()),
):
    """The step of the generator, written out."""

    def step(generator, discriminator, optimiser, latents, loss=generator_bce_loss, update=update):
        discriminator.requires_grad_(not hold_still)
        fake_logits = discriminator(between(generator(latents)))
        value = judge(loss, fake_logits)
        move(value, optimiser, update)
        discriminator.requires_grad_(True)
        return result(value, fake_logits)

    return step


def forgets_what_it_left(generator, discriminator, optimiser, latents, loss=generator_bce_loss, update=update):
    """Wasteful, and right: it clears what its backward left in the discriminator."""
    result = generator_variant(hold_still=False)(generator, discriminator, optimiser, latents, loss, update)
    discriminator.zero_grad()
    return result


def trains_the_discriminator_too(generator, discriminator, optimiser, latents, **options):
    both = SGD([*generator.parameters(), *discriminator.parameters()], 0.25)
    return generator_variant(hold_still=False)(generator, discriminator, both, latents, **options)


def freezes_the_generator(generator, discriminator, optimiser, latents, **options):
    with frozen(generator):
        return generator_variant(hold_still=False)(generator, discriminator, optimiser, latents, **options)


def leaves_the_discriminator_frozen(generator, discriminator, optimiser, latents, **options):
    result = generator_variant()(generator, discriminator, optimiser, latents, **options)
    discriminator.requires_grad_(False)
    return result


GENERATOR_STEPS = [generator_step, generator_variant(), forgets_what_it_left]
WRONG_GENERATOR_STEPS = [
    (trains_the_discriminator_too, "it changed the discriminator"),
    (generator_variant(hold_still=False), "leaves gradients in the discriminator's weights"),
    (leaves_the_discriminator_frozen, "leaves the discriminator frozen"),
    (generator_variant(between=torch.Tensor.detach), "a wall stands in its way"),
    (generator_variant(between=torch.Tensor.detach, hold_still=False), "a wall stands in its way"),
    (freezes_the_generator, "no gradient reached the generator"),
    (generator_variant(judge=lambda loss, fake: generator_saturating_loss(fake)), "the saturating loss"),
    (generator_variant(judge=lambda loss, fake: generator_saturating_loss(fake), hold_still=False), "the saturating"),
    (generator_variant(judge=lambda loss, fake: zeros_like_labels(fake)), "learns to be found out"),
    (generator_variant(judge=lambda loss, fake: -loss(fake)), "moved uphill"),
    (generator_variant(judge=lambda loss, fake: ones_like_labels(fake)), "ignores the loss"),
    (generator_variant(move=no_zero_grad), "gradients of an earlier step were still there"),
    (generator_variant(move=step_before_backward), r"step\(\) came before backward\(\)"),
    (generator_variant(move=lambda *_: None), "the generator did not move"),
    (generator_variant(move=by_hand), "ignores the update"),
    (
        generator_variant(result=lambda loss, fake: loss.detach()),
        r"returns Tensor.*GeneratorResult\(loss, fake_logits\)",
    ),
    (generator_variant(result=GeneratorResult), "loss still hangs on the graph"),
    (lambda generator, discriminator, optimiser, latents: None, "the generator did not move"),
    (lambda generator, discriminator: None, "raised TypeError"),
]

# E1.5 ----------------------------------------------------------------------------------------------------------------


def count_modes(points, modes, radius=0.2, share=0.01):
    """Without a matrix."""
    covered = 0
    for mode in modes:
        near = sum(bool((point - mode).norm() <= radius) for point in points)
        covered += near >= share * len(points)
    return covered


def nearest_first(points, modes, radius=0.2, share=0.01):
    """Right as long as the modes are further apart than two radii."""
    distance, nearest = torch.cdist(points, modes).min(dim=1)
    return int((torch.bincount(nearest[distance < radius]) >= share * len(points)).sum())


def near(points, modes, radius):
    return torch.cdist(points, modes) < radius


def share_of_those_near(points, modes, radius=0.2, share=0.01):
    inside = near(points, modes, radius)
    return int((inside.sum(dim=0) / inside.any(dim=1).sum() >= share).sum())


def radius_ignored(points, modes, radius=0.2, share=0.01):
    return nearest_first(points, modes, float("inf"), share)


def squared_distance(points, modes, radius=0.2, share=0.01):
    squares = (points[:, None] - modes).square().sum(dim=2)
    return int(((squares < radius).float().mean(dim=0) >= share).sum())


MODES_COVERED = [modes_covered, count_modes, nearest_first]
WRONG_MODES_COVERED = [
    (lambda points, modes, radius=0.2, share=0.01: near(points, modes, radius).any(dim=1).sum().item(), "not modes"),
    (
        lambda points, modes, radius=0.2, share=0.01: (
            (near(points, modes, radius).float().mean(dim=1) >= share).sum().item()
        ),
        "the mean runs over the points",
    ),
    (lambda points, modes, radius=0.2, share=0.01: near(points, modes, radius).any(dim=0).sum().item(), "one point is"),
    (lambda points, modes, radius=0.2, share=0.01: modes_covered(points, modes, radius), "one point is"),
    (radius_ignored, "must lie within `radius`"),
    (share_of_those_near, "Take it of all points"),
    (
        lambda points, modes, radius=0.2, share=0.01: (
            (near(points, modes, radius).float().mean(dim=0) > share).sum().item()
        ),
        "at least, not more than",
    ),
    (squared_distance, "square of the distance"),
    (lambda points, modes, radius=0.2, share=0.01: len(modes), "every mode there is"),
    (
        lambda points, modes, radius=0.2, share=0.01: (near(points, modes, radius).float().mean(dim=0) >= share).sum(),
        "returns a tensor",
    ),
    (lambda points, modes, radius=0.2, share=0.01: modes_covered(points, modes, radius, share) / 8, "returns float"),
    (lambda points, modes, radius=0.2, share=0.01: modes_covered(points, modes, 0.2, share), "yours gives 0"),
    (lambda points, modes, radius=0.2, share=0.1: modes_covered(points, modes, radius, share), "Left out they are"),
    (lambda points, modes: 2, "raised TypeError"),
]

# E1.6 ----------------------------------------------------------------------------------------------------------------


def renamed(**changes):
    """The right names but for some of the runs."""
    return lambda: {**failures(), **changes}


def other_than(right):
    return next(name for name in FAILURES if name != right)


FAILURES_NAMED = [
    failures,
    lambda: {run: f" {name.upper()} " for run, name in failures().items()},
    lambda: {**dict(reversed(failures().items())), "E": "a run of my own"},
]
WRONG_FAILURES_NAMED = [
    *((renamed(**{run: other_than(right)}), rf"3 of 4.\n  Run {run}: ") for run, right in failures().items()),
    (lambda: dict.fromkeys("ABCD", "no such thing"), "'no such thing' is none of the names. They are 'healthy', 'coll"),
    (renamed(B=None), "None is none of the names"),
    (lambda: {"A": failures()["A"], "C": failures()["C"]}, "nothing is said of B and D"),
    (lambda: list(failures().values()), "yours returns list"),
]

# All of them ---------------------------------------------------------------------------------------------------------

EXERCISES = {
    "check_optimal_discriminator": (optimal_discriminator, OPTIMAL_DISCRIMINATORS, WRONG_OPTIMAL_DISCRIMINATORS),
    "check_generator_bce_loss": (generator_bce_loss, GENERATOR_LOSSES, WRONG_GENERATOR_LOSSES),
    "check_discriminator_step": (discriminator_step, DISCRIMINATOR_STEPS, WRONG_DISCRIMINATOR_STEPS),
    "check_generator_step": (generator_step, GENERATOR_STEPS, WRONG_GENERATOR_STEPS),
    "check_modes_covered": (modes_covered, MODES_COVERED, WRONG_MODES_COVERED),
    "check_failures": (failures, FAILURES_NAMED, WRONG_FAILURES_NAMED),
}


def test_a_clue_does_not_say_the_name(capsys):
    for run, right in failures().items():
        assert right in FAILURES
        checks.check_failures(renamed(**{run: other_than(right)}))
        said = capsys.readouterr().out
        assert CLUES[right] in said
        assert not any(re.search(name, said) for name in FAILURES)
