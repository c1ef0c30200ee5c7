"""Arcs between latents, and directions among them."""

import math

import pytest
import torch

from gancourse.errors import CourseError
from gancourse.latents import attribute_direction, slerp


def latents(count: int, size: int = 100) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(0))


def on_sphere(count: int, radius: float = 10.0) -> torch.Tensor:
    drawn = latents(count)
    return radius * drawn / drawn.norm(dim=1, keepdim=True)


# Along an arc --------------------------------------------------------------------------------------------------------


def test_a_quarter_circle_is_walked_evenly():
    right, up = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    for fraction in (0.25, 0.5, 0.9):
        angle = fraction * math.pi / 2
        expected = torch.tensor([2 * math.cos(angle), 2 * math.sin(angle)])
        torch.testing.assert_close(slerp(right, up, fraction), expected)


def test_the_ends_are_exact():
    starts, ends = latents(100).chunk(2)
    assert torch.equal(slerp(starts, ends, 0.0), starts)
    assert torch.equal(slerp(starts, ends, 1.0), ends)
    assert torch.equal(slerp(starts, starts, 1.0), starts)


def test_one_norm_is_kept():
    starts, ends = on_sphere(100).chunk(2)
    for fraction in (0.1, 0.5, 0.8):
        assert (slerp(starts, ends, fraction).norm(dim=1) - 10).abs().max() < 1e-4
    assert (starts.lerp(ends, 0.5).norm(dim=1) < 8.5).all(), "which a straight line would not do"


def test_half_way_is_half_way_from_either_side():
    starts, ends = latents(100).chunk(2)
    torch.testing.assert_close(slerp(starts, ends, 0.5), slerp(ends, starts, 0.5))
    torch.testing.assert_close(slerp(starts, ends, 0.3), slerp(ends, starts, 0.7))


def test_a_batch_is_walked_row_by_row():
    starts, ends = latents(8).chunk(2)
    rows = torch.stack([slerp(start, end, 0.3) for start, end in zip(starts, ends, strict=True)])
    torch.testing.assert_close(slerp(starts, ends, 0.3), rows)


def test_parallel_latents_are_joined_by_a_straight_line():
    start = latents(1)[0]
    torch.testing.assert_close(slerp(start, 3 * start, 0.25), 1.5 * start)
    torch.testing.assert_close(slerp(start, -start, 0.25), 0.5 * start)


def test_nearly_parallel_latents_are_joined_as_smoothly():
    start = on_sphere(1)[0].double()
    aside = torch.zeros_like(start)
    aside[:2] = torch.stack([start[1], -start[0]])
    for angle in (1e-2, 1.1e-3, 0.9e-3, 1e-6):
        end = math.cos(angle) * start + math.sin(angle) * aside / aside.norm() * 10
        half = slerp(start.float(), end.float(), 0.5).double()
        torch.testing.assert_close(half, (start + end) / 2 / math.cos(angle / 2), atol=1e-5, rtol=1e-5)


# Towards more of something -------------------------------------------------------------------------------------------


def test_a_direction_is_the_difference_of_two_means():
    rows = torch.tensor([[0.0, 0.0], [9.0, 1.0], [4.0, 6.0], [2.0, 0.0], [7.0, 3.0]])
    amounts = torch.tensor([-1.0, 5.0, 0.5, -0.5, 2.0])
    assert torch.equal(attribute_direction(rows, amounts, share=0.4), torch.tensor([7.0, 2.0]))  # (8, 2) - (1, 0)
    assert torch.equal(attribute_direction(rows, amounts), torch.tensor([9.0, 1.0]))  # one on either side


def test_an_amount_that_one_number_decides_gives_that_numbers_axis():
    rows = latents(2000, 10)
    direction = attribute_direction(rows, 3 * rows[:, 4] - 1)
    assert direction[4] == pytest.approx(2.8, abs=0.15)  # twice the mean of a normal's upper fifth, 1.40
    assert direction[[0, 1, 2, 3, 5, 6, 7, 8, 9]].abs().max() < 0.3


@pytest.mark.parametrize(
    ("rows", "amounts", "share", "words"),
    [
        (torch.zeros(6), torch.zeros(6), 0.2, r"shape \(6,\)"),
        (torch.zeros(6, 2), torch.zeros(6, 1), 0.2, r"the amounts \(6, 1\)"),
        (torch.zeros(6, 2), torch.zeros(5), 0.2, r"the amounts \(5,\)"),
        (torch.zeros(6, 2), torch.tensor([0.0, 1, 2, torch.nan, 4, 5]), 0.2, "NaN"),
        (torch.zeros(6, 2), torch.arange(6.0), 0.05, "is 0 on either side"),
        (torch.zeros(6, 2), torch.arange(6.0), 0.7, "is 4 on either side"),
    ],
)
def test_what_has_no_direction_is_refused_in_words(rows, amounts, share, words):
    with pytest.raises(CourseError, match=words):
        attribute_direction(rows, amounts, share)
