"""A reader of facades or landscapes: a small segmenter that says, for every pixel of a picture, what it shows."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gancourse.errors import CourseError

SMALLEST, FACTOR = 32, 8  # px: a picture is this large at least, and three halvings leave whole pixels
FEATURES = 64


class PixelReader(nn.Module):
    """Pictures in, the class of every pixel out.

    pictures (N, 3, H, W) in [-1, 1], H and W multiples of 8 from 32 up  ->  logits (N, classes, H, W)

    Fully convolutional: the picture is halved three times, and on the way back what was seen at each size is added
    again (Long et al. 2015, §4.2).  The mean over the picture of what was seen at every size becomes 64 features, which
    `features` returns; a trained reader's have mean 0 and variance 1 over the pictures it learnt from.

    width     channels at full size; 2, 4 and 6 times as many at the smaller ones
    classes   how many there are: 12 in `gancourse.data.drawn_facades.CLASSES`, 7 in
              `gancourse.data.drawn_landscapes.REGIONS`, in their order

    `accuracy` says how far to trust it: its label agreement with drawn pictures that it never saw, per size, as in
    `accuracy["64 px"]["iou"]`.  It is empty for a reader that is not trained.  Trained readers have seen no real
    pictures: distances between those need other features, `gancourse.metrics.inception_features`.
    Raises CourseError for pictures of another shape.
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

    def see(self, pictures: Tensor) -> list[Tensor]:
        """What is seen of the pictures at full size, a half, a quarter and an eighth: maps (N, channels, h, w)."""
        shape, sizes = tuple(pictures.shape), pictures.shape[2:]
        if len(shape) != 4 or shape[1] != 3 or min(sizes) < SMALLEST or any(size % FACTOR for size in sizes):
            raise CourseError(
                f"These pictures have the shape {shape}; the reader takes (N, 3, H, W), H and W multiples of {FACTOR} "
                f"from {SMALLEST} up."
            )
        maps = [pictures]
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

    def features(self, pictures: Tensor) -> Tensor:
        """pictures (N, 3, H, W) in [-1, 1]  ->  features (N, 64), to measure distances between sets of pictures by."""
        return self.standard(self.summarise(self.see(pictures)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.label(self.see(pictures))

    def extra_repr(self) -> str:
        return f"width={self.width}, classes={self.classes}"


def block(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    """A convolution of 3x3 px, its batch norm and a ReLU; a stride of 2 halves height and width."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU())
