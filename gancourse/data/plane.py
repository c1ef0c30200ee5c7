"""Points in the plane for lesson 1: distributions small enough to see whole.

Each function draws independent points from one distribution, all of them about 1 in size.  `rng` is a seeded
`torch.Generator`; without it the points come from torch's global one.
"""

import math

import torch
from torch import Tensor


def ring_modes(modes: int = 8, radius: float = 1.0) -> Tensor:
    """The centres of the ring's modes: (modes, 2), anticlockwise from (radius, 0)."""
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def ring(
    count: int, modes: int = 8, radius: float = 1.0, std: float = 0.05, rng: torch.Generator | None = None
) -> Tensor:
    """`count` points from equally likely Gaussians, `std` wide in each direction, around `ring_modes`: (count, 2)."""
    chosen = torch.randint(modes, (count,), generator=rng)
    return ring_modes(modes, radius)[chosen] + std * torch.randn(count, 2, generator=rng)


def two_moons(count: int, std: float = 0.05, rng: torch.Generator | None = None) -> Tensor:
    """`count` points on two interleaved half circles of radius 1, blurred by `std`: (count, 2), mean zero.

    Either moon is equally likely.  The second is the first turned by half a turn about the origin.
    """
    angles = math.pi * torch.rand(count, generator=rng)
    upper_moon = torch.stack([angles.cos() - 0.5, angles.sin() - 0.25], dim=1)
    which = 1 - 2 * torch.randint(2, (count, 1), generator=rng)
    return which * upper_moon + std * torch.randn(count, 2, generator=rng)


def line(count: int, std: float = 0.05, rng: torch.Generator | None = None) -> Tensor:
    """`count` points spread evenly along the segment from (-1, -0.5) to (1, 0.5), blurred by `std`: (count, 2)."""
    along = 2 * torch.rand(count, 1, generator=rng) - 1
    return along * torch.tensor([1.0, 0.5]) + std * torch.randn(count, 2, generator=rng)
