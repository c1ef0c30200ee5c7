"""python -m gancourse, run as a user runs it."""

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.__main__ import main
from gancourse.checkpoint import load_checkpoint
from gancourse.evaluate import load_discriminator, steps_of
from gancourse.metrics import Comparison

SMALL = ["--image-size", "16", "--width", "4", "--latent-size", "8", "--batch-size", "4", "--device", "cpu"]


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (24, 20, 3), dtype=np.uint8)).save(folder / f"{number}.jpg")
    return folder


def train(photos, out, *more):
    return main(["train", "dcgan", "--data", str(photos), "--out", str(out), *SMALL, *more])


def test_training_leaves_checkpoint_history_and_grids_and_says_so(photos, tmp_path, capsys):
    assert train(photos, tmp_path / "run", "--steps", "4", "--sample-every", "2", "--tensorboard") == 0
    said = capsys.readouterr().out
    assert "10 of 12 pictures at 16 px" in said
    assert "4 steps done." in said
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] == 4
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 5
    with Image.open(tmp_path / "run" / "samples" / "step_0000004.png") as grid:
        assert grid.width == grid.height == 8 * (16 + 2) + 2


def test_more_steps_go_on_and_other_settings_are_refused(photos, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(photos, run, "--steps", "2") == 0
    assert train(photos, run, "--steps", "3") == 0
    assert load_checkpoint(run / "checkpoint.pt")["step"] == 3
    assert train(photos, run, "--steps", "4", "--learning-rate", "0.1") == 2
    assert "learning rate: 0.0002 there, 0.1 here" in capsys.readouterr().err


def test_without_data_the_drawn_twin_is_used_and_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "empty"))
    assert main(["train", "dcgan", "--out", str(tmp_path), "--steps", "1", "--count", "8", *SMALL]) == 0
    assert "drawn twin of CelebA, 8 faces at 16 px" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "nowhere.zip"], "There is no"),
        (["--image-size", "48"], "power of two"),
        pytest.param(
            ["--device", "cuda"], "No cuda GPU",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU"),
        ),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence_and_exit_code_2(tmp_path, capsys, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "dcgan", "--count", "4", *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_a_folder_that_cannot_be_written_is_a_sentence_too(photos, tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert train(photos, tmp_path / "file", "--steps", "1") == 2
    assert "gancourse:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--steps", "0"], ["--steps", "many"], ["--precision", "float8"]])
def test_impossible_numbers_are_refused_before_anything_happens(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", "dcgan", *arguments])


FACES = ["--image-size", "32", "--width", "4", "--latent-size", "8", "--batch-size", "4", "--device", "cpu"]


@pytest.mark.parametrize(
    "command", [["train", "dcgan"], ["train", "pix2pix"], ["train", "cyclegan"], ["translate"], ["evaluate"]]
)
def test_help_names_defaults_and_no_absent_ones(command, capsys):
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    said = capsys.readouterr().out
    assert "(default:" in said
    assert "None" not in said
    assert "False" not in said


@pytest.mark.filterwarnings("ignore:.*rank-deficient")
def test_evaluate_compares_every_snapshot_and_names_the_best(photos, tmp_path, capsys):
    run = tmp_path / "run"
    data = ["--data", str(photos)]
    more = ["--steps", "4", "--sample-every", "2", "--snapshots"]
    assert main(["train", "dcgan", *data, "--out", str(run), *FACES, *more]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(run), *data]) == 0
    said = capsys.readouterr().out
    assert "N = 2 pictures on each side" in said  # of twelve, a sixth is held out
    with (run / "distances.csv").open(newline="") as file:
        rows = {row["pictures"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["real, other pictures", "untrained", "step 2", "step 4"]
    best = min(("step 2", "step 4"), key=lambda name: float(rows[name]["kernel"]))
    assert f"Best: {best}, kernel distance {float(rows[best]['kernel']):.4f}" in said
    comparison = Comparison.read_csv(run / "distances.csv")
    assert comparison.count == 2
    assert list(steps_of(comparison)) == [0, 2, 4]
    assert steps_of(comparison)[4][:2] == (float(rows["step 4"]["frechet"]), float(rows["step 4"]["kernel"]))
    saved = load_checkpoint(run / "checkpoint.pt")["parts"]["discriminator"]
    assert all(torch.equal(value, saved[name]) for name, value in load_discriminator(run).state_dict().items())
    assert ("train longer" in said) == (float(rows["untrained"]["kernel"]) <= float(rows[best]["kernel"]))

    (run / "snapshots" / "step_0000000.safetensors").unlink()  # a new generator takes its place
    assert main(["evaluate", str(run), *data]) == 0
    with (run / "distances.csv").open(newline="") as file:
        assert [row["pictures"] for row in csv.DictReader(file)] == list(rows)


def test_evaluate_without_snapshots_says_how_to_keep_them(photos, tmp_path, capsys):
    assert train(photos, tmp_path / "run", "--steps", "1") == 0
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(photos)]) == 2
    assert "Train with --snapshots" in capsys.readouterr().err


def test_doctor_says_what_the_machine_has(capsys, monkeypatch):
    monkeypatch.delenv("GANCOURSE_PROFILE", raising=False)
    assert main(["doctor"]) == 0
    page = capsys.readouterr().out
    for word in (torch.__version__.split("+")[0], "trains on:", "CelebA:", "Monet2photo:", "lesson", "GB free"):
        assert word in page


def test_an_unknown_profile_is_a_sentence(capsys, monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROFILE", "quick")
    assert main(["doctor"]) == 2
    assert "smoke, lesson or full" in capsys.readouterr().err


def test_sigterm_to_the_program_saves_and_the_same_command_goes_on(photos, tmp_path):
    command = [
        sys.executable,
        "-m",
        "gancourse",
        "train",
        "dcgan",
        "--data",
        str(photos),
        "--out",
        str(tmp_path),
        *SMALL,
    ]
    process = subprocess.Popen(
        [*command, "--steps", "1000000", "--sample-every", "1000000"], stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    while not (tmp_path / "samples").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    os.kill(process.pid, signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Stopped after" in said
    done = load_checkpoint(tmp_path / "checkpoint.pt")["step"]
    assert done > 0
    assert subprocess.run([*command, "--steps", str(done + 1)], check=False).returncode == 0
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == done + 1


def test_real_faces_train(real_data, tmp_path, capsys):
    """A few real steps: counts, ranges, finite losses."""
    options = ["--steps", "3", "--image-size", "64", "--width", "8", "--batch-size", "16", "--count", "64"]
    archive = str(real_data / "img_align_celeba.zip")
    assert main(["train", "dcgan", "--data", archive, "--out", str(tmp_path), *options, "--device", "cpu"]) == 0
    assert "64 of 3,000 pictures at 64 px" in capsys.readouterr().out
    values = load_checkpoint(tmp_path / "checkpoint.pt")["history"]
    assert all(torch.isfinite(column).all() and len(column) == 3 for column in values.values())
    assert ((values["real_probability"] > 0) & (values["real_probability"] < 1)).all()
