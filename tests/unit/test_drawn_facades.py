"""The drawn facades: exact label maps, the same everywhere, and photos that the labels leave open."""

import hashlib
import time

import numpy as np
import pytest

from gancourse.data import drawn_facades
from gancourse.data.drawn_facades import CLASSES, FIRST_VALIDATION, colour_labels, draw_facades
from gancourse.errors import CourseError
from gancourse.progress import progress_bar

CODE = {name: code for code, name in enumerate(CLASSES)}


@pytest.fixture(scope="module")
def many():
    return draw_facades(120, 64)


def gradient_energy(photos):
    """Mean square of the steps between neighbouring pixels."""
    return np.square(np.diff(photos, axis=-1)).mean() + np.square(np.diff(photos, axis=-2)).mean()


def steps(photos, axis):
    """How far the colour of a pixel's neighbour is, to the right (axis=2) or below (axis=1)."""
    return np.abs(np.diff(photos.astype(float), axis=axis + 1)).mean(axis=1)


@pytest.mark.parametrize("image_size", [16, 32, 64, 128, 256])
def test_label_maps_and_photos_are_uint8_of_the_asked_size(image_size):
    codes, photos = draw_facades(2, image_size)
    assert codes.shape == (2, image_size, image_size)
    assert photos.shape == (2, 3, image_size, image_size)
    assert codes.dtype == photos.dtype == np.uint8


def test_no_facades_are_empty_arrays():
    codes, photos = draw_facades(0, 32)
    assert (codes.shape, photos.shape) == ((0, 32, 32), (0, 3, 32, 32))
    assert colour_labels(codes).shape == (0, 3, 32, 32)


def test_photos_use_the_range(many):
    assert many[1].min() < 15
    assert many[1].max() == 255
    assert 80 < many[1].mean() < 150


def test_any_slice_can_be_drawn_alone():
    whole, part = draw_facades(7, 32, seed=4, look=1), draw_facades(3, 32, seed=4, first=2, look=1)
    for all_of_them, some in zip(whole, part, strict=True):
        np.testing.assert_array_equal(some, all_of_them[2:5])


def test_seed_and_number_decide_the_house(many):
    here = many[0][:4]
    np.testing.assert_array_equal(draw_facades(4, 64)[0], here)
    for other in (draw_facades(4, 64, seed=1)[0], draw_facades(4, 64, first=FIRST_VALIDATION)[0]):
        assert (other != here).mean() > 0.2


def test_no_two_houses_are_alike(many):
    assert len({codes.tobytes() for codes in many[0]}) == len(many[0])


def test_label_maps_are_the_same_on_every_machine():
    digest = hashlib.sha256(draw_facades(40, 64, seed=3)[0].tobytes())
    assert digest.hexdigest()[:16] == "cf64b1af2dfc5cdd"


def test_pixels_are_the_same_on_every_machine():
    golden = [
        [[156, 146, 147, 148], [135, 114, 115, 123], [129, 83, 91, 95]],
        [[119, 127, 102, 146], [116, 103, 82, 120], [115, 81, 65, 93]],
        [[175, 149, 153, 120], [190, 136, 147, 119], [206, 99, 126, 111]],
    ]
    blocks = (
        draw_facades(3, 64, seed=3)[1].reshape(3, 3, 4, 16, 4, 16).mean(axis=(3, 5))
    )  # a 4 x 4 grid of mean colours
    np.testing.assert_allclose(blocks[:, :, [0, 1, 2, 3], [2, 1, 2, 0]], golden, atol=1)


def test_there_are_the_twelve_classes_and_each_comes_up_often_enough_to_be_learnt(many):
    codes = many[0]
    assert set(np.unique(codes)) == set(range(12))
    pictures = {name: (codes == code).any(axis=(1, 2)).mean() for name, code in CODE.items()}
    pixels = {name: (codes == code).mean() for name, code in CODE.items()}
    assert min(pictures.values()) > 0.3, pictures
    assert min(pixels.values()) > 0.005, pixels
    assert all(pictures[name] == 1 for name in ("background", "facade", "window", "door", "molding"))
    assert pixels["facade"] + pixels["background"] + pixels["window"] == pytest.approx(0.75, abs=0.08)


def test_label_pictures_hold_the_classes_colours_and_nothing_between(many):
    pictures = colour_labels(many[0][:20])
    assert pictures.dtype == np.uint8
    for name, colour in CLASSES.items():
        is_colour = (pictures == np.array(colour, np.uint8)[:, None, None]).all(axis=1)
        np.testing.assert_array_equal(is_colour, many[0][:20] == CODE[name])


def test_classes_are_cmps_in_cmps_order_and_the_archives_colours():
    assert list(CLASSES) == [
        *("background", "facade", "window", "door", "cornice", "sill"),
        *("balcony", "blind", "deco", "molding", "pillar", "shop"),
    ]
    assert CLASSES["background"] == (0, 0, 222)
    assert CLASSES["facade"] == (0, 48, 255)
    assert CLASSES["window"] == (0, 128, 255)
    assert len(set(CLASSES.values())) == 12


def test_a_house_stands_where_houses_stand(many):
    for codes in many[0]:
        assert (codes[0] == CODE["background"]).all(), "sky along the top"
        assert (codes[-1] == CODE["background"]).all(), "street along the bottom"
        rows = {name: np.nonzero(codes == CODE[name])[0] for name in ("door", "window", "shop")}
        below = np.nonzero((codes != CODE["background"]).any(axis=1))[0].max()
        assert rows["door"].max() == below, "a door reaches the ground"
        assert rows["door"].max() > rows["window"].max()
        if len(rows["shop"]):
            assert rows["shop"].max() == below


def test_sills_lie_under_windows_and_hoods_over_them(many):
    for name, step in (("sill", -1), ("cornice", 1)):
        codes = many[0]
        under = np.roll(codes == CODE[name], step, axis=1) & (codes != CODE[name])
        touched = np.isin(codes, [CODE[other] for other in ("window", "blind", "balcony", "door")])
        assert touched[under].mean() > 0.4


@pytest.mark.parametrize("image_size", [32, 128, 256])
def test_a_house_is_the_same_at_every_size(many, image_size):
    codes, photos = draw_facades(12, image_size)
    small = min(image_size, 64)
    codes, others = (
        codes[:, :: image_size // small, :: image_size // small],
        many[0][:12, :: 64 // small, :: 64 // small],
    )
    assert (codes == others).mean() > 0.8
    photos, others = (
        every.reshape(12, 3, 16, every.shape[-1] // 16, 16, -1).mean(axis=(3, 5)) for every in (photos, many[1][:12])
    )
    assert np.abs(photos - others).mean() < (6 if image_size > 64 else 9)


def test_edges_of_the_photo_are_the_labels_edges():
    codes, photos = draw_facades(40, 64)
    borders = codes[:, :, 1:] != codes[:, :, :-1]
    across = steps(photos, axis=2)
    at_borders = {shift: across[np.roll(borders, shift, axis=2)].mean() for shift in (-1, 0, 1)}
    assert at_borders[0] > 1.25 * max(at_borders[-1], at_borders[1])
    assert at_borders[0] > 1.8 * across[~borders].mean()


@pytest.mark.parametrize("name", list(CLASSES)[2:])
def test_every_part_can_be_seen_against_the_wall(many, name):
    """A segmenter has something to read: along a part's edges the photo changes more than along the wall."""
    codes, photos = many
    at_edges, in_walls = [], []
    for axis in (1, 2):
        pairs = np.stack([np.delete(codes, -1, axis), np.delete(codes, 0, axis)])
        wall, part = pairs == CODE["facade"], pairs == CODE[name]
        at_edges.append(steps(photos, axis)[wall.any(axis=0) & part.any(axis=0)])
        in_walls.append(steps(photos, axis)[wall.all(axis=0)])
    edges = np.concatenate(at_edges)
    assert len(edges) > 200
    assert edges.mean() > 1.5 * np.concatenate(in_walls).mean()


def test_a_look_changes_the_photos_and_not_the_labels(many):
    codes, photos = draw_facades(6, 64, look=1)
    np.testing.assert_array_equal(codes, many[0][:6])
    assert (np.abs(photos.astype(float) - many[1][:6]).mean(axis=(1, 2, 3)) > 10).all()


def test_the_labels_leave_the_photo_open():
    drawn = [draw_facades(4, 64, look=look) for look in range(16)]
    codes, looks = drawn[0][0], np.stack([photos for _, photos in drawn]).astype(float)
    assert (looks.std(axis=0).mean(axis=(1, 2, 3)) > 35).all()
    mean = looks.mean(axis=0)
    for house in range(4):
        one = np.mean([gradient_energy(look) for look in looks[:, house]])
        assert gradient_energy(mean[house]) < 0.45 * one, "the mean photo is blurred"
    wall = codes == CODE["facade"]
    saturation = np.mean([np.ptp(look, axis=1)[wall].mean() for look in looks])
    assert np.ptp(mean, axis=1)[wall].mean() < 0.75 * saturation, "and greyer"


def test_one_choice_per_photo_decides_the_walls_colour():
    left, right = [], []
    for look in range(30):
        codes, photos = draw_facades(1, 64, look=look)
        wall = codes[0] == CODE["facade"]
        left.append(photos[0][:, :, :32][:, wall[:, :32]].mean(axis=1))
        right.append(photos[0][:, :, 32:][:, wall[:, 32:]].mean(axis=1))
    assert np.std(left, axis=0).min() > 25
    assert np.abs(np.subtract(left, right)).mean() < 0.3 * np.std(left, axis=0).mean()


@pytest.mark.parametrize("image_size", [0, 8, 48, 100, 512])
def test_sizes_it_cannot_draw_are_refused(image_size):
    with pytest.raises(CourseError, match="16, 32, 64, 128, 256 pixels a side"):
        draw_facades(1, image_size)


@pytest.mark.parametrize("name", ["count", "seed", "first", "look"])
def test_negative_numbers_are_refused(name):
    with pytest.raises(CourseError, match=f"{name}=-1"):
        draw_facades(**{"count": 1, "image_size": 32} | {name: -1})


@pytest.mark.parametrize("codes", [np.full((1, 2, 2), 12), np.full((1, 2, 2), -1), np.zeros((1, 2, 2))])
def test_codes_that_are_none_are_refused(codes):
    with pytest.raises(CourseError, match="0 to 11"):
        colour_labels(codes)


def test_the_bar_is_shown_only_when_wanted(monkeypatch):
    shown = []

    def bar(*args, **options):
        shown.append(options["show"])
        return progress_bar(*args, **options)

    monkeypatch.setattr(drawn_facades, "progress_bar", bar)
    draw_facades(1, 16)
    draw_facades(1, 16, progress=True)
    assert shown == [False, True]


def test_ten_thousand_facades_take_a_few_minutes_at_most():
    draw_facades(8)
    start = time.process_time()
    draw_facades(60)
    assert time.process_time() - start < 60 * 0.008 * 4  # 8 ms each on a quiet machine
