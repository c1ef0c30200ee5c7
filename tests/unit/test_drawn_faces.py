"""The drawn faces: the same everywhere, any slice alone, and every attribute to be seen in the picture."""

import hashlib
import itertools
import time

import numpy as np
import pytest

from gancourse.data import drawn_faces
from gancourse.data.drawn_faces import (
    CATEGORIES,
    CONTINUOUS,
    FREQUENCIES,
    draw_faces,
    draw_portraits,
    face_attributes,
)
from gancourse.errors import CourseError
from gancourse.progress import progress_bar


def one_person(**changes):
    """A plain face that looks straight at the viewer, short brown hair, no glasses; changes by name or number."""
    values = {name: 0 for name in CATEGORIES} | {name: 0.0 for name in CONTINUOUS}
    values |= {"skin_tone": 2, "hair_colour": 2, "hair_style": CATEGORIES["hair_style"].index("short"), "age": 0.2}
    for name, value in changes.items():
        values[name] = CATEGORIES[name].index(value) if isinstance(value, str) else value
    types = {name: np.int64 if name in CATEGORIES else np.float32 for name in values}
    return {name: np.array([value], types[name]) for name, value in values.items()}


def portrait(image_size=64, **changes):
    """The picture as (rows, columns, 3) floats."""
    return draw_portraits(one_person(**changes), image_size)[0].transpose(1, 2, 0).astype(float)


def changed(before, after):
    """Per pixel, the largest change of a channel."""
    return np.abs(after - before).max(axis=2)


@pytest.mark.parametrize("image_size", [32, 64, 100])
def test_pictures_are_uint8_rgb_of_the_asked_size_and_use_the_range(image_size):
    pictures = draw_faces(6, image_size)
    assert pictures.shape == (6, 3, image_size, image_size)
    assert pictures.dtype == np.uint8
    assert pictures.min() < 40
    assert pictures.max() > 200


def test_no_faces_are_an_empty_array():
    assert draw_faces(0, 32).shape == (0, 3, 32, 32)


def test_attributes_cover_both_tables_within_their_ranges():
    known = face_attributes(500)
    assert list(known) == [*CATEGORIES, *CONTINUOUS]
    for name, labels in CATEGORIES.items():
        assert known[name].dtype == np.int64
        assert set(known[name]) == set(range(len(labels))), f"{name}: some code never comes up in 500 faces"
    for name, (low, high) in CONTINUOUS.items():
        assert known[name].dtype == np.float32
        assert low <= known[name].min() < low + 0.3 * (high - low)
        assert high - 0.3 * (high - low) < known[name].max() <= high


def test_any_slice_can_be_drawn_alone():
    np.testing.assert_array_equal(draw_faces(5, 32, seed=7, first=3), draw_faces(10, 32, seed=7)[3:8])
    whole, part = face_attributes(10, seed=7), face_attributes(5, seed=7, first=3)
    for name in whole:
        np.testing.assert_array_equal(part[name], whole[name][3:8])


def test_the_seed_alone_decides():
    np.testing.assert_array_equal(draw_faces(3, 32, seed=1), draw_faces(3, 32, seed=1))
    assert np.mean(draw_faces(3, 32, seed=1) != draw_faces(3, 32, seed=2)) > 0.5


def test_faces_of_one_seed_differ_from_each_other():
    pictures = draw_faces(40, 32).reshape(40, -1).astype(float)
    distance = np.abs(pictures[:, None] - pictures[None]).mean(axis=2) + 99 * np.eye(40)
    assert distance.min() > 5


def test_attributes_are_the_same_on_every_machine():
    known = face_attributes(200, seed=3)
    digest = hashlib.sha256()
    for name in known:
        digest.update(known[name].astype("<i8" if name in CATEGORIES else "<f4").tobytes())
    assert digest.hexdigest()[:16] == "7c830d8179c69b7b"


def test_pixels_are_the_same_on_every_machine():
    golden = [
        [[193, 106, 168, 158], [176, 84, 133, 137], [157, 75, 121, 121]],
        [[170, 174, 159, 130], [154, 140, 122, 113], [167, 121, 106, 131]],
        [[191, 178, 201, 157], [181, 111, 158, 138], [151, 69, 139, 110]],
    ]
    blocks = draw_faces(3, 64, seed=3).reshape(3, 3, 4, 16, 4, 16).mean(axis=(3, 5))  # a 4 x 4 grid of mean colours
    np.testing.assert_allclose(blocks[:, :, [0, 1, 2, 3], [2, 1, 2, 0]], golden, atol=1)


def test_frequencies_are_the_documented_ones():
    count = 4000
    known = face_attributes(count, seed=1)
    for name, odds in FREQUENCIES.items():
        assert sum(odds) == pytest.approx(1)
        share = np.bincount(known[name], minlength=len(odds)) / count
        np.testing.assert_allclose(share, odds, atol=4 * np.sqrt(0.25 / count), err_msg=name)
    assert known["smile"].mean() == pytest.approx(1 / 3, abs=0.04)


def test_attributes_go_together_as_documented():
    known = face_attributes(4000, seed=1)
    grey = np.isin(known["hair_colour"], [CATEGORIES["hair_colour"].index(label) for label in ("grey", "white")])
    assert not grey[known["age"] < 0.4].any()
    assert grey[known["age"] > 0.8].mean() > 0.5
    blue = known["eye_colour"] == CATEGORIES["eye_colour"].index("blue")
    assert blue[known["skin_tone"] < 3].mean() > 0.2
    assert not blue[known["skin_tone"] >= 5].any()
    curly = known["hair_style"] == CATEGORIES["hair_style"].index("curly")
    assert curly[known["skin_tone"] >= 5].mean() > 1.4 * curly[known["skin_tone"] < 5].mean()
    bearded = known["facial_hair"] > 0
    assert bearded.mean() == pytest.approx(0.24, abs=0.03)
    assert known["lip_colour"][bearded].max() <= 0.15
    dyed = np.isin(known["hair_colour"], [CATEGORIES["hair_colour"].index(label) for label in ("rose", "teal")])
    assert 0 < dyed.mean() < 0.04


def test_hair_has_the_colour_it_is_said_to_have():
    crown = {
        colour: portrait(hair_colour=colour)[9:14, 26:38].mean(axis=(0, 1)) for colour in CATEGORIES["hair_colour"]
    }
    assert crown["black"].sum() < crown["dark brown"].sum() < crown["brown"].sum() < crown["blond"].sum()
    assert crown["grey"].sum() < crown["white"].sum()
    assert np.ptp(crown["grey"]) < 25  # no hue
    assert crown["ginger"][0] - crown["ginger"][2] > 80
    assert crown["teal"].argmin() == 0


@pytest.mark.parametrize("style", CATEGORIES["hair_style"][1:])
def test_every_hair_style_shows_hair_that_a_bald_head_has_not(style):
    bald = portrait(hair_style="bald", hair_colour="black")
    hair = changed(bald, portrait(hair_style=style, hair_colour="black")) > 60
    assert 0.01 < hair.mean() < 0.5
    assert not hair[30:46, 28:36].any(), "hair covers the nose and mouth"


def test_skin_tones_run_from_light_to_deep():
    cheek = [portrait(skin_tone=tone)[40:44, 40:44].sum() for tone in CATEGORIES["skin_tone"]]
    assert all(lighter > 1.05 * darker for lighter, darker in itertools.pairwise(cheek))


@pytest.mark.parametrize("kind", ["thin", "thick", "sun"])
@pytest.mark.parametrize("turn", [-1, 0, 1])
def test_glasses_sit_on_the_eyes_and_change_nothing_else(kind, turn):
    change = changed(portrait(turn=turn), portrait(turn=turn, glasses=kind))
    eyes = change[25:40]
    assert (eyes > 30).sum() > 20
    assert change[:24].max() == 0
    assert change[40:].max() == 0


def test_sunglasses_hide_the_eyes():
    eyes = slice(29, 35), slice(20, 44)
    seen = changed(portrait(eye_colour="blue"), portrait(eye_colour="dark brown"))[eyes].max()
    hidden = changed(portrait(eye_colour="blue", glasses="sun"), portrait(eye_colour="dark brown", glasses="sun"))[eyes]
    assert seen > 40
    assert hidden.max() < 8


def test_eye_colour_shows_in_the_eyes_only():
    change = changed(portrait(eye_colour="dark brown"), portrait(eye_colour="green"))
    rows, columns = np.nonzero(change)
    assert rows.min() >= 28
    assert rows.max() <= 36
    assert (columns < 32).any()
    assert (columns > 32).any()


@pytest.mark.parametrize("kind", CATEGORIES["facial_hair"][1:])
def test_facial_hair_stays_below_the_nose_and_follows_the_jaw(kind):
    change = changed(portrait(), portrait(facial_hair=kind))
    assert (change[40:56] > 15).sum() > 15
    assert change[:33].max() < 2
    beside_the_head = np.r_[0:12, 52:64]
    assert change[:54, beside_the_head].max() < 2


def test_a_smile_shows_teeth_and_moves_only_the_lower_face():
    grim, glad = portrait(smile=-1), portrait(smile=1)
    mouth = slice(42, 50), slice(28, 36)
    assert glad[mouth].min(axis=2).max() > grim[mouth].min(axis=2).max() + 50
    assert changed(grim, glad)[:24].max() == 0


def test_the_head_turns_and_tilts_the_way_it_says():
    def iris_column(**pose):
        change = changed(portrait(eye_colour="dark brown", **pose), portrait(eye_colour="blue", **pose))
        return (change.sum(axis=0) @ np.arange(64)) / change.sum()

    assert iris_column(turn=-1) < iris_column() - 1.5 < iris_column() + 1.5 < iris_column(turn=1)
    assert iris_column(tilt=-1) < iris_column() - 1 < iris_column() + 1 < iris_column(tilt=1)


def test_light_falls_from_the_side_it_says():
    lit_left, lit_right = portrait(light=-1), portrait(light=1)
    left_cheek, right_cheek = (slice(38, 46), slice(20, 26)), (slice(38, 46), slice(38, 44))
    assert lit_left[left_cheek].mean() > lit_left[right_cheek].mean() + 8
    assert lit_right[right_cheek].mean() > lit_right[left_cheek].mean() + 8


@pytest.mark.parametrize("name", [*CATEGORIES, *CONTINUOUS])
def test_every_attribute_can_be_seen(name):
    style = {"hair_style": "bob", "background": "glow"} if name not in ("hair_style", "background") else {}
    if name in CATEGORIES:
        looks = [portrait(**style | {name: label}) for label in CATEGORIES[name]]
    else:
        looks = [portrait(**style | {name: value}) for value in CONTINUOUS[name]]
    for index, look in enumerate(looks):
        for other in looks[index + 1 :]:
            assert (changed(look, other) > 8).sum() >= 4


def test_edges_are_anti_aliased():
    picture = portrait(hair_style="bald", skin_tone="deep", background_colour="cream")
    row = picture[20].sum(axis=1)  # background, forehead, background
    steps = np.abs(np.diff(row))
    edges = [pixel for pixel in range(1, 62) if steps[pixel - 1] > 30 and steps[pixel] > 30]
    assert len(edges) >= 2, "each side of the head needs a pixel between background and skin"
    assert len(np.unique(draw_faces(4, 64))) > 150


def test_thin_features_survive_at_32_pixels():
    change = changed(portrait(32), portrait(32, glasses="thin"))
    assert (change > 30).sum() >= 12


def test_what_is_wrong_is_said():
    with pytest.raises(CourseError, match="negative"):
        draw_faces(-1)
    with pytest.raises(CourseError, match="negative"):
        face_attributes(1, first=-1)
    with pytest.raises(CourseError, match="16 pixels"):
        draw_faces(1, image_size=8)
    with pytest.raises(CourseError, match="hat"):
        draw_portraits(one_person() | {"hat": np.zeros(1)})
    with pytest.raises(CourseError, match="same length"):
        draw_portraits(one_person() | {"smile": np.zeros(2)})
    with pytest.raises(CourseError, match="smile must lie between -1 and 1"):
        draw_portraits(one_person() | {"smile": np.array([np.nan])})
    with pytest.raises(CourseError, match="integers"):
        draw_portraits(one_person() | {"glasses": np.array([0.5])})


def test_the_bar_is_shown_only_when_wanted(monkeypatch):
    wanted = []

    def listening_bar(show, **options):
        wanted.append(show)
        return progress_bar(show=False, **options)

    monkeypatch.setattr(drawn_faces, "progress_bar", listening_bar)
    draw_faces(2, 32)
    draw_faces(2, 32, progress=True)
    assert wanted == [False, True]


def test_ten_thousand_faces_take_well_under_two_minutes():
    draw_faces(16)
    start = time.process_time()
    draw_faces(200)
    assert time.process_time() - start < 200 * 0.006 * 2
