"""The loop: it learns, it resumes to the last bit, it stops when asked, and a bad checkpoint costs nothing."""

import errno
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from gancourse import training
from gancourse.checkpoint import load_checkpoint, load_weights, save_checkpoint
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.losses import discriminator_lsgan_loss, generator_lsgan_loss
from gancourse.networks import DCGANDiscriminator, DCGANGenerator, PlaneDiscriminator, PlaneGenerator
from gancourse.training import draw_latents, sample, shuffled_batches, stop_gracefully, train_gan

CPU = {"batch_size": 4, "sample_count": 4, "progress": False, "hardware": Hardware("cpu")}


def pictures(count=11):
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(5)) * 2 - 1


def players(seed=0, width=4):
    torch.manual_seed(seed)
    return DCGANGenerator(8, 16, width), DCGANDiscriminator(16, width)


def train(steps, out=None, seed=0, width=4, **options):
    networks = players(width=width)
    options = CPU | options
    history = train_gan(*networks, pictures(), steps=steps, out=out, seed=seed, **options)
    return networks, history


def equal(networks, others):
    return all(
        torch.equal(a, b)
        for network, other in zip(networks, others, strict=True)
        for a, b in zip(network.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_history_has_every_step_and_samples_of_the_same_latents():
    (generator, _), history = train(7, sample_every=3)
    assert len(history) == 7
    assert set(history.values) == {
        "discriminator_loss", "generator_loss", "real_probability", "fake_probability", "accuracy",
    }  # fmt: skip
    assert all(len(values) == 7 for values in history.values.values())
    assert [step for step, _ in history.samples] == [0, 3, 6, 7]
    assert torch.equal(history.samples[-1][1], sample(generator, draw_latents(generator, 4, seed=0, step=-1)))
    assert generator.training  # sampling gives the mode back


def test_the_losses_are_not_read_at_every_step(monkeypatch):
    reads = []
    monkeypatch.setattr(training.History, "read", lambda self: reads.append(len(self)))
    train(2 * training.READ_EVERY)
    assert reads == [training.READ_EVERY, 2 * training.READ_EVERY, 2 * training.READ_EVERY]  # the last by the end


def test_same_seed_same_run_and_other_seed_other_run():
    first, _ = train(3)
    assert equal(first, train(3)[0])
    assert not equal(first, train(3, seed=1)[0])


def test_resume_is_bit_equal(tmp_path):
    straight, whole = train(9, tmp_path / "straight")
    train(4, tmp_path / "halves")
    torch.manual_seed(99)  # whatever happened in between
    resumed, history = train(9, tmp_path / "halves")
    assert equal(straight, resumed)
    assert whole.values == history.values
    one, other = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("straight", "halves"))
    for part in ("generator_optimiser", "discriminator_optimiser"):
        mine_and_yours = (checkpoint["parts"][part]["state"].values() for checkpoint in (one, other))
        for mine, yours in zip(*mine_and_yours, strict=True):
            assert all(torch.equal(mine[key], yours[key]) for key in mine)


def test_a_finished_run_is_not_trained_again(tmp_path):
    done, _ = train(3, tmp_path)
    again, history = train(3, tmp_path)
    assert equal(done, again)
    assert len(history) == 3


def test_batches_are_shuffled_complete_and_resumable():
    stream = shuffled_batches(11, 4, seed=3)
    epochs = [torch.cat([next(stream), next(stream)]) for _ in range(3)]
    assert all(len(set(epoch.tolist())) == 8 for epoch in epochs)  # none twice; the incomplete batch is left out
    assert not torch.equal(epochs[0], epochs[1])
    for first_step in range(5):
        late = shuffled_batches(11, 4, seed=3, first_step=first_step)
        assert torch.equal(next(late), torch.cat(epochs).reshape(-1, 4)[first_step])


def test_random_numbers_are_pinned():
    """They must be the same on every machine and in every Python, or a checkpoint would not travel."""
    assert next(shuffled_batches(10, 5, seed=1)).tolist() == [5, 8, 7, 1, 2]
    latents = draw_latents(PlaneGenerator(latent_size=2), 1, seed=1, step=0)
    torch.testing.assert_close(latents, torch.tensor([[0.79548, -0.15902]]), atol=1e-4, rtol=0)


def test_a_set_smaller_than_a_batch_is_one_batch():
    networks = players()
    history = train_gan(*networks, pictures(3), steps=2, hardware=Hardware("cpu"), progress=False, sample_count=4)
    assert len(history) == 2


def test_plane_gan_learns_the_ring_better_than_it_began():
    angles = torch.arange(8) * torch.pi / 4
    modes = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    rng = torch.Generator().manual_seed(0)
    points = modes.repeat(100, 1) + 0.05 * torch.randn(800, 2, generator=rng)
    torch.manual_seed(0)
    generator, discriminator = PlaneGenerator(), PlaneDiscriminator()
    options = {"steps": 600, "batch_size": 128, "learning_rate": 1e-3, "sample_count": 512, "progress": False}
    history = train_gan(generator, discriminator, points, **options)
    distances = [torch.cdist(outputs, modes).min(1).values.mean().item() for _, outputs in history.samples]
    assert distances[-1] < distances[0] / 3


def test_other_losses(tmp_path):
    losses = {"discriminator_loss": discriminator_lsgan_loss, "generator_loss": generator_lsgan_loss}
    _, history = train(2, **losses)
    assert history.values != train(2)[1].values
    nameless = {name: partial(loss) for name, loss in losses.items()}
    assert history.values == train(2, **nameless)[1].values


def test_the_folder_holds_checkpoint_history_and_grids(tmp_path):
    train(4, tmp_path, sample_every=2)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "checkpoint.pt", "history.csv", "samples/step_0000000.png", "samples/step_0000002.png",
        "samples/step_0000004.png",
    ]  # fmt: skip
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines[0].startswith("step,discriminator_loss,generator_loss")
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "4"]


def test_snapshots_hold_the_generator_of_each_look(tmp_path):
    (generator, _), _ = train(4, tmp_path, sample_every=2, snapshots=True)
    names = [f"step_{step:07d}.safetensors" for step in (0, 2, 4)]
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == names
    states = [load_weights(tmp_path / "snapshots" / name) for name in names]
    assert [header["step"] for _, header in states] == ["0", "2", "4"]
    assert states[2][1] == {
        "network": "DCGANGenerator", "latent_size": "8", "image_size": "16", "width": "4", "step": "4",
    }  # fmt: skip
    weights = generator.state_dict()
    assert states[2][0].keys() == weights.keys()
    assert all(torch.equal(value, weights[name].to(value.dtype)) for name, value in states[2][0].items())
    assert not torch.equal(states[0][0]["layers.0.0.weight"], states[2][0]["layers.0.0.weight"])


def test_without_asking_no_snapshots_are_kept(tmp_path):
    train(2, tmp_path)
    assert not (tmp_path / "snapshots").exists()


@pytest.mark.parametrize(("content", "sentence"), [(None, "There are no weights"), (b"nothing", "is broken")])
def test_missing_and_broken_weights_are_named(tmp_path, content, sentence):
    path = tmp_path / "some.safetensors"
    if content:
        path.write_bytes(content)
    with pytest.raises(CourseError, match=sentence):
        load_weights(path)


def test_tensorboard_holds_scalars_and_pictures(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(3, tmp_path, tensorboard=True)
    train(5, tmp_path, tensorboard=True)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("generator_loss")] == [1, 2, 3, 4, 5]
    assert {"discriminator_loss", "real_probability", "fake_probability"} <= set(events.Tags()["scalars"])
    assert any(tag.startswith("samples") for tag in events.Tags()["images"])


def test_tensorboard_without_a_folder_says_what_to_give():
    with pytest.raises(CourseError, match="give `out`"):
        train(1, tensorboard=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_save_and_return_and_the_next_call_goes_on(tmp_path, number, capsys):
    before = signal.getsignal(number)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), number))
    timer.start()
    _, history = train(100_000, tmp_path, sample_every=100_000)
    assert history.interrupted
    done = len(history)
    assert 0 < done < 100_000
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == done
    assert "goes on from there" in capsys.readouterr().out
    assert signal.getsignal(number) == before  # given back
    assert equal(train(done + 2, tmp_path)[0], train(done + 2)[0])


def test_an_interrupted_run_without_a_folder_says_that_nothing_was_saved(capsys):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    assert train(100_000, sample_every=100_000)[1].interrupted
    assert "nothing was saved" in capsys.readouterr().out


def test_a_second_ctrl_c_ends_at_once():
    with stop_gracefully() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_it_trains_outside_the_main_thread_too():
    """Only the main thread may catch signals; elsewhere the run goes on without."""
    lengths = []
    thread = threading.Thread(target=lambda: lengths.append(len(train(2)[1])))
    thread.start()
    thread.join()
    assert lengths == [2]


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from test_training import train
train(100_000, {out!r}, sample_every=100_000, save_seconds=0)
"""


def test_killed_at_any_moment_it_goes_on(tmp_path):
    """kill -9 while a checkpoint is written at every step: whatever is there loads, and leads to the same end."""
    script = KILLED.format(tests=str(Path(__file__).parent), out=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 60
    while not (tmp_path / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    process.kill()
    process.wait()
    done = load_checkpoint(tmp_path / "checkpoint.pt")["step"]
    assert equal(train(done + 2, tmp_path)[0], train(done + 2)[0])


def test_losses_that_are_not_finite_end_the_run_and_keep_the_last_good_checkpoint(tmp_path):
    train(3, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def blown_up(fake_logits):
        return fake_logits.mean() * float("nan")

    blown_up.__name__ = "generator_bce_loss"
    with pytest.raises(CourseError, match="generator loss is nan at step 4"):
        train(5, tmp_path, generator_loss=blown_up)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_another_architecture_is_refused_by_name(tmp_path):
    train(1, tmp_path)
    with pytest.raises(CourseError, match=r"width=4\) there, .*width=8\) here"):
        train(2, tmp_path, width=8)


def test_networks_that_hide_their_difference_are_refused_too(tmp_path):
    train(1, tmp_path)
    networks = players()
    networks[0].layers.append(torch.nn.BatchNorm2d(3))
    with pytest.raises(CourseError, match="does not fit these networks"):
        train_gan(*networks, pictures(), steps=2, out=tmp_path, **CPU)


class Malicious:
    def __reduce__(self):
        return Path.touch, (Path("pwned"),)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no checkpoint at all"),
        (b"hello " * 1000, "no checkpoint at all"),
        (pickle.dumps(Malicious()), "no checkpoint at all"),
        ("half", "no checkpoint at all"),
        ("malicious", "could run code"),
        ("other", "no checkpoint of this course"),
        ("version", "version 999"),
    ],
)
def test_what_is_not_a_checkpoint_is_refused_and_left_alone(tmp_path, monkeypatch, content, sentence):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checkpoint.pt"
    if content == "half":
        save_checkpoint(path, {"weights": torch.zeros(1000)})
        path.write_bytes(path.read_bytes()[:2000])
    elif content == "malicious":
        torch.save({"weights": Malicious()}, path)
    elif content == "other":
        torch.save({"weights": torch.zeros(3)}, path)
    elif content == "version":
        save_checkpoint(path, {"version": 999})
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(CourseError, match=sentence):
        train(1, tmp_path)
    assert path.read_bytes() == before
    assert not Path("pwned").exists()


def test_a_missing_checkpoint_is_said_to_be_missing(tmp_path):
    with pytest.raises(CourseError, match="There is no checkpoint"):
        load_checkpoint(tmp_path / "nothing.pt")


def test_a_full_disk_keeps_the_old_checkpoint_and_leaves_no_litter(tmp_path, monkeypatch):
    train(2, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match=r"No space left.*MB"):
        train(4, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert not list(tmp_path.glob("*.tmp"))
    assert equal(train(4, tmp_path)[0], train(4)[0])
