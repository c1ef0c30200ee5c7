"""How far apart two sets of pictures are, judged by features: one row of numbers a picture, read by some network."""

import csv
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gancourse.errors import CourseError

RESAMPLES = 1000  # of a bootstrap: 25 of them lie beyond either end of a 95 % interval


def frechet_distance(features: Tensor, others: Tensor) -> Tensor:
    """The Fréchet distance of two sets of features (N, F) and (M, F), each taken for a Gaussian: a scalar >= 0.

    |μ - μ'|² + tr(S + S' - 2 (S S')^½), with means μ and covariances S; in squared units of the features.  Over the
    features of an Inception network it is the FID.  It falls as N grows, so compare only distances of equal N.
    Warns where a side has no more than F rows.  Raises CourseError as `require_features` does.
    (Heusel et al. 2017, under "Performance Measure".)
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


def kernel_interval(features: Tensor, others: Tensor, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of `kernel_distance(features, others)`, by bootstrap over the pictures of both sides.

    A resample draws N of N rows with replacement.  Its distance leaves out the pairs of a row with itself, which for a
    row drawn twice are no likeness between pictures.  So every resample is a weighting of the same kernels, by how
    often each row was drawn, and all of them are three matrix products.
    Raises CourseError as `require_features` does.
    """
    features, others = require_features(features, others)
    rng = torch.Generator().manual_seed(seed)

    def weights(count: int) -> Tensor:  # (count, resamples): how often each row was drawn
        draws = torch.randint(count, (count, resamples), generator=rng)
        return torch.zeros(count, resamples, dtype=torch.float64).scatter_add_(
            0, draws, torch.ones(draws.shape).double()
        )

    def kernel(ones: Tensor, twos: Tensor) -> Tensor:
        return (ones @ twos.T / ones.shape[1] + 1) ** 3

    def mean_within(rows: Tensor, weight: Tensor) -> Tensor:
        kernels = kernel(rows, rows).fill_diagonal_(0)
        pairs = weight.sum(dim=0).square() - weight.square().sum(dim=0)
        return (weight * (kernels @ weight)).sum(dim=0) / pairs

    weight, other_weight = weights(len(features)), weights(len(others))
    across = (weight * (kernel(features, others) @ other_weight)).sum(dim=0) / (len(features) * len(others))
    distances = mean_within(features, weight) + mean_within(others, other_weight) - 2 * across
    low, high = distances.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high


class Distances(NamedTuple):
    """One row of a Comparison."""

    frechet: float
    kernel: float
    interval: tuple[float, float]  # 95 %, of the kernel distance


class Comparison(dict[str, Distances]):
    """Distances by name, `comparison["generated"].kernel`; as text, a table.  `count` is N, pictures on each side."""

    def __init__(self, rows: Mapping[str, Distances], count: int) -> None:
        super().__init__(rows)
        self.count = count

    def write_csv(self, path: Path) -> None:
        """One line a row, with a header."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["pictures", "count", "frechet", "kernel", "kernel_low", "kernel_high"])
            writer.writerows([name, self.count, row.frechet, row.kernel, *row.interval] for name, row in self.items())

    @classmethod
    def read_csv(cls, path: Path) -> "Comparison":
        """What `write_csv` wrote."""
        with path.open(encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        rows = {
            line["pictures"]: Distances(
                float(line["frechet"]), float(line["kernel"]), (float(line["kernel_low"]), float(line["kernel_high"]))
            )
            for line in lines
        }
        return cls(rows, int(lines[0]["count"]))

    def __str__(self) -> str:
        wide = max(map(len, self), default=0)
        lines = [
            f"N = {self.count} pictures on each side",
            f"{'':{wide}}  {'Fréchet':>9}  {'kernel':>9}  {'95 % interval':^22}",
        ]
        for name, row in self.items():
            low, high = row.interval
            lines.append(f"{name:{wide}}  {row.frechet:9.3f}  {row.kernel:9.4f}  {low:9.4f} to {high:9.4f}")
        return "\n".join(lines)


def compare(
    candidates: Mapping[str, Tensor], reference: Tensor, resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """The distances from each set of features (N, F) to the reference (M, F), over the same N for all.

    Every set, the reference too, is cut to the smallest, since the Fréchet distance falls as N grows.  Put baselines
    among the candidates: other real pictures show what no distance can go below, an untrained generator where it began.
    Raises CourseError as `require_features` does.
    """
    count = min(len(reference), *map(len, candidates.values()))
    rows = {}
    for name, features in candidates.items():
        try:
            ours, theirs = require_features(features[:count], reference[:count])
        except CourseError as error:
            raise CourseError(f"{name}, against the reference: {error}") from error
        rows[name] = Distances(
            frechet_distance(ours, theirs).item(),
            kernel_distance(ours, theirs).item(),
            kernel_interval(ours, theirs, resamples, seed),
        )
    return Comparison(rows, count)
