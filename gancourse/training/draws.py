"""What a step is given: batches in a random order, latents, and a source of chance for each purpose."""

import itertools
from collections.abc import Iterator
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

LATENTS, ORDER, JITTER, MONET_ORDER, MONET_JITTER, PHOTO_POOL, MONET_POOL = range(7)  # what a random number is for


class Images(Protocol):
    """What the loop trains on: anything that, like a tensor, gives a batch for a tensor of indices."""

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Tensor) -> Tensor: ...


class Pairs(Protocol):
    """The same for pictures that belong together: labels and photos."""

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Tensor) -> tuple[Tensor, Tensor]: ...


def random_source(seed: int, *purpose: int) -> torch.Generator:
    """A generator of its own for each seed and purpose, the same on every machine."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence([seed, *purpose]).generate_state(1)[0]))


def draw_latents(generator: nn.Module, count: int, seed: int, step: int) -> Tensor:
    """The latents (count, latent_size) of one step, from N(0, 1).  Step -1 is the fixed latents of the samples."""
    latent_size = cast(int, generator.latent_size)
    return torch.randn(count, latent_size, generator=random_source(seed, LATENTS, step + 1))


def shuffled_batches(
    size: int, batch_size: int, seed: int, first_step: int = 0, purpose: int = ORDER
) -> Iterator[Tensor]:
    """Endless batches of indices (batch_size,), each epoch in a new order; `first_step` batches are skipped.

    An epoch's incomplete last batch is left out: batch norm wants batches of one size.
    """
    batches_per_epoch = size // batch_size
    skipped = first_step % batches_per_epoch
    for epoch in itertools.count(first_step // batches_per_epoch):
        order = torch.randperm(size, generator=random_source(seed, purpose, epoch))
        for batch in range(skipped, batches_per_epoch):
            yield order[batch * batch_size : (batch + 1) * batch_size]
        skipped = 0


def unpaired_batches(
    photo_count: int, monet_count: int, batch_size: int, seed: int, first_step: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of indices, of photos and of monets, (batch_size,) each: `shuffled_batches` of either set.

    Each set has an order of its own, new in every epoch of its own, so that no image keeps a partner.  The smaller set
    starts over more often, and neither is cut to the other.
    """
    photo_batches = shuffled_batches(photo_count, batch_size, seed, first_step)
    monet_batches = shuffled_batches(monet_count, batch_size, seed, first_step, MONET_ORDER)
    return zip(photo_batches, monet_batches, strict=True)
