"""The memory of a CycleGAN's discriminator: pictures that its generator made some time ago."""

from typing import Any

import torch
from torch import Tensor

from gancourse.errors import CourseError


class ImagePool:
    """Keeps up to `size` generated pictures, and hands the discriminator new and old ones in turn.

    A discriminator that sees only the latest fakes forgets the older ones, and the generator may come back to them.
    While the pool fills, every picture passes through, and is kept.  From then on, one time in two, a picture is
    exchanged for one of the pool, which is handed out in its place.  (Zhu et al. 2017, §4, after Shrivastava et al.
    2017.)

    `size` 0 keeps nothing.  The draws follow from `seed` alone.  Raises CourseError for a negative size.
    """

    def __init__(self, size: int = 50, seed: int = 0) -> None:
        if size < 0:
            raise CourseError(f"A pool of {size} pictures was asked for; give 0 or more.")
        self.size = size
        self.images: list[Tensor] = []  # each (C, H, W)
        self._rng = torch.Generator().manual_seed(seed)

    def exchange(self, images: Tensor) -> Tensor:
        """For a batch of generated images (N, C, H, W) one of the same shape, each picture new or old.

        What comes back, and what is kept, is detached: no gradient goes on from here.
        """
        return torch.stack([self._exchange_one(image) for image in images.detach()])

    def _exchange_one(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if self.size == 0 or torch.rand((), generator=self._rng) < 0.5:
            return image
        place = int(torch.randint(self.size, (), generator=self._rng))
        old, self.images[place] = self.images[place], image.clone()
        return old.to(image.device)  # a pool taken up from a checkpoint lies on the CPU

    def __len__(self) -> int:
        return len(self.images)

    def state_dict(self) -> dict[str, Any]:
        """All that a later run needs to go on as this one would: the pictures, in order, and the draws to come."""
        return {"images": [image.cpu() for image in self.images], "rng": self._rng.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave.  Raises CourseError where there are more pictures than fit."""
        if len(state["images"]) > self.size:
            raise CourseError(f"{len(state['images'])} pictures were kept, and this pool holds {self.size}.")
        self.images = list(state["images"])
        self._rng.set_state(state["rng"])
