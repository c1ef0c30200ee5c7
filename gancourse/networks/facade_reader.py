"""A reader of facades: a small segmenter that says, for every pixel of a photo, what it shows."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gancourse.errors import CourseError

SMALLEST, FACTOR = 32, 8  # px: a photo is this large at least, and three halvings leave whole pixels
FEATURES = 64


class FacadeReader(nn.Module):
    """Photos of facades in, the class of every pixel out.

    photos (N, 3, H, W) in [-1, 1], H and W multiples of 8 from 32 up  ->  logits (N, classes, H, W)

    Fully convolutional: the photo is halved three times, and on the way back what was seen at each size is added again
    (Long et al. 2015, §4.2).  The mean over the photo of what was seen at every size becomes 64 features, which
    `features` returns; the trained reader's have mean 0 and variance 1 over the photos it learnt from.

    width     channels at full size; 2, 4 and 6 times as many at the smaller ones
    classes   12: those of `gancourse.data.drawn_facades.CLASSES`, in their order

    `accuracy` says how far to trust it: its label agreement with drawn facades that it never saw, per size, as in
    `accuracy["64 px"]["iou"]`.  It is empty for a reader that is not trained.
    Raises CourseError for photos of another shape.
    """

    def __init__(self, width: int = 16, classes: int = 12) -> None:
        super().__init__()
        self.width, self.classes = width, classes
        self.accuracy: dict[str, dict[str, float]] = {}
        half, quarter, eighth = 2 * width, 4 * width, 6 * width
        self.down = nn.ModuleList(
            [
                block(3, width),
                nn.Sequential(block(width, half, stride=2), block(half, half)),
                nn.Sequential(block(half, quarter, stride=2), block(quarter, quarter)),
                nn.Sequential(block(quarter, eighth, stride=2), block(eighth, eighth)),
            ]
        )
        self.summary = nn.Linear(width + half + quarter + eighth, FEATURES)
        self.standard = nn.BatchNorm1d(FEATURES, affine=False)
        self.narrow = nn.ModuleList(
            [nn.Conv2d(eighth, quarter, 1), nn.Conv2d(quarter, half, 1), nn.Conv2d(half, width, 1)]
        )
        self.up = nn.ModuleList([block(quarter, quarter), block(half, half), block(width, width)])
        self.head = nn.Conv2d(width, classes, 1)

    def see(self, photos: Tensor) -> list[Tensor]:
        """What is seen of the photos at full size, a half, a quarter and an eighth: maps (N, channels, h, w)."""
        sizes = photos.shape[2:]
        if photos.ndim != 4 or photos.shape[1] != 3 or min(sizes) < SMALLEST or any(size % FACTOR for size in sizes):
            raise CourseError(
                f"These photos have the shape {tuple(photos.shape)}; the reader takes (N, 3, H, W), H and W multiples "
                f"of {FACTOR} from {SMALLEST} up."
            )
        maps = [photos]
        for layers in self.down:
            maps.append(layers(maps[-1]))
        return maps[1:]

    def label(self, maps: list[Tensor]) -> Tensor:
        """From what `see` returned, logits (N, classes, H, W)."""
        *finer, read = maps
        for narrow, layers, seen in zip(self.narrow, self.up, reversed(finer), strict=True):
            read = layers(F.interpolate(narrow(read), scale_factor=2.0) + seen)
        return self.head(read)

    def summarise(self, maps: list[Tensor]) -> Tensor:
        """From what `see` returned, the features (N, 64) before they are brought to mean 0 and variance 1."""
        return self.summary(torch.cat([seen.mean(dim=(2, 3)) for seen in maps], dim=1))

    def features(self, photos: Tensor) -> Tensor:
        """photos (N, 3, H, W) in [-1, 1]  ->  features (N, 64), to measure distances between sets of photos by."""
        return self.standard(self.summarise(self.see(photos)))

    def forward(self, photos: Tensor) -> Tensor:
        return self.label(self.see(photos))

    def extra_repr(self) -> str:
        return f"width={self.width}, classes={self.classes}"


def block(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    """A convolution of 3x3 px, its batch norm and a ReLU; a stride of 2 halves height and width."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU())
