"""The points of lesson 1 lie where their functions say."""

import math

import pytest
import torch

from gancourse.data import line, ring, ring_modes, two_moons


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_modes_of_the_ring_are_the_corners_of_a_polygon():
    half = math.sqrt(0.5)
    corners = [[1, 0], [half, half], [0, 1], [-half, half], [-1, 0], [-half, -half], [0, -1], [half, -half]]
    torch.testing.assert_close(ring_modes(), torch.tensor(corners), atol=1e-6, rtol=0)
    torch.testing.assert_close(ring_modes(2, radius=3), torch.tensor([[3.0, 0], [-3, 0]]), atol=1e-6, rtol=0)


def test_the_ring_fills_its_modes_alike_and_as_wide_as_asked():
    points = ring(16_000, modes=5, radius=2, std=0.1, rng=seeded())
    modes = ring_modes(5, radius=2)
    nearest = torch.cdist(points, modes).argmin(1)
    assert (nearest.bincount(minlength=5) / 16_000 - 0.2).abs().max() < 0.015  # 4.7 standard errors
    offsets = points - modes[nearest]
    assert offsets.mean(0).abs().max() < 0.004
    assert (offsets.std(0) - 0.1).abs().max() < 0.003


def test_the_moons_are_half_circles_turned_about_the_origin():
    points = two_moons(8_000, std=0, rng=seeded())
    centre = torch.tensor([0.5, 0.25])
    upper = ((points + centre).norm(dim=1) - 1).abs() < 1e-5
    upper &= points[:, 1] >= -0.2501
    lower = ((points - centre).norm(dim=1) - 1).abs() < 1e-5
    lower &= points[:, 1] <= 0.2501
    assert (upper | lower).all()
    assert abs(upper.float().mean() - 0.5) < 0.03
    assert points.mean(0).abs().max() < 0.04
    assert points[upper, 0].min() < -1.49  # the first moon reaches from (-1.5, -0.25) ...
    assert points[upper, 0].max() > 0.49  # ... to (0.5, -0.25)


def test_the_line_is_even_along_and_blurred_as_asked():
    points = line(16_000, std=0, rng=seeded())
    assert torch.equal(points[:, 1], points[:, 0] / 2)
    assert -1 <= points[:, 0].min() < -0.999
    assert 0.999 < points[:, 0].max() <= 1
    assert abs(points[:, 0].std() - 1 / math.sqrt(3)) < 0.01
    off = line(16_000, std=0.2, rng=seeded()) - points
    assert (off.std(0) - 0.2).abs().max() < 0.005


@pytest.mark.parametrize("draw", [ring, two_moons, line])
def test_the_same_generator_gives_the_same_points_and_std_blurs_them(draw):
    points = draw(50, rng=seeded(7))
    assert points.shape == (50, 2)
    assert points.dtype == torch.float32
    assert torch.equal(points, draw(50, rng=seeded(7)))
    assert not torch.equal(points, draw(50, rng=seeded(8)))
    torch.manual_seed(7)
    assert torch.equal(points, draw(50))
    blur = (draw(4_000, std=0.3, rng=seeded()) - draw(4_000, std=0, rng=seeded())).std(0)
    assert (blur - 0.3).abs().max() < 0.02
