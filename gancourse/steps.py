"""One training step for each player: the heart of the course.

The same two functions train points in the plane and faces; only the networks and the tensors change.
Whoever moves, the other holds still.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse.losses import discriminator_bce_loss, generator_bce_loss

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class DiscriminatorResult(NamedTuple):
    """What a discriminator step found.  Tensors, unread: reading one would make the program wait for the GPU."""

    loss: Tensor  # ()
    real_logits: Tensor  # (N,)
    fake_logits: Tensor  # (N,)


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
