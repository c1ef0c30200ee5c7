"""Pairs of pictures that belong together, pixel by pixel: labels and the photo of the facade that they describe.

A dataset here is indexed as a tensor is, and gives two: `labels, photos = pairs[indices]`, each (N, 3, H, W), or
(3, H, W) for an integer, float in [-1, 1].
"""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torch.utils.data import Dataset

from gancourse.data.files import Pictures, decode, open_pictures
from gancourse.data.images import to_float
from gancourse.errors import CourseError

Side = Literal["left", "right"]
Batch = tuple[Tensor, Tensor]

LARGER = 286 / 256  # how much larger the jitter makes a picture before it cuts the size out again


def jitter(labels: Tensor, photos: Tensor, rng: torch.Generator) -> Batch:
    """Both, each pair a little enlarged, cut out somewhere, and one time in two mirrored: the same for both.

    The paper's augmentation: from 256 px to 286, and 256 of those again; other sizes in proportion.
    (Isola et al. 2017, §6.2.)
    """
    size = labels.shape[-1]
    larger = round(size * LARGER)
    both = torch.cat([labels, photos], dim=1)
    both = interpolate(both, (larger, larger), mode="bicubic", align_corners=False).clamp(-1, 1)
    tops, lefts = torch.randint(larger - size + 1, (2, len(both)), generator=rng).tolist()
    mirrored = (torch.rand(len(both), generator=rng) < 0.5).tolist()
    cut = [pair[:, top : top + size, left : left + size] for pair, top, left in zip(both, tops, lefts, strict=True)]
    turned = torch.stack([pair.flip(-1) if flip else pair for pair, flip in zip(cut, mirrored, strict=True)])
    return turned[:, :3], turned[:, 3:]


class FacadesPairs(Dataset[Batch]):
    """Label maps and photos that lie side by side in one picture, as in the archive of the facades."""

    description: str

    def __init__(
        self,
        source: str | Path,
        image_size: int = 256,
        split: Literal["train", "validation"] = "train",
        count: int | None = None,
        labels_on: Side = "right",
        progress: bool = True,
    ) -> None:
        self._pictures: Pictures = open_pictures(Path(source).expanduser().resolve())
        folder = {"train": "train", "validation": "val"}[split]
        self._names = [name for name in self._pictures.names if Path(name).parent.name == folder][:count]

        def cut(image: Image.Image, name: str) -> Tensor:
            return halves(image, image_size, labels_on, name)

        self._pixels = decode(self._pictures, self._names, (6, image_size, image_size), cut, progress)
        self.description = f"CMP facades, {len(self._names)} pairs at {image_size} px"

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int | slice | Tensor) -> Batch:
        both = to_float(self._pixels[index])
        return both[..., :3, :, :], both[..., 3:, :, :]


def halves(image: Image.Image, size: int, labels_on: Side, name: str) -> Tensor:
    """The labels and the photo of a picture that holds both side by side: uint8 (6, size, size), labels first."""
    if image.width % 2:
        raise CourseError(f"{name} is {image.width} px wide, an odd number; a pair has two halves of one width.")
    middle = image.width // 2
    left, right = image.crop((0, 0, middle, image.height)), image.crop((middle, 0, image.width, image.height))
    pair = (left, right) if labels_on == "left" else (right, left)
    fitted = [np.array(half.resize((size, size), Image.Resampling.BILINEAR)) for half in pair]
    return torch.from_numpy(np.concatenate(fitted, axis=2)).permute(2, 0, 1)
