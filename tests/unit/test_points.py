"""Measures of points against values worked out by hand."""

import math

import pytest
import torch

from gancourse.data import ring, ring_modes
from gancourse.metrics import energy_distance, modes_covered

MODES = torch.tensor([[0.0, 0.0], [4.0, 0.0]])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_all_modes_of_the_ring_are_covered_by_points_of_the_ring():
    assert modes_covered(ring(1000, rng=seeded()), ring_modes()) == 8
    assert modes_covered(torch.zeros(1000, 2), ring_modes()) == 0
    assert modes_covered(ring_modes()[:3].repeat(50, 1), ring_modes()) == 3


def test_a_share_of_points_is_enough_and_one_less_is_not():
    points = torch.full((1000, 2), 9.0)
    points[:500] = MODES[0]
    points[500:509] = MODES[1]
    assert modes_covered(points, MODES) == 1  # 0.009 of the points
    points[509] = MODES[1]
    assert modes_covered(points, MODES) == 2  # 0.01
    assert modes_covered(points, MODES, share=0.5) == 1
    assert modes_covered(points, MODES, share=0.51) == 0


def test_the_share_is_of_all_points_not_of_those_near_a_mode():
    points = torch.full((300, 2), 9.0)
    points[:2] = MODES  # each half of what is near any mode, but a 300th of all
    assert modes_covered(points, MODES) == 0


def test_a_point_at_the_radius_is_within():
    assert modes_covered(torch.tensor([[0.0, 0.5]]), MODES, radius=0.5) == 1
    assert modes_covered(torch.tensor([[0.0, 0.501]]), MODES, radius=0.5) == 0
    assert modes_covered(torch.tensor([[0.4, 0.4]]), MODES, radius=0.5) == 0  # a circle, not a square
    assert modes_covered(torch.tensor([[2.0, 0.0]]), MODES, radius=2.0) == 2


def test_two_point_masses_are_twice_their_distance_apart():
    for count in (1, 7):  # the points' own distances are 0, so their number is nothing to it
        here, there = torch.zeros(count, 2), torch.tensor([[3.0, 4.0]]).repeat(5, 1)
        assert energy_distance(here, there).item() == pytest.approx(10)
        assert energy_distance(there, here).item() == pytest.approx(10)


def test_every_pair_counts_each_point_with_itself_too():
    points, others = torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.0, 0.0]])
    assert energy_distance(points, others).item() == pytest.approx(2 * 1 - 1 - 0)  # E|X - X'| = (0 + 2 + 2 + 0) / 4


def test_equal_sets_are_at_distance_zero_and_no_sets_below():
    points = ring(300, rng=seeded())
    assert abs(energy_distance(points, points.flip(0)).item()) < 1e-6
    for seed in range(5):
        assert energy_distance(points, ring(200, rng=seeded(seed + 1))).item() > 0


def test_two_samples_of_one_distribution_are_as_near_as_their_sizes_allow():
    draws = [torch.randn(2, 400, 2, generator=seeded(seed)) for seed in range(20)]
    mean = torch.stack([energy_distance(*pair) for pair in draws]).mean().item()
    # E|X - X'| of two standard normals in the plane is sqrt(pi); a fluctuation of the mean is about 10 %.
    assert mean == pytest.approx(math.sqrt(math.pi) * (1 / 400 + 1 / 400), rel=0.35)


def test_a_lost_mode_counts_where_the_losses_see_nothing():
    points = ring(2000, rng=seeded())
    near_first = torch.cdist(points, ring_modes()).argmin(dim=1) == 0
    assert energy_distance(points[~near_first], points) > 10 * energy_distance(ring(2000, rng=seeded(1)), points)
