"""What the drawn twins draw with."""

from collections import Counter

import numpy as np
import pytest

from gancourse.data.drawing import Chooser, add_blocks, colours, mottle, refuse_negative, spread, steps, to_bytes
from gancourse.errors import CourseError


def test_a_key_is_chosen_as_often_as_its_weight_says():
    chooser = Chooser(np.random.default_rng(0))
    found = Counter(chooser.choose({"rare": 1, "often": 3, "never": 0}) for _ in range(4000))
    assert found["rare"] / 4000 == pytest.approx(1 / 4, abs=0.02)
    assert found["often"] / 4000 == pytest.approx(3 / 4, abs=0.02)


def test_choices_stay_within_their_bounds():
    chooser = Chooser(np.random.default_rng(0))
    found = [chooser.between(2, 5) for _ in range(1000)]
    assert 2 <= min(found) < 2.02 < 4.98 < max(found) < 5
    assert np.mean([chooser.happens(0.2) for _ in range(4000)]) == pytest.approx(0.2, abs=0.02)
    palette = colours("000000", "ffffff")
    assert {float(chooser.one_of(palette).mean()) for _ in range(50)} == {0, 1}


def test_colours_are_planes_from_0_to_1():
    assert colours("ff0000", "0033ff").shape == (2, 3, 1, 1)
    np.testing.assert_allclose(colours("0033ff").ravel(), [0, 0.2, 1])


def test_blocks_are_added_and_bytes_rounded():
    np.testing.assert_array_equal(add_blocks(np.arange(16.0).reshape(1, 4, 4), 2), [[[10, 18], [42, 50]]])
    np.testing.assert_array_equal(to_bytes(np.array([-1, 0, 0.501, 1, 2])), [0, 0, 128, 255, 255])


def test_soft_spots_go_through_their_grid():
    np.testing.assert_allclose(steps(4), [0.125, 0.375, 0.625, 0.875])
    surface = spread(np.array([[0.0, 1.0], [0.0, 1.0]]), 3, 101)
    np.testing.assert_allclose(surface[:, 50], 0.5)
    np.testing.assert_allclose(surface[:, [0, -1]], [[0, 1]] * 3, atol=1e-3)
    spots = mottle(np.random.default_rng(0), 64, 64, 8, 8)
    assert -1 <= spots.min() < -0.7 < 0.7 < spots.max() <= 1
    assert np.abs(np.diff(spots)).max() < 0.5, "they are soft"


def test_negative_numbers_are_named():
    refuse_negative(count=0, seed=3)
    with pytest.raises(CourseError, match="count=4, seed=0 and first=-2: none of them may be negative"):
        refuse_negative(count=4, seed=0, first=-2)
