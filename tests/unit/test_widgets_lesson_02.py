"""The widgets of lesson 2: sizes and taps are torch's, a walk is the generator's, a step shows its own numbers."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from looking import least_seconds, shown
from torch import nn

from gancourse.latents import slerp
from gancourse.networks import DCGANGenerator, FaceReader
from gancourse.networks.reader import READABLE
from gancourse.recorded import FaceRun
from gancourse.training import History, sample
from gancourse.widgets import Explorer, face_training_scrubber, latent_explorer, shape_calculator
from gancourse.widgets.drawing import enlarge
from gancourse.widgets.lesson_02 import (
    CATEGORIES,
    CONVOLUTION,
    MEASURES,
    TRANSPOSED,
    LatentWalk,
    draw_layer,
    in_words,
    layer_shape,
    spread_out,
    what_is_seen,
)

# What a convolution touches ------------------------------------------------------------------------------------------


def layer(kind: str, size: int, kernel: int, stride: int, padding: int, output_padding: int = 0) -> dict:
    return {
        "kind": kind, "size": size, "kernel": kernel, "stride": stride, "padding": padding,
        "output_padding": output_padding,
    }  # fmt: skip


def torch_layer(state: dict, inputs: torch.Tensor) -> torch.Tensor | None:
    """What torch makes of inputs (size,) with a kernel of ones; None where it refuses the settings."""
    ones = torch.ones(1, 1, state["kernel"])
    try:
        if state["kind"] == CONVOLUTION:
            return F.conv1d(inputs[None], ones, stride=state["stride"], padding=state["padding"])[0]
        return F.conv_transpose1d(
            inputs[None], ones, stride=state["stride"], padding=state["padding"], output_padding=state["output_padding"]
        )[0]
    except RuntimeError:
        return None


def every_setting() -> list[dict]:
    ranges = range(1, 6), range(1, 6), range(1, 4), range(3)
    convolutions = [layer(CONVOLUTION, *numbers) for numbers in itertools.product(*ranges)]
    return convolutions + [layer(TRANSPOSED, *numbers) for numbers in itertools.product(*ranges, range(3))]


def test_size_taps_and_overlap_are_torchs():
    refused = 0
    for state in every_setting():
        inputs = torch.ones(state["size"], requires_grad=True)
        expected, result = torch_layer(state, inputs[None]), layer_shape(state)
        if expected is None:
            assert result["size"] is None, state
            refused += 1
            continue
        outputs = expected[0]
        assert result["size"] == len(outputs), state
        assert result["overlap"] == outputs.tolist(), state
        support = {
            (touched, output)
            for output in range(len(outputs))
            for touched in torch.autograd.grad(outputs[output], inputs, retain_graph=True)[0]
            .nonzero()
            .flatten()
            .tolist()
        }
        assert set(result["taps"]) == support, state
        assert len(result["taps"]) == len(support), state
    assert refused > 20


def test_the_inner_overlap_is_even_where_the_kernel_is_a_multiple_of_the_stride():
    for kernel, stride in itertools.product(range(1, 8), range(1, 5)):
        summary = layer_shape(layer(TRANSPOSED, 8, kernel, stride, 0))["summary"]
        assert summary.endswith(": even.") == (kernel % stride == 0), summary
        assert ("checkerboard" in summary) == (kernel % stride != 0), summary
        assert ("leaves gaps" in summary) == (kernel < stride), summary


@pytest.mark.parametrize(
    ("state", "summary"),
    [
        (
            layer(TRANSPOSED, 4, 4, 2, 1),
            "Transposed convolution 4/2/1: 4 -> 8. Every inner output gets 2 taps: even.",
        ),
        (
            layer(TRANSPOSED, 1, 4, 1, 0),
            "Transposed convolution 4/1/0: 1 -> 4. Every output gets 1 tap: even.",
        ),
        (
            layer(TRANSPOSED, 4, 3, 2, 1, 1),
            "Transposed convolution 3/2/1, output padding 1: 4 -> 8. Outputs get 1 or 2 taps in turn: uneven, a "
            "checkerboard in two dimensions. The kernel, 3, is no multiple of the stride, 2.",
        ),
        (
            layer(CONVOLUTION, 8, 4, 2, 1),
            "Convolution 4/2/1: 8 -> 4. Each output sees 4 inputs, and neighbours share 2. At the edges some of these "
            "are padding, which is 0.",
        ),
        (
            layer(CONVOLUTION, 8, 2, 3, 0),
            "Convolution 2/3/0: 8 -> 3. Each output sees 2 inputs, and neighbours skip 1 input between them.",
        ),
        (
            layer(CONVOLUTION, 8, 3, 3, 0),
            "Convolution 3/3/0: 8 -> 2. Each output sees 3 inputs, and every input is seen once. The last 2 inputs no "
            "kernel reaches.",
        ),
        (
            layer(CONVOLUTION, 2, 7, 2, 1),
            "Convolution 7/2/1 on 2 is impossible: a kernel of 7 does not fit into 4, the input and its padding.",
        ),
        (
            layer(TRANSPOSED, 4, 4, 2, 1, 2),
            "Transposed convolution 4/2/1, output padding 2 on 4 is impossible: the output padding has to be smaller "
            "than the stride, 2.",
        ),
        (
            layer(TRANSPOSED, 1, 2, 2, 1),
            "Transposed convolution 2/2/1 on 1 is impossible: the kernels reach 2 cells, and the padding cuts them all "
            "away.",
        ),
    ],
)
def test_the_summary_says_what_is_to_be_seen(state, summary):
    assert layer_shape(state)["summary"] == summary


def test_no_setting_of_the_sliders_is_an_exception():
    controls = shape_calculator().controls
    sliders = [controls[name] for name in ("size", "kernel", "stride", "padding", "output_padding")]
    ends = list(itertools.product(*[(slider.min, slider.max) for slider in sliders]))
    for kind, numbers in itertools.product((CONVOLUTION, TRANSPOSED), ends):
        assert draw_layer(layer_shape(layer(kind, *numbers))).startswith(b"\x89PNG")


def test_output_padding_is_for_transposed_convolutions_only():
    calculator = shape_calculator()
    calculator.controls["output_padding"].value = 1
    assert calculator.summary.startswith("Transposed convolution 4/2/1, output padding 1: 4 -> 9.")
    calculator.controls["kind"].value = CONVOLUTION
    assert calculator.controls["output_padding"].disabled
    assert calculator.summary.startswith("Convolution 4/2/1: 4 -> 2.")
    calculator.reset()
    assert not calculator.controls["output_padding"].disabled
    assert calculator.summary.startswith("Transposed convolution 4/2/1: 4 -> 8.")


# A walk among latents ------------------------------------------------------------------------------------------------


class FakeReader(nn.Module):
    """Reads the picture's mean as the smile, and always the same of everything else."""

    def forward(self, images):
        count = len(images)
        chosen = {"glasses": 2, "hair_style": 3, "hair_colour": 2, "facial_hair": 1}
        read = {name: torch.zeros(count, len(values)) for name, values in READABLE.items()}
        for name, code in chosen.items():
            read[name][:, code] = 20.0
        return read | {"smile": images.mean(dim=(1, 2, 3)), "turn": torch.zeros(count), "age": torch.ones(count)}


@pytest.fixture(scope="module")
def generator() -> nn.Module:
    torch.manual_seed(0)
    return DCGANGenerator(latent_size=12, image_size=32, width=8)


@pytest.fixture
def walk(generator) -> LatentWalk:
    return LatentWalk(generator, FakeReader(), {"smile": torch.eye(12)[3], "hat": 2 * torch.eye(12)[5]})


def place(**changes) -> dict:
    return {"from": 3, "to": 4, "between": 0.25, "smile": 0.0, "hat": 0.0, **changes}


def test_the_walk_is_on_the_arc_and_the_sliders_push_off_it(walk, generator):
    start, end = (torch.randn(12, generator=torch.Generator().manual_seed(seed)) for seed in (3, 4))
    assert torch.equal(walk.look(place(between=0.0))["latent"], start)
    assert torch.equal(walk.look(place(between=1.0))["latent"], end)
    quarter = slerp(start, end, 0.25)
    assert torch.equal(walk.look(place())["latent"], quarter)
    pushed = walk.look(place(smile=1.5, hat=-1.0))
    torch.testing.assert_close(pushed["latent"] - quarter, 1.5 * torch.eye(12)[3] - 2 * torch.eye(12)[5])
    face, *strip = pushed["images"]
    torch.testing.assert_close(face, sample(generator, pushed["latent"][None])[0])
    assert len(strip) == 7
    for stop, one in enumerate(strip):
        expected = sample(generator, slerp(start, end, stop / 6)[None])[0]
        torch.testing.assert_close(one, expected, atol=1e-4, rtol=1e-4)


def test_the_strip_is_drawn_anew_only_when_an_end_changes(walk):
    strip = walk.strip(3, 4)
    walk.look(place(between=0.9, smile=2.0))
    assert walk.strip(3, 4) is strip
    walk.look(place(to=5))
    assert not torch.equal(walk.strip(3, 5), strip)


def test_the_readings_are_the_readers_about_this_face(walk):
    seen = walk.look(place(hat=2.0))
    assert seen["readings"]["glasses"] == ("sun", pytest.approx(1.0))
    assert seen["readings"]["smile"] == pytest.approx(seen["images"][0].mean().item(), abs=1e-6)
    assert seen["summary"] == (
        f"25% of the way from latent 3 to 4, hat +2.0: |z| = {seen['latent'].norm():.1f}. The reader sees sunglasses; "
        f"long, blond hair; a beard; smile {seen['readings']['smile']:+.1f}."
    )


def test_everything_a_reader_can_say_has_words():
    read = FaceReader().eval()(torch.zeros(1, 3, 32, 32))
    for name in CATEGORIES:
        for code, value in enumerate(READABLE[name]):
            certain = {**read, name: 50 * F.one_hot(torch.tensor([code]), len(READABLE[name]))}
            readings = in_words({key: one[0].float() for key, one in certain.items()})
            assert readings[name] == (value, pytest.approx(1.0))
            assert what_is_seen(readings)
    assert list(readings) == [*CATEGORIES, *MEASURES]


def test_moving_along_moves_picture_and_text_and_leaves_the_generator_as_it_was(generator):
    generator.train()
    explorer = latent_explorer(generator, FakeReader(), {"smile": torch.ones(12)})
    first_picture, first_summary = explorer.picture.value, explorer.summary
    assert first_summary.startswith("50% of the way from latent 8 to 12: |z| = ")
    explorer.controls["smile"].value = 2.0
    assert explorer.summary.startswith("50% of the way from latent 8 to 12, smile +2.0: |z| = ")
    assert explorer.picture.value != first_picture
    explorer.reset()
    assert (explorer.picture.value, explorer.summary) == (first_picture, first_summary)
    assert generator.training


def test_enlarging_keeps_every_pixel():
    images = torch.rand(2, 3, 4, 4) * 2 - 1
    expected = ((images + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(enlarge(images, 4), expected)
    assert np.array_equal(enlarge(images, 12)[:, 1::3, 1::3], expected)
    mixed = enlarge(images, 6).astype(float)
    assert np.array_equal(mixed[:, ::3, ::3], expected[:, ::2, ::2]), "two thirds of a pixel each: the corners are pure"
    assert mixed.mean() == pytest.approx(expected.mean(), abs=0.5)
    assert enlarge(torch.full((1, 3, 2, 2), 5.0), 2).max() == 255


# A training on faces, to scrub through -------------------------------------------------------------------------------


@pytest.fixture
def run() -> FaceRun:
    """Three steps, looked at before the first and after the second and third: dark pictures, grey ones, light ones."""
    values = {
        "discriminator_loss": [1.5, 1.25, 1.0],
        "generator_loss": [0.5, 0.75, 1.0],
        "real_probability": [0.5, 0.75, 0.6],
        "fake_probability": [0.4, 0.3, 0.2],
        "accuracy": [0.5, 0.75, 0.6],
    }
    samples = [(step, torch.full((16, 3, 32, 32), tone)) for step, tone in ((0, -0.8), (2, 0.0), (3, 0.8))]
    return FaceRun(History(values, samples), {0: 9.0, 2: 0.5, 3: 0.125}, floor=0.004, count=500, note="a fake")


def test_each_place_of_the_slider_tells_the_numbers_of_its_step(run):
    scrubber = face_training_scrubber(run)
    assert [step for _, step in scrubber.controls["step"].options] == [0, 2, 3]
    assert scrubber.summary == (
        "Step 3: loss of D 1.00, of G 1.00; D(x) 0.60, D(G(z)) 0.20; "
        "kernel distance 0.125 (real against real 0.004, N = 500)."
    )
    scrubber.controls["step"].value = 2
    assert scrubber.summary == (
        "Step 2: loss of D 1.25, of G 0.75; D(x) 0.75, D(G(z)) 0.30; "
        "kernel distance 0.500 (real against real 0.004, N = 500)."
    )
    scrubber.controls["step"].value = 0
    assert scrubber.summary == ("Before the first step; kernel distance 9.000 (real against real 0.004, N = 500).")


def test_the_faces_are_those_of_the_step_and_the_line_moves_with_it(run):
    scrubber, lines = face_training_scrubber(run), []
    for step, tone in ((0, 0.1), (2, 0.5), (3, 0.9)):
        scrubber.controls["step"].value = step
        picture = shown(scrubber)
        assert picture[80, 50].mean() == pytest.approx(255 * tone, abs=6)
        assert picture[380, 350].mean() == pytest.approx(255 * tone, abs=6), "the sixteenth face"
        # The line is the one column that is dark all the way through the last curve.
        dark = (picture[310:390, 436:] < 90).all(axis=(0, 2))
        lines.append(np.flatnonzero(dark).mean())
    assert (lines[1] - lines[0]) / (lines[2] - lines[0]) == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("floor", [-0.01, 0.0, 0.3])
def test_a_distance_of_zero_or_below_can_be_drawn(run, floor):
    scrubber = face_training_scrubber(run._replace(floor=floor, distances={0: 4.0, 2: 0.0, 3: -0.002}))
    assert scrubber.summary.endswith(f"kernel distance -0.002 (real against real {floor:.3f}, N = 500).")


def test_labels_keep_their_distance_and_their_order():
    assert spread_out([0.9, 0.1], 0.2) == [0.9, 0.1]
    assert spread_out([0.5, 0.4], 0.2) == pytest.approx([0.55, 0.35])
    assert spread_out([0.4, 0.5], 0.2) == pytest.approx([0.35, 0.55])
    assert spread_out([0.5, 0.5], 0.2) == pytest.approx([0.6, 0.4])


# All -----------------------------------------------------------------------------------------------------------------


def explorers(run: FaceRun, generator: nn.Module) -> dict[str, Explorer]:
    return {
        "shapes": shape_calculator(),
        "latents": latent_explorer(generator, FakeReader(), {"smile": torch.ones(12)}),
        "training": face_training_scrubber(run),
    }


@pytest.mark.parametrize("widget", ["shapes", "latents", "training"])
def test_it_reacts_within_150_ms(widget, run, generator):
    """On a machine that counts to a million in 37 ms; on a slower or busier one in proportion."""
    explorer = explorers(run, generator)[widget]
    name, values = {"shapes": ("kernel", [3, 4]), "latents": ("smile", [1.0, 2.0]), "training": ("step", [0, 2])}[
        widget
    ]
    places = itertools.cycle(values)

    def act() -> None:
        explorer.controls[name].value = next(places)

    act()  # the first drawing loads fonts
    million = least_seconds(lambda: sum(number for number in range(1_000_000)))
    assert least_seconds(act) < 4 * million


@pytest.mark.parametrize("widget", ["shapes", "latents", "training"])
def test_pictures_fit_the_page_and_have_words(widget, run, generator):
    explorer = explorers(run, generator)[widget]
    assert shown(explorer).shape[1] <= 800
    assert len(explorer.picture.value) < 100_000
    assert explorer.alt.count(".") >= 2, "a picture that moves needs more than a title"
    assert "\n" not in explorer.summary
    assert all(control.description for control in explorer.controls.values())
