"""The widgets of lesson 1: what they compute, what they say, that nothing else moves, and how fast."""

import math

import pytest
import torch
from looking import least_seconds

from gancourse.data import ring, ring_modes
from gancourse.losses import generator_bce_loss
from gancourse.metrics import energy_distance, modes_covered
from gancourse.steps import discriminator_step, generator_step
from gancourse.training import History
from gancourse.widgets import Explorer, game_stepper, loss_slope_explorer, training_scrubber
from gancourse.widgets.lesson_01 import (
    CELLS,
    EDGE,
    PULLED,
    SHOWN,
    Game,
    Move,
    follow_training,
    look_at_game,
    loss_slopes,
    training_at,
    weights,
    what_happened,
)

# How hard each loss pulls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("logit", [-8.0, -0.5, 0.0, 8.0])
def test_slopes_follow_the_closed_forms(logit):
    slopes = loss_slopes({"logit": logit})["slopes"]
    probability = 1 / (1 + math.exp(-logit))
    assert slopes["saturating"] == pytest.approx(-probability, abs=1e-6)
    assert slopes["non-saturating"] == pytest.approx(probability - 1, abs=1e-6)
    assert slopes["least squares"] == pytest.approx(2 * (logit - 1), abs=1e-5)


def test_moving_the_slider_moves_picture_and_text():
    explorer = loss_slope_explorer()
    first_picture, first_summary = explorer.picture.value, explorer.summary
    assert first_summary == (
        "logit -4.0, so D = 0.018. Slopes: saturating -0.018, non-saturating -0.982, least squares -10.000"
    )
    explorer.controls["logit"].value = 2.0
    assert explorer.summary.startswith("logit +2.0, so D = 0.881.")
    assert explorer.picture.value != first_picture
    explorer.reset()
    assert (explorer.picture.value, explorer.summary) == (first_picture, first_summary)


# The game ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("player", "other"), [("D", "G"), ("G", "D")])
def test_a_step_changes_one_player_and_not_a_bit_of_the_other(player, other):
    game = Game()
    before = {"D": weights(game.discriminator), "G": weights(game.generator)}
    game.move(player)
    after = {"D": weights(game.discriminator), "G": weights(game.generator)}
    assert after[player] != before[player]
    assert after[other] == before[other]
    assert game.steps == {player: 1, other: 0}
    assert f"Step {player}: {player} changed, {other} is bit-identical." in look_at_game(game)["summary"]


def test_the_last_bit_of_any_weight_counts():
    network = Game().generator
    before = weights(network)
    assert len(before) == 4 * sum(weight.numel() for weight in network.parameters())
    with torch.no_grad():
        last = list(network.parameters())[-1]
        last[-1] = torch.nextafter(last[-1], torch.tensor(torch.inf))
    assert weights(network) != before


def nudge(network):
    with torch.no_grad():
        next(network.parameters()).add_(1e-6)


def test_a_step_that_trains_both_is_reported():
    def trains_both(generator, discriminator, *rest):
        nudge(generator)
        nudge(discriminator)

    stepper = game_stepper(discriminator_step=trains_both)
    stepper.controls["step_discriminator"].click()
    assert stepper.summary.startswith("Step D: D changed, G CHANGED TOO.")
    stepper.controls["play"].value = 1
    assert stepper.summary.startswith("5 turns of D and G: a step of D CHANGED G TOO.")


def test_a_step_that_trains_nobody_is_reported():
    stepper = game_stepper(generator_step=lambda *_: None)
    stepper.controls["step_generator"].click()
    assert stepper.summary.startswith("Step G: G DID NOT CHANGE, D is bit-identical.")
    stepper.controls["play"].value = 1
    assert stepper.summary.startswith("5 turns of D and G: G DID NOT CHANGE in a step of its own.")


def test_one_bad_move_among_good_ones_is_reported():
    good = [Move("D", True, False), Move("G", True, False)]
    assert what_happened(good * 2) == "2 turns of D and G: in each step the other stayed bit-identical"
    assert what_happened(good) == "1 turn of D and G: in each step the other stayed bit-identical"
    assert "a step of G CHANGED D TOO" in what_happened([*good, Move("D", True, False), Move("G", True, True)])


def test_the_readers_own_steps_are_called_as_the_lesson_writes_them():
    calls = []

    def own_discriminator_step(generator, discriminator, optimiser, real_points, latents):
        calls.append(("D", tuple(real_points.shape), tuple(latents.shape)))
        assert optimiser.param_groups[0]["params"][0] is next(discriminator.parameters())
        return discriminator_step(generator, discriminator, optimiser, real_points, latents)

    def own_generator_step(generator, discriminator, optimiser, latents):
        calls.append(("G", tuple(latents.shape)))
        assert optimiser.param_groups[0]["params"][0] is next(generator.parameters())
        return generator_step(generator, discriminator, optimiser, latents)

    Game(own_discriminator_step, own_generator_step).move("DG")
    assert calls == [("D", (128, 2), (128, 2)), ("G", (128, 2))]


def clicked(seed: int = 0) -> list[str]:
    """What the stepper says after each of the same clicks."""
    stepper = game_stepper(seed=seed)
    summaries = [stepper.summary]
    for name in ("step_discriminator", "step_generator", "step_discriminator"):
        stepper.controls[name].click()
        summaries.append(stepper.summary)
    stepper.controls["play"].value = 1
    return [*summaries, stepper.summary]


def test_the_same_clicks_say_the_same_and_leave_the_notebooks_random_numbers_alone():
    torch.manual_seed(1)
    first = clicked()
    drawn = torch.rand(3)
    torch.manual_seed(2)
    assert clicked() == first
    assert clicked(seed=1) != first
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), drawn)


def test_the_buttons_do_what_they_say():
    stepper = game_stepper()
    fresh = (stepper.summary, stepper.picture.value)
    assert fresh[0].startswith("New game: neither has moved.")
    assert fresh[0].endswith("Steps so far: D 0, G 0. Modes covered: 0 of 8.")
    stepper.controls["speed"].value = 3
    assert (stepper.summary, stepper.picture.value) == fresh
    stepper.controls["play"].value = 1
    assert stepper.summary.startswith("3 turns of D and G: in each step the other stayed bit-identical.")
    stepper.controls["play"].value = 9  # ticks that a slow kernel never heard of are not made up for
    assert "Steps so far: D 6, G 6." in stepper.summary
    stepper.controls["play"].value = 0  # the stop button
    assert "Steps so far: D 6, G 6." in stepper.summary
    stepper.controls["data_set"].value = "two moons"
    assert stepper.summary.startswith("New game")
    assert "Modes" not in stepper.summary, "two moons have none"
    stepper.controls["step_discriminator"].click()
    stepper.controls["reset"].click()
    assert stepper.summary.startswith("New game")
    assert stepper.controls["data_set"].value == "two moons", "a new game on the same points"
    stepper.controls["data_set"].value = "ring"
    assert (stepper.summary, stepper.picture.value) == fresh


def test_every_data_set_can_be_played():
    stepper = game_stepper()
    for name in stepper.controls["data_set"].options:
        stepper.controls["data_set"].value = name
        stepper.controls["play"].value += 1
        assert "Steps so far: D 5, G 5." in stepper.summary


def test_what_the_picture_shows_is_what_the_networks_say():
    game = Game()
    game.move("DDDG")
    seen = look_at_game(game)
    with torch.no_grad():
        assert torch.equal(seen["fake_points"], game.generator(game.latents))
        half_cell = EDGE / CELLS
        for row, column in ((0, 0), (5, 40), (CELLS - 1, 3)):
            place = torch.tensor([[2 * column + 1, 2 * row + 1]]) * half_cell - EDGE
            assert seen["field"][row, column] == pytest.approx(game.discriminator(place).sigmoid().item(), abs=1e-5)
        right = (game.discriminator(game.real_points) > 0).sum().item()
        wrong = (game.discriminator(seen["fake_points"]) > 0).sum().item()
    assert (
        f"{right / SHOWN:.0%} of the real points and {1 - wrong / SHOWN:.0%} of the generated ones" in seen["summary"]
    )
    assert f"Modes covered: {modes_covered(seen['fake_points'], ring_modes())} of 8." in seen["summary"]


def test_a_point_that_follows_its_arrow_pleases_the_generator():
    game = Game()
    game.move("D" * 20)
    seen = look_at_game(game)
    points = seen["fake_points"][:PULLED]
    assert seen["pulls"].shape == (PULLED, 2)
    step = 1e-3
    for point, pull in zip(points, seen["pulls"], strict=True):
        with torch.no_grad():
            here, there = (
                generator_bce_loss(game.discriminator(place[None]).double()).item()
                for place in (point, point + step * pull / pull.norm())
            )
        assert here - there == pytest.approx(step * pull.norm().item(), rel=0.1, abs=1e-5)


def test_looking_changes_nothing():
    game = Game()
    game.move("DG")
    before, state = (weights(game.discriminator), weights(game.generator)), game.rng.get_state()
    gradients = [weight.grad.clone() for weight in game.discriminator.parameters()]
    first, second = look_at_game(game), look_at_game(game)
    assert first["summary"] == second["summary"]
    assert (weights(game.discriminator), weights(game.generator)) == before
    assert torch.equal(game.rng.get_state(), state)
    assert all(map(torch.equal, gradients, [weight.grad for weight in game.discriminator.parameters()]))


def test_the_game_can_be_won():
    game = Game()
    game.move("DG" * 200)
    seen = [look_at_game(game)["fake_points"]]
    for _ in range(4):  # a game has no end; of five looks one is good
        game.move("DG" * 10)
        seen.append(look_at_game(game)["fake_points"])
    assert max(modes_covered(points, ring_modes()) for points in seen) >= 7


# A training, to scrub through ----------------------------------------------------------------------------------------


@pytest.fixture
def history() -> History:
    """Three steps, looked at before the first and after the second and third: a blot, then two modes, then all."""
    modes = ring_modes()
    values = {"discriminator_loss": [1.5, 1.25, 1.0], "generator_loss": [0.5, 0.75, 1.0], "accuracy": [0.5, 0.75, 0.6]}
    samples = [(0, torch.zeros(64, 2)), (2, modes[:2].repeat(32, 1)), (3, modes.repeat(8, 1))]
    return History(values=values, samples=samples)


def test_each_place_of_the_slider_tells_the_numbers_of_its_step(history):
    real_points, modes = ring(300, rng=torch.Generator().manual_seed(0)), ring_modes()
    scrubber = training_scrubber(history, real_points, modes)
    distances = [energy_distance(points, real_points).item() for _, points in history.samples]
    assert scrubber.summary == f"Before the first step; energy distance {distances[0]:.3f}, modes covered 0 of 8."
    scrubber.controls["step"].value = 2
    assert scrubber.summary == (
        "Step 2: loss of D 1.25, of G 0.75; D is right 75% of the time; "
        f"energy distance {distances[1]:.3f}, modes covered 2 of 8."
    )
    second = scrubber.picture.value
    scrubber.controls["step"].value = 3
    assert scrubber.summary.startswith("Step 3: loss of D 1.00, of G 1.00; D is right 60% of the time;")
    assert scrubber.summary.endswith("modes covered 8 of 8.")
    assert scrubber.picture.value != second
    assert [step for _, step in scrubber.controls["step"].options] == [0, 2, 3]


def test_the_points_are_those_of_the_step(history):
    training = follow_training(history, ring(50), ring_modes())
    for step, points in history.samples:
        assert torch.equal(training_at(training, {"step": step})["points"], points)


# All -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("widget", ["slopes", "step", "play", "scrubber"])
def test_it_reacts_within_150_ms(widget, history):
    """On a machine that counts to a million in 37 ms; on a slower or busier one in proportion."""
    stepper, slopes = game_stepper(), loss_slope_explorer()
    stepper.controls["speed"].value = stepper.controls["speed"].max
    stepper.controls["play"].value = 1
    long_history = History({name: values * 700 for name, values in history.values.items()}, history.samples)
    scrubber = training_scrubber(long_history, ring(500), ring_modes())
    logits, steps = [-1.0, 1.0] * 6, [0, 2] * 6
    act = {
        "slopes": lambda: setattr(slopes.controls["logit"], "value", logits.pop()),
        "step": stepper.controls["step_discriminator"].click,
        "play": lambda: setattr(stepper.controls["play"], "value", stepper.controls["play"].value + 1),
        "scrubber": lambda: setattr(scrubber.controls["step"], "value", steps.pop()),
    }[widget]
    act()  # the first drawing loads fonts
    million = least_seconds(lambda: sum(number for number in range(1_000_000)))
    assert least_seconds(act) < 4 * million


@pytest.mark.parametrize("widget", ["slopes", "stepper", "scrubber"])
def test_pictures_fit_the_page_and_have_words(widget, history):
    explorer: Explorer = {
        "slopes": loss_slope_explorer,
        "stepper": game_stepper,
        "scrubber": lambda: training_scrubber(history, ring(50), ring_modes()),
    }[widget]()
    width = int.from_bytes(explorer.picture.value[16:20], "big")
    assert width <= 800
    assert len(explorer.picture.value) < 100_000
    assert explorer.alt.count(".") >= 2, "a picture that moves needs more than a title"
    assert "\n" not in explorer.summary
    assert all(control.description for name, control in explorer.controls.items() if name != "play")
