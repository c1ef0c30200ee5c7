"""What can be measured about points in the plane."""

import torch
from torch import Tensor


def modes_covered(points: Tensor, modes: Tensor, radius: float = 0.2, share: float = 0.01) -> int:
    """How many of the modes (M, 2) have at least `share` of all points (N, 2) within `radius` of them: 0 to M.

    Both borders count: a point exactly `radius` away is within, and exactly `share` of the points is enough.
    """
    distances = (points[:, None] - modes).norm(dim=2)  # (N, M)
    shares = (distances <= radius).float().mean(dim=0)  # (M,)
    return int((shares >= share).sum())


def energy_distance(points: Tensor, others: Tensor) -> Tensor:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| between points (N, 2) and others (M, 2), a scalar >= 0 in units of distance.

    The V-statistic: the means run over all pairs, each point with itself too.  So it is exactly 0 for equal sets and
    never below, and between two samples of one distribution about E|X - X'| (1/N + 1/M).  (Székely and Rizzo 2013, §2.)
    """

    def mean_distance(ones: Tensor, twos: Tensor) -> Tensor:
        # cdist's fast way, by matrix products, is off by 1e-3 for points that lie close together.
        return torch.cdist(ones, twos, compute_mode="donot_use_mm_for_euclid_dist").mean()

    return 2 * mean_distance(points, others) - mean_distance(points, points) - mean_distance(others, others)
