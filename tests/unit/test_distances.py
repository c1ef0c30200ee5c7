"""Distances between sets of features: against closed forms, scipy, and simulation."""

import math
import re
import warnings

import pytest
import torch
from scipy.linalg import sqrtm

from gancourse.errors import CourseError
from gancourse.metrics import Comparison, compare, frechet_distance, kernel_distance, kernel_interval, require_features


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def whitened(*shape, seed=0):
    """Rows of mean exactly 0 and covariance exactly the identity, so that closed forms hold without an error."""
    rows = normal(*shape, seed=seed)
    rows = rows - rows.mean(dim=0)
    covariance = rows.T @ rows / (len(rows) - 1)
    return rows @ torch.linalg.inv(torch.linalg.cholesky(covariance).T)


# The Fréchet distance -------------------------------------------------------------------------------------------------


def test_equal_sets_are_at_distance_zero():
    rows = normal(200, 8)
    assert frechet_distance(rows, rows.flip(0)).item() == pytest.approx(0, abs=1e-6)


def test_with_one_covariance_only_the_shift_counts():
    rows = normal(100, 3)
    assert frechet_distance(rows, rows + torch.tensor([1.0, 2.0, -2.0])).item() == pytest.approx(9)


def test_diagonal_covariances_differ_by_the_squares_of_their_deviations_differences():
    scales, others = torch.tensor([1.0, 2.0, 5.0]), torch.tensor([3.0, 2.0, 1.0])
    distance = frechet_distance(whitened(100, 3) * scales, whitened(90, 3, seed=1) * others)
    assert distance.item() == pytest.approx(4 + 0 + 16)


def test_covariances_that_do_not_commute_agree_with_scipy():
    ours, theirs = normal(300, 6) @ normal(6, 6, seed=1), normal(250, 6, seed=2) @ normal(6, 6, seed=3) + 1
    covariance, other = ours.T.cov(), theirs.T.cov()
    shift = (ours.mean(0) - theirs.mean(0)).square().sum()
    root = sqrtm((covariance @ other).numpy()).real
    expected = shift + covariance.trace() + other.trace() - 2 * root.trace()
    assert frechet_distance(ours, theirs).item() == pytest.approx(expected.item(), rel=1e-6)


def test_one_feature_is_enough():
    rows = whitened(50, 1)
    assert frechet_distance(rows, 3 * rows + 2).item() == pytest.approx(4 + 4)


def test_too_few_rows_for_the_covariance_are_a_warning():
    with pytest.warns(UserWarning, match=r"8 rows cannot .* 8 features: .*rank-deficient.* too large.*kernel distance"):
        frechet_distance(normal(8, 8), normal(100, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(normal(9, 8), normal(100, 8))


# The kernel distance --------------------------------------------------------------------------------------------------


def test_the_kernel_distance_by_hand():
    # Likeness (x y + 1)³: within {0, 1} the one pair has 1, within {1, 2} it has 27; across they are 1, 1, 8 and 27.
    distance = kernel_distance(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]]))
    assert distance.item() == pytest.approx(1 + 27 - 2 * (1 + 1 + 8 + 27) / 4)


def test_the_product_is_divided_by_the_number_of_features():
    ours, theirs = normal(20, 3), normal(30, 3, seed=1)
    assert kernel_distance(ours.repeat(1, 5), theirs.repeat(1, 5)).item() == pytest.approx(
        kernel_distance(ours, theirs).item()
    )


def of_two_normals(shift: float, scale: float) -> float:
    """The kernel distance of N(0, 1) and N(shift, scale): (xy + 1)³ compares the first three moments."""
    moments = zip((0, 1, 0), (shift, shift**2 + scale**2, shift**3 + 3 * shift * scale**2), strict=True)
    return sum(math.comb(3, power) * (one - two) ** 2 for power, (one, two) in enumerate(moments, start=1))


def test_the_kernel_distance_does_not_depend_on_the_number_of_rows():
    for count in (5, 50):
        draws = [(normal(count, 1, seed=seed), normal(count, 1, seed=seed + 50_000)) for seed in range(4_000 // count)]
        distances = torch.stack([kernel_distance(one, 1.5 * two + 0.5) for one, two in draws])
        error = distances.std() / math.sqrt(len(distances))
        assert abs(distances.mean() - of_two_normals(0.5, 1.5)) < 3 * error


# Its interval ---------------------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_resamples_drawn_one_by_one():
    ours, theirs = normal(40, 2), normal(30, 2, seed=1) + 0.5
    draws = torch.Generator().manual_seed(7)

    def resampled(rows):
        return rows[torch.randint(len(rows), (len(rows),), generator=draws)]

    def distance(ours, theirs):  # by the definition: pairs of a row with itself, or with its own copy, left out
        def kernel(ones, twos):
            return (ones @ twos.T / 2 + 1) ** 3

        def within(rows):
            different = (rows[:, None] != rows).any(dim=2)
            return kernel(rows, rows)[different].mean()

        return within(ours) + within(theirs) - 2 * kernel(ours, theirs).mean()

    distances = torch.stack([distance(resampled(ours), resampled(theirs)) for _ in range(2000)])
    low, high = distances.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    assert kernel_interval(ours, theirs, 2000) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_the_interval_is_around_the_distance_and_repeats():
    ours, theirs = normal(100, 4), normal(100, 4, seed=1) + 1
    low, high = kernel_interval(ours, theirs)
    assert low < kernel_distance(ours, theirs) < high
    assert kernel_interval(ours, theirs) == (low, high)
    assert kernel_interval(ours, theirs, seed=1) != (low, high)


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "scale", "least"), [(0.5, 1.0, 85), (0.0, 1.5, 85), (0.0, 1.0, 90)])
def test_of_a_hundred_intervals_about_95_hold_the_truth(shift, scale, least):
    truth, held = of_two_normals(shift, scale), 0
    for seed in range(100):
        low, high = kernel_interval(normal(200, 1, seed=seed), scale * normal(200, 1, seed=seed + 50_000) + shift, 500)
        held += low <= truth <= high
    assert held >= least


# The table ------------------------------------------------------------------------------------------------------------


def test_a_comparison_cuts_all_to_the_smallest_and_says_so():
    reference = normal(120, 4)
    comparison = compare({"near": normal(100, 4, seed=1), "far": normal(80, 4, seed=2) + 3}, reference)
    assert comparison.count == 80
    near = normal(100, 4, seed=1)[:80]
    assert comparison["near"].frechet == pytest.approx(frechet_distance(near, reference[:80]).item())
    assert comparison["near"].kernel == pytest.approx(kernel_distance(near, reference[:80]).item())
    assert comparison["near"].interval == kernel_interval(near, reference[:80])
    lines = str(comparison).splitlines()
    assert lines[0] == "N = 80 pictures on each side"
    assert [re.split(r"\s{2,}", line.strip())[0] for line in lines[2:]] == ["near", "far"]
    assert len({len(line) for line in lines[2:]}) == 1
    assert f"{comparison['far'].kernel:.4f}" in lines[3]


# What cannot be compared ----------------------------------------------------------------------------------------------

GOOD = torch.zeros(5, 3)
BROKEN = torch.zeros(5, 3)
BROKEN[2, 1] = float("nan")


@pytest.mark.parametrize(
    ("ours", "theirs", "sentence"),
    [
        (GOOD, torch.zeros(5, 4), "`features` has 3 features a row and `others` 4"),
        (torch.zeros(5), GOOD, r"`features` has the shape \(5,\)"),
        (GOOD, torch.zeros(5, 3, 2), r"`others` has the shape \(5, 3, 2\)"),
        (GOOD, torch.zeros(1, 3), r"`others` has 1 row"),
        (torch.zeros(0, 3), GOOD, r"`features` has 0 row"),
        (BROKEN, GOOD, "`features` holds NaN or infinity, first in row 2"),
        (GOOD, BROKEN / 0, "`others` holds NaN or infinity, first in row 0"),
    ],
)
@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance, kernel_interval])
def test_what_cannot_be_compared_gets_a_sentence(distance, ours, theirs, sentence):
    with pytest.raises(CourseError, match=sentence):
        distance(ours, theirs)


def test_a_comparison_says_which_set_is_wrong():
    with pytest.raises(CourseError, match="generated, against the reference: `features` holds NaN"):
        compare({"real": GOOD, "generated": BROKEN}, GOOD)


def test_everything_is_computed_in_float64():
    assert {one.dtype for one in require_features(GOOD.half(), GOOD)} == {torch.float64}


def test_a_comparison_comes_back_from_its_file(tmp_path):
    features = torch.randn(3, 20, 4, generator=torch.Generator().manual_seed(0))
    comparison = compare({"generated": features[0], "real, others": features[1]}, features[2], resamples=50)
    comparison.write_csv(tmp_path / "distances.csv")
    read = Comparison.read_csv(tmp_path / "distances.csv")
    assert read == comparison
    assert read.count == 20
