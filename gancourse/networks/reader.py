"""A reader of faces: a small convolutional network that says what is in the picture."""

import torch.nn.functional as F
from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.dcgan import conv

SIZE = 32  # px: what the reader sees of a face, however large it comes

READABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "glasses": {"none": ("none",), "clear": ("thin", "thick"), "sun": ("sun",)},
    "hair_style": {
        "bald or receding": ("bald", "receding"),
        "short": ("cropped", "short", "swept"),
        "curly": ("curly",),
        "long": ("bob", "fringe", "long", "wavy"),
        "tied": ("bun", "ponytail"),
    },
    "hair_colour": {
        "dark": ("black", "dark brown"),
        "brown or red": ("brown", "auburn", "ginger"),
        "blond": ("blond",),
        "grey": ("grey", "white"),
        "bright": ("rose", "teal"),
    },
    "skin_tone": {
        "light": ("very light", "light", "light medium"),
        "medium": ("medium", "tan"),
        "dark": ("brown", "dark brown", "deep"),
    },
    "facial_hair": {"none": ("none", "stubble"), "beard": ("moustache", "goatee", "beard")},
    "clothes_colour": {
        "dark": ("navy", "charcoal", "plum"),
        "white": ("white",),
        "warm": ("rust", "mustard", "rose"),
        "green": ("olive",),
        "blue": ("teal", "sky"),
    },
    "background_colour": {
        "warm": ("sand", "clay", "cream"),
        "green": ("sage",),
        "blue": ("sky", "slate"),
        "violet": ("dusk",),
        "night": ("night",),
    },
}
"""What can be told at 32 px: each category's values, and the values of the drawn faces that each one gathers."""

MEASURED = ("smile", "turn", "tilt", "light", "age", "blur", "noise")
"""What can be measured, on the drawn faces' scales; blur from 0 (as drawn) to 1 (smoothed over two pixels of the 32),
noise as a standard deviation of pixels in [-1, 1]."""


class FaceReader(nn.Module):
    """Faces in, what is in them out.

    images (N, 3, H, H) in [-1, 1], H at least 32  ->  a dictionary:
        per category of READABLE  logits (N, values), in the order of its values
        per name of MEASURED      numbers (N,)

    Larger pictures are averaged down to 32 px.  In between lie 64 features, which `features` returns; the trained
    reader's have mean 0 and variance 1 over the pictures it learnt from.  `accuracy` says how far to trust it, on drawn
    faces that it never saw: for a category how often it is right, for a measure the correlation with the truth.  It is
    empty for a reader that is not trained.  Raises CourseError for images of another shape.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.width = width
        self.accuracy: dict[str, float] = {}
        self.layers = nn.Sequential(
            *(conv(3, width), nn.ReLU()),  # 32 -> 16
            *(conv(width, 2 * width), nn.ReLU()),  # 16 -> 8
            *(conv(2 * width, 4 * width), nn.ReLU()),  # 8 -> 4
            *(nn.Flatten(), nn.Linear(4 * width * 4 * 4, 64)),
            nn.BatchNorm1d(64, affine=False),
        )
        self.categories = nn.ModuleDict({name: nn.Linear(64, len(values)) for name, values in READABLE.items()})
        self.measures = nn.Linear(64, len(MEASURED))

    def features(self, images: Tensor) -> Tensor:
        """images (N, 3, H, H) in [-1, 1]  ->  features (N, 64), to measure distances between sets of faces by."""
        height, width = images.shape[-2:] if images.ndim == 4 else (0, 0)
        if images.ndim != 4 or images.shape[1] != 3 or height != width or height < SIZE:
            raise CourseError(
                f"These images have the shape {tuple(images.shape)}; the reader takes (N, 3, H, H), H at least {SIZE}."
            )
        return self.layers(F.adaptive_avg_pool2d(images, SIZE))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.features(images)
        logits = {name: head(features) for name, head in self.categories.items()}
        return logits | dict(zip(MEASURED, self.measures(features).T, strict=True))

    def extra_repr(self) -> str:
        return f"width={self.width}"
