"""The widgets of lesson 3: boxes are the gradient's, frozen logits stay to the bit, cut skips carry nothing."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from looking import least_seconds, shown
from torch import Tensor

from gancourse import show
from gancourse.data import DrawnFacades
from gancourse.errors import CourseError
from gancourse.networks import PatchDiscriminator, UNetGenerator, patch_box, receptive_field
from gancourse.networks.patchgan import patch_span, smallest_image
from gancourse.steps import beside
from gancourse.training import translate
from gancourse.weights import load_facade_discriminator, load_facade_generator
from gancourse.widgets import (
    Explorer,
    patch_score_map,
    pixel_weight_slider,
    receptive_field_explorer,
    skip_toggles,
)
from gancourse.widgets.drawing import PALE, places_of
from gancourse.widgets.lesson_03 import (
    DEFECTS,
    FOREIGN,
    GENERATED,
    GREY,
    NO_DEFECT,
    NOISE,
    PANEL,
    REAL,
    SWAPPED,
    PatchScores,
    at_their_places,
    logit_count,
    patch_seen,
    same_place,
    skip_sizes,
    what_changed,
    with_skips,
)


def colour(name: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(name.removeprefix("#")))


# What one logit sees -------------------------------------------------------------------------------------------------


def cell(layers: int, row: int, column: int) -> dict:
    return {"layers": layers, "row": row, "column": column}


def support(layers: int, row: int, column: int, image_size: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of the logits, and the box of the pixels that one of them has a gradient for."""
    torch.manual_seed(0)
    images = torch.randn(1, 3, image_size, image_size, requires_grad=True)
    logits = PatchDiscriminator(3, layers, width=4, norm="none")(images)
    logits[0, 0, row, column].backward()
    rows, columns = images.grad.abs().sum(dim=(0, 1)).nonzero().T.tolist()
    return tuple(logits.shape[2:]), (min(rows), min(columns), max(rows) + 1, max(columns) + 1)


@pytest.mark.parametrize(
    ("layers", "row", "column", "image_size"),
    [(0, 5, 9, 32), (1, 7, 6, 32), (1, 0, 13, 32), (2, 4, 3, 40), (2, 0, 7, 40), (3, 5, 0, 64), (3, 2, 3, 70)],
)
def test_the_box_is_what_the_logit_has_a_gradient_for(layers, row, column, image_size):
    result = patch_seen(image_size, cell(layers, row, column))
    shape, box = support(layers, row, column, image_size)
    assert shape == (result["count"], result["count"])
    assert result["box"] == box


@pytest.mark.parametrize("image_size", [64, 100, 128, 256])
def test_boxes_are_patch_boxes_and_in_the_middle_as_wide_as_the_field(image_size):
    for layers in (layers for layers in range(6) if smallest_image(layers) <= image_size):
        count = logit_count(image_size, layers)
        wide = 0
        for row, column in [(0, 0), (count // 2, count // 2), (count - 1, count // 3), (count // 3, count - 1)]:
            result = patch_seen(image_size, cell(layers, row, column))
            assert result["box"] == patch_box(row, column, layers, image_size)
            neighbours = [(row, column + 1), (row + 1, column)]
            inside = [patch_box(*one, layers, image_size) for one in neighbours if max(one) < count]
            assert result["neighbours"] == inside
            whole = result["whole"][row] and result["whole"][column]
            top, left, bottom, right = result["box"]
            assert whole == (bottom - top == right - left == receptive_field(layers))
            wide += whole
        assert wide or receptive_field(layers) > image_size / 2


@pytest.mark.parametrize(
    ("state", "summary"),
    [
        (
            cell(3, 12, 15),
            "3 layers: 30 x 30 logits, each sees 70 px. The logit at (12, 15) sees rows 73 to 142 and columns 97 to "
            "166; its neighbour sees 62 of these 70 columns.",
        ),
        (
            cell(3, 0, 15),
            "3 layers: 30 x 30 logits, each sees 70 px. The logit at (0, 15) sees rows 0 to 46 and columns 97 to 166, "
            "47 of 70 rows; the rest is padding.",
        ),
        (
            cell(1, 125, 125),
            "1 layer: 126 x 126 logits, each sees 16 px. The logit at (125, 125) sees rows 245 to 255 and columns 245 "
            "to 255, 11 of 16 rows and 11 of 16 columns; the rest is padding.",
        ),
        (
            cell(0, 100, 120),
            "0 layers: 256 x 256 logits, each sees 1 px. The logit at (100, 120) sees row 100 and column 120; its "
            "neighbour sees none of it.",
        ),
        (
            cell(0, 100, 255),
            "0 layers: 256 x 256 logits, each sees 1 px. The logit at (100, 255) sees row 100 and column 255.",
        ),
    ],
)
def test_the_summary_says_what_a_logit_sees(state, summary):
    assert patch_seen(256, state)["summary"] == summary


def test_with_other_layers_the_same_place_is_looked_at():
    for old, new in itertools.permutations(range(6), 2):
        for start in range(logit_count(256, old)):
            there = same_place(start, old, new, 256)
            assert 0 <= there < logit_count(256, new)
            middles = [sum(patch_span(*one)) / 2 for one in ((start, old), (there, new))]
            step = patch_span(1, new)[0] - patch_span(0, new)[0]
            at_the_edge = there in (0, logit_count(256, new) - 1)
            assert at_the_edge or abs(middles[0] - middles[1]) <= step / 2


def test_rows_and_columns_follow_the_layers():
    explorer = receptive_field_explorer(torch.zeros(3, 256, 256))
    first = explorer.summary
    assert first.startswith("3 layers: 30 x 30 logits, each sees 70 px. The logit at (12, 15) ")
    explorer.controls["row"].value = 29
    explorer.controls["layers"].value = 5
    assert (explorer.controls["row"].max, explorer.controls["row"].value) == (5, 5)
    assert explorer.summary.startswith("5 layers: 6 x 6 logits, each sees 286 px. The logit at (5, 3) ")
    explorer.controls["layers"].value = 0
    assert explorer.controls["column"].max == 255
    explorer.reset()
    assert (explorer.summary, explorer.controls["row"].max) == (first, 29)


@pytest.mark.parametrize(("image_size", "most"), [(64, 4), (100, 5)])
def test_no_more_layers_than_leave_a_logit(image_size, most):
    explorer = receptive_field_explorer(torch.zeros(3, image_size, image_size))
    assert explorer.controls["layers"].max == most
    for layers in range(most + 1):
        explorer.controls["layers"].value = layers
        for corner in (0, logit_count(image_size, layers) - 1):
            explorer.controls["row"].value = explorer.controls["column"].value = corner
            assert shown(explorer).shape[1] <= 800


def test_the_patch_is_in_full_colour_and_the_rest_is_pale():
    dark = receptive_field_explorer(torch.full((3, 256, 256), -1.0))
    picture = shown(dark).astype(int)
    # The photo's corner is at (90, 384), enlarged 5/4; the patch has rows 73 to 142 and columns 97 to 166.
    row, column = 90 + 108 * 5 // 4, 384 + 131 * 5 // 4
    assert picture[row, column].max() == 0
    assert picture[row, 390].min() > 140
    along = np.flatnonzero((picture[row, 384:704] == 0).all(axis=1))
    assert (along[0], along[-1] + 1) == pytest.approx((97 * 5 / 4, 167 * 5 / 4), abs=2)


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (3, 64, 32), (1, 64, 64)])
def test_one_square_photo_is_taken(shape):
    with pytest.raises(CourseError, match="give one photo"):
        receptive_field_explorer(torch.zeros(shape))


# What a defect changes -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator() -> UNetGenerator:
    """A U-Net with batch statistics of its own, so that eval mode differs from training."""
    torch.manual_seed(0)
    network = UNetGenerator(32, width=4)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(3)
        for _ in range(20):
            network(torch.rand(4, 3, 32, 32) * 2 - 1)
    return network.eval()


@pytest.fixture(scope="module")
def discriminator() -> PatchDiscriminator:
    """With one layer: of 32 px 14 x 14 logits that see 16 px."""
    torch.manual_seed(1)
    network = PatchDiscriminator(6, 1, width=8, norm="batch")
    with torch.no_grad():
        for _ in range(20):
            network(torch.randn(4, 6, 32, 32))
    return network.eval()


@pytest.fixture(scope="module")
def pairs() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.rand(3, 3, 32, 32) * 2 - 1, torch.rand(3, 3, 32, 32) * 2 - 1


@pytest.fixture(scope="module")
def scores(generator, discriminator, pairs) -> PatchScores:
    return PatchScores(generator, discriminator, *pairs)


def defect(**changes) -> dict:
    return {"facade": 0, "picture": REAL, "defect": GREY, "size": 8, "left": 0, "top": 0, **changes}


PLACES = [(0, 0), (10, 12), (24, 3), (29, 30)]  # the last is cut off at the edge


@pytest.mark.parametrize("picture", [REAL, GENERATED])
@pytest.mark.parametrize("kind", DEFECTS[1:])
def test_logits_that_cannot_see_the_defect_stay_to_the_bit(scores, picture, kind):
    for top, left in PLACES:
        result = scores.judge(defect(picture=picture, defect=kind, top=top, left=left))
        count = len(result["logits"])
        for row, column in itertools.product(range(count), repeat=2):
            upper, near, lower, far = patch_box(row, column, 1, 32)
            seen = upper < min(top + 8, 32) and lower > top and near < min(left + 8, 32) and far > left
            assert result["sees"][row, column] == seen
        same = result["logits"] == result["undisturbed"]
        assert same[~result["sees"]].all()
        assert not same[result["sees"]].all()
        assert 0 < result["sees"].sum() < count * count
        assert "unchanged to the bit" in result["summary"]


def test_with_batch_statistics_the_defect_reaches_every_logit(scores, discriminator, pairs):
    """Why they are frozen: in training mode a norm's mean and variance are of the whole picture."""
    result = scores.judge(defect())
    labels, photos = pairs
    training = copy.deepcopy(discriminator).train()
    with torch.no_grad():
        clean, hurt = (training(beside(labels[:1], picture))[0, 0] for picture in (photos[:1], result["judged"][None]))
    assert (clean != hurt)[~result["sees"]].float().mean() > 0.9


def test_undisturbed_logits_are_the_discriminators_own(scores, generator, discriminator, pairs):
    labels, photos = pairs
    generated = translate(generator, labels)
    for facade, (name, pictures) in itertools.product(range(3), ((REAL, photos), (GENERATED, generated))):
        result = scores.judge(defect(facade=facade, picture=name, defect=NO_DEFECT))
        torch.testing.assert_close(result["judged"], pictures[facade])
        with torch.no_grad():
            expected = discriminator(beside(labels, pictures))[facade, 0]
        torch.testing.assert_close(result["logits"], expected)
        assert torch.equal(result["logits"], result["undisturbed"])
        assert result["box"] is None
        assert not result["sees"].any()


def test_a_defect_is_what_it_is_called(scores, generator, pairs):
    labels, photos = pairs
    generated = translate(generator, labels)
    place = (slice(None), slice(4, 12), slice(20, 28))
    for picture, clean, other in ((REAL, photos[2], generated[2]), (GENERATED, generated[2], photos[2])):
        expected = {GREY: torch.zeros(3, 8, 8), SWAPPED: other[place], FOREIGN: photos[0][place]}
        for kind in (GREY, NOISE, SWAPPED, FOREIGN):
            judged = scores.judge(defect(facade=2, picture=picture, defect=kind, left=20, top=4))["judged"].clone()
            piece = judged[place].clone()
            if kind == NOISE:
                assert 0.3 < piece.std() < 0.6
                assert piece.abs().max() <= 1
            else:
                torch.testing.assert_close(piece, expected[kind])
            judged[place] = clean[place]
            torch.testing.assert_close(judged, clean)


def changed(logits: list[list[float]], undisturbed: list[list[float]], sees: list[list[bool]], **more) -> str:
    """What the summary says of these maps."""
    maps = {"logits": torch.tensor(logits), "undisturbed": torch.tensor(undisturbed), "sees": torch.tensor(sees)}
    return what_changed({"picture": REAL, "facade": 2, "size": 24, "box": (0, 0, 24, 24), **maps, **more})


def test_the_summary_says_what_the_defect_changed():
    before, sees = [[4.0, 0.0], [4.0, -4.0]], [[False, True], [True, False]]
    assert changed([[4.0, 0.0], [-4.0, -4.0]], before, sees) == (
        "real, facade 2: 2 x 2 logits, 25% called real. The defect of 24 px lies within 2 patches; the logits of the "
        "other 2 are unchanged to the bit; inside, D's mean falls from .74 to .26, and one logit moves by -8.0."
    )
    assert "inside, D's mean rises from .74 to .98" in changed([[4.0, 4.0], [4.0, -4.0]], before, sees)
    assert "inside, D's mean stays at .74, and one logit moves by +0.0" in changed(before, before, sees)
    assert changed(before, before, sees, box=None) == "real, facade 2: 2 x 2 logits, 50% called real."
    assert "no logit misses it" in changed(before, before, [[True] * 2] * 2)
    assert changed(before, before, [[False] * 2] * 2).endswith(
        "No patch holds the defect; the logits of the other 4 are unchanged to the bit."
    )


def test_the_summary_does_not_claim_equal_bits_where_there_are_none():
    before, sees = [[4.0, 0.0], [4.0, -4.0]], [[False, True], [True, False]]
    summary = changed([[4.0, 0.0], [-4.0, -4.5]], before, sees)
    assert "to the bit" not in summary
    assert "the logits of the other 2 change by 5.0e-01 at most" in summary


def test_the_networks_are_copied_and_left_as_they_were(generator, discriminator, pairs):
    generator.train()
    discriminator.train()
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    explorer = patch_score_map(generator, discriminator, *pairs)
    explorer.controls["facade"].value = 1
    assert generator.training and discriminator.training  # noqa: PT018
    assert all(weight.requires_grad for weight in discriminator.parameters())
    assert all(torch.equal(value, before[name]) for name, value in discriminator.state_dict().items())
    generator.eval()
    discriminator.eval()


def test_moving_the_defect_moves_picture_and_text(generator, discriminator, pairs):
    explorer = patch_score_map(generator, discriminator, *pairs)
    first = explorer.summary, explorer.picture.value
    assert first[0].startswith("generated, facade 0: 14 x 14 logits, ")
    for name, value in (("left", 2), ("defect", NOISE), ("picture", REAL), ("facade", 2), ("size", 12)):
        before = explorer.picture.value
        explorer.controls[name].value = value
        assert explorer.picture.value != before, name
    assert explorer.summary.startswith("real, facade 2: 14 x 14 logits, ")
    assert " defect of 12 px " in explorer.summary
    explorer.reset()
    assert (explorer.summary, explorer.picture.value) == first


def test_each_cell_stands_in_the_middle_of_what_it_sees():
    colours = np.linspace(0, 1, 14 * 14 * 3).reshape(14, 14, 3)
    square = at_their_places(colours, 128, 3)
    margin = np.array(colour(PALE)) / 255
    zoom = PANEL / 128
    for row, column in ((0, 0), (5, 9), (13, 13)):
        middle = [int(zoom * sum(patch_span(each, 3)) / 2) for each in (row, column)]
        assert middle == [2 * (8 * row + 12), 2 * (8 * column + 12)]
        assert np.array_equal(square[middle[0] - 8 : middle[0] + 8, middle[1] - 8 : middle[1] + 8].max(axis=(0, 1)),
                              colours[row, column])  # fmt: skip
    assert np.array_equal(square[:16].reshape(-1, 3), np.tile(margin, (16 * PANEL, 1)))


def test_cells_that_cannot_see_the_defect_are_drawn_grey(generator, discriminator, pairs):
    explorer = patch_score_map(generator, discriminator, *pairs)
    for name, value in (("left", 0), ("top", 0), ("size", 8)):
        explorer.controls[name].value = value
    picture = shown(explorer)
    left, top = 538, 34
    assert tuple(picture[top + 200, left + 200]) == (0xC8,) * 3
    assert tuple(picture[top + 70, left + 20]) != (0xC8,) * 3


def test_pairs_have_to_match(generator, discriminator, pairs):
    labels, photos = pairs
    with pytest.raises(CourseError, match="pair by pair"):
        patch_score_map(generator, discriminator, labels, photos[:2])
    with pytest.raises(CourseError, match="two pairs or more"):
        patch_score_map(generator, discriminator, labels[:1], photos[:1])


# What a skip carries -------------------------------------------------------------------------------------------------


def test_with_all_skips_it_is_the_network_itself(generator, pairs):
    with torch.no_grad():
        assert torch.equal(with_skips(generator, pairs[0], skip_sizes(generator)), generator(pairs[0]))


def test_the_skips_are_named_by_their_maps():
    assert skip_sizes(UNetGenerator(128, width=1)) == [64, 32, 16, 8, 4, 2]


@pytest.mark.parametrize("dropped", [[16], [2], [8, 4], [16, 8, 4, 2]])
def test_a_cut_skip_carries_zeros(generator, pairs, dropped):
    """As when the half of a decoder block's input that comes from the encoder is set to 0 in the network itself."""

    def cut(_, inputs):
        images = inputs[0].clone()
        if images.shape[-1] in dropped:
            images[:, images.shape[1] // 2 :] = 0
        return images

    hooks = [block.register_forward_pre_hook(cut) for block in list(generator.up)[1:]]
    with torch.no_grad():
        expected = generator(pairs[0])
        for hook in hooks:
            hook.remove()
        kept = [size for size in skip_sizes(generator) if size not in dropped]
        made = with_skips(generator, pairs[0], kept)
        assert torch.equal(made, expected)
        assert not torch.equal(made, generator(pairs[0]))


def test_each_box_is_a_skip_and_the_numbers_are_the_pictures(generator, pairs):
    explorer = skip_toggles(generator, pairs[0])
    assert [name for name in explorer.controls if name.endswith("px")] == ["16 px", "8 px", "4 px", "2 px"]
    explorer.controls["16 px"].value = True
    assert explorer.summary == "Facade 0 with all skips: the picture as it was trained to be."
    explorer.controls["facade"].value = 1
    explorer.controls["8 px"].value = False
    with torch.no_grad():
        difference = (with_skips(generator, pairs[0], [16, 4, 2]) - generator(pairs[0]))[1].abs()
    mean, visible = difference.mean().item(), (difference.mean(dim=0) > 0.1).float().mean().item()
    assert mean > 0.001
    assert explorer.summary == (
        f"Facade 1 without the 8 px skip: the picture moves by {f'{mean:.3f}'[1:]} on average, on a scale from -1 to "
        f"1, and by more than .1 in {visible:.0%} of its pixels."
    )
    explorer.controls["2 px"].value = False
    assert explorer.summary.startswith("Facade 1 without the skips of 8 and 2 px: the picture moves by ")


def test_all_and_none_are_drawn_once(generator, pairs):
    explorer = skip_toggles(generator, pairs[0])
    draw, drawn = explorer.draw, []
    explorer.draw = lambda result: drawn.append(result["summary"]) or draw(result)
    for button in ("none", "all", "reset"):
        explorer.controls[button].click()
    assert [summary.partition(":")[0] for summary in drawn] == [
        "Facade 0 without any skip",
        "Facade 0 with all skips",
        "Facade 0 without the 16 px skip",
    ]


def test_a_cut_skip_is_dotted_and_a_kept_one_is_a_line(generator, pairs):
    """At the right of the picture is the U; the skips stand evenly between its first row and its last."""
    explorer = skip_toggles(generator, pairs[0])
    lines = []
    for cut in (True, False):
        explorer.controls["16 px"].value = not cut
        across = shown(explorer)[76 + 468 // 5 - 4 : 76 + 468 // 5 + 5, 620:690].astype(int)
        orange = np.abs(across - colour(show.GENERATED)).sum(axis=2) < 40
        lines.append(orange.any(axis=0).mean())
    assert lines == [0, 1]


def test_only_a_u_net_with_skips_and_its_labels_are_taken(generator, pairs):
    with pytest.raises(CourseError, match="skips=True"):
        skip_toggles(UNetGenerator(32, width=1, skips=False), pairs[0])
    with pytest.raises(CourseError, match=r"give \(N, 3, 32, 32\)"):
        skip_toggles(generator, torch.zeros(2, 3, 64, 64))


# What the pixel loss weighs ------------------------------------------------------------------------------------------

TONES = {0.0: -0.9, 1.0: -0.4, 100.0: 0.2, math.inf: 0.7}


def recorded(seeds: int = 3) -> tuple[Tensor, Tensor, dict[float, Tensor], dict[float, dict[str, list[float]]]]:
    """Flat pictures, one tone a weight; the measures rise with the weights, and differ by .02 between seeds."""
    labels, photos = torch.full((5, 3, 64, 64), -1.0), torch.full((5, 3, 64, 64), 1.0)
    pictures = {weight: torch.full((5, 3, 64, 64), tone) for weight, tone in TONES.items()}
    measured = {
        weight: {
            "l1": [0.1 + 0.04 * number + 0.02 * seed for seed in range(seeds)],
            "sharpness": [1.1 - 0.2 * number + 0.02 * seed for seed in range(seeds)],
            "agreement": [0.5 + 0.1 * number + 0.02 * seed for seed in range(seeds)],
            "kernel": [math.nan] * seeds,
        }
        for number, weight in enumerate(TONES)
    }
    return labels, photos, pictures, measured


def test_each_weight_tells_its_means():
    slider = pixel_weight_slider(*recorded())
    assert slider.summary == (
        "λ = 100: error .200, sharpness .72 of the photos', labels read back .72 (means of 3 seeds)."
    )
    slider.controls["weight"].value = math.inf
    assert slider.summary == (
        "L1 alone: error .240, sharpness .52 of the photos', labels read back .82 (means of 3 seeds)."
    )
    slider.controls["weight"].value = 0.0
    assert slider.summary == (
        "λ = 0: error .120, sharpness 1.12 of the photos', labels read back .52 (means of 3 seeds)."
    )
    slider.reset()
    assert slider.summary.startswith("λ = 100:")


def test_one_seed_is_no_mean_and_the_options_are_the_weights_there_are():
    labels, photos, pictures, measured = recorded(seeds=1)
    slider = pixel_weight_slider(labels, photos, pictures, measured)
    assert slider.summary == "λ = 100: error .180, sharpness .70 of the photos', labels read back .70."
    assert [label for label, _ in slider.controls["weight"].options] == ["0", "1", "100", "L1 alone"]
    without = {weight: pictures[weight] for weight in (1.0, 0.0)}, {weight: measured[weight] for weight in (0.0, 1.0)}
    two = pixel_weight_slider(labels, photos, *without)
    assert [weight for _, weight in two.controls["weight"].options] == [0.0, 1.0]
    assert two.summary.startswith("λ = 1:")


def test_the_middle_row_is_the_weights_and_the_others_stay():
    slider = pixel_weight_slider(*recorded())
    for weight, tone in TONES.items():
        slider.controls["weight"].value = weight
        picture = shown(slider)
        for column in range(5):
            x = 96 + 132 * column + 64
            assert picture[8 + 64, x].mean() == 0
            assert picture[8 + 132 + 64, x].mean() == pytest.approx(127.5 * (tone + 1), abs=4)
            assert picture[8 + 264 + 64, x].mean() == 255


def test_the_marked_dots_are_at_the_weight_and_at_its_values():
    """In the first panel the L1 error rises with λ, and the places of 0, 1, 100 and L1 alone are -1, 0, 2 and 3."""
    slider = pixel_weight_slider(*recorded())
    marks = []
    for weight in TONES:
        slider.controls["weight"].value = weight
        panel = shown(slider)[410:, 46:250].astype(int)
        ys, xs = np.nonzero(np.abs(panel - colour(show.GENERATED)).sum(axis=2) < 60)
        marks.append((xs.mean(), ys.mean()))
    xs, ys = np.array(marks).T
    assert (xs - xs[0]) / (xs[3] - xs[0]) == pytest.approx([0, 0.25, 0.75, 1], abs=0.02)
    assert (ys - ys[0]) / (ys[3] - ys[0]) == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=0.05)
    assert ys[3] < ys[0]


def test_zero_and_infinity_stand_a_step_outside_the_logarithms():
    assert places_of([0.0, 1.0, 10.0, math.inf]) == {0.0: -1, 1.0: 0, 10.0: 1, math.inf: 2}
    assert places_of([0.0, math.inf]) == {0.0: -1, math.inf: 1}
    assert places_of([10.0, 1000.0]) == {10.0: 1, 1000.0: 3}


def test_pictures_and_measures_have_to_match():
    labels, photos, pictures, measured = recorded()
    del measured[1.0]
    with pytest.raises(CourseError, match=r"pictures for the weights \[0.0, 1.0, 100.0, inf\]"):
        pixel_weight_slider(labels, photos, pictures, measured)
    labels, photos, pictures, measured = recorded()
    pictures[math.inf] = pictures[math.inf][:4]
    with pytest.raises(CourseError, match="pictures of L1 alone have the shape"):
        pixel_weight_slider(labels, photos, pictures, measured)


# All -----------------------------------------------------------------------------------------------------------------

WIDGETS = ["field", "scores", "skips", "weights"]


@pytest.fixture(scope="module")
def explorers() -> dict[str, Explorer]:
    """As in the lesson: drawn facades, and the networks that come with the course."""
    labels, photos = DrawnFacades(3, 128, "validation", progress=False)[:]
    generator = load_facade_generator()
    small = DrawnFacades(5, 64, "validation", progress=False)[:]
    pictures = {weight: small[1].roll(number, 0) for number, weight in enumerate(TONES)}
    return {
        "field": receptive_field_explorer(DrawnFacades(1, 256, "validation", progress=False)[0][1]),
        "scores": patch_score_map(generator, load_facade_discriminator(), labels, photos),
        "skips": skip_toggles(generator, labels),
        "weights": pixel_weight_slider(*small, pictures, recorded()[3]),
    }


@pytest.mark.parametrize("widget", WIDGETS)
def test_it_reacts_within_150_ms(widget, explorers):
    """On a machine that counts to a million in 37 ms; on a slower or busier one in proportion."""
    explorer = explorers[widget]
    name, values = {
        "field": ("layers", [1, 3]),
        "scores": ("left", [16, 24]),
        "skips": ("32 px", [False, True]),
        "weights": ("weight", [0.0, 1.0]),
    }[widget]
    places = itertools.cycle(values)

    def act() -> None:
        explorer.controls[name].value = next(places)

    act()  # the first drawing loads fonts
    million = least_seconds(lambda: sum(number for number in range(1_000_000)))
    assert least_seconds(act) < 4 * million


@pytest.mark.parametrize("widget", WIDGETS)
def test_pictures_fit_the_page_and_have_words(widget, explorers):
    explorer = explorers[widget]
    assert shown(explorer).shape[1] <= 800
    assert len(explorer.picture.value) < 100_000
    assert explorer.alt.count(".") >= 2, "a picture that moves needs more than a title"
    assert "\n" not in explorer.summary
    assert all(control.description for control in explorer.controls.values())
