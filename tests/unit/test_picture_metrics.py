"""Distances between two pictures, the sharpness of one and its strokes: closed forms, and what must not matter."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms.functional import gaussian_blur

from gancourse.data.drawn_landscapes import draw_landscapes
from gancourse.data.images import to_float
from gancourse.errors import CourseError
from gancourse.metrics import l1_distance, sharpness, stroke_strength, structural_similarity


def noise(count=3, height=24, width=20, seed=0):
    return 2 * torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed)) - 1


def plain(value, size=16):
    """A picture of one grey, given on the [0, 1] scale."""
    return torch.full((1, 3, size, size), 2.0 * value - 1)


def of_grey(grey):
    """Pictures of this grey (H, W), given on the [0, 1] scale."""
    return (2 * grey - 1).expand(1, 3, -1, -1)


# L1 -------------------------------------------------------------------------------------------------------------------


def test_l1_is_the_mean_absolute_difference_from_0_to_1():
    photos, others = torch.cat([plain(0), plain(0.5), plain(0.3)]), torch.cat([plain(1), plain(0.25), plain(0.3)])
    assert l1_distance(photos, others).tolist() == pytest.approx([1, 0.25, 0])
    one_pixel = plain(0, size=4)
    one_pixel[0, 0, 0, 0] = 1  # one of 48 numbers, all the way
    assert l1_distance(one_pixel, plain(0, size=4)).item() == pytest.approx(1 / 48)


# SSIM -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.7), (0.5, 0.6), (0, 1), (0, 0)])
def test_the_ssim_of_two_plain_pictures_is_that_of_their_means(a, b):
    small = 0.01**2
    expected = (2 * a * b + small) / (a**2 + b**2 + small)
    assert structural_similarity(plain(a), plain(b)).item() == pytest.approx(expected, abs=1e-5)


def test_the_ssim_is_the_formula_over_every_window_inside():
    """The paper's formula, by a convolution without padding."""
    photos, others = noise(2), (noise(2) + 0.5 * noise(2, seed=1)).clamp(-1, 1)
    along = torch.exp(-(torch.arange(-5.0, 6) ** 2) / (2 * 1.5**2)).double()
    window = torch.outer(along, along)[None, None] / along.sum() ** 2

    def mean(pictures):
        return F.conv2d(pictures.reshape(6, 1, 24, 20), window)

    x, y = (photos.double() + 1) / 2, (others.double() + 1) / 2
    mx, my = mean(x), mean(y)
    variance_x, variance_y, covariance = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
    expected = luminance * (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)
    expected = expected.reshape(2, -1).mean(dim=1).tolist()
    assert structural_similarity(photos, others).tolist() == pytest.approx(expected, abs=1e-6)


def test_ssim_is_1_with_itself_symmetric_and_of_each_picture_alone():
    photos, others = noise(), noise(seed=1)
    assert structural_similarity(photos, photos).tolist() == pytest.approx([1, 1, 1])
    both_ways = structural_similarity(photos, others), structural_similarity(others, photos)
    assert torch.allclose(*both_ways)
    assert torch.allclose(structural_similarity(photos[1:2], others[1:2]), both_ways[0][1:2])
    assert both_ways[0].shape == (3,)
    assert both_ways[0].dtype == torch.float32


def test_pictures_smaller_than_the_window_are_a_sentence():
    assert structural_similarity(plain(0.5, size=11), plain(0.5, size=11)).item() == pytest.approx(1)
    with pytest.raises(CourseError, match=r"20x10 px are smaller than the window.*11 px or more"):
        structural_similarity(noise(1, 10, 20), noise(1, 10, 20))


def test_the_metrics_come_without_waiting_for_the_library():
    command = "import sys, gancourse.metrics; sys.exit('skimage' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


# Sharpness ------------------------------------------------------------------------------------------------------------


def test_plain_and_evenly_shaded_pictures_have_no_sharpness():
    ramp = torch.linspace(0, 1, 16)
    assert sharpness(plain(0.3)).item() == pytest.approx(0, abs=1e-6)
    assert sharpness(of_grey(ramp.expand(16, 16) / 2 + ramp[:, None] / 3)).item() == pytest.approx(0, abs=1e-6)


def test_sharpness_has_its_closed_forms():
    x = torch.arange(16.0)
    # The neighbours along a parabola a x² lie a above it on average, and those across it not at all.
    assert sharpness(of_grey((0.004 * x**2).expand(16, 16))).item() == pytest.approx(0.002, rel=1e-3)
    assert sharpness(of_grey((0.004 * x**2)[:, None].expand(16, 16))).item() == pytest.approx(0.002, rel=1e-3)
    assert sharpness(of_grey((x[:, None] + x) % 2)).item() == pytest.approx(1)
    # An edge from 0 to 1: ¼ in two columns of the 14 that have neighbours.
    assert sharpness(of_grey((x >= 8).float().expand(16, 16))).item() == pytest.approx(2 / 14 / 4)


def test_sharpness_falls_with_every_blur():
    photos = noise(height=64, width=64)
    blurred = [photos, *(gaussian_blur(photos, [13, 13], [sigma]) for sigma in (0.4, 0.7, 1, 1.5, 2))]
    values = torch.stack([sharpness(pictures) for pictures in blurred])
    assert (values.diff(dim=0) < 0).all()


def test_no_mirror_and_no_turn_changes_sharpness():
    photos = noise()
    for other in (photos.flip(2), photos.flip(3), photos.transpose(2, 3)):
        assert torch.allclose(sharpness(other), sharpness(photos))


# Strokes --------------------------------------------------------------------------------------------------------------


def of_warmth(warmth):
    """Pictures of one brightness whose red minus blue, on the [0, 1] scale, is this (H, W), from 0 to 1."""
    green = (0.114 - 0.299) / 0.587 * warmth
    return torch.stack([warmth, green, -warmth])[None]


def test_warm_and_cool_in_turns_have_their_deviation_as_stroke_strength():
    x = torch.arange(16)
    for stripes in ((x % 2).expand(16, 16), (x % 2)[:, None].expand(16, 16)):
        assert stroke_strength(of_warmth(stripes.float())).item() == pytest.approx(0.5)
        assert stroke_strength(of_warmth(0.3 * stripes)).item() == pytest.approx(0.15)
    quarter = (x % 4 == 0).float().expand(16, 16)  # the deviation of a number that is 1 a quarter of the time
    assert stroke_strength(of_warmth(quarter)).item() == pytest.approx((1 / 4 * 3 / 4) ** 0.5)


def test_brightness_green_and_what_is_even_within_blocks_are_no_strokes():
    light = torch.rand(16, 16, generator=torch.Generator().manual_seed(0))
    greens = torch.stack([torch.zeros(16, 16), 2 * light - 1, torch.zeros(16, 16)])[None]
    x = torch.arange(16)
    blocks = ((x // 4)[:, None] + x // 4).float() % 2
    for pictures in (plain(0.3), of_grey(light), greens, of_warmth(blocks)):
        assert stroke_strength(pictures).item() == pytest.approx(0, abs=1e-6)


def test_recoloured_texture_of_light_and_shade_is_no_stroke():
    shade = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    golden = torch.tensor([0.9, 0.5, -0.6])[:, None, None]
    assert stroke_strength(2 * shade * golden - 0.8).item() == pytest.approx(0, abs=1e-6)


def test_it_is_the_median_of_blocks_so_an_outline_does_not_count():
    warmth = torch.zeros(16, 16)
    warmth[:, 6:] = 1  # crosses one block in four
    assert stroke_strength(of_warmth(warmth)).item() == 0
    warmth = torch.zeros(16, 16)
    warmth[::2, 8:] = 1  # half of the blocks: the median lies in the middle
    assert stroke_strength(of_warmth(warmth)).item() == pytest.approx(0.25)


def test_rows_and_columns_that_fill_no_block_are_left_out_and_each_picture_is_measured_alone():
    pictures = noise(2, height=19, width=18)
    assert torch.equal(stroke_strength(pictures), stroke_strength(pictures[:, :, :16, :16]))
    assert torch.allclose(stroke_strength(pictures)[1:], stroke_strength(pictures[1:]))
    assert stroke_strength(pictures).shape == (2,)


def test_paintings_have_strokes_and_photos_do_not():
    photos, paintings = (stroke_strength(to_float(torch.from_numpy(side))) for side in draw_landscapes(40, 64))
    assert (paintings > photos).float().mean() > 0.85
    assert paintings.mean() > 1.5 * photos.mean()


# Pairs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [l1_distance, structural_similarity])
@pytest.mark.parametrize(
    ("shape", "other"),
    [
        ((3, 3, 24, 20), (2, 3, 24, 20)),
        ((3, 3, 24, 20), (3, 3, 20, 24)),
        ((3, 3, 24, 20), (1, 3, 24, 20)),
        ((3, 24, 20), (3, 24, 20)),
        ((3, 1, 24, 20), (3, 1, 24, 20)),
    ],
)
def test_what_is_no_pair_is_a_sentence(measure, shape, other):
    with pytest.raises(CourseError, match="two batches"):
        measure(torch.zeros(shape), torch.zeros(other))


@pytest.mark.parametrize("shape", [(3, 24, 20), (3, 1, 24, 20), (1, 3, 2, 20)])
def test_sharpness_of_other_shapes_is_a_sentence(shape):
    with pytest.raises(CourseError, match="sharpness takes"):
        sharpness(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(3, 24, 20), (3, 1, 24, 20), (1, 3, 3, 20)])
def test_strokes_of_other_shapes_are_a_sentence(shape):
    with pytest.raises(CourseError, match="stroke_strength takes"):
        stroke_strength(torch.zeros(shape))
