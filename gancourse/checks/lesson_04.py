"""Checks of lesson 4."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer

from gancourse.checks.moves import (
    Game,
    Step,
    close,
    examine_handed_in,
    examine_result,
    examine_step,
    kind_of,
    old_gradients,
)
from gancourse.checks.verdict import Examine, examine_names, verdict
from gancourse.image_pool import ImagePool
from gancourse.losses import (
    cycle_loss,
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    identity_loss,
    l2_loss,
)
from gancourse.schedule import linear_decay
from gancourse.steps import RoundTrip, cycle_generators_step, round_trip, update
from gancourse.training.draws import MONET_ORDER, shuffled_batches, unpaired_batches

Batches = Callable[..., Iterator[tuple[Tensor, Tensor]]]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# A loop that never ends ----------------------------------------------------------------------------------------------

MOST_LINES = 400_000  # of Python; the right answers, and all that is asked of them, take a tenth of it


class _EndlessError(Exception):
    """More lines were run than any answer needs."""


@contextmanager
def _line_limit(most: int) -> Iterator[None]:
    """Raise _EndlessError within, once more than `most` lines of Python were run.

    Lines are counted, not seconds, so that a slow machine comes to the same verdict.
    """
    lines, before = 0, sys.gettrace()

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += 1
        if lines > most:
            raise _EndlessError
        return count

    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


def _patient(examine: Examine) -> Examine:
    """`examine`, and a sentence for an answer that never comes to an end."""

    def patient(answer: Any) -> str | None:
        try:
            with _line_limit(MOST_LINES):
                return examine(answer)
        except _EndlessError:
            return (
                "it loops and loops and hands out nothing: some loop in it never ends. Beware of `list(...)` of "
                "something endless, and of `while True` around something that is used up."
            )

    return patient


# E4.1 ----------------------------------------------------------------------------------------------------------------


def check_unpaired_batches(answer: Batches) -> Batches:
    """Exercise E4.1: batches of two sets that have nothing to do with each other.

    It is judged by the indices that come, however they were drawn.
    """
    return verdict(answer, unpaired_batches, _patient(_examine_unpaired_batches))


PHOTOS, MONETS, BATCH = 12, 8, 2  # epochs of 6 and of 4 batches
STEPS = 24


def _examine_unpaired_batches(answer: Batches) -> str | None:
    made = answer(PHOTOS, MONETS, BATCH, 0)
    if not hasattr(made, "__next__"):
        return (
            f"it should return an iterator, which the loop asks with next(); yours returns {kind_of(made)}. What a "
            "function with `yield` returns is one, and what `zip` returns."
        )
    steps = list(islice(made, STEPS))
    fault = _examine_form(steps, BATCH) or _examine_end(len(steps))
    if fault:
        return fault
    photos, monets = _rows(steps)
    alike_photos, alike_monets = _rows(list(islice(answer(MONETS, MONETS, BATCH, 0), STEPS)))
    return (
        _examine_ranges(photos, monets)
        or _examine_orders(photos, monets, alike_photos, alike_monets)
        or _examine_partners(alike_photos, alike_monets)
        or _examine_partners(photos, monets)
        or _examine_epochs(photos, monets)
        or _examine_last_batch(answer)
        or _examine_batches_seed(answer, photos, monets)
        or _examine_first_step(answer, photos, monets)
    )


def _rows(steps: list[Any]) -> tuple[Tensor, Tensor]:
    """The photos' indices and the monets', (steps, batch_size) each."""
    photos, monets = zip(*steps, strict=True)
    return torch.stack(photos), torch.stack(monets)


def _examine_form(steps: list[Any], batch_size: int) -> str | None:
    for step in steps:
        if isinstance(step, Tensor) or not isinstance(step, tuple | list) or len(step) != 2:
            kind = f"a {type(step).__name__} of {len(step)}" if isinstance(step, tuple | list) else kind_of(step)
            return f"each step should give a pair, indices of photos and indices of monets; yours gives {kind}."
        for name, indices in zip(("photos", "monets"), step, strict=True):
            if not isinstance(indices, Tensor):
                return f"the indices of the {name} should be a tensor; they are {kind_of(indices)}."
            if indices.is_floating_point():
                return f"the indices of the {name} are {indices.dtype}, and images are counted in whole numbers."
            if indices.shape != (batch_size,):
                return (
                    f"with batch_size={batch_size} each batch should have the shape ({batch_size},); of the {name} "
                    f"there came one of {tuple(indices.shape)}. An epoch's incomplete last batch is left out."
                )
    return None


def _examine_end(count: int) -> str | None:
    if count == STEPS:
        return None
    if count == MONETS // BATCH:
        return (
            f"it ends after {count} steps, where the monets are used up: most photos would never be seen. The smaller "
            "set starts over, in a new order, and so does the larger one, without end."
        )
    return f"it ends after {count} steps. The loop asks for as many as it likes: an epoch's end begins a new one."


ONE_ORDER = (
    "both sets have one order: photo 3 always comes with monet 3, as if they were a pair, and they have nothing to do "
    "with each other. Give the monets an order of their own: purpose=MONET_ORDER."
)


def _examine_ranges(photos: Tensor, monets: Tensor) -> str | None:
    if photos.min() < 0 or monets.min() < 0:
        return "some indices are below 0."
    if torch.equal(photos, monets):
        cut = f" And of {PHOTOS} photos only the first {MONETS} ever come." if photos.max() < MONETS else ""
        return f"{ONE_ORDER}{cut}"
    if photos.max() < MONETS <= monets.max():
        return "the monets come first. Everywhere in the course photos come before monets."
    if photos.max() >= PHOTOS or monets.max() >= MONETS:
        name, found, count = ("monets", monets, MONETS) if monets.max() >= MONETS else ("photos", photos, PHOTOS)
        return f"there are {count} {name}, 0 to {count - 1}, and index {int(found.max())} was drawn of them."
    if photos.max() < MONETS:
        return (
            f"of {PHOTOS} photos only the first {MONETS} ever come: the larger set is cut to the size of the smaller. "
            "Each set goes through all it has, in epochs of its own."
        )
    return None


def _examine_orders(photos: Tensor, monets: Tensor, alike_photos: Tensor, alike_monets: Tensor) -> str | None:
    """Whether both sets have an order of their own, and a new one in each epoch."""
    if torch.equal(alike_photos.sort().values, alike_monets.sort().values):
        return ONE_ORDER
    slipped, _ = _rows([(batch, batch) for batch in islice(shuffled_batches(MONETS, BATCH, 0, MONET_ORDER), STEPS)])
    if torch.equal(monets, slipped):
        return (
            "MONET_ORDER went in as first_step, the fourth argument of shuffled_batches. The purpose is the fifth: "
            "write purpose=MONET_ORDER."
        )
    for name, found, count in (("photos", photos, PHOTOS), ("monets", monets, MONETS)):
        epochs = found.view(-1, count)
        if (epochs == epochs[0]).all():
            return (
                f"the {name} come in the same order in every epoch. Draw a new one for each: `shuffled_batches` does; "
                "`itertools.cycle` plays the first one again."
            )
    return None


def _examine_partners(photos: Tensor, monets: Tensor) -> str | None:
    partners: dict[int, set[int]] = {}
    for photo, monet in zip(photos.flatten().tolist(), monets.flatten().tolist(), strict=True):
        partners.setdefault(photo, set()).add(monet)
    if all(len(monets_of) == 1 for monets_of in partners.values()):
        return (
            "every photo comes with the same monet in every epoch: they were shuffled together, and a new order of "
            "fixed couples leaves them couples. Shuffle each set for itself."
        )
    return None


def _examine_epochs(photos: Tensor, monets: Tensor) -> str | None:
    """Whether each image comes once in each epoch of its set."""
    for name, found, count in (("photos", photos, PHOTOS), ("monets", monets, MONETS)):
        if any(len(set(epoch)) < count for epoch in found.view(-1, count).tolist()):
            if name == "photos" and all(len(set(part)) == MONETS for part in found.view(-1, MONETS).tolist()):
                return (
                    "the photos start over whenever the monets do, before all of them have come. Each set has epochs "
                    "of its own length."
                )
            return (
                f"within an epoch some {name} come twice and others not at all: they are drawn with repetition, or an "
                "epoch breaks off. Go through an order of all of them, then draw the next."
            )
    return None


def _examine_last_batch(answer: Batches) -> str | None:
    """Whether batches stay whole where an epoch does not divide by them."""
    steps = list(islice(answer(7, 5, 3, 0), 8))
    return _examine_form(steps, 3) or (
        None if len(steps) == 8 else f"with 7 photos, 5 monets and batches of 3 it ends after {len(steps)} steps."
    )


def _examine_batches_seed(answer: Batches, photos: Tensor, monets: Tensor) -> str | None:
    again = _rows(list(islice(answer(PHOTOS, MONETS, BATCH, 0), STEPS)))
    other = _rows(list(islice(answer(PHOTOS, MONETS, BATCH, 1), STEPS)))
    for name, found, same, different in zip(("photos", "monets"), (photos, monets), again, other, strict=True):
        if not torch.equal(found, same):
            return (
                f"with the same seed the {name} come in another order: it is drawn elsewhere, from torch's global "
                "numbers or from Python's. All of it must follow from the seed, so that a run can be repeated."
            )
        if torch.equal(found, different):
            return f"the {name} ignore the seed: 0 and 1 give the same order. Hand it on."
    return None


def _examine_first_step(answer: Batches, photos: Tensor, monets: Tensor) -> str | None:
    """Whether a run that is taken up again goes on where it was stopped."""
    for first_step in (3, 11):
        later = list(islice(answer(PHOTOS, MONETS, BATCH, 0, first_step), STEPS - first_step))
        if len(later) < STEPS - first_step:
            return f"with first_step={first_step} it ends after {len(later)} steps. It goes on without end there too."
        resumed = _rows(later)
        ignoring = [
            name
            for name, found, rest in zip(("photos", "monets"), (photos, monets), resumed, strict=True)
            if torch.equal(rest, found[: STEPS - first_step])
        ]
        if ignoring:
            return (
                f"the {' and the '.join(ignoring)} ignore first_step and begin at the beginning. A run that was "
                "stopped and taken up again must go on with the batches it had not seen yet."
            )
        for name, found, rest in zip(("photos", "monets"), (photos, monets), resumed, strict=True):
            if not torch.equal(rest, found[first_step:]):
                return (
                    f"with first_step={first_step} the {name} should come as they do from step {first_step} on in a "
                    "run that was never stopped, and they come otherwise. Both sets skip that many batches, counted "
                    "from 0."
                )
    return None


# E4.2 ----------------------------------------------------------------------------------------------------------------


def check_discriminator_lsgan_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Exercise E4.2, the discriminator's half: raw scores, 1 for real ones and 0 for generated ones."""
    return verdict(answer, discriminator_lsgan_loss, _examine_discriminator_lsgan_loss)


def check_generator_lsgan_loss(answer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Exercise E4.2, the generator's half: it wants 1 for what it made."""
    return verdict(answer, generator_lsgan_loss, _examine_generator_lsgan_loss)


SIGMOID = (
    "a sigmoid is left in. Least squares takes the raw score: squashed into (0, 1) it could never be far from its "
    "target, and the slope would vanish again where D is sure."
)
SUM = "you took the sum. A batch twice as large would pull twice as hard; take the mean."
HALF = (
    "this is half of what it should be. Mao et al. write ½ in front of each term; the CycleGAN paper does not, and its "
    "½ for the discriminator stands in the step, where it would be counted twice."
)
MEAN_FIRST = (
    "you took the mean first and squared it after. Logits of 0 and 2 have the mean 1, and neither is near its target: "
    "square each one, then take the mean."
)
NOT_SQUARED = "the differences are not squared. Least squares: the slope should grow with how far off a logit is."
UPHILL = "it has the wrong sign. Training makes a loss smaller, and this would drive logits away from their targets."


def _examine_loss(
    answer: Callable[..., Tensor], solution: Callable[..., Tensor], misconceptions: dict[str, Callable[..., Tensor]]
) -> str | None:
    """What is wrong with a loss of one batch of logits or of two: its form, its value, its slopes, other shapes."""
    logits = [torch.tensor([-0.5, 0.75, 3.0], requires_grad=True), torch.tensor([-1.25, 0.5, 2.5], requires_grad=True)]
    names = ["real_logits", "fake_logits"]
    if solution is generator_lsgan_loss:
        logits, names = logits[1:], names[1:]
    loss = answer(*logits)
    if not isinstance(loss, Tensor):
        return f"it should return a tensor; yours returns {kind_of(loss)}. Keep to torch's functions."
    if loss.shape != ():
        return f"it should return one number; yours has the shape {tuple(loss.shape)}. Take the mean."
    for sentence, wrong in misconceptions.items():
        if close(loss.detach(), wrong(*logits).detach()):
            return sentence
    right = solution(*logits)
    if not close(loss.detach(), right.detach()):
        given = " and ".join(
            f"{name} {', '.join(f'{value:g}' for value in each.tolist())}"
            for name, each in zip(names, logits, strict=True)
        )
        return f"for {given} it should give {right.item():.4f}; yours gives {loss.item():.4f}."
    if not loss.requires_grad:
        return "its result has no gradient, so nobody would learn anything. Do not detach or read the logits."
    slopes = torch.autograd.grad(loss, logits, allow_unused=True)
    for name, slope, wanted in zip(names, slopes, torch.autograd.grad(right, logits), strict=True):
        if slope is None or not close(slope, wanted):
            return (
                f"the number is right, but not its slope along {name}, and nothing but the slope teaches. The wall "
                "that keeps the generator out stands between it and D, not behind D."
            )
    return _examine_other_shapes(answer, solution, len(names))


def _examine_other_shapes(answer: Callable[..., Tensor], solution: Callable[..., Tensor], arguments: int) -> str | None:
    maps = [torch.rand(2, 1, 4, 5, generator=_seeded(number)) for number in range(arguments)]
    uneven = [torch.rand(number + 2, generator=_seeded(number)) for number in range(arguments)]
    for logits, sentence in (
        (
            maps,
            "right for logits (3,), but not for a map of patches, (2, 1, 4, 5). Take the shape of the targets from "
            "the logits, as ones_like and zeros_like do, and the mean over all there are.",
        ),
        (
            uneven,
            "right where there are as many real logits as generated ones. Where there are not, each side needs a "
            "mean of its own: the loss is the sum of two means.",
        ),
    ):
        try:
            loss = answer(*logits)
        except (RuntimeError, ValueError):
            return sentence
        if not close(loss, solution(*logits)):
            return sentence
    return None


def _examine_discriminator_lsgan_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> str | None:
    right = discriminator_lsgan_loss
    misconceptions: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        SIGMOID: lambda real, fake: right(real.sigmoid(), fake.sigmoid()),
        "the targets are swapped: this teaches D to say 0 of real pictures and 1 of generated ones.": (
            lambda real, fake: right(fake, real)
        ),
        HALF: lambda real, fake: right(real, fake) / 2,
        SUM: lambda real, fake: right(real, fake) * real.numel(),
        "only the generated pictures count. D can please this loss by saying 0 of everything: add the real ones, with "
        "the target 1.": lambda _, fake: fake.square().mean(),
        "only the real pictures count. D can please this loss by saying 1 of everything: add the generated ones, with "
        "the target 0.": lambda real, _: (real - 1).square().mean(),
        "both targets are 1. D would learn to say 1 of everything; generated pictures have the target 0.": (
            lambda real, fake: (real - 1).square().mean() + (fake - 1).square().mean()
        ),
        "both targets are 0. D would learn to say 0 of everything; real pictures have the target 1.": (
            lambda real, fake: real.square().mean() + fake.square().mean()
        ),
        "generated pictures have the target −1. Mao et al. try that too; CycleGAN, and the generator's loss here, "
        "take 0 and 1.": lambda real, fake: (real - 1).square().mean() + (fake + 1).square().mean(),
        "the second term has the wrong sign: D would be paid for large logits on generated pictures. Both terms are "
        "distances to make smaller; add them.": lambda real, fake: (real - 1).square().mean() - fake.square().mean(),
        "this is binary cross-entropy, with its logarithms. Here the loss is the square of the distance to the "
        "target.": discriminator_bce_loss,
        "this is the square of real minus generated. D judges each picture alone, against its own target.": (
            lambda real, fake: (real - fake).square().mean()
        ),
        NOT_SQUARED: lambda real, fake: (real - 1).abs().mean() + fake.abs().mean(),
        MEAN_FIRST: lambda real, fake: (real.mean() - 1).square() + fake.mean().square(),
        UPHILL: lambda real, fake: -right(real, fake),
    }
    return _examine_loss(answer, right, misconceptions)


def _examine_generator_lsgan_loss(answer: Callable[[Tensor], Tensor]) -> str | None:
    right = generator_lsgan_loss
    misconceptions: dict[str, Callable[[Tensor], Tensor]] = {
        SIGMOID: lambda fake: right(fake.sigmoid()),
        "its target is 0, which is the discriminator's wish: the generator would learn to be found out. It wants its "
        "pictures called real, 1.": lambda fake: fake.square().mean(),
        "this is minus the discriminator's term, −E[D²], as in the minimax game. Where D says 0, the answer it is "
        "taught to give, the slope is 0, and the loss has no bottom. Ask for the target 1 instead.": (
            lambda fake: -fake.square().mean()
        ),
        HALF: lambda fake: right(fake) / 2,
        SUM: lambda fake: right(fake) * fake.numel(),
        "this is binary cross-entropy, with its logarithm. Here the loss is the square of the distance to 1.": (
            generator_bce_loss
        ),
        "a sigmoid and a logarithm, and against the target 0 at that: this is D's own cross-entropy.": (
            lambda fake: binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        ),
        NOT_SQUARED: lambda fake: (fake - 1).abs().mean(),
        "this asks for a logit as large as possible, −E[D]. Least squares asks for 1, and 3 is as far from it as "
        "−1.": lambda fake: -fake.mean(),
        "the square is left out: 1 − E[D] asks for a logit as large as possible. Least squares asks for 1, and 3 is "
        "as far from it as −1.": lambda fake: (1 - fake).mean(),
        MEAN_FIRST: lambda fake: (fake.mean() - 1).square(),
        UPHILL: lambda fake: -right(fake),
    }
    return _examine_loss(answer, right, misconceptions)


# E4.3 ----------------------------------------------------------------------------------------------------------------


def check_cycle_generators_step(answer: Step) -> Step:
    """Exercise E4.3: teach both generators at once, there and back.

    Where `identity_weight` is 0 the identity loss may be computed or not: it teaches nothing either way.
    """
    return verdict(answer, cycle_generators_step, _examine_cycle_generators_step)


class _CycleGame(Game):
    """The smallest four networks for pictures: 1x1 convolutions, and two photos and two monets of 2x2 px.

    It remembers what each network was shown, and how often the optimiser moved.
    """

    def __init__(self) -> None:
        self.players = {
            "photo_to_monet": nn.Conv2d(3, 3, 1),
            "monet_to_photo": nn.Conv2d(3, 3, 1),
            "monet_discriminator": nn.Conv2d(3, 1, 1),
            "photo_discriminator": nn.Conv2d(3, 1, 1),
        }
        networks = list(self.players.values())
        super().__init__(
            "generators", nn.ModuleList(networks[:2]), nn.ModuleList(networks[2:]), ("generators", "discriminators")
        )
        source = _seeded(0)
        for network in networks:
            for weight in network.parameters():
                weight.data = torch.rand(weight.shape, generator=source) * 1.6 - 0.8
        photos, monets = torch.rand(2, 2, 3, 2, 2, generator=source) * 2 - 1
        self.images = {"photos": photos, "monets": monets}
        with torch.no_grad():
            self.made = {
                (name, kind): self.players[name](images)
                for name in ("photo_to_monet", "monet_to_photo")
                for kind, images in self.images.items()
            }
        self.shown: dict[str, list[Tensor]] = {name: [] for name in self.players}
        for name, network in self.players.items():
            network.register_forward_pre_hook(lambda _, inputs, name=name: self.shown[name].append(inputs[0]))
        self.moves = 0
        self.optimiser.register_step_post_hook(self._count)

    def _count(self, *_: Any) -> None:
        self.moves += 1

    def play(self, step: Step, **options: Any) -> Any:
        images = (kind.clone() for kind in self.images.values())
        return step(*self.players.values(), self.optimiser, *images, **options)

    def showings(self, name: str, pictures: Tensor) -> list[Tensor]:
        """What the network `name` was shown that holds `pictures` (N, 3, H, W), once for each time it does."""
        return [
            shown
            for shown in self.shown[name]
            if shown.shape[1:] == pictures.shape[1:]
            for image in shown.detach()
            if torch.allclose(image, pictures[0], atol=1e-5)
        ]


class _Pass(NamedTuple):
    """What a step has at hand before it adds up its losses."""

    photo_to_monet: nn.Module
    monet_to_photo: nn.Module
    photos: Tensor
    monets: Tensor
    monet_way: RoundTrip
    photo_way: RoundTrip


# A term has two directions: that of the photos first, then that of the monets.  Of identity, which no way takes, that
# of photo_to_monet first.
Term = Callable[[_Pass], tuple[Tensor, Tensor]]


def _adversarial(it: _Pass) -> tuple[Tensor, Tensor]:
    return generator_lsgan_loss(it.monet_way.fake_logits), generator_lsgan_loss(it.photo_way.fake_logits)


def _cycle(it: _Pass) -> tuple[Tensor, Tensor]:
    return cycle_loss(it.photos, it.monet_way.recovered), cycle_loss(it.monets, it.photo_way.recovered)


def _identity(it: _Pass) -> tuple[Tensor, Tensor]:
    return identity_loss(it.monets, it.photo_to_monet(it.monets)), identity_loss(
        it.photos, it.monet_to_photo(it.photos)
    )


def _step_with(
    adversarial: Term = _adversarial,
    cycle: Term = _cycle,
    identity: Term = _identity,
    weights: tuple[float, float, float] = (1, 10, 5),
) -> Step:
    """The right step with a term or the weights of the three another."""

    def step(
        photo_to_monet: nn.Module,
        monet_to_photo: nn.Module,
        monet_discriminator: nn.Module,
        photo_discriminator: nn.Module,
        optimiser: Optimizer,
        photos: Tensor,
        monets: Tensor,
    ) -> None:
        monet_way = round_trip(photo_to_monet, monet_to_photo, monet_discriminator, photos)
        photo_way = round_trip(monet_to_photo, photo_to_monet, photo_discriminator, monets)
        it = _Pass(photo_to_monet, monet_to_photo, photos, monets, monet_way, photo_way)
        terms = torch.stack([sum(term(it), torch.zeros(())) for term in (adversarial, cycle, identity)])
        update((torch.tensor(weights) * terms).sum(), optimiser)

    return step


def _one_way(number: int, term: Term) -> Term:
    """Of a term one direction alone, 0 for that of the photos and 1 for that of the monets."""

    def alone(it: _Pass) -> tuple[Tensor, Tensor]:
        return term(it)[number], torch.zeros(())

    return alone


def _cycle_mistakes() -> dict[str, Step]:
    """Steps that move somewhere else, by the sentence that names why."""
    mistakes: dict[str, Step] = {
        **old_gradients(cycle_generators_step),
        "identity is asked on the wrong domain: photo_to_monet(photos) should be the photos. That asks it not to "
        "translate at all. It should leave *monets* alone, since they are monets already, and monet_to_photo "
        "photos.": _step_with(
            identity=lambda it: (
                identity_loss(it.photos, it.monet_way.fakes),
                identity_loss(it.monets, it.photo_way.fakes),
            )
        ),
        "identity compares with the other domain: photo_to_monet(monets) should be near the monets it was given, not "
        "near the photos, which have nothing to do with them.": _step_with(
            identity=lambda it: (
                identity_loss(it.photos, it.photo_to_monet(it.monets)),
                identity_loss(it.monets, it.monet_to_photo(it.photos)),
            )
        ),
        "the cycle loss compares what came back with the other domain's images. There are no pairs: the only thing "
        "that a recovered photo can be held against is the photo it was.": _step_with(
            cycle=lambda it: (
                cycle_loss(it.monets, it.monet_way.recovered),
                cycle_loss(it.photos, it.photo_way.recovered),
            )
        ),
        "the cycle loss compares what came back with the fakes. They lie halfway; the trip began at the images "
        "themselves.": _step_with(
            cycle=lambda it: (
                cycle_loss(it.monet_way.fakes, it.monet_way.recovered),
                cycle_loss(it.photo_way.fakes, it.photo_way.recovered),
            )
        ),
        "the cycle loss compares the images with the fakes, so they are not to be translated at all. Compare them "
        "with what came back, recovered.": _step_with(
            cycle=lambda it: (
                cycle_loss(it.photos, it.monet_way.fakes),
                cycle_loss(it.monets, it.photo_way.fakes),
            )
        ),
        "the cycle loss is squared. That is L2, whose best answer is the mean of all that could be; the paper takes "
        "L1, cycle_loss.": _step_with(
            cycle=lambda it: (l2_loss(it.monet_way.recovered, it.photos), l2_loss(it.photo_way.recovered, it.monets))
        ),
        "the two weights stand at each other's term: cycle_weight belongs to the cycle loss, identity_weight to "
        "identity.": _step_with(weights=(1, 5, 10)),
        "identity counts cycle_weight times identity_weight. identity_weight is absolute here: the paper's 0.5 · 10 "
        "is 5 already.": _step_with(weights=(1, 10, 50)),
        "identity counts cycle_weight times. It has a weight of its own, identity_weight.": _step_with(
            weights=(1, 10, 10)
        ),
        "all three terms count once. A plain sum leaves the way back almost unheard beside the adversarial term: "
        "cycle_weight times the cycle loss, identity_weight times identity.": _step_with(weights=(1, 1, 1)),
        "cycle_weight is forgotten. Counted once, the cycle loss says little beside the adversarial term; the paper "
        "counts it 10 times.": _step_with(weights=(1, 1, 5)),
        "identity_weight is forgotten: identity counts once.": _step_with(weights=(1, 10, 1)),
        "cycle_weight stands at the adversarial term, or at the whole bracket. It belongs to the cycle loss "
        "alone.": _step_with(weights=(10, 10, 5)),
        "the whole sum is multiplied by cycle_weight, identity too. It belongs to the cycle loss alone.": _step_with(
            weights=(10, 10, 10)
        ),
        "only the adversarial term taught anything. It says what a monet looks like, and nothing of what becomes of "
        "this photo: the cycle loss and identity are left out, or cut off by `.detach()`.": _step_with(
            weights=(1, 0, 0)
        ),
        "the cycle loss taught nothing: it is left out, or cut off by `.detach()`. Without it any monet will do for "
        "any photo.": _step_with(weights=(1, 0, 5)),
        "identity taught nothing: it is left out, or cut off by `.detach()`.": _step_with(weights=(1, 10, 0)),
        "the adversarial term taught nothing: it is left out, or the logits were detached. Both generators could then "
        "hand everything through unchanged, and nothing would be wrong.": _step_with(weights=(0, 10, 5)),
        "only the cycle loss taught anything. Two generators that hand everything through unchanged make it 0: the "
        "adversarial term is missing, and identity.": _step_with(weights=(0, 10, 0)),
        "it moved uphill. All terms already have the sign of something to make smaller.": _step_with(
            weights=(-1, -10, -5)
        ),
        "the adversarial term has the wrong sign. The loss that was handed in already asks to be called real; add "
        "it.": _step_with(weights=(-1, 10, 5)),
        "the cycle loss has the wrong sign: this would drive what comes back away from what went. Add it.": _step_with(
            weights=(1, -10, 5)
        ),
        "the sum is halved. The paper halves the discriminators' losses, to slow them down, and not that of the "
        "generators; and both directions are added, not averaged.": _step_with(weights=(0.5, 5, 2.5)),
        "the adversarial term is halved. Both directions are added, not averaged.": _step_with(weights=(0.5, 10, 5)),
        "the cycle loss is halved. Both directions are added, not averaged.": _step_with(weights=(1, 5, 5)),
        "identity is halved. identity_weight has the paper's 0.5 in it already, 0.5 · 10 = 5, and both directions are "
        "added, not averaged.": _step_with(weights=(1, 10, 2.5)),
    }
    for number, missing in enumerate(("photo_way", "monet_way")):
        adversarial, cycle, identity = (_one_way(number, term) for term in (_adversarial, _cycle, _identity))
        still = ("monet_to_photo", "photo_to_monet")[number]
        mistakes |= {
            f"only one direction teaches: the whole {missing} is missing in the sum.": _step_with(
                adversarial, cycle, identity
            ),
            f"the {missing} is missing in the adversarial term and in the cycle loss. Both directions teach.": (
                _step_with(adversarial, cycle)
            ),
            f"the adversarial term has only one direction: the logits of the {missing} are missing.": _step_with(
                adversarial=adversarial
            ),
            f"the cycle loss has only one direction: that of the {missing} is missing. There are two ways round, from "
            "photo to photo and from monet to monet, and both have to come home.": _step_with(cycle=cycle),
            f"identity has only one direction: {still} has to leave its own domain alone too.": _step_with(
                identity=identity
            ),
        }
    return mistakes


def _examine_cycle_generators_step(answer: Step) -> str | None:
    no_gradient = (
        "no gradient reached the generators: a wall stands in their way, `.detach()` or `frozen` or `no_grad`. In this "
        "step it is their turn."
    )
    left_behind = (
        "the generators learn as they should, but leave gradients in the discriminators' weights. They cost time, and "
        "the discriminators' steps must forget them first. `with frozen(discriminator):` never computes them, and "
        "round_trip has it."
    )
    return (
        _examine_ways(answer)
        or examine_step(answer, cycle_generators_step, _CycleGame, _cycle_mistakes(), no_gradient, left_behind)
        or _examine_made_once(answer)
        or _examine_cycle_terms(answer)
        or examine_result(answer, cycle_generators_step, _CycleGame)
        or examine_handed_in(
            answer, cycle_generators_step, _CycleGame, generator_bce_loss, "The lesson compares it with BCE."
        )
        or _examine_weights_handed_in(answer)
    )


def _examine_ways(answer: Step) -> str | None:
    """What is wrong with what each network was shown, and with how often the generators moved."""
    game = _CycleGame()
    crashed = ""
    try:
        game.play(answer)
    except NotImplementedError:
        raise
    except RuntimeError as error:
        crashed = str(error)
    if game.moves > 1 or "second time" in crashed or "inplace operation" in crashed:
        return (
            "the generators move more than once. Each of them is in both directions, so after the first update the "
            "other direction's pictures are those of weights that are no more. Add all terms, then update once."
        )
    if crashed and "does not require grad" not in crashed:
        return None  # what it raised is said where nothing catches it
    return (
        _examine_way(game, "photo_to_monet", "monet_to_photo", "photos", "monets")
        or _examine_way(game, "monet_to_photo", "photo_to_monet", "monets", "photos")
        or None
    )


def _examine_way(game: _CycleGame, there: str, back: str, images: str, others: str) -> str | None:
    """What is wrong with one way round: `images` become `others` and come back."""
    fakes, judge = game.made[there, images], f"{others[:-1]}_discriminator"
    if game.showings(back, game.made[there, others]):
        return (
            f"{there} was sent off with {others}, and {back} was to bring them back. A generator is named after its "
            f"way: {there} is given {images}."
        )
    if not game.showings(there, game.images[images]):
        return f"{there} was never given the {images}. The way goes {images[:-1]}, {others[:-1]}, {images[:-1]}."
    returning = game.showings(back, fakes)
    if not returning:
        if game.showings(there, fakes):
            return (
                f"the way back leads through {there} again. What {there} made has to come back through the other "
                f"generator: {back}(fakes)."
            )
        return f"{back} was never given what {there} made, so nothing comes back. The way there is half of it."
    if not any(shown.requires_grad for shown in returning):
        return (
            f"what {there} made is cut off before it goes back, by `.detach()`, `no_grad` or `frozen`. Then the cycle "
            f"loss teaches {back} to guess, and does not teach {there} to leave it something to go by. It has to flow "
            "through both."
        )
    if game.showings(judge, game.made[back, others]):
        return (
            f"{judge} was shown what {back} made. A discriminator judges the domain that it is named after: generated "
            f"{others}."
        )
    judged = game.showings(judge, fakes)
    if not judged:
        if game.showings(judge, game.images[others]):
            return f"{judge} was shown real {others}. In the generators' step it judges what {there} made."
        return f"{judge} was never asked about what {there} made of the {images}."
    if not any(shown.requires_grad for shown in judged):
        return (
            f"{judge} is shown fakes that hang on nothing, behind `.detach()` or `no_grad`. Its judgement then teaches "
            f"{there} nothing."
        )
    return None


def _examine_made_once(answer: Step) -> str | None:
    """Whether each fake was made once, so that the very one that was judged went back."""
    game = _CycleGame()
    game.play(answer)
    for name, images in (("photo_to_monet", "photos"), ("monet_to_photo", "monets")):
        if (times := len(game.showings(name, game.images[images]))) > 1:
            return (
                f"it moves as it should, but {name} makes its fakes {times} times. With dropout they would differ, and "
                "what comes back would not be made of what was judged; and each time costs as much as the first. Make "
                "them once, and hand on the very tensor."
            )
    return None


def _examine_cycle_terms(answer: Step) -> str | None:
    """Whether the result holds the three terms and the two ways apart."""
    result, right = _CycleGame().play(answer), _CycleGame().play(cycle_generators_step)
    found: dict[str, Tensor] = {}
    for name in ("adversarial", "cycle", "identity"):
        value = getattr(result, name, None)
        if isinstance(value, Tensor):
            found[name] = value.detach()
    for name, value in found.items():
        expected = getattr(right, name)
        if name != "adversarial" and close(value, {"cycle": 10, "identity": 5}[name] * expected):
            return (
                f"in its result, {name} is already weighted. Return it as it is: then histories with different "
                "weights can be compared."
            )
        if close(value, expected / 2):
            return f"in its result, {name} is the mean of both directions. Return their sum, as it entered the loss."
        if close(value, right.adversarial + 10 * right.cycle + 5 * right.identity):
            return f"in its result, {name} is the whole sum. Return the three terms apart."
        for other in found:
            if other != name and close(value, getattr(right, other)):
                return f"in its result, {name} is what {other} should be."
    ways = [getattr(result, name, None) for name in ("monet_way", "photo_way")]
    fakes = [getattr(way, "fakes", None) for way in ways]
    if isinstance(fakes[0], Tensor) and close(fakes[0].detach(), right.photo_way.fakes):
        return (
            "in its result, the two ways stand in each other's place. A way is named after what stands halfway: the "
            "monet_way makes monets of photos."
        )
    return None


def _examine_weights_handed_in(answer: Step) -> str | None:
    """Whether a step uses the two weights that it is given."""
    game, in_units = _CycleGame(), _CycleGame()
    game.play(answer, cycle_weight=2.0)
    in_units.play(cycle_generators_step, cycle_weight=2.0, identity_weight=5.0 * 2 / 10)
    if close(game.weights("generators"), in_units.weights("generators")):
        return (
            "right for a cycle_weight of 10, but identity counts in units of it, 0.5 times cycle_weight. Here "
            "identity_weight is absolute."
        )
    for options, sentence in (
        ({"cycle_weight": 3.0}, "it ignores the cycle_weight it is given, and always takes 10."),
        (
            {"identity_weight": 0.5},
            "it ignores the identity_weight it is given, and always takes 5. The lesson compares 0, 0.5 and 5.",
        ),
        ({"identity_weight": 0.0}, "right, but with identity_weight=0 identity still has its say."),
    ):
        game, right = _CycleGame(), _CycleGame()
        result = game.play(answer, **options)
        right.play(cycle_generators_step, **options)
        if not close(game.weights("generators"), right.weights("generators")):
            return sentence
        if "identity_weight" in options and not isinstance(result.identity, Tensor):
            return (
                f"right, but where identity_weight is {options['identity_weight']:g}, the identity in its result is "
                f"{kind_of(result.identity)}. It should be a tensor then too: torch.zeros_like(cycle)."
            )
    return None


# E4.4 ----------------------------------------------------------------------------------------------------------------


def check_image_pool(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Exercise E4.4: the discriminator's memory.

    It is given pictures that are their own numbers, so that what comes back says when it was made.  A fair coin and
    equal places are asked of some hundred draws, with margin.
    """
    return verdict(answer, ImagePool, _patient(_examine_image_pool))


POOL = 4
GONE = -1  # what is written into a picture once the pool had it


def _numbered(first: int, count: int) -> Tensor:
    """Pictures (count, 3, 2, 2), each full of its number."""
    return torch.arange(first, first + count).float().view(-1, 1, 1, 1).repeat(1, 3, 2, 2)


def _exchanged(pool: Any, batches: list[int]) -> list[tuple[int, int]]:
    """The number of each picture, from 1 on, beside the number of what came back for it.

    After each batch the pictures are written over, those that were given and those that came back.
    """
    numbers: list[tuple[int, int]] = []
    first = 1
    for count in batches:
        images = _numbered(first, count)
        returned = pool.exchange(images)
        numbers += zip(range(first, first + count), returned[:, 0, 0, 0].int().tolist(), strict=True)
        images.fill_(GONE)
        returned.fill_(GONE)
        first += count
    return numbers


def _examine_image_pool(answer: Callable[..., Any]) -> str | None:
    return (
        _examine_pool_form(answer)
        or _examine_filling(answer)
        or _examine_exchanges(answer)
        or _examine_pool_batches(answer)
        or _examine_walls(answer)
        or _examine_pool_seed(answer)
        or _examine_empty_pool(answer)
    )


def _examine_pool_form(answer: Callable[..., Any]) -> str | None:
    images = _numbered(1, 2)
    returned = answer(POOL, seed=0).exchange(images.clone())
    if not isinstance(returned, Tensor):
        return (
            f"exchange should return a tensor, one picture for each that it is given; yours returns "
            f"{kind_of(returned)}. torch.stack makes one of a list."
        )
    if returned.shape != images.shape:
        return (
            f"for pictures of the shape {tuple(images.shape)} exchange should return as many of the same shape; yours "
            f"returns {tuple(returned.shape)}."
        )
    return None


def _examine_filling(answer: Callable[..., Any]) -> str | None:
    pool = answer(POOL, seed=0)
    exchanged = _exchanged(pool, [1] * POOL)
    if any(given != returned for given, returned in exchanged):
        return (
            f"a pool of {POOL} should pass its first {POOL} pictures through, each as it came; for 1 to {POOL} yours "
            f"hands out {', '.join(str(returned) for _, returned in exchanged)}. Coins are thrown once it is full."
        )
    if len(pool) == 0:
        return "it keeps nothing, so every picture passes through for ever. While the pool fills, keep each one."
    if len(pool) < POOL:
        return (
            f"of its first {POOL} pictures a pool of {POOL} should keep all; yours keeps {len(pool)}. Coins are thrown "
            "once it is full."
        )
    if len(pool) > POOL:
        return f"a pool of {POOL} holds {len(pool)} pictures after the first {POOL}. Keep each one once."
    return None


class _Ledger:
    """Who should be in the pool after each exchange, told from what came back."""

    def __init__(self) -> None:
        self.places = list(range(1, POOL + 1))  # where a new picture takes an old one's place
        self.ages = list(self.places)  # the oldest first
        self.passed: set[int] = set()
        self.handed_out: set[int] = set()
        self.drawn_places: list[int] = []
        self.drawn_ages: list[int] = []

    def enter(self, given: int, returned: int) -> str | None:
        """Write down one exchange; or what is wrong with it."""
        if returned == given:
            self.passed.add(given)
            return None
        if returned == GONE:
            return (
                "it keeps the caller's tensor instead of a copy. What is written into that tensor later changes the "
                "memory, and as long as one picture is kept its whole batch is: keep `image.clone()`."
            )
        if returned not in self.places:
            if returned in self.handed_out:
                return (
                    f"picture {returned} is handed out a second time: what goes out stays in the pool as well, and "
                    "the new picture is not kept. Exchange: the new one takes the old one's place."
                )
            if returned in self.passed:
                return (
                    f"picture {returned} was passed on as new when the pool was full, and comes out of it later: it "
                    "was kept as well. Either a picture passes, and the pool stays as it is, or it is exchanged for "
                    "an old one."
                )
            return f"something came back that is neither the picture that was given nor one of the pool: {returned}."
        self.drawn_places.append(self.places.index(returned))
        self.drawn_ages.append(self.ages.index(returned))
        self.places[self.drawn_places[-1]] = given
        self.ages.remove(returned)
        self.ages.append(given)
        self.handed_out.add(returned)
        return None

    def examine_draws(self) -> str | None:
        """Whether coin and place are as they should be, over all exchanges."""
        share = len(self.handed_out) / (len(self.handed_out) + len(self.passed))
        if share == 0:
            return (
                "once the pool is full, every picture passes through as new, and the old ones never come out. One "
                "time in two, exchange."
            )
        if share == 1:
            return (
                "once the pool is full, every picture is exchanged for an old one: D is always behind, and never "
                "sees what the generator does now. One time in two, pass it through."
            )
        if not 0.4 < share < 0.6:
            return f"once the pool is full, {share:.0%} of what comes back is old. It should be one in two."
        if len(set(self.drawn_places)) == 1:
            return (
                "it is always the same place that is exchanged, and the others keep their pictures for ever. Draw a "
                "place, torch.randint(self.size, ...)."
            )
        if set(self.drawn_ages) == {0}:
            return (
                "it is always the oldest picture that is handed out, as in a queue. Draw a place: then some pictures "
                "stay for long, and D remembers further back."
            )
        for drawn in (self.drawn_places, self.drawn_ages):
            for place in range(POOL):
                if drawn.count(place) < 0.6 * len(drawn) / POOL:
                    return (
                        f"the places are not exchanged equally often: one of {POOL} was drawn {drawn.count(place)} "
                        f"times in {len(drawn)}. randint(self.size, ...) draws 0 to size − 1: it stops before the "
                        "number it is given."
                    )
        return None


def _examine_exchanges(answer: Callable[..., Any]) -> str | None:
    pool, ledger = answer(POOL, seed=0), _Ledger()
    exchanged = _exchanged(pool, [1] * (POOL + 600))
    if len(pool) > POOL:
        return (
            f"a pool of {POOL} holds {len(pool)} pictures after {len(exchanged)}: it grows without end. Once it is "
            "full, a new picture takes an old one's place."
        )
    for given, returned in exchanged[POOL:]:
        fault = ledger.enter(given, returned)
        if fault:
            return fault
    return ledger.examine_draws()


def _examine_pool_batches(answer: Callable[..., Any]) -> str | None:
    """The same with three pictures at a time, which do not fill the pool evenly."""
    pool, ledger = answer(POOL, seed=0), _Ledger()
    exchanged = _exchanged(pool, [3] * 40)
    if len(pool) > POOL:
        return (
            f"right for single pictures. In batches of 3, a pool of {POOL} comes to hold {len(pool)}: look at each "
            "picture on its own, for the pool may become full in the middle of a batch."
        )
    if any(given != returned for given, returned in exchanged[:POOL]):
        return (
            f"right for single pictures. In batches of 3, the first {POOL} pictures do not all pass through: look at "
            "each picture on its own, for the pool may become full in the middle of a batch."
        )
    olds = {sum(given != returned for given, returned in exchanged[at : at + 3]) for at in range(6, 120, 3)}
    if olds <= {0, 3}:
        return (
            "right for single pictures. But a batch comes back all new or all old: one coin for the whole batch. "
            "Throw one for each picture."
        )
    for given, returned in exchanged[POOL:]:
        fault = ledger.enter(given, returned)
        if fault:
            return f"right for single pictures. In batches of 3, {fault}"
    return None


def _examine_walls(answer: Callable[..., Any]) -> str | None:
    """Whether what comes back and what is kept is cut off from the generator."""
    pool = answer(POOL, seed=0)
    images = _numbered(1, POOL).requires_grad_()
    returned = pool.exchange(images * 1)
    if returned.requires_grad:
        return (
            "what comes back still hangs on the generator: D's step would flow on into it. Nothing of it changes in "
            "that step: `.detach()` the pictures first."
        )
    kept = any(image.requires_grad for image in getattr(pool, "images", []))
    if kept or any(pool.exchange(_numbered(9, 1)).requires_grad for _ in range(20)):
        return (
            "what it keeps hangs on the graph of the step that made it, and so the pool keeps the activations of as "
            "many steps in memory. `.detach()` the pictures before they are kept."
        )
    return None


def _examine_pool_seed(answer: Callable[..., Any]) -> str | None:
    def played(seed: int) -> list[tuple[int, int]]:
        return _exchanged(answer(POOL, seed=seed), [1] * 60)

    torch.default_generator.manual_seed(1)
    before = torch.default_generator.get_state()
    first = played(1)
    untouched = torch.equal(torch.default_generator.get_state(), before)
    torch.default_generator.manual_seed(2)
    if not untouched or played(1) != first:
        return (
            "two pools with one seed do not play alike: coins or places are drawn elsewhere, from torch's global "
            "numbers or from Python's. Draw all of them with generator=self._rng, so that a run can be repeated."
        )
    if played(2) == first:
        return "seeds 1 and 2 give the same coins and places: the seed is ignored."
    return None


def _examine_empty_pool(answer: Callable[..., Any]) -> str | None:
    rule = "A pool of 0 is none: it passes every picture through and keeps nothing, to see what the pool is worth."
    try:
        pool = answer(0, seed=0)
        exchanged = _exchanged(pool, [1] * 12)
    except (NotImplementedError, _EndlessError):
        raise
    except Exception as error:
        return f"right, but for size=0 it raised {type(error).__name__}: {error}. {rule}"
    if any(given != returned for given, returned in exchanged) or len(pool) > 0:
        return f"right, but with size=0 it keeps pictures. {rule}"
    return None


# E4.5 ----------------------------------------------------------------------------------------------------------------


def check_linear_decay(answer: Callable[..., float]) -> Callable[..., float]:
    """Exercise E4.5: the share of the learning rate in each epoch.  What comes after the last one is free."""
    return verdict(answer, linear_decay, _patient(_examine_linear_decay))


# (constant, decay), and epochs to the last of each
SCHEDULES = [(3, 4), (2, 6), (100, 100)]
EPOCHS = [(epoch, constant, decay) for constant, decay in SCHEDULES for epoch in range(1, constant + decay + 1)]


def _examine_linear_decay(answer: Callable[..., float]) -> str | None:
    found = [answer(*case) for case in EPOCHS]
    for value in found:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return f"it should return a number; yours returns {kind_of(value)}."

    def same(wrong: Callable[[int, int, int], float]) -> bool:
        return all(abs(value - wrong(*case)) < 1e-6 for value, case in zip(found, EPOCHS, strict=True))

    misconceptions: dict[str, Callable[[int, int, int], float]] = {
        "the fall begins one epoch early, and the last epoch learns nothing: you count epochs from 0. Here the first "
        "is 1, so that epoch `constant` is the last with the whole rate.": (
            lambda epoch, constant, decay: 1 - max(0, epoch + 1 - constant) / (decay + 1)
        ),
        "the fall begins one epoch late: epoch constant + 1 is the first below 1. Epochs count from 1, and nothing "
        "has to be taken off them.": lambda epoch, constant, decay: 1 - max(0, epoch - 1 - constant) / (decay + 1),
        "you divide by decay, so the last epoch has the rate 0 and learns nothing. Divide by decay + 1: it ends at "
        "1 / (decay + 1).": lambda epoch, constant, decay: 1 - max(0, epoch - constant) / decay,
        "the fall begins one epoch late and goes in steps of 1 / decay. It comes down in `decay` steps of "
        "1 / (decay + 1), the first in epoch constant + 1.": (
            lambda epoch, constant, decay: 1 - max(0, epoch - 1 - constant) / decay
        ),
        "the fall begins one epoch early and goes below 0 in the last. Epoch `constant` still has the whole rate, and "
        "the steps are 1 / (decay + 1).": lambda epoch, constant, decay: 1 - max(0, epoch + 1 - constant) / decay,
        "the fall begins one epoch early and ends in 0: max(0.0, ...) hides that it went below.": (
            lambda epoch, constant, decay: max(0.0, 1 - max(0, epoch + 1 - constant) / decay)
        ),
        "the steps are too small, 1 / (decay + 2): it never gets down to its last value, 1 / (decay + 1).": (
            lambda epoch, constant, decay: 1 - max(0, epoch - constant) / (decay + 2)
        ),
        "this is what is taken away, not what is left: subtract it from 1.": (
            lambda epoch, constant, decay: max(0, epoch - constant) / (decay + 1)
        ),
        "in the constant epochs it is above 1: epoch − constant is below 0 there, and minus minus is plus. "
        "max(0, epoch − constant).": lambda epoch, constant, decay: 1 - (epoch - constant) / (decay + 1),
        "it falls from the first epoch on. The first `constant` epochs have the whole rate.": (
            lambda epoch, constant, decay: 1 - epoch / (constant + decay + 1)
        ),
        "it falls from the first epoch on, to 0. The first `constant` epochs have the whole rate.": (
            lambda epoch, constant, decay: 1 - epoch / (constant + decay)
        ),
        "it stays at 1 for `constant` epochs, as it should, and then falls to the share of all epochs that is left, "
        "with a jump. Count the fall from epoch `constant`.": (
            lambda epoch, constant, decay: 1 if epoch <= constant else 1 - (epoch - constant) / (constant + decay + 1)
        ),
        "constant and decay stand in each other's place.": (
            lambda epoch, constant, decay: 1 - max(0, epoch - decay) / (constant + 1)
        ),
        "it drops to 0 at once. The fall is a straight line, in `decay` steps.": (
            lambda epoch, constant, decay: float(epoch <= constant)
        ),
        "it stays at 1 to the last epoch. Did you divide with `//`? That rounds down to whole numbers; `/` does "
        "not.": lambda *case: 1.0,
        "it ignores the lengths it is given, and always takes 100 and 100.": lambda epoch, *_: linear_decay(epoch),
        "this is the learning rate, 0.0002 times the share. Return the share alone: the loop multiplies.": (
            lambda *case: 2e-4 * linear_decay(*case)
        ),
    }
    for sentence, wrong in misconceptions.items():
        if same(wrong):
            return sentence
    for case, value in zip(EPOCHS, found, strict=True):
        if abs(value - linear_decay(*case)) > 1e-6:
            epoch, constant, decay = case
            return (
                f"with constant={constant} and decay={decay}, epoch {epoch} should have {linear_decay(*case):.4f}; "
                f"yours gives {value:.4f}. All of the rate up to epoch {constant}, then {decay} steps of "
                f"1 / {decay + 1}."
            )
    if abs(answer(150) - linear_decay(150)) > 1e-6:
        return "right with both lengths given. Left out, constant and decay are 100."
    return None


# E4.6 ----------------------------------------------------------------------------------------------------------------

FAULTS = (
    "healthy",
    "no cycle",
    "no adversary",
    "pool never emptied",
    "discriminators stand still",
    "meadow and water exchanged",
)

# What to look at, by what happened; none says the name.
CLUES = {
    "no cycle": "lay what came back beside the photo that it set out from. Is it this landscape, or any?",
    "no adversary": "read both curves of the game. Who wins, and does the other side answer? Then look at what the "
    "pictures still do well: what are they trained to do?",
    "pool never emptied": "two losses of the game fall towards 0, and they should pull against each other. Are "
    "both sides speaking of the same fakes?",
    "meadow and water exchanged": "the curves will not tell you. Look for water in the photos, and for what it has "
    "become.",
}


def diagnoses() -> dict[str, str]:
    """What happened in the four recorded runs: for each letter one of FAULTS."""
    return {
        "A": "pool never emptied",
        "B": "meadow and water exchanged",
        "C": "no cycle",
        "D": "no adversary",
    }


def check_diagnoses(answer: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Exercise E4.6: name what happened in each recorded run.  Capitals and spaces around a name do not matter."""
    return verdict(answer, diagnoses, _examine_diagnoses)


def _examine_diagnoses(answer: Callable[[], dict[str, str]]) -> str | None:
    return examine_names(answer(), diagnoses(), FAULTS, CLUES)
