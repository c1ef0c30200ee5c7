"""Lesson 4: every check accepts right answers written differently, and names the misconception in wrong ones."""

import copy
import itertools
import random

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.optim import SGD

from gancourse import ImagePool, checks, linear_decay
from gancourse.checks import lesson_04
from gancourse.checks.lesson_04 import FAULTS, diagnoses
from gancourse.losses import (
    cycle_loss,
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    identity_loss,
    l2_loss,
)
from gancourse.steps import CycleGeneratorsResult, RoundTrip, cycle_generators_step, frozen, round_trip, update
from gancourse.training import random_source, shuffled_batches, unpaired_batches
from gancourse.training.draws import MONET_ORDER

# E4.1 ----------------------------------------------------------------------------------------------------------------


def written_out(photo_count, monet_count, batch_size, seed, first_step=0):
    """Step by step, and skipped by looking away."""
    photo_batches = shuffled_batches(photo_count, batch_size, seed)
    monet_batches = shuffled_batches(monet_count, batch_size, seed, purpose=MONET_ORDER)
    for step in itertools.count():
        photos, monets = next(photo_batches), next(monet_batches)
        if step >= first_step:
            yield photos, monets


def from_one_source_each(photo_count, monet_count, batch_size, seed, first_step=0):
    """Without the course's batches: one long row of orders for each set, cut into batches across epochs."""

    def endless(size, source):
        row = torch.empty(0, dtype=torch.long)
        while True:
            while len(row) < batch_size:
                row = torch.cat([row, torch.randperm(size, generator=source)])
            yield row[:batch_size]
            row = row[batch_size:]

    sources = [torch.Generator().manual_seed(1000 * seed + number) for number in range(2)]
    both = zip(*(endless(size, source) for size, source in zip((photo_count, monet_count), sources, strict=True)),
               strict=True)  # fmt: skip
    return itertools.islice(map(list, both), first_step, None)


def with_purposes(photos, monets):
    """Right but for what the two orders are drawn for."""

    def batches(photo_count, monet_count, batch_size, seed, first_step=0):
        return zip(
            shuffled_batches(photo_count, batch_size, seed, first_step, photos),
            shuffled_batches(monet_count, batch_size, seed, first_step, monets),
            strict=True,
        )

    return batches


def as_many(photo_count, monet_count, batch_size, seed, first_step=0):
    """Keras's: one order of as many as the smaller set has."""
    for batch in shuffled_batches(min(photo_count, monet_count), batch_size, seed, first_step):
        yield batch, batch


def one_stream(photo_count, monet_count, batch_size, seed, first_step=0):
    for batch in shuffled_batches(photo_count, batch_size, seed, first_step):
        yield batch, batch


def cut_to_the_smaller(photo_count, monet_count, *rest):
    smaller = min(photo_count, monet_count)
    return unpaired_batches(smaller, smaller, *rest)


def starting_over_together(photo_count, monet_count, batch_size, seed, first_step=0):
    """TensorFlow's: both sets in a new order, zipped, and again when the smaller one ends."""
    for epoch in itertools.count():
        orders = [
            torch.randperm(size, generator=random_source(seed, purpose, epoch)).split(batch_size)
            for purpose, size in enumerate((photo_count, monet_count))
        ]
        yield from zip(*orders, strict=False)


def one_epoch(photo_count, monet_count, batch_size, seed, first_step=0):
    orders = [
        torch.randperm(size, generator=random_source(seed, purpose)).split(batch_size)
        for purpose, size in enumerate((photo_count, monet_count))
    ]
    return zip(*orders, strict=False)


def for_a_while(steps):
    return lambda *arguments: itertools.islice(unpaired_batches(*arguments), steps)


def the_same_again(which):
    """Sets named in `which` are played again as in the first epoch."""

    def batches(photo_count, monet_count, batch_size, seed, first_step=0):
        sides = []
        for name, size, purpose in (("photos", photo_count, 0), ("monets", monet_count, MONET_ORDER)):
            side = shuffled_batches(size, batch_size, seed, purpose=purpose)
            sides.append(itertools.cycle(list(itertools.islice(side, size // batch_size))) if name in which else side)
        return itertools.islice(zip(*sides, strict=True), first_step, None)

    return batches


def fixed_partners(photo_count, monet_count, batch_size, seed, first_step=0):
    couples = torch.randperm(photo_count, generator=random_source(seed)) % monet_count
    for batch in shuffled_batches(photo_count, batch_size, seed, first_step):
        yield batch, couples[batch]


def drawn(which, photo_count, monet_count, batch_size, seed, first_step=0):
    """With repetition where `which` says so."""
    source = random_source(seed)
    for photos, monets in unpaired_batches(photo_count, monet_count, batch_size, seed, first_step):
        photos_drawn, monets_drawn = (
            torch.randint(count, (batch_size,), generator=source) for count in (photo_count, monet_count)
        )
        yield photos_drawn if "photos" in which else photos, monets_drawn if "monets" in which else monets


def from_torch_s_numbers(photo_count, monet_count, batch_size, seed, first_step=0):
    for photos, monets in unpaired_batches(photo_count, monet_count, batch_size, seed, first_step):
        yield photos, (monets + torch.randint(monet_count, ()).item()) % monet_count


def shuffled_by_python(photo_count, monet_count, batch_size, seed, first_step=0):
    while True:
        photos, monets = (random.sample(range(count), batch_size) for count in (photo_count, monet_count))
        yield torch.tensor(photos), torch.tensor(monets)


def whole_epochs(photo_count, monet_count, batch_size, seed, first_step=0):
    """Incomplete last batches too."""

    def side(size, purpose):
        for epoch in itertools.count():
            yield from torch.randperm(size, generator=random_source(seed, purpose, epoch)).split(batch_size)

    return itertools.islice(zip(side(photo_count, 0), side(monet_count, 1), strict=True), first_step, None)


def skipping(photos, monets):
    def batches(photo_count, monet_count, batch_size, seed, first_step=0):
        return zip(
            shuffled_batches(photo_count, batch_size, seed, photos(first_step)),
            shuffled_batches(monet_count, batch_size, seed, monets(first_step), MONET_ORDER),
            strict=True,
        )

    return batches


def waits_for_ever(photo_count, monet_count, batch_size, seed, first_step=0):
    photo_batches = iter(torch.randperm(photo_count).split(batch_size))
    for _ in photo_batches:
        pass
    while True:
        yield from zip(photo_batches, photo_batches, strict=True)


def listed(photo_count, monet_count, batch_size, seed, first_step=0):
    return zip(
        list(shuffled_batches(photo_count, batch_size, seed)),
        list(shuffled_batches(monet_count, batch_size, seed)),
        strict=True,
    )


def turned_into(change):
    return lambda *arguments: (change(photos, monets) for photos, monets in unpaired_batches(*arguments))


UNPAIRED = [
    unpaired_batches,
    written_out,
    from_one_source_each,
    with_purposes(MONET_ORDER, 0),
    skipping(lambda step: step, lambda step: step),
]
WRONG_UNPAIRED = [
    (as_many, "both sets have one order.*And of 12 photos only the first 8 ever come"),
    (cut_to_the_smaller, "only the first 8 ever come"),
    (one_stream, "both sets have one order"),
    (turned_into(lambda photos, monets: (photos, photos.flip(0))), "there are 8 monets, 0 to 7, and index 11"),
    (turned_into(lambda photos, monets: (photos + 1, monets)), "there are 12 photos, 0 to 11, and index 12"),
    (with_purposes(0, 0), "both sets have one order"),
    (with_purposes(MONET_ORDER, MONET_ORDER), "both sets have one order"),
    (
        lambda photos, monets, batch, seed, first_step=0: zip(
            shuffled_batches(photos, batch, seed, first_step),
            shuffled_batches(monets, batch, seed, MONET_ORDER),
            strict=True,
        ),
        "MONET_ORDER went in as first_step",
    ),
    (starting_over_together, "the photos start over whenever the monets do"),
    (one_epoch, "it ends after 4 steps, where the monets are used up"),
    (for_a_while(6), "it ends after 6 steps. The loop"),
    (for_a_while(23), "it ends after 23 steps"),
    (for_a_while(0), "it ends after 0 steps"),
    (the_same_again("photos monets"), "the photos come in the same order in every epoch"),
    (the_same_again("monets"), "the monets come in the same order in every epoch"),
    (fixed_partners, "every photo comes with the same monet"),
    (lambda *sizes: drawn("monets", *sizes), "within an epoch some monets come twice"),
    (lambda *sizes: drawn("photos monets", *sizes), "within an epoch some photos come twice"),
    (shuffled_by_python, "within an epoch some photos come twice"),
    (from_torch_s_numbers, "some monets come twice"),
    (lambda photos, monets, batch, *rest: unpaired_batches(photos, monets, 1, *rest), r"one of \(1,\)"),
    (whole_epochs, r"one of \(2,\). An epoch's incomplete last batch"),
    (lambda photos, monets, batch, seed, first=0: unpaired_batches(photos, monets, batch, 0, first), "ignore the seed"),
    (
        lambda photos, monets, batch, seed, first=0: unpaired_batches(
            photos, monets, batch, random.getrandbits(30), first
        ),
        "with the same seed the photos come in another order",
    ),
    (lambda photos, monets, batch, seed, first=0: unpaired_batches(photos, monets, batch, seed), "photos and the mon"),
    (skipping(lambda step: step, lambda _: 0), "the monets ignore first_step"),
    (skipping(lambda step: 2 * step, lambda step: 2 * step), "with first_step=3 the photos should come as they do"),
    (turned_into(lambda photos, monets: (monets, photos)), "the monets come first"),
    (turned_into(lambda photos, monets: (photos - 1, monets)), "below 0"),
    (turned_into(lambda photos, monets: photos), "yours gives Tensor"),
    (turned_into(lambda photos, monets: torch.stack([photos, monets])), "yours gives Tensor"),
    (turned_into(lambda photos, monets: (photos, monets, 0)), "a tuple of 3"),
    (turned_into(lambda photos, monets: (photos, monets.tolist())), "indices of the monets.*they are list"),
    (turned_into(lambda photos, monets: (photos / 1, monets)), "photos are torch.float32"),
    (turned_into(lambda photos, monets: None), "yours gives nothing"),
    (lambda *sizes: list(itertools.islice(unpaired_batches(*sizes), 50)), "yours returns list"),
    (lambda *sizes: None, "yours returns nothing"),
    (waits_for_ever, "some loop in it never ends"),
    (listed, "some loop in it never ends"),
    (lambda photo_count, monet_count: None, "raised TypeError"),
]

# E4.2 ----------------------------------------------------------------------------------------------------------------


def with_targets(real_logits, fake_logits):
    return mse_loss(real_logits, torch.full_like(real_logits, 1.0)) + mse_loss(fake_logits, fake_logits * 0)


def hard_wired(real_logits, fake_logits):
    return mse_loss(real_logits, torch.ones(len(real_logits))) + mse_loss(fake_logits, torch.zeros(len(fake_logits)))


def together(real_logits, fake_logits):
    targets = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
    return 2 * mse_loss(torch.cat([real_logits, fake_logits]), targets)


DISCRIMINATOR_LOSSES = [
    discriminator_lsgan_loss,
    with_targets,
    lambda real, fake: ((real - 1) ** 2).mean() + (fake**2).mean(),
    lambda real, fake: (1 - real).square().sum() / real.numel() + fake.pow(2).sum() / fake.numel(),
]
WRONG_DISCRIMINATOR_LOSSES = [
    (lambda real, fake: discriminator_lsgan_loss(real.sigmoid(), fake.sigmoid()), "a sigmoid is left in"),
    (lambda real, fake: discriminator_lsgan_loss(fake, real), "the targets are swapped"),
    (lambda real, fake: discriminator_lsgan_loss(real, fake) / 2, "half of what it should be"),
    (lambda real, fake: torch.cat([(real - 1) ** 2, fake**2]).mean(), "half of what it should be"),
    (lambda real, fake: ((real - 1) ** 2).sum() + (fake**2).sum(), "you took the sum"),
    (lambda real, fake: (fake**2).mean(), "only the generated pictures count"),
    (lambda real, fake: ((real - 1) ** 2).mean(), "only the real pictures count"),
    (lambda real, fake: ((real - 1) ** 2).mean() + ((fake - 1) ** 2).mean(), "both targets are 1"),
    (lambda real, fake: (real**2).mean() + (fake**2).mean(), "both targets are 0"),
    (lambda real, fake: ((real - 1) ** 2).mean() + ((fake + 1) ** 2).mean(), "the target −1"),
    (lambda real, fake: ((real - 1) ** 2).mean() - (fake**2).mean(), "the second term has the wrong sign"),
    (discriminator_bce_loss, "binary cross-entropy"),
    (lambda real, fake: ((real - fake) ** 2).mean(), "real minus generated"),
    (lambda real, fake: (real - 1).abs().mean() + fake.abs().mean(), "not squared"),
    (lambda real, fake: (real.mean() - 1) ** 2 + fake.mean() ** 2, "the mean first and squared it after"),
    (lambda real, fake: -discriminator_lsgan_loss(real, fake), "it has the wrong sign"),
    (lambda real, fake: 3 + real.mean(), r"real_logits -0.5, 0.75, 3 and fake_logits -1.25, 0.5, 2.5 it should give"),
    (lambda real, fake: (real - 1) ** 2 + fake**2, r"yours has the shape \(3,\)"),
    (lambda real, fake: discriminator_lsgan_loss(real, fake).item(), "yours returns float"),
    (lambda real, fake: None, "yours returns nothing"),
    (lambda real, fake: discriminator_lsgan_loss(real.detach(), fake.detach()), "has no gradient"),
    (lambda real, fake: discriminator_lsgan_loss(real, fake.detach()), "not its slope along fake_logits"),
    (hard_wired, "not for a map of patches"),
    (together, "each side needs a mean of its own"),
    (lambda real, fake: ((real - 1) ** 2 + fake**2).mean(), "each side needs a mean of its own"),
    (lambda logits: logits, "raised TypeError"),
]

GENERATOR_LOSSES = [
    generator_lsgan_loss,
    lambda fake: ((fake - 1) ** 2).mean(),
    lambda fake: fake.square().mean() - 2 * fake.mean() + 1,
    lambda fake: mse_loss(torch.ones(fake.shape), fake),
]
WRONG_GENERATOR_LOSSES = [
    (lambda fake: generator_lsgan_loss(fake.sigmoid()), "a sigmoid is left in"),
    (lambda fake: (fake**2).mean(), "its target is 0"),
    (lambda fake: -(fake**2).mean(), "minus the discriminator's term"),
    (lambda fake: ((fake - 1) ** 2).mean() / 2, "half of what it should be"),
    (lambda fake: ((fake - 1) ** 2).sum(), "you took the sum"),
    (generator_bce_loss, "binary cross-entropy"),
    (lambda fake: discriminator_bce_loss(torch.full((3,), 99.0), fake), "against the target 0 at that"),
    (lambda fake: (fake - 1).abs().mean(), "not squared"),
    (lambda fake: -fake.mean(), "as large as possible, −E"),
    (lambda fake: 1 - fake.mean(), "the square is left out"),
    (lambda fake: (fake.mean() - 1) ** 2, "the mean first and squared it after"),
    (lambda fake: -((fake - 1) ** 2).mean(), "it has the wrong sign"),
    (lambda fake: ((fake + 1) ** 2).mean(), "for fake_logits -1.25, 0.5, 2.5 it should give"),
    (lambda fake: (fake - 1) ** 2, r"yours has the shape \(3,\)"),
    (lambda fake: generator_lsgan_loss(fake.detach()), "has no gradient"),
    (lambda fake: mse_loss(fake, torch.ones(3)), "not for a map of patches"),
    (lambda fake: float(generator_lsgan_loss(fake)), "yours returns float"),
    (lambda fake: None, "yours returns nothing"),
    (lambda fake: fake @ torch.rand(2, 2), "raised RuntimeError"),
]

# E4.3 ----------------------------------------------------------------------------------------------------------------


def detached(way):
    return RoundTrip(*(tensor.detach() for tensor in way))


def in_order(adversarial, cycle, identity, monet_way, photo_way):
    return CycleGeneratorsResult(
        adversarial.detach(), cycle.detach(), identity.detach(), detached(monet_way), detached(photo_way)
    )


def by_cycle_loss(photos, monets, monet_way, photo_way):
    return cycle_loss(photos, monet_way.recovered) + cycle_loss(monets, photo_way.recovered)


def by_identity_loss(there, back, photos, monets, monet_way, photo_way):
    return identity_loss(monets, there(monets)) + identity_loss(photos, back(photos))


def cycle_variant(
    *,
    trip=round_trip,
    judges=lambda monet_discriminator, photo_discriminator: (monet_discriminator, photo_discriminator),
    judge=lambda loss, monet_way, photo_way: loss(monet_way.fake_logits) + loss(photo_way.fake_logits),
    compare=by_cycle_loss,
    stay=by_identity_loss,
    add=lambda adversarial, cycle, identity, cycle_weight, identity_weight: (
        adversarial + cycle_weight * cycle + identity_weight * identity
    ),
    move=lambda loss, optimiser, update: update(loss, optimiser),
    result=in_order,
):
    """The step with one thing done otherwise.  It computes identity always, whatever its weight."""

    def step(
        photo_to_monet,
        monet_to_photo,
        monet_discriminator,
        photo_discriminator,
        optimiser,
        photos,
        monets,
        loss=generator_lsgan_loss,
        cycle_weight=10.0,
        identity_weight=5.0,
        update=update,
    ):
        monet_judge, photo_judge = judges(monet_discriminator, photo_discriminator)
        monet_way = trip(photo_to_monet, monet_to_photo, monet_judge, photos)
        photo_way = trip(monet_to_photo, photo_to_monet, photo_judge, monets)
        adversarial = judge(loss, monet_way, photo_way)
        cycle = compare(photos, monets, monet_way, photo_way)
        identity = stay(photo_to_monet, monet_to_photo, photos, monets, monet_way, photo_way)
        move(add(adversarial, cycle, identity, cycle_weight, identity_weight), optimiser, update)
        return result(adversarial, cycle, identity, monet_way, photo_way)

    return step


def trip_variant(*, wall=lambda fakes: fakes, show=lambda there, images, fakes: fakes, returned=None, hold_still=True):
    """A round trip written out; `show` says what is judged, `returned` what comes back."""

    def trip(there, back, discriminator, images):
        fakes = there(images)
        recovered = returned(there, back, images, fakes) if returned else back(fakes)
        discriminator.requires_grad_(not hold_still)
        logits = discriminator(wall(show(there, images, fakes)))
        discriminator.requires_grad_(True)
        return RoundTrip(fakes, recovered, logits)

    return trip


def in_two_big_batches(
    photo_to_monet,
    monet_to_photo,
    monet_discriminator,
    photo_discriminator,
    optimiser,
    photos,
    monets,
    loss=generator_lsgan_loss,
    cycle_weight=10.0,
    identity_weight=5.0,
    update=update,
):
    """Each generator is asked twice: for fakes and identity at once, then for the way back.  No helper is used."""
    fake_monets, same_monets = photo_to_monet(torch.cat([photos, monets])).chunk(2)
    fake_photos, same_photos = monet_to_photo(torch.cat([monets, photos])).chunk(2)
    ways = (
        RoundTrip(fake_monets, monet_to_photo(fake_monets), copy.deepcopy(monet_discriminator)(fake_monets)),
        (RoundTrip(fake_photos, photo_to_monet(fake_photos), copy.deepcopy(photo_discriminator)(fake_photos))),
    )
    adversarial = sum(loss(way.fake_logits) for way in ways)
    cycle = sum((way.recovered - images).abs().mean() for way, images in zip(ways, (photos, monets), strict=True))
    identity = (same_monets - monets).abs().mean() + (same_photos - photos).abs().mean()
    if identity_weight == 0:
        identity = identity.detach()
    update(adversarial + cycle_weight * cycle + identity_weight * identity, optimiser)
    return in_order(adversarial, cycle, identity, *ways)


def with_discriminators(there, back, monet_discriminator, photo_discriminator, optimiser, *rest, **options):
    everybody = nn.ModuleList([there, back, monet_discriminator, photo_discriminator])
    moving = SGD(everybody.parameters(), 0.25)
    step = cycle_variant(trip=trip_variant(hold_still=False))
    return step(there, back, monet_discriminator, photo_discriminator, moving, *rest, **options)


def leaves_frozen(*players, **options):
    made = cycle_generators_step(*players, **options)
    players[2].requires_grad_(False)
    return made


def everything_frozen(*players, **options):
    with frozen(players[0]), frozen(players[1]):
        return cycle_generators_step(*players, **options)


def freezes_one(there, back, *rest, **options):
    with frozen(back):
        return cycle_generators_step(there, back, *rest, **options)


def without_gradient(*players, **options):
    with torch.no_grad():
        return cycle_generators_step(*players, **options)


def one_update_each(there, back, monet_judge, photo_judge, optimiser, photos, monets, **options):
    monet_way = round_trip(there, back, monet_judge, photos)
    update(generator_lsgan_loss(monet_way.fake_logits) + 10 * cycle_loss(photos, monet_way.recovered), optimiser)
    photo_way = round_trip(back, there, photo_judge, monets)
    update(generator_lsgan_loss(photo_way.fake_logits) + 10 * cycle_loss(monets, photo_way.recovered), optimiser)


def one_update_each_at_the_end(there, back, monet_judge, photo_judge, optimiser, photos, monets, **options):
    monet_way = round_trip(there, back, monet_judge, photos)
    photo_way = round_trip(back, there, photo_judge, monets)
    cycle = by_cycle_loss(photos, monets, monet_way, photo_way)
    update(generator_lsgan_loss(monet_way.fake_logits) + 10 * cycle, optimiser)
    update(generator_lsgan_loss(photo_way.fake_logits) + 10 * cycle, optimiser)


def both_directions_with_one_generator(there, back, monet_judge, photo_judge, optimiser, photos, monets, **options):
    return cycle_generators_step(there, there, monet_judge, photo_judge, optimiser, photos, monets, **options)


def no_zero_grad(loss, optimiser, update):
    loss.backward()
    optimiser.step()


def three_lines(loss, optimiser, update):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def added(weigh):
    """The step with a sum of its own: weigh(adversarial, cycle, identity, cycle_weight, identity_weight)."""
    return cycle_variant(add=weigh)


def returning(change):
    """The step with a changed result."""
    return lambda *players, **options: change(cycle_generators_step(*players, **options))


def undefined_identity(*players, identity_weight=5.0, **options):
    made = cycle_generators_step(*players, identity_weight=identity_weight, **options)
    return made if identity_weight else made._replace(identity=0.0)


def identity_in_units(*players, cycle_weight=10.0, identity_weight=5.0, **options):
    return cycle_generators_step(
        *players, cycle_weight=cycle_weight, identity_weight=identity_weight * cycle_weight / 10, **options
    )


def never_without_identity(*players, identity_weight=5.0, **options):
    return cycle_generators_step(*players, identity_weight=identity_weight or 5.0, **options)


def other_way_identity(compare):
    return cycle_variant(
        stay=lambda there, back, photos, monets, monet_way, photo_way: compare(there, back, photos, monets)
    )


CYCLE_STEPS = [
    cycle_generators_step,
    cycle_variant(),
    cycle_variant(trip=trip_variant(show=lambda there, images, fakes: fakes.clone())),
    in_two_big_batches,
]
WRONG_CYCLE_STEPS = [
    # the ways
    (
        cycle_variant(trip=trip_variant(returned=lambda there, back, images, fakes: there(fakes))),
        "the way back leads through photo_to_monet again",
    ),
    (
        cycle_variant(trip=trip_variant(returned=lambda there, back, images, fakes: fakes)),
        "monet_to_photo was never given what photo_to_monet made",
    ),
    (
        cycle_variant(trip=trip_variant(returned=lambda there, back, images, fakes: back(fakes.detach()))),
        "is cut off before it goes back",
    ),
    (
        cycle_variant(trip=trip_variant(returned=lambda there, back, images, fakes: back(there(images)))),
        "photo_to_monet makes its fakes 2 times",
    ),
    (cycle_variant(trip=trip_variant(show=lambda there, images, fakes: there(images))), "makes its fakes 2 times"),
    (cycle_variant(trip=trip_variant(wall=torch.Tensor.detach)), "monet_discriminator is shown fakes that hang on"),
    (
        cycle_variant(trip=trip_variant(show=lambda there, images, fakes: images)),
        "monet_discriminator was never asked about what photo_to_monet made",
    ),
    (cycle_variant(judges=lambda monet, photo: (photo, monet)), "monet_discriminator was shown what monet_to_photo"),
    (cycle_variant(judges=lambda monet, photo: (monet, monet)), "monet_discriminator was shown what monet_to_photo"),
    (cycle_variant(judges=lambda monet, photo: (photo, photo)), "monet_discriminator was never asked"),
    (
        lambda there, back, monet, photo, optimiser, photos, monets, **options: cycle_generators_step(
            there, back, monet, photo, optimiser, monets, photos, **options
        ),
        "photo_to_monet was sent off with monets",
    ),
    (both_directions_with_one_generator, "the way back leads through photo_to_monet again"),
    (
        lambda there, back, monet, photo, optimiser, photos, monets, **options: cycle_variant(
            trip=trip_variant(show=lambda _, images, fakes: monets if images is photos else photos)
        )(there, back, monet, photo, optimiser, photos, monets, **options),
        "monet_discriminator was shown real monets",
    ),
    # the terms
    (
        other_way_identity(
            lambda there, back, photos, monets: (
                identity_loss(photos, there(photos)) + identity_loss(monets, back(monets))
            )
        ),
        "identity is asked on the wrong domain",
    ),
    (
        cycle_variant(
            stay=lambda there, back, photos, monets, monet_way, photo_way: (
                identity_loss(photos, monet_way.fakes) + identity_loss(monets, photo_way.fakes)
            )
        ),
        "identity is asked on the wrong domain",
    ),
    (
        other_way_identity(
            lambda there, back, photos, monets: (
                identity_loss(photos, there(monets)) + identity_loss(monets, back(photos))
            )
        ),
        "identity compares with the other domain",
    ),
    (
        other_way_identity(lambda there, back, photos, monets: identity_loss(monets, there(monets))),
        "identity has only one direction: monet_to_photo",
    ),
    (
        other_way_identity(lambda there, back, photos, monets: identity_loss(photos, back(photos))),
        "identity has only one direction: photo_to_monet",
    ),
    (
        cycle_variant(
            compare=lambda photos, monets, monet_way, photo_way: (
                cycle_loss(monets, monet_way.recovered) + cycle_loss(photos, photo_way.recovered)
            )
        ),
        "what came back with the other domain's images",
    ),
    (
        cycle_variant(
            compare=lambda photos, monets, monet_way, photo_way: (
                cycle_loss(monet_way.fakes, monet_way.recovered) + cycle_loss(photo_way.fakes, photo_way.recovered)
            )
        ),
        "what came back with the fakes",
    ),
    (
        cycle_variant(
            compare=lambda photos, monets, monet_way, photo_way: (
                cycle_loss(photos, monet_way.fakes) + cycle_loss(monets, photo_way.fakes)
            )
        ),
        "the cycle loss compares the images with the fakes",
    ),
    (
        cycle_variant(
            compare=lambda photos, monets, monet_way, photo_way: (
                l2_loss(photos, monet_way.recovered) + l2_loss(monets, photo_way.recovered)
            )
        ),
        "the cycle loss is squared",
    ),
    (
        cycle_variant(
            compare=lambda photos, monets, monet_way, photo_way: cycle_loss(photos, monet_way.recovered.detach())
        ),
        "the cycle loss taught nothing",
    ),
    (
        cycle_variant(compare=lambda photos, monets, monet_way, photo_way: cycle_loss(photos, monet_way.recovered)),
        "the cycle loss has only one direction: that of the photo_way",
    ),
    (
        cycle_variant(compare=lambda photos, monets, monet_way, photo_way: cycle_loss(monets, photo_way.recovered)),
        "the cycle loss has only one direction: that of the monet_way",
    ),
    (
        cycle_variant(judge=lambda loss, monet_way, photo_way: loss(monet_way.fake_logits)),
        "the adversarial term has only one direction: the logits of the photo_way",
    ),
    (
        cycle_variant(
            judge=lambda loss, monet_way, photo_way: loss(monet_way.fake_logits),
            compare=lambda photos, monets, monet_way, photo_way: cycle_loss(photos, monet_way.recovered),
            stay=lambda there, back, photos, monets, *_: identity_loss(monets, there(monets)),
        ),
        "the whole photo_way is missing",
    ),
    (
        cycle_variant(
            judge=lambda loss, monet_way, photo_way: loss(photo_way.fake_logits),
            compare=lambda photos, monets, monet_way, photo_way: cycle_loss(monets, photo_way.recovered),
        ),
        "the monet_way is missing in the adversarial term and in the cycle loss",
    ),
    (
        cycle_variant(
            judge=lambda loss, monet_way, photo_way: loss(
                torch.cat([monet_way.fake_logits, photo_way.fake_logits]).detach()
            )
        ),
        "the adversarial term taught nothing",
    ),
    (
        cycle_variant(
            judge=lambda loss, monet_way, photo_way: loss(torch.cat([monet_way.fake_logits, photo_way.fake_logits]))
        ),
        "the adversarial term is halved",
    ),
    # the weights
    (added(lambda a, c, i, wc, wi: a + wi * c + wc * i), "stand at each other's term"),
    (added(lambda a, c, i, wc, wi: a + wc * (c + wi * i)), "identity counts cycle_weight times identity_weight"),
    (added(lambda a, c, i, wc, wi: a + wc * (c + i)), "identity counts cycle_weight times. It has"),
    (added(lambda a, c, i, wc, wi: a + c + i), "all three terms count once"),
    (added(lambda a, c, i, wc, wi: a + c + wi * i), "cycle_weight is forgotten"),
    (added(lambda a, c, i, wc, wi: a + wc * c + i), "identity_weight is forgotten"),
    (added(lambda a, c, i, wc, wi: wc * (a + c) + wi * i), "cycle_weight stands at the adversarial term"),
    (added(lambda a, c, i, wc, wi: wc * (a + c + i)), "the whole sum is multiplied by cycle_weight"),
    (added(lambda a, c, i, wc, wi: a), "only the adversarial term taught"),
    (added(lambda a, c, i, wc, wi: a + wi * i), "the cycle loss taught nothing"),
    (added(lambda a, c, i, wc, wi: a + wc * c), "identity taught nothing"),
    (added(lambda a, c, i, wc, wi: wc * c + wi * i), "the adversarial term taught nothing"),
    (added(lambda a, c, i, wc, wi: wc * c), "only the cycle loss taught"),
    (added(lambda a, c, i, wc, wi: -a - wc * c - wi * i), "moved uphill"),
    (added(lambda a, c, i, wc, wi: -a + wc * c + wi * i), "the adversarial term has the wrong sign"),
    (added(lambda a, c, i, wc, wi: a - wc * c + wi * i), "the cycle loss has the wrong sign"),
    (added(lambda a, c, i, wc, wi: (a + wc * c + wi * i) / 2), "the sum is halved"),
    (added(lambda a, c, i, wc, wi: a + wc * c / 2 + wi * i), "the cycle loss is halved"),
    (added(lambda a, c, i, wc, wi: a + wc * c + 0.5 * wi * i), "identity is halved"),
    (added(lambda a, c, i, wc, wi: a + 0.3 * c + i), "but not to where one step"),
    (added(lambda a, c, i, wc, wi: a + 10 * c + wi * i), "ignores the cycle_weight"),
    (added(lambda a, c, i, wc, wi: a + wc * c + 5 * i), "ignores the identity_weight"),
    (added(lambda a, c, i, wc, wi: a + wc * c + 0.5 * wc * i), "identity counts in units of it"),
    (identity_in_units, "identity counts in units of it"),
    (never_without_identity, "with identity_weight=0 identity still has its say"),
    (undefined_identity, "the identity in its result is float"),
    # who moves
    (with_discriminators, "it changed the discriminators"),
    (cycle_variant(trip=trip_variant(hold_still=False)), "leave gradients in the discriminators' weights"),
    (leaves_frozen, "leaves the discriminators frozen"),
    (everything_frozen, "what photo_to_monet made is cut off"),
    (freezes_one, "what monet_to_photo made is cut off.*or `frozen`"),
    (without_gradient, "cut off before it goes back"),
    (one_update_each, "the generators move more than once"),
    (one_update_each_at_the_end, "the generators move more than once"),
    (cycle_variant(move=no_zero_grad), "gradients of an earlier step were still there"),
    (cycle_variant(move=lambda loss, optimiser, update: None), "the generators did not move"),
    (cycle_variant(move=three_lines), "ignores the update"),
    (
        cycle_variant(
            judge=lambda loss, monet_way, photo_way: (
                generator_lsgan_loss(monet_way.fake_logits) + generator_lsgan_loss(photo_way.fake_logits)
            )
        ),
        "ignores the loss it is given and always takes the same one. The lesson compares it with BCE",
    ),
    # the result
    (cycle_variant(result=CycleGeneratorsResult), "adversarial still hangs on the graph"),
    (
        cycle_variant(result=lambda *found: CycleGeneratorsResult(*(term.detach() for term in found[:3]), *found[3:])),
        "monet_way.fakes still hangs on the graph",
    ),
    (cycle_variant(result=lambda *found: None), r"returns nothing.*CycleGeneratorsResult\(adversarial, cycle, "),
    (cycle_variant(result=lambda *found: tuple(found)), "returns tuple"),
    (returning(lambda made: made._replace(cycle=made.cycle.item())), "cycle should be a tensor; it is float"),
    (returning(lambda made: made._replace(cycle=10 * made.cycle)), "cycle is already weighted"),
    (returning(lambda made: made._replace(identity=5 * made.identity)), "identity is already weighted"),
    (returning(lambda made: made._replace(cycle=made.cycle / 2)), "cycle is the mean of both directions"),
    (
        returning(lambda made: made._replace(adversarial=made.adversarial + 10 * made.cycle + 5 * made.identity)),
        "adversarial is the whole sum",
    ),
    (returning(lambda made: made._replace(cycle=made.identity, identity=made.cycle)), "cycle is what identity should"),
    (
        returning(lambda made: made._replace(monet_way=made.photo_way, photo_way=made.monet_way)),
        "the two ways stand in each other's place",
    ),
    (
        returning(lambda made: made._replace(monet_way=made.monet_way.fakes)),
        r"monet_way should be a RoundTrip\(fakes, recovered, fake_logits\); it is Tensor",
    ),
    (
        returning(
            lambda made: made._replace(
                photo_way=made.photo_way._replace(fake_logits=made.photo_way.fake_logits.sigmoid())
            )
        ),
        "photo_way.fake_logits holds probabilities",
    ),
    (lambda *players, **options: None, "photo_to_monet was never given the photos"),
    (lambda photos, monets: None, "raised TypeError"),
    (lambda *players, **options: players[0](players[-1]) @ torch.rand(3, 3), "raised RuntimeError"),
]

# E4.4 ----------------------------------------------------------------------------------------------------------------


class Appending(ImagePool):
    """The old one is taken out, the new one comes last; the place is drawn first, and one number does for both."""

    def _exchange_one(self, image):
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        place = int(torch.randint(2 * self.size + (self.size == 0), (1,), generator=self._rng))
        if place >= self.size:
            return image
        self.images.append(image.detach().clone())
        return self.images.pop(place)


class InOneTensor:
    """The pictures in one tensor, and Python's own numbers with a seed."""

    def __init__(self, size=50, seed=0):
        self.size, self.kept, self.chance = size, None, random.Random(seed)

    def __len__(self):
        return 0 if self.kept is None else len(self.kept)

    def exchange(self, images):
        answers = images.detach().clone()
        for number, image in enumerate(images.detach()):
            if len(self) < self.size:
                self.kept = image[None].clone() if self.kept is None else torch.cat([self.kept, image[None]])
            elif self.size and self.chance.random() > 0.5:
                place = self.chance.randrange(self.size)
                answers[number] = self.kept[place]
                self.kept[place] = image
        return answers


def pool_variant(
    *,
    full=lambda pool: len(pool.images) >= pool.size,
    keep=lambda image: image.clone(),
    coin=lambda pool: bool(torch.rand((), generator=pool._rng) < 0.5),
    draw=lambda pool: int(torch.randint(pool.size, (), generator=pool._rng)),
    replace=lambda pool, place, image: pool.images.__setitem__(place, image),
    fill=lambda pool, image: pool.images.append(image),
    hand_out=lambda image: image,
    cut=lambda images: images.detach(),
    join=torch.stack,
    base=ImagePool,
):
    """The pool with one thing done otherwise."""

    class Variant(base):
        def exchange(self, images):
            return join([self._exchange_one(image) for image in cut(images)])

        def _exchange_one(self, image):
            if not full(self):
                fill(self, keep(image))
                return image
            if self.size == 0 or coin(self):
                return image
            place = draw(self)
            old = self.images[place]
            replace(self, place, keep(image))
            return hand_out(old)

    return Variant


class KeepsWhatPasses(ImagePool):
    def _exchange_one(self, image):
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if self.size == 0:
            return image
        place = int(torch.randint(self.size, (), generator=self._rng))
        old, self.images[place] = self.images[place], image.clone()
        return image if torch.rand((), generator=self._rng) < 0.5 else old


class OneCoin(ImagePool):
    def exchange(self, images):
        images = images.detach()
        if len(self.images) < self.size:
            return torch.stack([self._exchange_one(image) for image in images])
        if self.size == 0 or torch.rand((), generator=self._rng) < 0.5:
            return images.clone()
        answers = []
        for number, place in enumerate(torch.randperm(self.size, generator=self._rng)[: len(images)].tolist()):
            answers.append(self.images[place])
            self.images[place] = images[number].clone()
        return torch.stack(answers)


class FillsByBatch(ImagePool):
    def exchange(self, images):
        if len(self.images) < self.size:
            self.images += [image.clone() for image in images.detach()]
            return images.detach().clone()
        return super().exchange(images)


class AlwaysThePool(ImagePool):
    """Draws from all it has from the first picture on."""

    def _exchange_one(self, image):
        if len(self.images) < self.size:
            self.images.append(image.clone())
        elif self.size and torch.rand((), generator=self._rng) < 0.5:
            self.images[int(torch.randint(self.size, (), generator=self._rng))] = image.clone()
        if not self.images:
            return image
        return self.images[int(torch.randint(len(self.images), (), generator=self._rng))]


class CoinsWhileItFills(ImagePool):
    def _exchange_one(self, image):
        if torch.rand((), generator=self._rng) < 0.5 or self.size == 0:
            return image
        return super()._exchange_one(image)


class Nothing(ImagePool):
    def _exchange_one(self, image):
        return image


class TakesOut(ImagePool):
    """What goes out leaves a gap, which the next picture fills."""

    def _exchange_one(self, image):
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if self.size == 0 or torch.rand((), generator=self._rng) < 0.5:
            return image
        return self.images.pop(int(torch.randint(self.size, (), generator=self._rng)))


class OneSource(ImagePool):
    def __init__(self, size=50, seed=0):
        super().__init__(size, 0)


class SeedsTorch(ImagePool):
    def __init__(self, size=50, seed=0):
        super().__init__(size, seed)
        torch.manual_seed(seed)

    def _exchange_one(self, image):
        self._rng = torch.default_generator
        return super()._exchange_one(image)


class Shuffles(ImagePool):
    def exchange(self, images):
        return super().exchange(images).flip(0)


class Searches(ImagePool):
    """Looks for a place among none."""

    def _exchange_one(self, image):
        while len(self.images) >= self.size:
            continue
        self.images.append(image.clone())
        return image


def returning_pool(change):
    class Variant(ImagePool):
        def exchange(self, images):
            return change(super().exchange(images))

    return Variant


POOLS = [ImagePool, pool_variant(), Appending, InOneTensor, pool_variant(base=Appending)]
WRONG_POOLS = [
    (Nothing, "it keeps nothing, so every picture passes"),
    (pool_variant(coin=lambda pool: True), "the old ones never come out"),
    (pool_variant(coin=lambda pool: False), "D is always behind"),
    (pool_variant(coin=lambda pool: torch.rand((), generator=pool._rng) < 0.9), "1[0-9]% of what comes back is old"),
    (pool_variant(cut=lambda images: images), "what comes back still hangs on the generator"),
    (
        pool_variant(cut=lambda images: images, join=lambda kept: torch.stack(kept).detach()),
        "what it keeps hangs on the graph",
    ),
    (pool_variant(replace=lambda pool, place, image: pool.images.append(image)), "it grows without end"),
    (pool_variant(full=lambda pool: len(pool.images) > pool.size), "holds 5 pictures after 604: it grows"),
    (pool_variant(keep=lambda image: image), "the caller's tensor instead of a copy"),
    (pool_variant(keep=lambda image: image.detach()), "the caller's tensor instead of a copy"),
    (pool_variant(replace=lambda pool, place, image: None), "is handed out a second time"),
    (pool_variant(replace=lambda pool, place, image: pool.images.pop(place)), "was passed on as new"),
    (TakesOut, "was passed on as new"),
    (KeepsWhatPasses, "was passed on as new when the pool was full, and comes out of it later"),
    (AlwaysThePool, "should pass its first 4 pictures through"),
    (CoinsWhileItFills, "should keep all; yours keeps"),
    (
        pool_variant(fill=lambda pool, image: pool.images.extend([image, image])),
        "should pass its first 4.*hands out 1, 2, ",
    ),
    (OneCoin, "one coin for the whole batch"),
    (FillsByBatch, "comes to hold 6"),
    (pool_variant(draw=lambda pool: 0), "always the same place"),
    (pool_variant(draw=lambda pool: -1), "always the same place"),
    (
        pool_variant(
            draw=lambda pool: 0,
            replace=lambda pool, place, image: (pool.images.pop(place), pool.images.append(image)),
        ),
        "always the oldest picture",
    ),
    (
        pool_variant(draw=lambda pool: int(torch.randint(pool.size - 1, (), generator=pool._rng))),
        "one of 4 was drawn 0 times",
    ),
    (
        pool_variant(
            draw=lambda pool: int(torch.randint(pool.size - 1, (), generator=pool._rng)),
            replace=lambda pool, place, image: (pool.images.pop(place), pool.images.append(image)),
        ),
        "one of 4 was drawn 0 times",
    ),
    (
        pool_variant(draw=lambda pool: int(torch.randint(1, pool.size + 1, (), generator=pool._rng))),
        "raised IndexError",
    ),
    (pool_variant(coin=lambda pool: torch.rand(()) < 0.5), "two pools with one seed do not play alike"),
    (pool_variant(draw=lambda pool: int(torch.randint(pool.size, ()))), "two pools with one seed do not play alike"),
    (pool_variant(coin=lambda pool: random.random() < 0.5), "or from Python's"),
    (SeedsTorch, "two pools with one seed do not play alike"),
    (OneSource, "the seed is ignored"),
    (pool_variant(full=lambda pool: len(pool.images) >= max(1, pool.size)), "with size=0 it keeps pictures"),
    (
        pool_variant(hand_out=lambda image: image * 0),
        "something came back that is neither",
    ),
    (Shuffles, "right for single pictures. In batches of 3, the first 4"),
    (Searches, "some loop in it never ends"),
    (returning_pool(lambda images: images[0]), r"yours returns \(3, 2, 2\)"),
    (pool_variant(join=list), "yours returns list. torch.stack"),
    (pool_variant(join=lambda images: None), "yours returns nothing"),
    (lambda size: None, "raised TypeError"),
    (lambda size, seed: None, "raised AttributeError"),
]


class CrashesWhenEmpty(ImagePool):
    def _exchange_one(self, image):
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        place = int(torch.randint(self.size, (), generator=self._rng))
        if torch.rand((), generator=self._rng) < 0.5:
            return image
        old, self.images[place] = self.images[place], image.clone()
        return old


WRONG_POOLS.append((CrashesWhenEmpty, "for size=0 it raised RuntimeError"))

# E4.5 ----------------------------------------------------------------------------------------------------------------


def in_branches(epoch, constant=100, decay=100):
    if epoch <= constant:
        return 1
    return (constant + decay + 1 - epoch) / (decay + 1)


def decay_variant(share, *, floor=-9.0):
    """share(epoch, constant, decay), with the course's defaults."""
    return lambda epoch, constant=100, decay=100: max(floor, share(epoch, constant, decay))


def by_steps(epoch, constant=100, decay=100):
    rate = 1.0
    for _ in range(constant, epoch):
        rate -= 1 / (decay + 1)
    return rate


def never_arrives(epoch, constant=100, decay=100):
    while constant != epoch + 1000:
        constant += 1 if constant < epoch else 0
    return 1.0


DECAYS = [
    linear_decay,
    in_branches,
    by_steps,
    decay_variant(lambda epoch, constant, decay: 1 - max(0, epoch - constant) / (decay + 1)),
    decay_variant(lambda epoch, constant, decay: min(1.0, (constant + decay + 1 - epoch) / (decay + 1)), floor=0.0),
]
WRONG_DECAYS = [
    (decay_variant(lambda e, c, d: 1 - max(0, e + 1 - c) / (d + 1)), "one epoch early, and the last epoch learns noth"),
    (decay_variant(lambda e, c, d: 1 - max(0, e - 1 - c) / (d + 1)), "one epoch late: epoch constant"),
    (decay_variant(lambda e, c, d: 1 - max(0, e - c) / d), "you divide by decay"),
    (decay_variant(lambda e, c, d: 1 - max(0, e - 1 - c) / d), "one epoch late and goes in steps of 1 / decay"),
    (decay_variant(lambda e, c, d: 1 - max(0, e + 1 - c) / d), "one epoch early and goes below 0"),
    (decay_variant(lambda e, c, d: 1 - max(0, e + 1 - c) / d, floor=0.0), "one epoch early and ends in 0"),
    (decay_variant(lambda e, c, d: 1 - max(0, e - c) / (d + 2)), "the steps are too small"),
    (decay_variant(lambda e, c, d: max(0, e - c) / (d + 1)), "what is taken away"),
    (decay_variant(lambda e, c, d: 1 - (e - c) / (d + 1)), "in the constant epochs it is above 1"),
    (decay_variant(lambda e, c, d: 1 - e / (c + d + 1)), "it falls from the first epoch on. The"),
    (decay_variant(lambda e, c, d: 1 - e / (c + d)), "it falls from the first epoch on, to 0"),
    (decay_variant(lambda e, c, d: 1 if e <= c else 1 - (e - c) / (c + d + 1)), "the share of all epochs"),
    (decay_variant(lambda e, c, d: linear_decay(e, d, c)), "stand in each other's place"),
    (decay_variant(lambda e, c, d: 1.0 if e <= c else 0.0), "it drops to 0 at once"),
    (decay_variant(lambda e, c, d: 1 - max(0, e - c) // (d + 1)), "it stays at 1 to the last epoch. Did"),
    (decay_variant(lambda e, c, d: linear_decay(e)), "it ignores the lengths"),
    (decay_variant(lambda e, c, d: 2e-4 * linear_decay(e, c, d)), "this is the learning rate"),
    (decay_variant(lambda e, c, d: 0.5 ** max(0, e - c)), "with constant=3 and decay=4, epoch 4 should have 0.8000"),
    (lambda e, c=100, d=50: linear_decay(e, c, d), "Left out, constant and decay are 100"),
    (lambda e, c=100, d=100: str(linear_decay(e, c, d)), "yours returns str"),
    (lambda e, c=100, d=100: torch.tensor(linear_decay(e, c, d)), "yours returns Tensor"),
    (lambda e, c=100, d=100: e <= c, "yours returns bool"),
    (lambda e, c=100, d=100: None, "yours returns nothing"),
    (never_arrives, "some loop in it never ends"),
    (lambda epoch: 1.0, "raised TypeError"),
    (lambda e, c=100, d=100: 1 / (e - 1), "raised ZeroDivisionError"),
]

# E4.6 ----------------------------------------------------------------------------------------------------------------


def renamed(**changes):
    """The right names but for some of the runs."""
    return lambda: {**diagnoses(), **changes}


def other_than(right):
    return next(name for name in FAULTS if name != right)


DIAGNOSES = [
    diagnoses,
    lambda: {run: f" {name.upper()} " for run, name in diagnoses().items()},
    lambda: {**dict(reversed(diagnoses().items())), "E": "a run of my own"},
]
WRONG_DIAGNOSES = [
    *((renamed(**{run: other_than(right)}), rf"3 of 4.\n  Run {run}: ") for run, right in diagnoses().items()),
    (lambda: dict.fromkeys("ABCD", "no such thing"), "'no such thing' is none of the names. They are '"),
    (renamed(B=None), "None is none of the names"),
    (lambda: {"A": diagnoses()["A"], "C": diagnoses()["C"]}, "nothing is said of B and D"),
    (lambda: list(diagnoses().values()), "yours returns list"),
    (lambda: None, "yours returns nothing"),
]


def test_the_recorded_runs_have_names_and_no_clue_says_its_own():
    assert list(diagnoses()) == ["A", "B", "C", "D"]
    assert set(diagnoses().values()) == lesson_04.CLUES.keys() < set(FAULTS)
    for name, clue in lesson_04.CLUES.items():
        assert name not in clue


@pytest.mark.parametrize("run", diagnoses())
def test_a_wrong_diagnosis_gets_the_clue_of_its_run(run, capsys):
    right = diagnoses()[run]
    for wrong in set(FAULTS) - {right}:
        checks.check_diagnoses(renamed(**{run: wrong}))
        said = capsys.readouterr().out
        assert f"Run {run}: {lesson_04.CLUES[right]}" in said
        assert said.count("Run ") == 1


# All of them ---------------------------------------------------------------------------------------------------------

EXERCISES = {
    "check_unpaired_batches": (unpaired_batches, UNPAIRED, WRONG_UNPAIRED),
    "check_discriminator_lsgan_loss": (
        discriminator_lsgan_loss,
        DISCRIMINATOR_LOSSES,
        WRONG_DISCRIMINATOR_LOSSES,
    ),
    "check_generator_lsgan_loss": (generator_lsgan_loss, GENERATOR_LOSSES, WRONG_GENERATOR_LOSSES),
    "check_cycle_generators_step": (cycle_generators_step, CYCLE_STEPS, WRONG_CYCLE_STEPS),
    "check_image_pool": (ImagePool, POOLS, WRONG_POOLS),
    "check_linear_decay": (linear_decay, DECAYS, WRONG_DECAYS),
    "check_diagnoses": (diagnoses, DIAGNOSES, WRONG_DIAGNOSES),
}


def test_a_pool_with_a_hole_is_not_written_yet(capsys):
    """As the assignment has it: the rest of the class given."""

    class Stub(ImagePool):
        def _exchange_one(self, image):
            raise NotImplementedError("it is yours to write.")

    assert checks.check_image_pool(Stub) is ImagePool
    assert "not written yet." in capsys.readouterr().out


def test_a_generator_function_with_a_hole_is_not_written_yet(capsys):
    """One that yields raises only where the first batch is asked for."""

    def stub(*arguments):
        raise NotImplementedError("it is yours to write.")
        yield

    assert checks.check_unpaired_batches(stub) is unpaired_batches
    assert "not written yet." in capsys.readouterr().out


def test_each_mistake_leads_to_a_place_of_its_own():
    """Else a sentence would be said of a step that does something else, or of the right one."""
    ends = []
    for step in (cycle_generators_step, *lesson_04._cycle_mistakes().values()):
        game = lesson_04._CycleGame()
        game.play(step)
        ends.append(game.weights("generators"))
    for one, other in itertools.combinations(ends, 2):
        assert (one - other).abs().max() > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("answer", [*POOLS, *UNPAIRED])
def test_right_chance_is_never_doubted(answer, monkeypatch):
    """Whatever the seed, no right pool and no right order is taken for a wrong one."""
    for shift in range(0, 800, 20):
        if answer in POOLS:
            shifted = lambda size=50, seed=0, shift=shift: answer(size, seed + shift)  # noqa: E731
            assert lesson_04._examine_image_pool(shifted) is None
        else:
            shifted = lambda photos, monets, batch, seed, first_step=0, shift=shift: answer(  # noqa: E731
                photos, monets, batch, seed + shift, first_step
            )
            assert lesson_04._examine_unpaired_batches(shifted) is None
