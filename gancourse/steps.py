"""One training step for each player: the heart of the course.

The same two functions train points in the plane and faces; only the networks and the tensors change.
Their paired variants translate pictures: the discriminator sees what was asked for beside the answer.
Without pairs the step is taken twice, there and back.
Whoever moves, the other holds still.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse.losses import (
    cycle_loss,
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    identity_loss,
    l1_loss,
)

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class DiscriminatorResult(NamedTuple):
    """What a discriminator step found.  Tensors, unread: reading one would make the program wait for the GPU."""

    loss: Tensor  # ()
    real_logits: Tensor  # (N,), or a map (N, 1, h, w) of one for each patch
    fake_logits: Tensor  # the same


class GeneratorResult(NamedTuple):
    """What a generator step found."""

    loss: Tensor  # ()
    fake_logits: Tensor  # (N,)


def update(loss: Tensor, optimiser: Optimizer) -> None:
    """Forget the old gradients, compute the new ones, move."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Within, `network` is used but not changed: no gradient reaches its weights, its batch norms keep their averages.

    `.detach()` builds the first of these walls behind one tensor; this builds both around a whole network.
    Gradients still flow *through* it to its input.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    norms = [layer for layer in network.modules() if isinstance(layer, BATCH_NORMS) and layer.track_running_stats]
    for weight in weights:
        weight.requires_grad_(False)
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
        for norm in norms:
            norm.track_running_stats = True


def discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    real_images: Tensor,
    latents: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = discriminator_bce_loss,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> DiscriminatorResult:
    """Teach the discriminator to tell real_images (N, ...) from what the generator makes of latents (N, latent_size).

    `optimiser` holds the discriminator's weights.  Nothing of the generator changes.
    (Goodfellow et al. 2014, algorithm 1, with k = 1.)
    """
    with frozen(generator):
        fake_images = generator(latents)
    real_logits = discriminator(real_images)
    fake_logits = discriminator(fake_images)
    discriminator_loss = loss(real_logits, fake_logits)
    update(discriminator_loss, optimiser)
    return DiscriminatorResult(discriminator_loss.detach(), real_logits.detach(), fake_logits.detach())


def generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    latents: Tensor,
    loss: Callable[[Tensor], Tensor] = generator_bce_loss,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> GeneratorResult:
    """Teach the generator to make pictures from latents (N, latent_size) that the discriminator calls real.

    `optimiser` holds the generator's weights.  The gradient passes through the discriminator and changes nothing there.
    """
    with frozen(discriminator):
        fake_logits = discriminator(generator(latents))
    generator_loss = loss(fake_logits)
    update(generator_loss, optimiser)
    return GeneratorResult(generator_loss.detach(), fake_logits.detach())


class PairedGeneratorResult(NamedTuple):
    """What a paired generator step found: its two terms apart, the second not yet weighted."""

    loss: Tensor  # (), the adversarial term
    pixel_loss: Tensor  # ()
    fake_logits: Tensor  # (N, 1, h, w)


def paired_discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    labels: Tensor,
    photos: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = discriminator_bce_loss,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> DiscriminatorResult:
    """Teach the discriminator to tell photos (N, 3, H, W) from what the generator makes of their labels (N, 3, H, W).

    It judges each photo together with the labels, so a good photo of another facade is wrong too.  Half the loss, as
    the paper has it, to slow it down; under Adam, which divides by a gradient's size, that changes nothing.
    (Isola et al. 2017, §3.1 and §3.3.)
    """
    with frozen(generator):
        fake_photos = generator(labels)
    real_logits = discriminator(beside(labels, photos))
    fake_logits = discriminator(beside(labels, fake_photos))
    discriminator_loss = 0.5 * loss(real_logits, fake_logits)
    update(discriminator_loss, optimiser)
    return DiscriminatorResult(discriminator_loss.detach(), real_logits.detach(), fake_logits.detach())


def paired_generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimiser: Optimizer,
    labels: Tensor,
    photos: Tensor,
    loss: Callable[[Tensor], Tensor] = generator_bce_loss,
    pixel_loss: Callable[[Tensor, Tensor], Tensor] = l1_loss,
    pixel_weight: float = 100.0,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> PairedGeneratorResult:
    """Teach the generator to make of labels (N, 3, H, W) what passes for a photo of them, and is near the real one.

    The discriminator says whether it could be a photo of these labels; the pixel loss says how far it is from the one
    photo there is.  `pixel_weight` is the paper's λ.  (Isola et al. 2017, equation 4.)
    """
    fake_photos = generator(labels)
    with frozen(discriminator):
        fake_logits = discriminator(beside(labels, fake_photos))
    adversarial_term, pixel_term = loss(fake_logits), pixel_loss(fake_photos, photos)
    update(adversarial_term + pixel_weight * pixel_term, optimiser)
    return PairedGeneratorResult(adversarial_term.detach(), pixel_term.detach(), fake_logits.detach())


def pixel_step(
    generator: nn.Module,
    optimiser: Optimizer,
    labels: Tensor,
    photos: Tensor,
    pixel_loss: Callable[[Tensor, Tensor], Tensor] = l1_loss,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> Tensor:
    """Teach the generator without an adversary: only to come near the photos.  Returns the pixel loss, a scalar."""
    pixel_term = pixel_loss(generator(labels), photos)
    update(pixel_term, optimiser)
    return pixel_term.detach()


def beside(labels: Tensor, photos: Tensor) -> Tensor:
    """Labels (N, 3, H, W) and photos (N, 3, H, W) as one input (N, 6, H, W), always in this order."""
    return torch.cat([labels, photos], dim=1)


class RoundTrip(NamedTuple):
    """One domain's images on their way there and back."""

    fakes: Tensor  # (N, 3, H, W), what they became
    recovered: Tensor  # (N, 3, H, W), what came back of these very fakes
    fake_logits: Tensor  # (N, 1, h, w), what the discriminator of the other domain said of them


class CycleGeneratorsResult(NamedTuple):
    """What a step of both generators found.  Each loss is the sum over both directions, not yet weighted; detached."""

    adversarial: Tensor  # ()
    cycle: Tensor  # ()
    identity: Tensor  # (), 0 where its weight is
    monet_way: RoundTrip  # photo -> monet -> photo
    photo_way: RoundTrip  # monet -> photo -> monet


def round_trip(there: nn.Module, back: nn.Module, discriminator: nn.Module, images: Tensor) -> RoundTrip:
    """Send images (N, 3, H, W) to the other domain and back; the discriminator of that domain judges the halfway point.

    The picture that comes back is made of the very fake that was judged.  Both generators can learn from it, the
    discriminator cannot.
    """
    fakes = there(images)
    recovered = back(fakes)
    with frozen(discriminator):
        fake_logits = discriminator(fakes)
    return RoundTrip(fakes, recovered, fake_logits)


def cycle_generators_step(
    photo_to_monet: nn.Module,
    monet_to_photo: nn.Module,
    monet_discriminator: nn.Module,
    photo_discriminator: nn.Module,
    optimiser: Optimizer,
    photos: Tensor,
    monets: Tensor,
    loss: Callable[[Tensor], Tensor] = generator_lsgan_loss,
    cycle_weight: float = 10.0,
    identity_weight: float = 5.0,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> CycleGeneratorsResult:
    """Teach both generators at once, from photos (N, 3, H, W) and monets (M, 3, H, W) that have nothing to do with
    each other: to pass for the other domain, to find the way back, and to leave alone what is there already.

    `optimiser` holds the weights of both generators; no discriminator changes.  `identity_weight` is absolute: the
    paper's 0.5 · 10 is 5 here.  (Zhu et al. 2017, equation 3 and §5.2.)
    """
    monet_way = round_trip(photo_to_monet, monet_to_photo, monet_discriminator, photos)
    photo_way = round_trip(monet_to_photo, photo_to_monet, photo_discriminator, monets)
    adversarial = loss(monet_way.fake_logits) + loss(photo_way.fake_logits)
    cycle = cycle_loss(photos, monet_way.recovered) + cycle_loss(monets, photo_way.recovered)
    identity = torch.zeros_like(cycle)
    if identity_weight:
        identity = identity_loss(monets, photo_to_monet(monets)) + identity_loss(photos, monet_to_photo(photos))
    update(adversarial + cycle_weight * cycle + identity_weight * identity, optimiser)
    return CycleGeneratorsResult(
        adversarial.detach(),
        cycle.detach(),
        identity.detach(),
        RoundTrip(*(tensor.detach() for tensor in monet_way)),
        RoundTrip(*(tensor.detach() for tensor in photo_way)),
    )


def domain_discriminator_step(
    discriminator: nn.Module,
    optimiser: Optimizer,
    real_images: Tensor,
    fake_images: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = discriminator_lsgan_loss,
    update: Callable[[Tensor, Optimizer], None] = update,
) -> DiscriminatorResult:
    """Teach one domain's discriminator to tell its images (N, 3, H, W) from generated ones, made before, new or old.

    `fake_images` come from an image pool or from the generators' step, and carry no gradient.  Half the loss, as the
    paper has it.  (Zhu et al. 2017, §4.)
    """
    real_logits = discriminator(real_images)
    fake_logits = discriminator(fake_images.detach())
    discriminator_loss = 0.5 * loss(real_logits, fake_logits)
    update(discriminator_loss, optimiser)
    return DiscriminatorResult(discriminator_loss.detach(), real_logits.detach(), fake_logits.detach())
