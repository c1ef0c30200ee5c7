"""How far apart two sets of pictures are, judged by features: one row of numbers a picture, read by some network."""

import warnings

import torch
from torch import Tensor

from gancourse.errors import CourseError


def frechet_distance(features: Tensor, others: Tensor) -> Tensor:
    """The Fréchet distance of two sets of features (N, F) and (M, F), each taken for a Gaussian: a scalar >= 0.

    |μ - μ'|² + tr(S + S' - 2 (S S')^½), with means μ and covariances S; in squared units of the features.  Over the
    features of an Inception network it is the FID.  It falls as N grows, so compare only distances of equal N.
    Warns where a side has no more than F rows.  Raises CourseError as `require_features` does.  (Heusel et al. 2017, §5.)
    """
    features, others = require_features(features, others)
    smaller, size = min(len(features), len(others)), features.shape[1]
    if smaller <= size:
        warnings.warn(
            f"{smaller} rows cannot fill a covariance of {size} features: it is rank-deficient, and the Fréchet "
            "distance comes out too large. Look at the kernel distance, which does not depend on the number of rows.",
            stacklevel=2,
        )
    shift = features.mean(dim=0) - others.mean(dim=0)
    covariance, other_covariance = features.T.cov().reshape(size, size), others.T.cov().reshape(size, size)
    # S S' is not symmetric, but S^½ S' S^½ is, and has the same eigenvalues.
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    root_of_product = torch.linalg.eigvalsh(root @ other_covariance @ root).clamp(min=0).sqrt()
    distance = shift.square().sum() + covariance.trace() + other_covariance.trace() - 2 * root_of_product.sum()
    return distance.clamp(min=0)


def kernel_distance(features: Tensor, others: Tensor) -> Tensor:
    """The squared maximum mean discrepancy of two sets of features (N, F) and (M, F), a scalar.

    How much more alike rows are within a set than across, likeness being the cubic kernel (x · y / F + 1)³.  No row is
    compared with itself, so the expectation does not depend on N or M: between two sets of one distribution it is 0,
    and about half of such distances are below.  Over the features of an Inception network it is the KID.
    Raises CourseError as `require_features` does.  (Bińkowski et al. 2018, §4; Gretton et al. 2012, lemma 6.)
    """
    features, others = require_features(features, others)

    def kernel(ones: Tensor, twos: Tensor) -> Tensor:
        return (ones @ twos.T / ones.shape[1] + 1) ** 3

    def mean_of_different(kernels: Tensor) -> Tensor:
        count = len(kernels)
        return (kernels.sum() - kernels.trace()) / (count * (count - 1))

    within = mean_of_different(kernel(features, features)) + mean_of_different(kernel(others, others))
    return within - 2 * kernel(features, others).mean()


def require_features(features: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Both sets as float64 on the CPU.

    Raises CourseError unless each is (rows, features) with at least two rows of finite numbers, and both have the same
    features.
    """
    for name, one in (("features", features), ("others", others)):
        if one.ndim != 2 or one.shape[1] == 0:
            raise CourseError(
                f"`{name}` has the shape {tuple(one.shape)}; give one row of features a picture, (N, features)."
            )
        if len(one) < 2:
            raise CourseError(f"`{name}` has {len(one)} row(s); a distance between sets needs at least two in each.")
        if not one.isfinite().all():
            row = int((~one.isfinite()).any(dim=1).nonzero()[0])
            raise CourseError(
                f"`{name}` holds NaN or infinity, first in row {row}. Look at the picture it was read from."
            )
    if features.shape[1] != others.shape[1]:
        raise CourseError(
            f"`features` has {features.shape[1]} features a row and `others` {others.shape[1]}. "
            "Read both sets with the same network."
        )
    return features.detach().cpu().double(), others.detach().cpu().double()
