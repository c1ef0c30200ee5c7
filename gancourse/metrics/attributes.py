"""Which attributes of faces a generator covers, and which it dropped: mode collapse, counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gancourse.data.drawn_faces import CATEGORIES
from gancourse.networks.reader import MEASURED, READABLE, FaceReader

RARE = 0.01  # a value with a smaller share of the reference is not asked for
ENOUGH = 0.25  # of the reference's share makes a value covered


@dataclass(frozen=True)
class Coverage:
    """What `attribute_coverage` found; as text, a table.

    shares[category][value]  the value's share of the images and of the reference, each 0 to 1
    accuracy[category]       how often the reader is right on drawn faces that it never saw, 0 to 1; may be empty
    counts                   how many images, and how many in the reference
    """

    shares: dict[str, dict[str, tuple[float, float]]]
    accuracy: dict[str, float]
    counts: tuple[int, int]

    def _asked(self) -> Iterator[tuple[str, float, float]]:
        for category, values in self.shares.items():
            for value, (share, reference) in values.items():
                if reference >= RARE:
                    yield f"{category}: {value}", share, reference

    @property
    def asked(self) -> int:
        """How many values, over all categories, have at least 1 % of the reference."""
        return len(list(self._asked()))

    @property
    def dropped(self) -> list[str]:
        """The values asked for whose share is under a quarter of the reference's: ["glasses: sun"]."""
        return [name for name, share, reference in self._asked() if share < ENOUGH * reference]

    @property
    def covered(self) -> int:
        """How many of the values asked for are not dropped."""
        return self.asked - len(self.dropped)

    def __str__(self) -> str:
        lines = [
            f"{self.covered} of {self.asked} values covered: share at least a quarter of the reference's",
            f"{'':19}{'here':>8}{'reference':>11}",
            f"{'  pictures':19}{self.counts[0]:8}{self.counts[1]:11}",
        ]
        for category, values in self.shares.items():
            accuracy = f", read right {self.accuracy[category]:.0%}" if category in self.accuracy else ""
            lines.append(f"{category}{accuracy}")
            for value, (share, reference) in values.items():
                fate = "  dropped" if f"{category}: {value}" in self.dropped else ""
                fate = "  too rare to ask for" if reference < RARE else fate
                lines.append(f"  {value:17}{share:8.1%}{reference:11.1%}{fate}")
        return "\n".join(lines)


def attribute_coverage(images: Tensor, reader: FaceReader, reference: Tensor) -> Coverage:
    """Which values of each readable category the images (N, 3, H, W) have, beside a reference (M, 3, H, W).

    Both are read by the same reader, so that what it misreads it misreads on both sides.  Of a value with 1 % of the
    reference a sample of 500 has 5 on average, and by chance fewer than a quarter of that in one sample of 25: take at
    least 500.  Raises CourseError for images that the reader does not take.
    """
    read, wanted = read_values(images, reader), read_values(reference, reader)
    shares = {
        category: {
            value: ((read[category] == code).float().mean().item(), (wanted[category] == code).float().mean().item())
            for code, value in enumerate(values)
        }
        for category, values in READABLE.items()
    }
    return Coverage(shares, reader.accuracy, (len(images), len(reference)))


@torch.no_grad()
def read_values(images: Tensor, reader: FaceReader, batch_size: int = 250) -> dict[str, Tensor]:
    """What the reader takes each image for: per category codes (N,), counting the values of READABLE[category]."""
    read = [reader(batch) for batch in images.split(batch_size)]
    return {category: torch.cat([logits[category].argmax(dim=1) for logits in read]) for category in READABLE}


def readable_attributes(attributes: Mapping[str, NDArray]) -> dict[str, Tensor]:
    """Known attributes of drawn faces in the reader's terms: codes (N,) per category, numbers (N,) per measure."""
    known = {}
    for category, values in READABLE.items():
        group = {drawn: code for code, gathered in enumerate(values.values()) for drawn in gathered}
        codes = np.array([group[drawn] for drawn in CATEGORIES[category]])
        known[category] = torch.from_numpy(codes[attributes[category]])
    return known | {name: torch.from_numpy(attributes[name]) for name in MEASURED if name in attributes}
