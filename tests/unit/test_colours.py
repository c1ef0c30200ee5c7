"""What happens to colours: known turns of the hue, and recolourings that are known maps."""

import math

import pytest
import torch

from gancourse.data.drawn_landscapes import draw_landscapes
from gancourse.data.images import to_float
from gancourse.errors import CourseError
from gancourse.metrics import hue_shift, l1_distance, match_statistics, recolour_with_answers


def noise(count=3, height=8, width=6, seed=0, reach=1.0):
    """Pictures between -reach and reach."""
    return reach * (2 * torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed)) - 1)


def turned(pictures, degrees):
    """All hues turned: the colour cube turned about its grey diagonal (Rodrigues' formula)."""
    angle = math.radians(degrees)
    across = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    matrix = math.cos(angle) * torch.eye(3) + math.sin(angle) * across + (1 - math.cos(angle)) * torch.ones(3, 3) / 3
    return torch.einsum("ij,njhw->nihw", matrix, pictures)


def plain(*colour, size=4):
    return torch.tensor(colour, dtype=torch.float32)[None, :, None, None].expand(1, 3, size, size)


def statistics(pictures):
    return pictures.mean(dim=(0, 2, 3)), pictures.std(dim=(0, 2, 3), correction=0)


# Hue ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 20, 90, 150, 180, -70])
def test_a_known_turn_of_all_hues_is_found(degrees):
    pictures = noise()
    assert hue_shift(pictures, turned(pictures, degrees)).tolist() == pytest.approx([abs(degrees)] * 3, abs=0.05)


def test_hues_are_on_a_circle_with_primaries_a_third_of_it_apart():
    red, green, blue, yellow = plain(1, -1, -1), plain(-1, 1, -1), plain(-1, -1, 1), plain(1, 1, -1)
    for one, other, degrees in ((red, green, 120), (red, blue, 120), (red, yellow, 60), (yellow, blue, 180)):
        assert hue_shift(one, other).item() == pytest.approx(degrees, abs=1e-3)
        assert hue_shift(other, one).item() == pytest.approx(degrees, abs=1e-3)


def test_paler_stronger_lighter_or_darker_colours_are_no_shift():
    pictures = noise()
    grey = pictures.mean(dim=1, keepdim=True)
    pale = grey + 0.2 * (pictures - grey)
    for other in (pictures, pale, pictures + 0.3, 0.5 * pictures - 0.5):
        assert hue_shift(pictures, other).tolist() == pytest.approx([0, 0, 0], abs=0.05)
    once, again = hue_shift(pictures, turned(pale, 40)), hue_shift(pictures, turned(pictures, 40))
    assert torch.allclose(once, again, atol=0.01), "how colourful pictures are must not matter"


def test_greys_have_no_hue_and_count_for_nothing():
    red, blue, grey = plain(1, -1, -1), plain(-1, -1, 1), plain(0.3, 0.3, 0.3)
    assert hue_shift(grey, plain(-0.5, -0.5, -0.5)).item() == 0
    assert hue_shift(grey, red).item() == hue_shift(red, grey).item() == 0
    half_grey, other = torch.cat([red, grey], dim=3), torch.cat([blue, red], dim=3)
    assert hue_shift(half_grey, other).item() == pytest.approx(120, abs=1e-3)


def test_a_pixel_weighs_the_geometric_mean_of_its_two_chromas():
    """Red to blue at chromas 2 and 0.5, weight 1, turns 120 degrees; red of 0.25 to itself stays: weight 0.25."""
    strong, weak = plain(1, -1, -1), plain(0.25, 0, 0)
    pictures = torch.cat([strong, weak], dim=3)
    others = torch.cat([plain(0, 0, 0.5), weak], dim=3)
    assert hue_shift(pictures, others).item() == pytest.approx(120 / 1.25, abs=1e-3)


def test_each_picture_is_measured_alone():
    pictures = noise()
    others = torch.cat([turned(pictures[:1], 10), turned(pictures[1:2], 100), pictures[2:]])
    assert hue_shift(pictures, others).tolist() == pytest.approx([10, 100, 0], abs=0.05)


# Statistics -----------------------------------------------------------------------------------------------------------


def test_the_sources_themselves_get_the_targets_statistics():
    sources, targets = noise(reach=0.3) + 0.1, noise(5, seed=1, reach=0.2) * torch.tensor([1, 2, 0.5])[:, None, None]
    for found, wanted in zip(statistics(match_statistics(sources, sources, targets)), statistics(targets), strict=True):
        assert torch.allclose(found, wanted, atol=1e-5)


def test_a_stretch_of_each_channel_is_undone_from_unpaired_sets():
    """The sets share their statistics, not their pictures: the same numbers in another order."""
    stretch, shift = torch.tensor([0.5, 1.5, -0.8])[:, None, None], torch.tensor([0.1, -0.2, 0.3])[:, None, None]
    sources = noise(reach=0.4)
    targets = (stretch.abs() * sources + shift).flip(0, 2, 3)
    pictures = noise(2, 5, 5, seed=2, reach=0.4)
    assert torch.allclose(match_statistics(pictures, sources, targets), stretch.abs() * pictures + shift, atol=1e-5)
    there = match_statistics(pictures, sources, targets)
    assert torch.allclose(match_statistics(there, targets, sources), pictures, atol=1e-5)


def test_statistics_that_are_equal_change_nothing():
    pictures, sources = noise(2, seed=1), noise()
    assert torch.allclose(match_statistics(pictures, sources, sources.flip(0)), pictures, atol=1e-5)


def test_plain_sources_and_wide_targets_stay_in_range():
    matched = match_statistics(noise(), plain(0.2, 0.2, 0.2), noise(seed=1))
    assert matched.isfinite().all()
    assert matched.abs().max() <= 1
    wide = match_statistics(noise(), noise(reach=0.1), noise())
    assert wide.min() == -1
    assert wide.max() == 1


# The best recolouring -------------------------------------------------------------------------------------------------


def test_a_known_affine_map_is_recovered():
    matrix = torch.tensor([[0.2, 0.5, -0.1], [0.3, -0.4, 0.1], [0.0, 0.2, 0.6]])
    shift = torch.tensor([0.1, -0.1, 0.05])[:, None, None]

    def known(pictures):
        return torch.einsum("ij,njhw->nihw", matrix, pictures) + shift

    sources, pictures = noise(), noise(2, 5, 7, seed=1)
    recoloured = recolour_with_answers(pictures, sources, known(sources))
    assert recoloured.shape == pictures.shape
    assert recoloured.dtype == torch.float32
    assert torch.allclose(recoloured, known(pictures), atol=1e-6)


def test_no_other_affine_map_is_nearer_in_squares():
    sources, answers = noise(reach=0.3), noise(seed=1, reach=0.3)

    def error(pictures):
        return (pictures - answers).square().mean()

    best = recolour_with_answers(sources, sources, answers)
    for other in (best + 0.01, best - 0.01, 1.02 * best, turned(best, 5), match_statistics(sources, sources, answers)):
        assert error(best) < error(other)


def test_grey_sources_can_be_recoloured_too():
    grey = noise()[:, :1].expand(-1, 3, -1, -1)
    stretch = torch.tensor([0.5, 0.2, -0.3])[:, None, None]
    assert torch.allclose(recolour_with_answers(grey, grey, stretch * grey), stretch * grey, atol=1e-6)


def test_recolourings_stay_in_range():
    sources = noise(reach=0.1)
    recoloured = recolour_with_answers(noise(), sources, 5 * sources)
    assert recoloured.min() == -1
    assert recoloured.max() == 1


# The drawn landscapes -------------------------------------------------------------------------------------------------


def test_on_drawn_scenes_each_recolouring_beats_the_one_that_knows_less():
    photos, paintings = (to_float(torch.from_numpy(pictures)) for pictures in draw_landscapes(40, 32))
    nothing, statistics_matched, answers_known = (
        l1_distance(pictures, paintings).mean()
        for pictures in (
            photos,
            match_statistics(photos, photos, paintings),
            recolour_with_answers(photos, photos, paintings),
        )
    )
    assert nothing > statistics_matched + 0.01
    assert statistics_matched > answers_known + 0.003
    assert answers_known > 0.07


# Pairs ----------------------------------------------------------------------------------------------------------------


def test_what_is_no_pair_is_a_sentence():
    with pytest.raises(CourseError, match="two batches"):
        hue_shift(noise(3), noise(2))
    with pytest.raises(CourseError, match="two batches"):
        recolour_with_answers(noise(3), noise(3), noise(2))
