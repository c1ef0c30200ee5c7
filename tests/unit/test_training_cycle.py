"""Training without pairs: the same loop, with two orders, two pools and a schedule, all of which resume."""

import os
import signal
from itertools import pairwise

import pytest
import torch

from gancourse import training
from gancourse.checkpoint import load_checkpoint, load_weights
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.steps import cycle_generators_step, domain_discriminator_step
from gancourse.training import cyclegan, train_cyclegan

CPU = {
    "constant": 1, "decay": 1, "epoch_steps": 3, "pool_size": 2, "sample_count": 2, "progress": False,
    "hardware": Hardware("cpu"), "sample_every": 100_000,
}  # fmt: skip
NAMES = {"adversarial_loss", "cycle_loss", "identity_loss", "monet_discriminator_loss", "photo_discriminator_loss"}


def images(count, seed):
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def players():
    torch.manual_seed(0)
    generators = [ResNetGenerator(blocks=1, width=2, downsamplings=1) for _ in range(2)]
    return [*generators, *(PatchDiscriminator(3, layers=1, width=2) for _ in range(2))]


def train(out=None, **options):
    networks = players()
    history = train_cyclegan(*networks, images(5, 1), images(3, 2), out=out, **CPU | options)
    return networks, history


def equal(networks, others):
    return all(
        torch.equal(a, b)
        for network, other in zip(networks, others, strict=True)
        for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path, monkeypatch):
    straight, whole = train()
    assert len(whole) == 6
    assert set(whole.values) == NAMES
    genuine, calls = Hardware.update, []

    def update_and_interrupt(self, loss, optimiser):
        calls.append(None)
        if len(calls) == 3 * 3 + 1:  # in the fourth step, when both pools are full and the rate falls
            os.kill(os.getpid(), signal.SIGINT)
        genuine(self, loss, optimiser)

    monkeypatch.setattr(Hardware, "update", update_and_interrupt)
    assert train(tmp_path)[1].interrupted
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 4
    torch.manual_seed(99)
    resumed, history = train(tmp_path)
    assert history.values == whole.values
    assert equal(straight, resumed)


def test_the_rate_of_all_three_optimisers_follows_the_epochs(monkeypatch):
    rates = []
    monkeypatch.setattr(Hardware, "update", lambda self, loss, optimiser: rates.append(optimiser.param_groups[0]["lr"]))
    train(constant=1, decay=3, epoch_steps=2, learning_rate=0.8)
    assert rates[::3] == rates[1::3] == rates[2::3]
    assert rates[::3] == pytest.approx([0.8, 0.8, 0.6, 0.6, 0.4, 0.4, 0.2, 0.2])


def drawn(photos, monets, epochs, **options):
    """The numbers of the photos and monets that each step was given; the images are constants of that number."""
    seen = []

    def spy(*arguments):
        photo_batch, monet_batch = arguments[5:7]
        seen.append((photo_batch[:, 0, 0, 0].tolist(), monet_batch[:, 0, 0, 0].tolist()))
        return cycle_generators_step(*arguments)

    numbered = [torch.arange(float(count)).view(-1, 1, 1, 1).expand(count, 3, 16, 16) for count in (photos, monets)]
    unjittered = {"epoch_steps": None, "constant": epochs, "decay": 0, "jitter": False, "generators_step": spy}
    train_cyclegan(*players(), *numbered, **CPU | unjittered | options)
    return [[number for batch in domain for number in batch] for domain in zip(*seen, strict=True)]


def test_an_epoch_shows_every_image_of_the_larger_set_and_the_smaller_goes_round():
    photos, monets = drawn(photos=7, monets=3, epochs=2)
    assert len(photos) == len(monets) == 14
    assert sorted(photos[:7]) == sorted(photos[7:]) == list(range(7))
    assert [sorted(monets[start : start + 3]) for start in range(0, 12, 3)] == [[0, 1, 2]] * 4


def test_no_image_keeps_a_partner():
    photos, monets = drawn(photos=6, monets=6, epochs=4)
    partners = [
        dict(zip(photos[start : start + 6], monets[start : start + 6], strict=True)) for start in (0, 6, 12, 18)
    ]
    assert all(one != other for one, other in pairwise(partners))
    assert partners[0] != {number: number for number in range(6)}, "zipped: both sets in one order"


@pytest.mark.parametrize(
    "options",
    [{"seed": 1}, {"cycle_weight": 1.0}, {"identity_weight": 0.0}, {"pool_size": 0}, {"jitter": False}, {"decay": 2}],
)
def test_each_setting_makes_another_run(options, tmp_path):
    networks, _ = train(tmp_path)
    assert not equal(networks, train(**options)[0])
    with pytest.raises(CourseError, match="other settings"):
        train(tmp_path, **options)


def test_pictures_of_another_size_are_another_run(tmp_path):
    """The networks would take them without a word."""
    train(tmp_path)
    with pytest.raises(CourseError, match="image size: 16 there, 8 here"):
        train_cyclegan(*players(), images(5, 1)[..., :8, :8], images(3, 2)[..., :8, :8], out=tmp_path, **CPU)


def test_samples_and_snapshots_are_kept_in_both_directions(tmp_path):
    networks, history = train(tmp_path, sample_every=3, snapshots=True)
    assert [step for step, _ in history.samples] == [0, 3, 6]
    assert torch.equal(history.samples[-1][1], training.sample(networks[0], images(5, 1)[:2]))
    for direction, network in zip(("photo_to_monet", "monet_to_photo"), networks, strict=False):
        weights, header = load_weights(tmp_path / "snapshots" / direction / "step_0000006.safetensors")
        assert header["network"] == "ResNetGenerator"
        assert (header["direction"], header["image_size"], header["step"]) == (direction, "16", "6")
        assert weights.keys() == network.state_dict().keys()


def test_each_discriminator_is_shown_its_own_domain_and_of_its_own_generator_also_older_fakes(monkeypatch):
    made, shown = {"monet": [], "photo": []}, {"monet": [], "photo": []}
    networks = players()

    def generators_step(*arguments):
        result = cycle_generators_step(*arguments)
        made["monet"].append((arguments[6], result.monet_way.fakes))
        made["photo"].append((arguments[5], result.photo_way.fakes))
        return result

    def discriminator_step(discriminator, optimiser, real_images, fake_images, *rest):
        name = "monet" if discriminator is networks[2] else "photo"
        shown[name].append((real_images, fake_images))
        return domain_discriminator_step(discriminator, optimiser, real_images, fake_images, *rest)

    monkeypatch.setattr(cyclegan, "domain_discriminator_step", discriminator_step)
    train_cyclegan(
        *networks, images(5, 1), images(3, 2), **CPU | {"epoch_steps": 8, "generators_step": generators_step}
    )
    for name in made:
        ages = []
        for step, (real_images, fake_images) in enumerate(shown[name]):
            assert torch.equal(real_images, made[name][step][0])
            ages += [step - older for older in range(step + 1) if torch.equal(made[name][older][1], fake_images)]
        assert len(ages) == 16, "a fake that its generator did not make"
        assert ages[:2] == [0, 0]
        assert 0 < sum(age > 0 for age in ages) < 14


def test_it_learns_a_tint_from_unpaired_images():
    """Photos are dark, monets are light: the fakes' brightness has to move to the other domain's, and come back."""
    dark, light = images(8, 1) / 4 - 0.5, images(8, 2) / 4 + 0.5
    networks = players()
    history = train_cyclegan(
        *networks, dark, light, **CPU | {"constant": 15, "decay": 1, "epoch_steps": 8, "learning_rate": 5e-3}
    )
    fakes, back = training.sample(networks[0], dark), training.sample(networks[1], light)
    assert fakes.mean() > 0.2 > -0.2 > back.mean()
    cycle = history.values["cycle_loss"]
    assert sum(cycle[-10:]) < 0.7 * sum(cycle[:10])
