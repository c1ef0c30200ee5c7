"""Training on pairs: the same loop, with jitter, dropout and two kinds of picture to look at."""

import os
import signal
import threading

import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

from gancourse.checkpoint import load_checkpoint, load_weights
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.losses import l2_loss
from gancourse.networks import PatchDiscriminator, UNetGenerator
from gancourse.training import pix2pix, train_pix2pix, translate

CPU = {"batch_size": 2, "sample_count": 2, "progress": False, "hardware": Hardware("cpu"), "sample_every": 100_000}
NAMES = {
    "discriminator_loss", "generator_loss", "real_probability", "fake_probability", "accuracy", "pixel_loss",
}  # fmt: skip


def pairs(count=5):
    photos = torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(5)) * 2 - 1
    return TensorDataset(photos.sign(), photos)


def players():
    torch.manual_seed(0)
    return UNetGenerator(32, 4), PatchDiscriminator(6, 1, 4, "batch")


def train(steps, out=None, adversary=True, **options):
    generator, discriminator = players()
    history = train_pix2pix(
        generator, discriminator if adversary else None, pairs(), steps=steps, out=out, **CPU | options
    )
    return (generator, discriminator), history


def equal(networks, others):
    return all(
        torch.equal(a, b)
        for network, other in zip(networks, others, strict=True)
        for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_resume_is_bit_equal_with_jitter_and_dropout(tmp_path):
    straight, whole = train(6, tmp_path / "straight", sample_every=2)
    train(3, tmp_path / "halves", sample_every=2)
    torch.manual_seed(99)  # whatever happened in between
    resumed, history = train(6, tmp_path / "halves", sample_every=2)
    assert set(whole.values) == NAMES
    assert whole.values == history.values
    assert equal(straight, resumed)


def test_without_an_adversary_the_discriminator_is_left_alone_and_resume_is_bit_equal_too(tmp_path):
    straight, whole = train(4, adversary=False)
    train(2, tmp_path, adversary=False)
    resumed, history = train(4, tmp_path, adversary=False)
    assert set(whole.values) == {"pixel_loss"}
    assert whole.values == history.values
    assert equal(straight, resumed)
    assert equal(straight[1:], players()[1:])
    with pytest.raises(CourseError, match="discriminator: None there"):
        train(5, tmp_path)


@pytest.mark.parametrize("options", [{"seed": 1}, {"pixel_weight": 0.0}, {"pixel_loss": l2_loss}, {"jitter": False}])
def test_each_setting_makes_another_run(options, tmp_path):
    networks, _ = train(2, tmp_path)
    assert equal(networks, train(2)[0])
    assert not equal(networks, train(2, **options)[0])
    with pytest.raises(CourseError, match="other settings"):
        train(3, tmp_path, **options)


def test_the_rate_falls_in_a_straight_line_over_the_last_steps_and_after_a_resume(tmp_path, monkeypatch):
    rates = []

    def update(self, loss, optimiser):
        rates.append(optimiser.param_groups[0]["lr"])
        loss.backward()

    monkeypatch.setattr(Hardware, "update", update)
    train(6, learning_rate=0.8, decay_steps=4)
    assert rates[::2] == rates[1::2] == pytest.approx([0.8, 0.8, 0.8, 0.6, 0.4, 0.2])
    monkeypatch.undo()

    assert not equal(train(4, decay_steps=2)[0], train(4)[0])
    genuine, calls = Hardware.update, []

    def update_and_interrupt(self, loss, optimiser):
        calls.append(None)
        if len(calls) == 5:  # in the third step
            os.kill(os.getpid(), signal.SIGINT)
        genuine(self, loss, optimiser)

    monkeypatch.setattr(Hardware, "update", update_and_interrupt)
    assert train(6, tmp_path, decay_steps=4)[1].interrupted
    monkeypatch.undo()
    assert equal(train(6, tmp_path, decay_steps=4)[0], train(6, decay_steps=4)[0])
    with pytest.raises(CourseError, match=r"decay: \[2, 6\] there, \[4, 8\] here"):
        train(8, tmp_path, decay_steps=4)


def test_jitter_is_new_at_each_step_and_the_same_for_both(monkeypatch):
    seen = []
    monkeypatch.setattr(
        pix2pix, "pixel_step", lambda _, __, labels, photos, *___: seen.append((labels, photos)) or torch.zeros(())
    )
    generator, _ = players()
    one = torch.rand(1, 3, 32, 32) * 2 - 1
    train_pix2pix(generator, None, TensorDataset(one, one), steps=4, **CPU)
    assert all(torch.equal(labels, photos) for labels, photos in seen)
    assert not any(torch.equal(seen[0][0], labels) for labels, _ in seen[1:])


def test_samples_are_translations_of_the_same_labels_between_those_and_the_photos(tmp_path):
    others = pairs(3)
    (generator, _), history = train(2, tmp_path, sample_every=1, sample_pairs=others)
    assert [step for step, _ in history.samples] == [0, 1, 2]
    labels, _ = others[torch.arange(2)]
    assert torch.equal(history.samples[-1][1], translate(generator, labels, train_statistics=True))
    with Image.open(tmp_path / "samples" / "step_0000002.png") as grid:
        assert grid.size == (6 * (32 + 2) + 2, 32 + 4)


def test_snapshots_hold_the_generator_with_its_settings(tmp_path):
    (generator, _), _ = train(1, tmp_path, snapshots=True)
    weights, header = load_weights(tmp_path / "snapshots" / "step_0000001.safetensors")
    assert header == {
        "network": "UNetGenerator", "image_size": "32", "width": "4", "norm": "batch", "skips": "True", "step": "1",
    }  # fmt: skip
    assert weights.keys() == generator.state_dict().keys()


def test_translate_with_running_averages_does_not_depend_on_company_or_seed():
    generator, _ = players()
    pictures = torch.rand(3, 3, 32, 32) * 2 - 1
    alone, together = translate(generator, pictures[:1]), translate(generator, pictures)
    torch.testing.assert_close(alone, together[:1])
    assert torch.equal(together, translate(generator, pictures, seed=1))


def test_translate_as_in_training_has_dropout_by_seed_and_leaves_everything_as_it_was():
    generator, _ = players()
    pictures = torch.rand(3, 3, 32, 32) * 2 - 1
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    generator.eval()
    numbers = torch.random.get_rng_state()
    made = translate(generator, pictures, train_statistics=True)
    assert torch.equal(numbers, torch.random.get_rng_state())
    assert not generator.training
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    assert torch.equal(made, translate(generator, pictures, train_statistics=True))
    assert not torch.equal(made, translate(generator, pictures, train_statistics=True, seed=1))
    assert torch.equal(made[:1], translate(generator, pictures[:1], train_statistics=True))  # its own statistics
    assert not torch.allclose(made, translate(generator, pictures), atol=0.01)


def test_ctrl_c_saves_and_the_next_call_goes_on(tmp_path):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    _, history = train(100_000, tmp_path)
    assert history.interrupted
    done = len(history)
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == done
    assert equal(train(done + 1, tmp_path)[0], train(done + 1)[0])


def test_it_learns_to_make_a_negative():
    photos = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    photos = photos.repeat_interleave(8, 2).repeat_interleave(8, 3)
    generator, discriminator = players()
    history = train_pix2pix(
        generator, discriminator, TensorDataset(-photos, photos), steps=60, learning_rate=5e-3, **CPU
    )
    losses = history.values["pixel_loss"]
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])
