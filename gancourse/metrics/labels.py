"""Label agreement: do the labels come back when someone reads the generated picture?  The paper's FCN scores."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gancourse.data import to_uint8
from gancourse.data.drawn_facades import CLASSES
from gancourse.errors import CourseError
from gancourse.networks.pixel_reader import PixelReader


class Agreement(NamedTuple):
    """What `label_agreement` found, all from 0 to 1; as text, a table.

    pixel      the share of all pixels that are read as what they are
    per_class  that share within each class, averaged over the classes
    iou        pixels that are a class and are read as it, over those that are either; averaged over the classes
    shares     of each class that occurs, by its name: its share of all pixels, and of those the share read right
    """

    pixel: float
    per_class: float
    iou: float
    shares: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        lines = [f"per pixel {self.pixel:.3f}, per class {self.per_class:.3f}, class IoU {self.iou:.3f}"]
        lines += [f"{'':12}{'of pixels':>11}{'read right':>12}"]
        lines += [f"{name:12}{share:11.1%}{right:12.1%}" for name, (share, right) in self.shares.items()]
        return "\n".join(lines)


@torch.no_grad()
def label_agreement(
    photos: Tensor, codes: Tensor, reader: PixelReader, batch_size: int = 50, classes: Sequence[str] = tuple(CLASSES)
) -> Agreement:
    """How well the reader reads the labels (N, H, W) back from photos (N, 3, H, W) in [-1, 1] made of them.

    `codes` counts `classes`, the names of what the reader tells apart: those of facades, as `label_codes` and the drawn
    facades give them, or REGIONS for a reader of landscapes, and then a painting is as good as a photo.  All pixels of
    all photos are counted together, and classes that do not occur in `codes` are left out of both averages.  What real
    photos of these labels reach is the best to hope for: put it beside.

    Raises CourseError for codes of another shape or outside the classes, for a reader that tells another number of
    classes apart, and for photos that it does not take.
    (Isola et al. 2017, §4.1; Long et al. 2015, §5.)
    """
    if photos.ndim != 4 or codes.shape != (len(photos), *photos.shape[2:]) or codes.numel() == 0:
        raise CourseError(
            f"These photos have the shape {tuple(photos.shape)} and their labels {tuple(codes.shape)}; give photos "
            "(N, 3, H, W) with one code for each pixel, (N, H, W). label_codes makes codes of label pictures."
        )
    count = len(classes)
    if codes.is_floating_point() or codes.min() < 0 or codes.max() >= count:
        raise CourseError(
            f"Codes of labels are whole numbers from 0 to {count - 1}; these go from {codes.min()} to {codes.max()}."
        )
    table = torch.zeros(count * count, dtype=torch.int64)
    for some, known in zip(photos.split(batch_size), codes.split(batch_size), strict=True):
        logits = reader(some)
        if logits.shape[1] != count:
            raise CourseError(
                f"This reader tells {logits.shape[1]} classes apart, and `classes` names {count}. A reader of "
                "landscapes goes with classes=REGIONS, a reader of facades with CLASSES."
            )
        table += (count * known.cpu().long() + logits.argmax(dim=1).cpu()).flatten().bincount(minlength=count * count)
    table = table.reshape(count, count).double()  # row: what the pixel is; column: what it is read as

    right, known, read = table.diagonal(), table.sum(dim=1), table.sum(dim=0)
    occurs = known > 0
    recall, overlap = (right / known)[occurs], (right / (known + read - right))[occurs]
    names = [name for name, here in zip(classes, occurs, strict=True) if here]
    shares = zip((known / known.sum())[occurs].tolist(), recall.tolist(), strict=True)
    return Agreement(
        pixel=(right.sum() / known.sum()).item(),
        per_class=recall.mean().item(),
        iou=overlap.mean().item(),
        shares=dict(zip(names, shares, strict=True)),
    )


def label_codes(labels: Tensor) -> Tensor:
    """What class each pixel of label pictures (N, 3, H, W) in [-1, 1] shows: codes (N, H, W), int64, on the CPU.

    The class of CLASSES whose colour is nearest.  That is right for colours which JPEG has blurred a little, but on the
    border of two regions their mixture may be nearest to a third.  Raises CourseError for pictures of another shape.
    """
    if labels.ndim != 4 or labels.shape[1] != 3:
        raise CourseError(f"label_codes takes label pictures (N, 3, H, W); these are {tuple(labels.shape)}.")
    colours = torch.tensor(list(CLASSES.values()), dtype=torch.float32)
    pixels = to_uint8(labels).cpu().float().permute(0, 2, 3, 1)  # (N, H, W, 3)
    nearest = [torch.cdist(picture.reshape(-1, 3), colours).argmin(dim=1) for picture in pixels]
    return torch.stack(nearest).reshape(len(labels), *labels.shape[2:])
