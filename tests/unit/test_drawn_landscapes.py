"""The drawn landscapes: one scene as a photo and as a painting, which no single recolouring leads to."""

import numpy as np
import pytest

from gancourse.data import drawn_landscapes
from gancourse.data.drawn_landscapes import (
    FINER,
    FIRST_VALIDATION,
    LEGEND,
    REGIONS,
    SIZES,
    TREE,
    WALL,
    WATER,
    draw_landscapes,
    draw_scenes,
    flat_maps,
)
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

COUNT = 40


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(COUNT, 64)


@pytest.fixture(scope="module")
def many(scenes):
    """The photos and the paintings."""
    return scenes[:2]


@pytest.fixture(scope="module")
def regions(scenes):
    """The region of every pixel of `many`, (COUNT, 64, 64)."""
    return scenes.regions


def scene(number, image_size=64):
    return drawn_landscapes._Scene(np.random.default_rng((0, number, 0)), FINER * image_size)


def pixels(pictures):
    """All pixels below each other, (N * H * W, 3), from 0 to 1."""
    return np.moveaxis(pictures, 1, -1).reshape(-1, 3) / 255


def luminance(pictures):
    return np.tensordot(pictures / 255, [0.299, 0.587, 0.114], axes=(1, 0))


def l1(pictures, answers):
    return np.abs(np.clip(pictures, 0, 1) - answers).mean()


def averaged(pictures, size):
    """(N, 3, size, size): means of blocks."""
    count, channels, side, _ = pictures.shape
    return pictures.reshape(count, channels, size, side // size, size, -1).mean(axis=(3, 5))


def recoloured(sources, targets):
    """The sources' pixels after the affine recolouring that comes nearest to the targets' (least squares)."""
    with_one = np.column_stack([sources, np.ones(len(sources))])
    return with_one @ np.linalg.lstsq(with_one, targets)[0]


def with_statistics_of(sources, targets):
    return (sources - sources.mean(axis=0)) / sources.std(axis=0) * targets.std(axis=0) + targets.mean(axis=0)


def strokes(pictures):
    """How much warm and cool vary within blocks of 4 by 4 pixels, typically: outlines are too few to matter."""
    warmth = pictures[:, 0].astype(float) - pictures[:, 2]
    blocks = warmth.reshape(len(warmth), 16, 4, 16, 4)
    return np.median(blocks.std(axis=(2, 4)), axis=(1, 2))


@pytest.mark.parametrize("image_size", SIZES)
def test_photos_and_paintings_are_uint8_of_the_asked_size(image_size):
    for pictures in draw_landscapes(2, image_size):
        assert pictures.shape == (2, 3, image_size, image_size)
        assert pictures.dtype == np.uint8


def test_no_scenes_are_empty_arrays():
    assert [pictures.shape for pictures in draw_landscapes(0, 32)] == [(0, 3, 32, 32)] * 2


def test_pictures_use_the_range(many):
    for pictures in many:
        assert pictures.min() < 40
        assert pictures.max() > 240
        assert 90 < pictures.mean() < 180


def test_landscapes_are_scenes_without_their_regions():
    for here, there in zip(draw_landscapes(3, 32, seed=2), draw_scenes(3, 32, seed=2)[:2], strict=True):
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("image_size", SIZES)
def test_every_pixel_has_a_region_and_the_same_one_at_every_size(regions, image_size):
    found = draw_scenes(12, image_size).regions
    assert found.shape == (12, image_size, image_size)
    assert found.dtype == np.uint8
    assert found.max() < len(REGIONS)
    coarse, fine = sorted([found, regions[:12]], key=lambda maps: maps.shape[1])
    factor = fine.shape[1] // coarse.shape[1]
    agree = [fine[:, row::factor, column::factor] == coarse for row in range(factor) for column in range(factor)]
    assert np.mean(agree) > 0.94, "only borders may differ"


def test_a_pixel_belongs_to_the_region_of_most_of_it():
    fine = np.array([[0, 0, 2, 2], [0, TREE, WALL, WALL]], np.uint8)
    np.testing.assert_array_equal(drawn_landscapes._most_frequent(fine), [[0, WALL]])
    finer = scene(0).paper.region
    np.testing.assert_array_equal(draw_scenes(1, 64).regions[0], drawn_landscapes._most_frequent(finer))


def test_a_map_has_three_colours_and_does_not_tell_water_from_land():
    maps = flat_maps(np.arange(len(REGIONS), dtype=np.uint8).reshape(1, 1, -1))
    assert maps.shape == (1, 3, 1, len(REGIONS))
    assert maps.dtype == np.uint8
    sky, land, standing = LEGEND
    np.testing.assert_array_equal(maps[0, :, 0].T, [sky, land, land, land, standing, standing, standing])
    for one, other in ((sky, land), (land, standing), (sky, standing)):
        assert np.abs(one.astype(int) - other).mean() > 30


def test_any_slice_can_be_drawn_alone():
    whole, part = draw_scenes(7, 32, seed=4), draw_scenes(3, 32, seed=4, first=2)
    for all_of_them, some in zip(whole, part, strict=True):
        np.testing.assert_array_equal(some, all_of_them[2:5])


def test_a_stroke_at_the_very_edge_is_painted_too():
    """In scene 1373 a stroke's place, just below 1, is rounded up to 1."""
    assert draw_landscapes(1, 32, first=1373)[1].std() > 10


def test_seed_and_number_decide_the_scene(many):
    for others in (draw_landscapes(3, 64, seed=1), draw_landscapes(3, 64, first=FIRST_VALIDATION)):
        for here, there in zip(many, others, strict=True):
            assert (np.abs(here[:3] - there.astype(float)).mean(axis=(1, 2, 3)) > 10).all()


def test_no_two_scenes_are_alike(many):
    small = averaged(many[0], 8).reshape(COUNT, -1)
    distances = np.abs(small[:, None] - small).mean(axis=-1)
    assert distances[~np.eye(COUNT, dtype=bool)].min() > 4
    assert np.median(distances) > 20


@pytest.mark.parametrize("image_size", [32, 128])
def test_a_scene_is_the_same_at_every_size(many, image_size):
    for here, there, near in zip(many, draw_landscapes(12, image_size), (5, 10), strict=True):
        here, there = averaged(here[:12], 16), averaged(there, 16)
        assert np.abs(here - there).mean() < near
        assert np.abs(here - there).mean() < 0.3 * np.abs(here - np.roll(there, 1, axis=0)).mean()


def test_pixels_are_the_same_on_every_machine():
    golden = [
        [[178, 187, 159, 129], [198, 204, 178, 155], [214, 213, 187, 172]],
        [[224, 228, 173, 128], [195, 199, 170, 156], [160, 181, 186, 170]],
    ]
    blocks = [averaged(pictures, 4)[:, :, [0, 1, 2, 3], [2, 1, 2, 0]][0] for pictures in draw_landscapes(1, 64, seed=3)]
    np.testing.assert_allclose(blocks, golden, atol=1)


def test_scenes_hold_what_landscapes_hold(regions):
    shares = {place: (regions == place).mean(axis=(1, 2)) for place in range(7)}
    assert (shares[drawn_landscapes.SKY] > 0.1).all()
    assert 0.5 < (shares[WATER] > 0.05).mean() < 0.9
    assert (shares[TREE] > 0.02).mean() > 0.6
    assert all((share > 0.003).mean() > 0.25 for share in shares.values())


def test_a_photo_and_its_painting_show_one_scene(many):
    photos, paintings = (luminance(averaged(pictures, 16)).reshape(COUNT, -1) for pictures in many)
    matching = [np.corrcoef(photo, painting)[0, 1] for photo, painting in zip(photos, paintings, strict=True)]
    assert min(matching) > 0.85
    others = np.roll(paintings, 1, axis=0)
    strangers = [np.corrcoef(photo, painting)[0, 1] for photo, painting in zip(photos, others, strict=True)]
    assert np.mean(strangers) < 0.6


def test_no_recolouring_comes_near_the_painting(many):
    photos, paintings = map(pixels, many)
    nothing, affine = l1(photos, paintings), l1(recoloured(photos, paintings), paintings)
    statistics = l1(with_statistics_of(photos, paintings), paintings)
    assert 0.10 < nothing < 0.14
    assert affine < statistics - 0.003
    assert statistics < nothing - 0.01
    assert affine > 0.07


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recolourings_fall_short_for_every_seed(seed):
    test_no_recolouring_comes_near_the_painting(draw_landscapes(100, 64, seed))


def test_the_palette_depends_on_the_region(many, regions):
    photos, paintings = map(pixels, many)
    whole = l1(recoloured(photos, paintings), paintings)
    each = np.empty_like(photos)
    for place in range(7):
        here = regions.ravel() == place
        each[here] = recoloured(photos[here], paintings[here])
    assert l1(each, paintings) < 0.7 * whole, "knowing the region is worth more than any recolouring"


def test_chance_places_the_strokes_and_not_the_colours():
    drawn = scene(0)
    palette = drawn_landscapes._average(drawn_landscapes._palette(drawn))
    paintings = [drawn_landscapes._paint(drawn, np.random.default_rng(number)) / 255 for number in range(24)]
    mean = np.mean(paintings, axis=0)
    np.testing.assert_allclose(mean.mean(axis=(1, 2)), palette.mean(axis=(1, 2)), atol=0.02)
    halves = np.mean(paintings[::2], axis=0), np.mean(paintings[1::2], axis=0)
    assert np.abs(np.subtract(*halves)).mean() < 0.45 * np.abs(np.subtract(*paintings[:2])).mean()
    assert np.abs(mean - palette).mean() < 0.8 * np.abs(paintings[0] - palette).mean()


def test_paintings_are_made_of_strokes(many):
    photos, paintings = map(strokes, many)
    assert (paintings > photos).mean() > 0.85
    assert paintings.mean() > 1.5 * photos.mean()


def test_strokes_follow_form(many, regions):
    """Strokes lie level in water and stand up in trees: colours change more across a stroke than along it."""
    light = luminance(many[1])

    def steepness(place):
        inside = regions == place
        down = np.abs(np.diff(light, axis=1))[inside[:, 1:] & inside[:, :-1]].mean()
        return down / np.abs(np.diff(light, axis=2))[inside[:, :, 1:] & inside[:, :, :-1]].mean()

    assert steepness(WATER) > 1.6
    assert steepness(TREE) < 0.85


@pytest.mark.parametrize("image_size", [0, 16, 48, 256])
def test_sizes_it_cannot_draw_are_refused(image_size):
    with pytest.raises(CourseError, match=f"32, 64, 128 pixels a side, not at {image_size}"):
        draw_landscapes(1, image_size)


@pytest.mark.parametrize("name", ["count", "seed", "first"])
def test_negative_numbers_are_refused(name):
    with pytest.raises(CourseError, match=f"{name}=-1"):
        draw_landscapes(**{"count": 1, "image_size": 32} | {name: -1})


def test_the_bar_is_shown_only_when_wanted(monkeypatch):
    shown = []

    def bar(*args, **options):
        shown.append(options["show"])
        return progress_bar(*args, **options)

    monkeypatch.setattr(drawn_landscapes, "progress_bar", bar)
    draw_landscapes(1, 32)
    draw_landscapes(1, 32, progress=True)
    assert shown == [False, True]
