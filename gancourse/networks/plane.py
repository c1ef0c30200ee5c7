"""Networks for points in the plane, small enough to train while you watch."""

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


class PlaneDiscriminator(nn.Module):
    """points (N, 2)  ->  logits (N,); above 0 means "more likely real".  Two hidden layers of `width` LeakyReLUs."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(
            nn.Linear(2, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
        )

    def forward(self, points: Tensor) -> Tensor:
        return self.layers(points).flatten()

    def extra_repr(self) -> str:
        return f"width={self.width}"
