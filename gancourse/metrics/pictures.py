"""What can be measured of pictures: how far one is from another, how sharp it is, and whether it is made of strokes.

All look at one picture at a time, on the scale from 0 (black) to 1 (white) that published numbers are given on.
"""

import torch
from torch import Tensor

from gancourse.errors import CourseError

WINDOW, SIGMA = 11, 1.5  # px: what SSIM compares at a time, weighted by a Gaussian (Wang et al. 2004, §III.C)
BLOCK = 4  # px: the side of the blocks that strokes are looked for in


def l1_distance(photos: Tensor, others: Tensor) -> Tensor:
    """The mean absolute difference of each picture (N, 3, H, W) in [-1, 1] and its other: (N,), 0 to 1.

    On the [0, 1] scale, as it is published: half of what `(photos - others).abs().mean()` says in [-1, 1].
    Raises CourseError for pictures that do not come in pairs of one shape.  (Isola et al. 2017, §3.1.)
    """
    require_pairs(photos, others)
    return (_unit_scale(photos) - _unit_scale(others)).abs().mean(dim=(1, 2, 3))


def structural_similarity(photos: Tensor, others: Tensor) -> Tensor:
    """The SSIM of each picture (N, 3, H, W) in [-1, 1] and its other: (N,) on the CPU, 1 for equal ones, -1 at worst.

    In a window that moves over both, it compares mean, deviation and correlation, by scikit-image and with the paper's
    settings: a Gaussian window of 11 px with σ = 1.5, population covariance, K = 0.01 and 0.03, and the mean over all
    windows inside the picture and over the colours.  On the [0, 1] scale, since the SSIM of pictures that may be
    negative is another number: there mid-grey would be 0, and everything unlike it.

    Raises CourseError for pictures that do not come in pairs of one shape, or are smaller than the window.
    (Wang et al. 2004, §III.)
    """
    from skimage.metrics import structural_similarity as ssim  # the import takes a second

    require_pairs(photos, others)
    if min(photos.shape[2:]) < WINDOW:
        raise CourseError(
            f"Pictures of {photos.shape[3]}x{photos.shape[2]} px are smaller than the window of SSIM; "
            f"take pictures of {WINDOW} px or more."
        )
    ours, theirs = (_unit_scale(pictures).detach().cpu().double().numpy() for pictures in (photos, others))
    settings = {"gaussian_weights": True, "sigma": SIGMA, "use_sample_covariance": False}
    found = [ssim(one, two, channel_axis=0, data_range=1, **settings) for one, two in zip(ours, theirs, strict=True)]
    return torch.tensor(found, dtype=torch.float32)


def sharpness(photos: Tensor) -> Tensor:
    """How far a pixel is from the mean of its four neighbours, on average over each picture: (N,), 0 to 1.

    Pictures (N, 3, H, W) in [-1, 1], measured in grey on the [0, 1] scale: 0 for a plain or evenly shaded picture, 1
    for a chessboard of single pixels.  It is the Laplacian, a quarter of its mean absolute value: blur takes away more
    of it than of the gradient, which large edges keep.  Noise is sharp too, so read it as a ratio to real pictures,
    of which 1 is the best.  Raises CourseError for other shapes, and for pictures under 3 px.
    """
    if photos.ndim != 4 or photos.shape[1] != 3 or min(photos.shape[2:]) < 3:
        raise CourseError(f"sharpness takes pictures (N, 3, H, W) of 3 px or more; these are {tuple(photos.shape)}.")
    grey = _unit_scale(photos).mean(dim=1)
    neighbours = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return (grey[:, 1:-1, 1:-1] - neighbours / 4).abs().mean(dim=(1, 2))


def stroke_strength(pictures: Tensor) -> Tensor:
    """How much warm and cool vary side by side, beyond what light and shade explain: (N,), 0 to 0.5.

    In every block of 4x4 px of a picture (N, 3, H, W) in [-1, 1], the standard deviation of red minus blue on the
    [0, 1] scale, about its regression on brightness; of all blocks the median.  A photo's texture is of light and
    shade, and one colour; strokes of broken colour are lighter or darker, and warmer or cooler on their own.  So
    recolouring a photo makes no strokes: matching colour statistics takes the drawn photos from 0.46 to 0.40 of the
    paintings' value.  Outlines cross too few blocks to move the median.  Rows and columns that fill no block are left
    out.

    It is meant for 64 px, where strokes of the drawn paintings are 2 or 3 px wide.  It falls as pictures grow and as
    they pale, so read it as a ratio to pictures of one size.  Noise in the colours counts as strokes too.
    Raises CourseError for other shapes, and for pictures under 4 px.
    """
    if pictures.ndim != 4 or pictures.shape[1] != 3 or min(pictures.shape[2:]) < BLOCK:
        raise CourseError(
            f"stroke_strength takes pictures (N, 3, H, W) of {BLOCK} px or more; these are {tuple(pictures.shape)}."
        )
    red, green, blue = _unit_scale(pictures).unbind(dim=1)

    def within_blocks(values: Tensor) -> Tensor:  # (N, rows, columns, 16), each block's mean taken away
        blocks = values.unfold(1, BLOCK, BLOCK).unfold(2, BLOCK, BLOCK).flatten(3)
        return blocks - blocks.mean(dim=3, keepdim=True)

    warmth, light = within_blocks(red - blue), within_blocks(0.299 * red + 0.587 * green + 0.114 * blue)
    slope = (warmth * light).sum(dim=3) / light.square().sum(dim=3).clamp(min=1e-8)
    own = warmth - slope[..., None] * light
    return own.square().mean(dim=3).sqrt().flatten(1).quantile(0.5, dim=1)


def require_pairs(photos: Tensor, others: Tensor) -> None:
    """Raise CourseError unless both are pictures (N, 3, H, W), as many and as large."""
    if photos.ndim != 4 or photos.shape[1] != 3 or photos.shape != others.shape:
        raise CourseError(
            f"These pictures have the shapes {tuple(photos.shape)} and {tuple(others.shape)}; each is compared with "
            "its other, so give two batches (N, 3, H, W) of one shape."
        )


def _unit_scale(pictures: Tensor) -> Tensor:
    return (pictures.float() + 1) / 2
