"""python -m gancourse without pairs: train cyclegan, translate both ways, evaluate, run as a user runs them."""

import math
import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.__main__ import main
from gancourse.checkpoint import load_checkpoint, save_weights
from gancourse.data.drawn_landscapes import draw_landscapes
from gancourse.errors import CourseError
from gancourse.evaluate import LandscapeJudgement, find_cycle_snapshots, find_snapshots, load_discriminator
from gancourse.hardware import Hardware
from gancourse.networks import ResNetGenerator
from gancourse.weights import FACADES, load_translator

SMALL = [
    "--image-size", "32", "--width", "2", "--blocks", "1", "--layers", "1", "--device", "cpu",
    "--constant", "1", "--decay", "0", "--epoch-steps", "2",
]  # fmt: skip
DIRECTIONS = ("photo_to_monet", "monet_to_photo")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Fourteen photos and twelve paintings, wider than high, in folders named as the archive's are."""
    root = tmp_path_factory.mktemp("landscapes")
    for folder, pictures in zip(("trainB", "trainA"), draw_landscapes(14, 32), strict=True):
        (root / folder).mkdir()
        for number, picture in enumerate(pictures[: 14 if folder == "trainB" else 12]):
            wide = Image.fromarray(picture.transpose(1, 2, 0)).resize((48, 36))
            wide.save(root / folder / f"{number}.png")
    return root


def train(out, *more):
    return main(["train", "cyclegan", "--out", str(out), *SMALL, *more])


@pytest.fixture(scope="module")
def run(drawn, tmp_path_factory):
    """Two steps of it, with snapshots before, between and after.  What looks at it leaves it as it is."""
    out = tmp_path_factory.mktemp("trained") / "run"
    assert train(out, "--data", str(drawn), "--snapshots", "--sample-every", "1") == 0
    return out


# Training -------------------------------------------------------------------------------------------------------------


def test_without_data_the_drawn_twin_is_used_and_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "empty"))
    assert train(tmp_path / "run", "--count", "3") == 0
    said = capsys.readouterr().out
    assert "drawn twin of Monet2photo, 3 photos and 3 paintings at 32 px" in said
    assert "Twice ResNetGenerator(blocks=1, width=2, downsamplings=2, norm=instance, resize=False)" in said
    assert "2 steps done. adversarial loss" in said
    assert "--steps" not in said, "the epochs are settled when a run begins"
    with Image.open(tmp_path / "run" / "samples" / "step_0000002.png") as grid:
        assert grid.width == 6 * (32 + 2) + 2  # photo, painting, what came back; two photos a row


def test_the_same_command_goes_on_where_it_was_stopped_and_another_is_refused(
    run, drawn, tmp_path, capsys, monkeypatch
):
    genuine, calls = Hardware.update, []

    def update_and_interrupt(self, loss, optimiser):
        if not calls:
            calls.append(None)
            os.kill(os.getpid(), signal.SIGINT)
        genuine(self, loss, optimiser)

    monkeypatch.setattr(Hardware, "update", update_and_interrupt)
    command = ["--data", str(drawn), "--sample-every", "1"]
    assert train(tmp_path, *command) == 0
    assert "Stopped after 1 of 2 steps" in capsys.readouterr().out
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 1
    assert train(tmp_path, *command) == 0
    assert (tmp_path / "history.csv").read_text() == (run / "history.csv").read_text()
    assert train(tmp_path, *command, "--cycle-weight", "1") == 2
    assert "cycle weight: 10.0 there, 1.0 here" in capsys.readouterr().err


def test_two_folders_of_ones_own_are_photos_and_paintings_in_this_order(drawn, tmp_path, capsys):
    assert train(tmp_path, "--data", str(drawn / "trainB"), str(drawn / "trainA")) == 0
    assert "12 photos and 10 paintings at 32 px, from trainB and trainA" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ["--blocks", "2", "--downsamplings", "1", "--resize"],
            dict.fromkeys(
                DIRECTIONS, "ResNetGenerator(blocks=2, width=2, downsamplings=1, norm=instance, resize=True)"
            ),
        ),
        (
            ["--layers", "0"],
            dict.fromkeys(
                ("monet_discriminator", "photo_discriminator"),
                "PatchDiscriminator(in_channels=3, layers=0, width=2, norm=instance)",
            ),
        ),
        (["--cycle-weight", "3", "--identity-weight", "0"], {"cycle_weight": 3.0, "identity_weight": 0.0}),
        (["--pool-size", "7", "--no-jitter", "--count", "4"], {"pool_size": 7, "jitter": False, "photos": 4}),
        (["--decay", "1", "--batch-size", "2"], {"epochs": [1, 1], "batch_size": 2, "photos": 12, "monets": 10}),
    ],
)
def test_each_switch_reaches_the_run(drawn, tmp_path, options, expected):
    assert train(tmp_path, "--data", str(drawn), *options) == 0
    settings = load_checkpoint(tmp_path / "checkpoint.pt")["settings"]
    assert {name: settings[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (["nowhere"], "There is no"),
        (["photos", "nowhere"], "There is no"),
        (["photos", "empty"], "holds no pictures"),
        (["empty"], "holds no pictures"),
        (["photos", "photos", "photos"], "--data names 3 places; give one that holds both sets"),
        (["photos"], "has no photos for split='train'"),
        (["half"], "has no monets for split='train'"),
    ],
)
def test_bad_folders_get_one_clear_sentence(tmp_path, capsys, monkeypatch, places, sentence):
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "half/trainB", "empty"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("photos", "half/trainB"):
        Image.new("RGB", (40, 40)).save(tmp_path / folder / "0.png")
    assert train("run", "--data", *places) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert sentence in error


# What a run left ------------------------------------------------------------------------------------------------------


def test_snapshots_are_found_in_both_directions(run, tmp_path):
    found = find_cycle_snapshots(run)
    assert list(found) == [0, 1, 2]
    assert found[1] == tuple(run / "snapshots" / direction / "step_0000001.safetensors" for direction in DIRECTIONS)
    with pytest.raises(CourseError, match="two generators for each step: ask find_cycle_snapshots"):
        find_snapshots(run)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CourseError, match="There are no snapshots"):
            find_cycle_snapshots(folder)


def test_a_step_whose_second_snapshot_is_missing_does_not_count(tmp_path):
    for direction in DIRECTIONS:
        save_weights(tmp_path / "snapshots" / direction / "step_0000010.safetensors", ResNetGenerator(1, 2))
    save_weights(tmp_path / "snapshots" / "photo_to_monet" / "step_0000020.safetensors", ResNetGenerator(1, 2))
    assert list(find_cycle_snapshots(tmp_path)) == [10]


def test_each_discriminator_of_a_run_is_rebuilt(run):
    parts = load_checkpoint(run / "checkpoint.pt")["parts"]
    for name in ("monet_discriminator", "photo_discriminator"):
        rebuilt = load_discriminator(run, name).state_dict()
        assert all(torch.equal(value, parts[name][key]) for key, value in rebuilt.items())
    with pytest.raises(CourseError, match="without a discriminator; it has monet_discriminator and photo_discrim"):
        load_discriminator(run)


# Translating ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_either_way_a_checkpoint_and_its_snapshot_translate_as_their_generator_does(run, tmp_path, direction):
    pixels, _ = draw_landscapes(1, 32)
    Image.fromarray(pixels[0].transpose(1, 2, 0)).save(tmp_path / "in.png")
    generator = load_translator(run / "checkpoint.pt", direction)
    with torch.no_grad():
        expected = ((generator(torch.from_numpy(pixels) / 127.5 - 1)[0] + 1) * 127.5).round().permute(1, 2, 0).numpy()
    for checkpoint in ("checkpoint.pt", f"snapshots/{direction}/step_0000002.safetensors"):
        options = ["--checkpoint", str(run / checkpoint), "--direction", direction]
        assert main(["translate", *options, str(tmp_path / "in.png"), str(tmp_path / "out.png")]) == 0
        made = np.array(Image.open(tmp_path / "out.png"))
        assert np.abs(made - expected).max() <= 1.5  # a snapshot's weights are float16


def sizes_seen(monkeypatch):
    """Width and height of all that a ResNet is given from now on."""
    seen, genuine = [], ResNetGenerator.forward

    def spy(self, images):
        seen.append((images.shape[3], images.shape[2]))
        return genuine(self, images)

    monkeypatch.setattr(ResNetGenerator, "forward", spy)
    return seen


@pytest.mark.parametrize(
    ("own_size", "options", "seen"),
    [
        ((32, 32), [], (32, 32)),
        ((97, 50), [], (64, 32)),  # 62 would not halve twice
        ((50, 200), [], (32, 128)),
        ((97, 50), ["--size", "48"], (92, 48)),
        ((7, 10), ["--size", "16"], (16, 24)),
    ],
)
def test_a_picture_keeps_its_shape_and_size_and_is_seen_at_the_size_trained_on(
    run, tmp_path, monkeypatch, own_size, options, seen
):
    Image.new("RGB", own_size, "green").save(tmp_path / "in.png")
    spied = sizes_seen(monkeypatch)
    options = ["--checkpoint", str(run / "checkpoint.pt"), *options]
    assert main(["translate", *options, str(tmp_path / "in.png"), str(tmp_path / "out.jpg")]) == 0
    assert spied == [seen]
    with Image.open(tmp_path / "out.jpg") as made:
        assert made.size == own_size


def test_with_a_direction_alone_the_pair_that_comes_with_the_course_translates(run, tmp_path, monkeypatch):
    """Stood in for by the run's: what counts is which of the two is taken, and at which size."""
    monkeypatch.setattr(
        "gancourse.commands.translate.landscape_weights",
        lambda direction: find_cycle_snapshots(run)[2][DIRECTIONS.index(direction)],
    )
    seen = sizes_seen(monkeypatch)
    Image.new("RGB", (80, 40), "green").save(tmp_path / "in.png")
    made = {}
    for direction in DIRECTIONS:
        assert main(["translate", "--direction", direction, str(tmp_path / "in.png"), str(tmp_path / "out.png")]) == 0
        made[direction] = (tmp_path / "out.png").read_bytes()
    assert seen == [(64, 32)] * 2
    assert made["photo_to_monet"] != made["monet_to_photo"]


def test_a_folder_is_translated_and_what_is_no_picture_is_left_out_and_named(run, drawn, tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        (photos / f"{number}.png").write_bytes((drawn / "trainB" / f"{number}.png").read_bytes())
    (photos / "damaged.jpg").write_bytes(b"no picture")
    snapshot = run / "snapshots" / "photo_to_monet" / "step_0000002.safetensors"
    assert main(["translate", "--checkpoint", str(snapshot), str(photos), str(tmp_path / "paintings")]) == 0
    said = capsys.readouterr().out
    assert "3 of 4 pictures translated" in said
    assert "damaged.jpg is not a picture" in said
    assert len(list((tmp_path / "paintings").iterdir())) == 3


def test_what_cannot_be_asked_of_these_weights_gets_one_sentence(run, tmp_path, capsys):
    there = run / "snapshots" / "photo_to_monet" / "step_0000002.safetensors"
    unknown = tmp_path / "unknown.safetensors"
    save_weights(unknown, ResNetGenerator(1, 2))
    foreign = tmp_path / "dcgan"
    options = ["--image-size", "16", "--width", "2", "--count", "4", "--steps", "1", "--device", "cpu", "--snapshots"]
    assert main(["train", "dcgan", "--out", str(foreign), *options]) == 0
    Image.new("RGB", (32, 32)).save(tmp_path / "in.png")
    for options, sentence in (
        ([there, "--direction", "monet_to_photo"], "translates photo_to_monet, and monet_to_photo was asked for"),
        ([unknown], "does not say at which size it was trained"),
        ([foreign / "checkpoint.pt"], "holds a DCGANGenerator, which does not translate"),
        ([foreign / "snapshots" / "step_0000001.safetensors"], "holds a DCGANGenerator, which does not translate"),
        ([foreign / "checkpoint.pt", "--direction", "monet_to_photo"], "holds a DCGANGenerator"),
        ([tmp_path / "nothing.pt"], "There is no checkpoint"),
    ):
        command = ["translate", "--checkpoint", *map(str, options), str(tmp_path / "in.png"), str(tmp_path / "o.png")]
        assert main(command) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert sentence in error
    size = ["--size", "16"]
    assert (
        main(["translate", "--checkpoint", str(unknown), *size, str(tmp_path / "in.png"), str(tmp_path / "o.png")]) == 0
    )


def test_a_u_net_has_one_size_and_no_direction(tmp_path, capsys):
    for options, sentence in (
        (["--size", "32"], "takes pictures of 128 px and no others, not of 32 px"),
        (["--checkpoint", str(FACADES), "--direction", "photo_to_monet"], "translates labels_to_photo"),
    ):
        assert main(["translate", *options, str(tmp_path / "in.png"), str(tmp_path / "out.png")]) == 2
        assert sentence in capsys.readouterr().err


# Judging --------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*rank-deficient")
def test_evaluate_judges_every_snapshot_beside_the_baselines_in_either_direction(run, drawn, capsys):
    for direction in DIRECTIONS:
        assert main(["evaluate", str(run), "--data", str(drawn), "--direction", direction]) == 0
        assert "N = 2 pictures in each row" in capsys.readouterr().out
        judgement = LandscapeJudgement.read_csv(run / f"judgement_{direction}.csv")
        assert list(judgement) == [
            "others of that domain",
            "unchanged",
            "statistics matched",
            "step 0",
            "step 1",
            "step 2",
        ]
        assert judgement["unchanged"].hue_shift == judgement["unchanged"].cycle == 0
        assert math.isnan(judgement["step 2"].l1), "real sets have no right answers"
        assert judgement["step 2"].cycle > 0
