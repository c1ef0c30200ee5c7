"""The widgets of lesson 4: errors are the losses', disturbances are what they are called, the pool is the package's."""

import itertools
import math

import numpy as np
import pytest
import torch
from looking import least_seconds, shown
from torch import Tensor, nn

from gancourse import show
from gancourse.data import DrawnLandscapes
from gancourse.errors import CourseError
from gancourse.image_pool import ImagePool
from gancourse.losses import cycle_loss
from gancourse.networks import ResNetGenerator
from gancourse.schedule import linear_decay
from gancourse.widgets import (
    Explorer,
    cycle_viewer,
    identity_slider,
    pool_stepper,
    schedule_plot,
    steganography_slider,
    truth_explorer,
)
from gancourse.widgets.drawing import decimals
from gancourse.widgets.lesson_04 import (
    JPEG,
    LEVELS,
    MONET_FIRST,
    NOISE,
    PHOTO_FIRST,
    RESTARTED,
    STEPS,
    Candidates,
    Disturbances,
    Journeys,
    disturb,
    in_colour,
    pool_after,
    resumed_at,
)


def share_of(picture: np.ndarray, colour: str) -> float:
    """The share of pixels that have a colour, or nearly."""
    wanted = tuple(bytes.fromhex(colour.removeprefix("#")))
    return (np.abs(picture.astype(int) - wanted).sum(axis=-1) < 40).mean()


@pytest.fixture(scope="module")
def generators() -> tuple[ResNetGenerator, ResNetGenerator]:
    """Of random weights, large enough that pictures change; batch norms, so that eval mode differs from training."""
    torch.manual_seed(0)
    networks = ResNetGenerator(2, 8, 1, norm="batch"), ResNetGenerator(2, 8, 1, norm="batch")
    with torch.no_grad():
        for network in networks:
            for weight in network.parameters():
                weight.mul_(3)
            for _ in range(5):
                network(torch.rand(4, 3, 32, 32) * 2 - 1)
    return networks[0].eval(), networks[1].eval()


@pytest.fixture(scope="module")
def pictures() -> tuple[Tensor, Tensor]:
    """Photos and monets, not equally many."""
    torch.manual_seed(2)
    return torch.rand(3, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1


# There and back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", [PHOTO_FIRST, MONET_FIRST])
def test_a_journey_goes_there_and_back_by_the_right_networks(generators, pictures, direction):
    photo_to_monet, monet_to_photo = generators
    photos, monets = pictures
    result = Journeys(*generators, photos, monets).look({"direction": direction, "picture": 1})
    there, back, images = (
        (photo_to_monet, monet_to_photo, photos)
        if direction == PHOTO_FIRST
        else (monet_to_photo, photo_to_monet, monets)
    )
    with torch.no_grad():
        fakes = there(images[1:2])
        recovered = back(fakes)
    for one, expected in zip(result["journey"], (images[1:2], fakes, recovered), strict=True):
        torch.testing.assert_close(one, expected[0])
    half = cycle_loss(images[1:2], recovered).item() / 2
    assert result["cycle"] == pytest.approx(half, rel=1e-4)
    assert result["difference"].mean().item() == pytest.approx(half, rel=1e-4)
    assert result["translation"] == pytest.approx(cycle_loss(images[1:2], fakes).item() / 2, rel=1e-4)


class Darker(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images - 0.5


class Lighter(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images + 0.25


def test_the_summary_says_how_far_on_the_scale_from_0_to_1():
    photos = torch.zeros(2, 3, 32, 32)
    viewer = cycle_viewer(Darker(), Lighter(), photos, photos)
    assert viewer.summary == (
        "Photo 0: its painting differs from it by .250, and the photo that comes back by .125, on average and on a "
        "scale from 0 to 1."
    )
    viewer.controls["direction"].value = MONET_FIRST
    viewer.controls["picture"].value = 1
    assert viewer.summary == (
        "Painting 1: its photo differs from it by .125, and the painting that comes back by .125, on average and on a "
        "scale from 0 to 1."
    )


def test_the_pictures_that_can_be_chosen_are_the_domains(generators, pictures):
    viewer = cycle_viewer(*generators, *pictures)
    draw, drawn = viewer.draw, []
    viewer.draw = lambda result: drawn.append(result["summary"][:10]) or draw(result)
    first = viewer.summary, viewer.picture.value
    viewer.controls["picture"].value = 2
    viewer.controls["direction"].value = MONET_FIRST
    assert (viewer.controls["picture"].max, viewer.controls["picture"].value) == (1, 1)
    viewer.reset()
    assert (viewer.summary, viewer.picture.value) == first
    assert viewer.controls["picture"].max == 2
    assert drawn == ["Photo 2: i", "Painting 1", "Photo 0: i"], "each move is drawn once"


def test_the_networks_are_copied_and_left_as_they_were(generators, pictures):
    for network in generators:
        network.train()
    before = [value.clone() for network in generators for value in network.state_dict().values()]
    viewer = cycle_viewer(*generators, *pictures)
    viewer.controls["picture"].value = 1
    assert all(network.training for network in generators)
    assert all(weight.requires_grad for network in generators for weight in network.parameters())
    after = [value for network in generators for value in network.state_dict().values()]
    assert all(map(torch.equal, before, after))
    for network in generators:
        network.eval()


def test_the_difference_is_white_at_0_and_red_at_the_end():
    ends = in_colour(torch.tensor([[0.0, 0.1, 0.2, 0.9]]))
    assert ends[:, 0, 0].tolist() == [1, 1, 1]
    assert ends[:, 0, 1].tolist() == pytest.approx([0.647, 0.0353, 0.234], abs=0.02)
    assert torch.equal(ends[:, 0, 2], ends[:, 0, 3])
    assert ends[:, 0, 2].tolist() == pytest.approx([2 * one / 255 - 1 for one in bytes.fromhex("a50f3c")], abs=1e-3)


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 1, 32, 32), (2, 3, 32, 16), (0, 3, 32, 32)])
def test_square_pictures_are_taken(generators, pictures, shape):
    for sets in ((torch.zeros(shape), pictures[1]), (pictures[0], torch.zeros(shape))):
        with pytest.raises(CourseError, match=r"give \(N, 3, size, size\)"):
            cycle_viewer(*generators, *sets)


# What the fake hides -------------------------------------------------------------------------------------------------


def test_noise_has_its_standard_deviation_and_is_always_the_same():
    grey = torch.zeros(2, 3, 64, 64)
    for level in (0.01, 0.05, 0.1):
        noise = disturb(grey, NOISE, level)
        assert (noise / 2).std().item() == pytest.approx(level, rel=0.03)
        assert torch.equal(noise[0], noise[1])
        assert torch.equal(noise, disturb(grey, NOISE, level))
    assert torch.equal(disturb(grey, NOISE, 0.0), grey)
    torch.testing.assert_close(disturb(grey, NOISE, 0.1), 2 * disturb(grey, NOISE, 0.05))
    assert disturb(grey + 0.9, NOISE, 0.2).max() == 1


def test_jpeg_keeps_places_and_costs_more_the_lower_the_quality():
    photos = DrawnLandscapes(2, 64, "validation", progress=False).photos[:]
    errors = [(disturb(photos, JPEG, quality) - photos).abs().mean().item() / 2 for quality in LEVELS[JPEG]]
    assert all(itertools.starmap(lambda better, worse: better < worse, itertools.pairwise(errors)))
    assert 0 < errors[0] < 0.02
    halves = torch.cat([torch.full((1, 3, 16, 32), 0.5), torch.full((1, 3, 16, 32), -0.5)], dim=2)
    torch.testing.assert_close(disturb(halves, JPEG, 90), halves, atol=0.02, rtol=0)


def state(**changes) -> dict:
    return {"picture": 0, "disturbance": NOISE, "noise": 0.05, "quality": 75, **changes}


@pytest.mark.parametrize(("kind", "name", "level"), [(NOISE, "noise", 0.1), (JPEG, "quality", 50)])
def test_the_very_fake_is_disturbed_and_sent_back(generators, pictures, kind, name, level):
    photo_to_monet, monet_to_photo = generators
    photos, monets = pictures
    result = Disturbances(*generators, photos, monets).look(state(picture=2, disturbance=kind, **{name: level}))
    with torch.no_grad():
        fake = photo_to_monet(photos[2:3])
        recovered, disturbed = monet_to_photo(fake), disturb(fake, kind, level)
        back = monet_to_photo(disturbed)
        # Photo 2 of three stands beside monet 0 of two.
        control = [monet_to_photo(one) for one in (monets[:1], disturb(monets[:1], kind, level))]
    torch.testing.assert_close(result["disturbed"], disturbed[0])
    torch.testing.assert_close(result["back"], back[0])
    place = LEVELS[kind].index(level)
    moved = {
        "the fake painting": (fake, disturbed),
        "the photo made of it": (recovered, back),
        "a real painting": (monets[:1], disturb(monets[:1], kind, level)),
        "the photo made of that": control,
    }
    for curve, (one, other) in moved.items():
        expected = (one - other).abs().mean().item() / 2
        assert expected > 0.001
        assert result["curves"][curve][place] == pytest.approx(expected, rel=1e-3)
    errors = [cycle_loss(photos[2:3], one).item() / 2 for one in (recovered, back)]
    assert list(result["errors"]) == pytest.approx(errors, rel=1e-4)
    numbers = [moved["the fake painting"], moved["the photo made of it"], *moved.values()]
    first, second, _, _, real, of_real = (decimals((one - other).abs().mean().item() / 2, 3) for one, other in numbers)
    subject = "Noise of .10" if kind == NOISE else "JPEG of quality 50"
    assert result["summary"] == (
        f"{subject} changes the painting of photo 2 by {first}, and the photo that comes back by {second}; its error "
        f"goes from {decimals(errors[0], 3)} to {decimals(errors[1], 3)}. The same changes the real painting 0 by "
        f"{real}, and the photo made of it by {of_real}."
    )


def test_without_noise_nothing_moves_and_without_monets_there_is_no_control(generators, pictures):
    result = Disturbances(*generators, pictures[0], None).look(state(noise=0.0))
    assert result["errors"][0] == pytest.approx(result["errors"][1], rel=1e-4)
    assert list(result["curves"]) == ["the fake painting", "the photo made of it"]
    assert [curve[0] for curve in result["curves"].values()] == pytest.approx([0, 0], abs=1e-5)
    assert "real painting" not in result["summary"]


def test_a_message_in_fine_traces_is_told_from_a_network_that_is_merely_sensitive():
    """The fake holds the photo at a hundredth of its strength; the way back enlarges it again, as an honest one would
    not.  What a way back does that only repeats its input is no larger than the disturbance."""

    class Hide(nn.Module):
        def forward(self, photos: Tensor) -> Tensor:
            return 0.01 * photos

    class Find(nn.Module):
        def forward(self, monets: Tensor) -> Tensor:
            return (100 * monets).clamp(-1, 1)

    photos = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    hiding = Disturbances(Hide(), Find(), photos, photos.sign()).look(state(noise=0.01))
    assert hiding["errors"][0] < 1e-6
    curves = {name: values[1] for name, values in hiding["curves"].items()}
    assert curves["the photo made of it"] > 20 * curves["the fake painting"]
    assert curves["the photo made of that"] < 0.01
    honest = Disturbances(nn.Identity(), nn.Identity(), photos, photos).look(state(noise=0.01))
    assert honest["errors"][1] == pytest.approx(honest["size"])


def test_the_slider_of_the_other_disturbance_rests(generators, pictures):
    slider = steganography_slider(*generators, *pictures)
    first = slider.summary, slider.picture.value
    assert first[0].startswith("Noise of .05 changes the painting of photo 0 by ")
    resting = slider.controls["noise"].disabled, slider.controls["quality"].disabled
    assert resting == (False, True)
    slider.controls["disturbance"].value = JPEG
    assert slider.summary.startswith("JPEG of quality 75 changes the painting of photo 0 by ")
    assert (slider.controls["noise"].disabled, slider.controls["quality"].disabled) == (True, False)
    slider.reset()
    assert (slider.summary, slider.picture.value) == first
    assert (slider.controls["noise"].disabled, slider.controls["quality"].disabled) == resting


# Where the truth is --------------------------------------------------------------------------------------------------


def candidates() -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Flat pictures of four scenes: the answers are grey, the translations lighter by different steps."""
    photos, answers = torch.full((4, 3, 32, 32), -1.0), torch.zeros(4, 3, 32, 32)
    steps = {"unchanged": [0.4, 0.4, 0.4, 0.4], "pix2pix, told": [0.1, 0.2, 0.6, 0.1], "CycleGAN": [0.2, 0.1, 0.5, 0.3]}
    return photos, answers, {name: answers + torch.tensor(each)[:, None, None, None] for name, each in steps.items()}


def test_the_nearest_is_named_and_all_are_listed_as_given():
    explorer = truth_explorer(*candidates())
    assert explorer.summary == (
        "Scene 0, L1 from the right answer: unchanged .200; pix2pix, told .050; CycleGAN .100. Nearest here and in 2 "
        "of 4 scenes: pix2pix, told."
    )
    explorer.controls["scene"].value = 2
    assert explorer.summary.endswith("CycleGAN .250. Nearest here and in 1 of 4 scenes: unchanged.")
    explorer.controls["scene"].value = 1
    assert explorer.summary.endswith("Nearest here and in 1 of 4 scenes: CycleGAN.")


def test_each_translation_is_the_scenes_own():
    photos, answers, pictures = candidates()
    result = Candidates(photos, answers, pictures).look({"scene": 3})
    assert list(result["pictures"]) == list(pictures)
    for name, images in pictures.items():
        assert torch.equal(result["pictures"][name], images[3])
        assert result["means"][name] == pytest.approx(images.mean().item() / 2)


def test_frames_say_what_is_real_true_and_generated():
    """Four pictures in the first row; a tile is 160 px, the next one starts 195 px further, the first row at 46 px."""
    picture = shown(truth_explorer(*candidates()))
    row = picture[46:206]
    frames = [row[:, 8 + 195 * column - 3 : 8 + 195 * column] for column in range(4)]
    for frame, colour in zip(frames, (show.REAL, show.TRUTH, show.GENERATED, show.GENERATED), strict=True):
        assert share_of(frame, colour) > 0.3
    assert picture[46 + 80, 8 + 80].max() == 0
    assert picture.shape[0] == 2 * 236
    assert picture[46 + 80, 8 + 195 + 80].mean() == pytest.approx(127.5, abs=2)


def test_translations_come_in_the_photos_shape():
    photos, answers, pictures = candidates()
    with pytest.raises(CourseError, match="pictures of 'CycleGAN' have the shape"):
        truth_explorer(photos, answers, {**pictures, "CycleGAN": answers[:3]})
    with pytest.raises(CourseError, match="pictures of 'right answers' have the shape"):
        truth_explorer(photos, answers[..., :16, :16], pictures)
    with pytest.raises(CourseError, match="nothing to compare"):
        truth_explorer(photos, answers, {})


# What the identity loss weighs ---------------------------------------------------------------------------------------

TONES = {5.0: 0.7, 0.0: -0.7, 0.5: 0.2}


def recorded(seeds: int = 3) -> tuple[Tensor, dict[float, Tensor], dict[float, dict[str, list[float]]]]:
    """Flat pictures, one tone a weight; hues shift less the greater it is, and by 2 degrees more each seed."""
    photos = torch.full((6, 3, 32, 32), -1.0)
    pictures = {weight: torch.full((6, 3, 32, 32), tone) for weight, tone in TONES.items()}
    measured = {
        weight: {
            "l1": [0.1 + 0.02 * weight + 0.01 * seed for seed in range(seeds)],
            "hue_shift": [50 - 5 * weight + 2 * seed for seed in range(seeds)],
            "strokes": [0.9 - 0.1 * weight + 0.02 * seed for seed in range(seeds)],
            "ssim": [math.nan] * seeds,
        }
        for weight in TONES
    }
    return photos, pictures, measured


def test_each_weight_tells_its_means():
    slider = identity_slider(*recorded())
    assert slider.summary == (
        "Identity weight 0: hues shift by 52.0 degrees, error .110, strokes .92 of the paintings' (means of 3 seeds)."
    )
    assert [label for label, _ in slider.controls["weight"].options] == ["0", "0.5", "5"]
    slider.controls["weight"].value = 5.0
    assert slider.summary == (
        "Identity weight 5: hues shift by 27.0 degrees, error .210, strokes .42 of the paintings' (means of 3 seeds)."
    )
    one = identity_slider(*recorded(seeds=1))
    assert one.summary == "Identity weight 0: hues shift by 50.0 degrees, error .100, strokes .90 of the paintings'."


def test_five_are_shown_in_rows_and_answers_below_where_there_are_any():
    photos, pictures, measured = recorded()
    slider = identity_slider(photos, pictures, measured, torch.ones(6, 3, 32, 32))
    for weight, tone in TONES.items():
        slider.controls["weight"].value = weight
        picture = shown(slider)
        for column in range(5):
            x = 96 + 132 * column + 64
            values = [picture[8 + 132 * row + 64, x].mean() for row in range(3)]
            assert values == pytest.approx([0, 127.5 * (tone + 1), 255], abs=4)
    without = shown(identity_slider(photos, pictures, measured))
    assert without.shape[0] == picture.shape[0] - 132


def test_the_right_hue_shift_is_a_green_line():
    """In the first panel, 90 px high, from 0 up to 1.15 times the greatest value: 54 degrees, or the right shift."""
    photos, pictures, measured = recorded()
    for right, row in ((None, None), (30.0, 122 - 90 * 30 / (1.15 * 54)), (200.0, 122 - 90 / 1.15)):
        truth = right and {"hue_shift": [right]}
        panel = shown(identity_slider(photos, pictures, measured, truth=truth))[8 + 2 * 132 :, 46:250].astype(int)
        rows = np.flatnonzero((panel[..., 1] - panel[..., 0] > 30).sum(axis=1) > 60)
        assert rows.mean() == pytest.approx(row, abs=1.5) if right else len(rows) == 0


def test_the_line_is_green_beside_pictures_of_all_colours():
    photos = DrawnLandscapes(6, 32, "validation", progress=False).photos[:]
    _, pictures, measured = recorded()
    for right in range(20, 50, 3):
        slider = identity_slider(
            photos, dict.fromkeys(pictures, photos.flip(1)), measured, photos.roll(1, 0), {"hue_shift": [float(right)]}
        )
        panel = shown(slider)[8 + 3 * 132 :, 46:250]
        assert share_of(panel, show.TRUTH) > 4 * 180 / panel[..., 0].size


def test_pictures_and_measures_have_to_match():
    photos, pictures, measured = recorded()
    with pytest.raises(CourseError, match=r"measures for \[0.0, 5.0\]"):
        identity_slider(photos, pictures, {weight: measured[weight] for weight in (0.0, 5.0)})
    with pytest.raises(CourseError, match="pictures of weight 5 have the shape"):
        identity_slider(photos, {**pictures, 5.0: photos[:5]}, measured)
    with pytest.raises(CourseError, match="pictures that are the right answers have the shape"):
        identity_slider(photos, pictures, measured, photos[:5])


# What the pool hands out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 8])
def test_the_pool_is_the_packages_own_and_its_words_are_true(size):
    pool = ImagePool(size)
    seen = []
    for step in range(1, STEPS + 1):
        before = [int(image) for image in pool.images]
        seen.append(int(pool.exchange(torch.full((1, 1, 1, 1), float(step)))))
        kept = [int(image) for image in pool.images]
        result = pool_after(size, {"step": step})
        assert (result["seen"], result["pool"], result["incoming"]) == (seen, kept, step)
        changed = [place for place, one in enumerate(kept) if place >= len(before) or one != before[place]]
        assert [result["slot"]] == (changed or [None])
        ages = [step - one for one in kept]
        assert result["mean_age"] == pytest.approx(sum(ages) / len(ages))
        words = result["summary"]
        assert ("new, and the pool, not full before, keeps it" in words) == (step <= size)
        assert ("the pool does not keep it" in words) == (result["slot"] is None)
        assert ("takes its place" in words) == (seen[-1] != step)
        old = sum(one != number for number, one in enumerate(seen, 1))
        assert words.endswith(f"{old} of {step} that D saw were old.")


def test_the_first_state_is_the_first_exchange_and_next_goes_on():
    stepper = pool_stepper(4)
    assert stepper.summary == (
        "Step 6: G makes picture 6; D sees picture 2, 4 steps old, and 6 takes its place. In the pool: 1, 6, 3, 4, "
        "mean age 2.5. 1 of 6 that D saw were old."
    )
    stepper.controls["next"].click()
    assert stepper.summary.startswith("Step 7: G makes picture 7; D sees it, new, and the pool does not keep it.")
    stepper.controls["step"].value = STEPS
    stepper.controls["next"].click()
    assert stepper.controls["step"].value == STEPS
    stepper.controls["step"].value = 2
    assert stepper.summary == (
        "Step 2: G makes picture 2; D sees it, new, and the pool, not full before, keeps it. In the pool: 1, 2, mean "
        "age 0.5. 0 of 2 that D saw were old."
    )


def test_every_size_that_can_be_drawn_fits_and_no_other_is_taken():
    for size in (1, 8):
        explorer = pool_stepper(size)
        assert "takes its place" in explorer.summary
        assert shown(explorer).shape[1] <= 800
    for size in (-1, 0, 9):
        with pytest.raises(CourseError, match="1 to 8 can be drawn"):
            pool_stepper(size)


def test_new_pictures_are_orange_and_old_ones_are_not():
    """The first square, at 14 px from the left and 48 from above, is what G makes; the last one is what D sees."""
    stepper = pool_stepper(4)
    for step in (2, 16):  # what D sees is new, then 15 steps old
        stepper.controls["step"].value = step
        picture = shown(stepper)
        width = picture.shape[1]
        made, seen = picture[50:60, 18:70], picture[50:60, width - 70 : width - 18]
        assert share_of(made, show.GENERATED) > 0.9
        assert (share_of(seen, show.GENERATED) > 0.9) == (step == 2)


# How the learning rate falls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("constant", "decay"), [(100, 100), (4, 4), (0, 5), (3, 0)])
def test_a_resumed_run_keeps_the_schedule_and_a_restarted_one_has_its_own(constant, decay):
    last = constant + decay
    for epoch in range(1, last + 1):
        result = resumed_at(constant, decay, {"epoch": epoch})
        assert result["factors"] == [linear_decay(each, constant, decay) for each in range(1, last + 1)]
        assert result["restarted"] == [
            linear_decay(each - epoch + 1, constant, decay) for each in range(epoch, last + 1)
        ]


def test_the_summary_has_four_digits_and_the_rate():
    plot = schedule_plot()
    assert plot.summary == (
        "Resumed at epoch 150: factor .5050, a rate of 1.01e-04. A run that counts from 1 again takes 1.0000 there, "
        "and 1.0000 in epoch 200 where .0099 is due."
    )
    plot.controls["epoch"].value = 50
    assert plot.summary == (
        "Resumed at epoch 50: factor 1.0000, a rate of 2.00e-04. A run that counts from 1 again takes 1.0000 there, "
        "and .4950 in epoch 200 where .0099 is due."
    )
    plot.controls["epoch"].value = 101
    assert plot.summary.startswith("Resumed at epoch 101: factor .9901, a rate of 1.98e-04.")


def test_the_restarted_run_is_drawn_from_the_chosen_epoch_on():
    """200 epochs take 516 px, the first at 53 px."""
    plot = schedule_plot()
    starts = []
    for epoch in (120, 180):
        plot.controls["epoch"].value = epoch
        colour = "#" + "".join(f"{round(255 * one):02x}" for one in RESTARTED[:3])
        picture = shown(plot)[:, 50:566].astype(int)
        red = np.abs(picture - tuple(bytes.fromhex(colour[1:]))).sum(axis=2) < 40
        starts.append(np.flatnonzero(red.any(axis=0))[0])
    assert np.diff(starts)[0] == pytest.approx(60 * 516 / 201, abs=3)


@pytest.mark.parametrize(("constant", "decay"), [(-1, 5), (5, -1), (1, 0), (0, 0)])
def test_a_schedule_has_two_epochs_or_more(constant, decay):
    with pytest.raises(CourseError, match="two epochs in all"):
        schedule_plot(constant, decay)


# All -----------------------------------------------------------------------------------------------------------------

WIDGETS = ["cycle", "disturbance", "truth", "identity", "pool", "schedule"]


@pytest.fixture(scope="module")
def explorers(generators) -> dict[str, Explorer]:
    """As in the lesson: drawn landscapes at 64 px."""
    scenes = DrawnLandscapes(5, 64, "validation", progress=False)
    photos, monets = scenes.photos[:], scenes.monets[:]
    weights = {weight: photos.roll(number, 0) for number, weight in enumerate(TONES)}
    names = "unchanged", "statistics matched", "recoloured, fitted to the answers", "CycleGAN", "pix2pix"
    return {
        "cycle": cycle_viewer(*generators, photos, monets),
        "disturbance": steganography_slider(*generators, photos, monets),
        "truth": truth_explorer(photos, monets, {name: monets.roll(one, 0) for one, name in enumerate(names)}),
        "identity": identity_slider(photos, weights, recorded()[2], monets, {"hue_shift": [30.0]}),
        "pool": pool_stepper(),
        "schedule": schedule_plot(),
    }


def forget(*computed: object) -> None:
    """What was computed before, so that the networks run again."""
    for kept in computed:
        for value in vars(kept).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.mark.parametrize("widget", WIDGETS)
def test_it_reacts_within_300_ms(widget, explorers):
    """On a machine that counts to a million in 37 ms; on a slower or busier one in proportion."""
    explorer = explorers[widget]
    name, values = {
        "cycle": ("picture", range(5)),
        "disturbance": ("picture", range(5)),
        "truth": ("scene", [0, 1]),
        "identity": ("weight", [0.0, 5.0]),
        "pool": ("step", [59, 60]),
        "schedule": ("epoch", [120, 180]),
    }[widget]
    places = itertools.cycle(values)

    def act() -> None:
        if widget == "cycle":
            forget(explorer.compute.__self__)
        elif widget == "disturbance":
            forget(explorer.compute.__self__, explorer.compute.__self__.journeys)
        explorer.controls[name].value = next(places)

    act()  # the first drawing loads fonts
    million = least_seconds(lambda: sum(number for number in range(1_000_000)))
    assert least_seconds(act) < 8 * million


@pytest.mark.parametrize("widget", WIDGETS)
def test_pictures_fit_the_page_and_have_words(widget, explorers):
    explorer = explorers[widget]
    assert shown(explorer).shape[1] <= 800
    assert len(explorer.picture.value) < 100_000
    assert explorer.alt.count(".") >= 2, "a picture that moves needs more than a title"
    assert "\n" not in explorer.summary
    assert all(control.description for control in explorer.controls.values())
