"""Walking among latents: from one to another, and towards more of something."""

import torch
from torch import Tensor

from gancourse.errors import CourseError


def slerp(start: Tensor, end: Tensor, fraction: float) -> Tensor:
    """The latent at `fraction` of the way from `start` to `end`, along the arc between them.

    start, end  (..., latent_size); the arc is that of the last dimension  ->  the same shape
    fraction    0 gives `start`, to the last bit, and 1 `end`; in between the angle grows evenly

    Two latents of one norm stay at that norm, where a straight line would cut through the middle of the sphere, in
    which N(0, 1) hardly ever draws.  Parallel latents, opposite ones too, span no arc: there it is the straight line.
    (Shoemake 1985; for latents White 2016, §2.1.)
    """
    cosine = torch.cosine_similarity(start, end, dim=-1).unsqueeze(-1).clamp(-1, 1)
    angle = cosine.arccos()
    arc = angle.sin() > 1e-3
    start_share = torch.where(arc, ((1 - fraction) * angle).sin() / angle.sin(), 1 - fraction)
    end_share = torch.where(arc, (fraction * angle).sin() / angle.sin(), fraction)
    return start_share * start + end_share * end


def attribute_direction(latents: Tensor, amounts: Tensor, share: float = 0.2) -> Tensor:
    """The direction (L,) that leads from latents with little of something to latents with much of it.

    latents  (N, L)
    amounts  (N,), how much of it each latent's picture shows: a smile, say, measured by a network that reads faces
    share    of all latents on either side: the mean of those with the largest amounts minus that of the smallest

    A mean of several cancels what else tells one picture from another.  (Radford et al. 2016, §6.3.2, averages three.)
    Raises CourseError where the shapes do not fit, an amount is not finite, or a side would hold nothing or overlap.
    """
    if latents.ndim != 2 or amounts.shape != latents.shape[:1]:
        raise CourseError(
            f"These latents have the shape {tuple(latents.shape)} and the amounts {tuple(amounts.shape)}; "
            "give latents (N, latent_size), and (N,) amounts, one for each."
        )
    if not amounts.isfinite().all():
        raise CourseError("An amount is NaN or infinite, so there is no order. Look at the picture it was read from.")
    count = round(share * len(latents))
    if not 1 <= count <= len(latents) / 2:
        raise CourseError(
            f"A share of {share} of {len(latents)} latents is {count} on either side; "
            f"it has to be at least 1, and at most half of them."
        )
    order = amounts.argsort()
    return latents[order[-count:]].mean(dim=0) - latents[order[:count]].mean(dim=0)
