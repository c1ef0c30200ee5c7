"""Networks for points in the plane, small enough to train while you watch."""

import torch
from torch import Tensor, nn


class PlaneGenerator(nn.Module):
    """latents (N, latent_size), drawn from N(0, 1)  ->  points (N, 2).  Two hidden layers of `width` ReLUs."""

    def __init__(self, latent_size: int = 2, width: int = 64) -> None:
        super().__init__()
        self.latent_size, self.width = latent_size, width
        self.layers = nn.Sequential(
            nn.Linear(latent_size, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )

    def forward(self, latents: Tensor) -> Tensor:
        return self.layers(latents)

    def extra_repr(self) -> str:
        return f"latent_size={self.latent_size}, width={self.width}"


class ConditionalPlaneGenerator(nn.Module):
    """latents (N, latent_size + classes)  ->  (N, 2 + classes): points, and with each the condition it was made for.

    The last `classes` numbers of a latent are the condition, a one-hot.  It is passed along, so that a discriminator
    with `inputs=2 + classes` sees the pair, and both training steps stay as they are.  (Mirza and Osindero 2014, §3.2.)
    """

    def __init__(self, classes: int, latent_size: int = 2, width: int = 64) -> None:
        super().__init__()
        self.classes, self.latent_size = classes, latent_size
        self.points = PlaneGenerator(latent_size + classes, width)

    def forward(self, latents: Tensor) -> Tensor:
        condition = latents[:, self.latent_size :]
        return torch.cat([self.points(latents), condition], dim=1)

    def extra_repr(self) -> str:
        return f"classes={self.classes}, latent_size={self.latent_size}, width={self.points.width}"


class PlaneDiscriminator(nn.Module):
    """points (N, inputs)  ->  logits (N,); above 0 means "more likely real".  Two hidden layers of `width` LeakyReLUs.

    `inputs` is 2, and more where a point comes with its condition.
    """

    def __init__(self, width: int = 64, inputs: int = 2) -> None:
        super().__init__()
        self.width, self.inputs = width, inputs
        self.layers = nn.Sequential(
            nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
        )

    def forward(self, points: Tensor) -> Tensor:
        return self.layers(points).flatten()

    def extra_repr(self) -> str:
        return f"width={self.width}, inputs={self.inputs}"
