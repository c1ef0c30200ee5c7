"""What a translation does to colours, and what recolouring alone can do: the baselines of unpaired translation."""

import torch
from torch import Tensor

from gancourse.metrics.pictures import require_pairs


def hue_shift(pictures: Tensor, others: Tensor) -> Tensor:
    """By how much hues turned from each picture (N, 3, H, W) in [-1, 1] to its other: (N,), 0 to 180 degrees.

    Without its grey, a colour is an arrow in the plane (r - (g + b) / 2, √3 / 2 (g - b)): its direction is the hue,
    its length the chroma.  A pixel's turn is the angle between its two arrows.  The mean over the pixels weighs each by
    the geometric mean of its two chromas, so pixels that are grey in either picture count for nothing, and stronger or
    lighter colours of the same hues are no shift.  0 where no pixel has a hue in both.

    Random hues are 90 degrees apart on average.
    Raises CourseError for pictures that do not come in pairs of one shape.
    """
    require_pairs(pictures, others)
    (u, v), (other_u, other_v) = _hue_plane(pictures), _hue_plane(others)
    turns = torch.atan2((u * other_v - v * other_u).abs(), u * other_u + v * other_v).rad2deg()
    weights = (torch.hypot(u, v) * torch.hypot(other_u, other_v)).sqrt()
    total = weights.sum(dim=(1, 2)).clamp(min=torch.finfo(weights.dtype).tiny)
    return (weights * turns).sum(dim=(1, 2)) / total


def match_statistics(pictures: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
    """The pictures (N, 3, H, W), each channel stretched and moved as gives the sources the statistics of the targets.

    Mean and standard deviation of red, green and blue are taken over all of the sources (M, 3, h, w) and all of the
    targets (K, 3, h, w), all in [-1, 1].  It knows two sets and no pairs: what every unpaired translation should beat.
    The results are clamped to [-1, 1].
    (Reinhard et al. 2001, who do this per picture, and in colours that are less correlated than RGB.)
    """
    mean, deviation = _statistics(sources)
    target_mean, target_deviation = _statistics(targets)
    matched = (pictures - mean) / deviation.clamp(min=1e-6) * target_deviation + target_mean
    return matched.clamp(-1, 1)


def recolour_with_answers(pictures: Tensor, sources: Tensor, answers: Tensor) -> Tensor:
    """The pictures (N, 3, H, W), recoloured by the one affine map that takes the sources nearest to *their* answers.

    Every new colour is a 3x3 matrix times the old one and a shift, the same for all pixels, fitted by least squares to
    sources and answers (M, 3, h, w), all in [-1, 1].  No other affine recolouring comes nearer on average, and no
    unpaired translation can have seen the answers: whoever beats it has learnt what things are, not only which colours
    there are.  The results are clamped to [-1, 1].  Raises CourseError unless each source has its answer.
    """
    require_pairs(sources, answers)
    # Of grey sources, many maps are equally near; this driver, unlike the default one, still finds one of them.
    fitted = torch.linalg.lstsq(_with_one(sources), _colours(answers), driver="gelsd").solution  # (4, 3)
    recoloured = _with_one(pictures) @ fitted
    count, _, height, width = pictures.shape
    return recoloured.reshape(count, height, width, 3).permute(0, 3, 1, 2).to(pictures).clamp(-1, 1)


def _hue_plane(pictures: Tensor) -> tuple[Tensor, Tensor]:
    red, green, blue = pictures.float().unbind(dim=1)
    return red - (green + blue) / 2, 3**0.5 / 2 * (green - blue)


def _statistics(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over all pictures, (3, 1, 1) each."""
    channels = pictures.transpose(0, 1).flatten(1)
    return channels.mean(dim=1)[:, None, None], channels.std(dim=1, correction=0)[:, None, None]


def _colours(pictures: Tensor) -> Tensor:
    """All pixels of all pictures, (N * H * W, 3), float64 on the CPU."""
    return pictures.detach().cpu().double().permute(0, 2, 3, 1).reshape(-1, 3)


def _with_one(pictures: Tensor) -> Tensor:
    colours = _colours(pictures)
    return torch.cat([colours, torch.ones(len(colours), 1, dtype=colours.dtype)], dim=1)
