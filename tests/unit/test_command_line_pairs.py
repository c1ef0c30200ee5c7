"""python -m gancourse on pairs: train pix2pix, translate, evaluate, run as a user runs them."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.__main__ import main
from gancourse.checkpoint import load_checkpoint
from gancourse.data.drawn_facades import colour_labels, draw_facades
from gancourse.errors import CourseError
from gancourse.evaluate import load_discriminator
from gancourse.weights import load_facade_generator

SMALL = ["--image-size", "32", "--width", "2", "--layers", "1", "--batch-size", "2", "--device", "cpu"]


@pytest.fixture
def drawn(tmp_path):
    """Twelve pairs side by side: photo left, labels right, as in the archive."""
    folder = tmp_path / "pairs"
    folder.mkdir()
    codes, photos = draw_facades(12, 32)
    for number, (labels, photo) in enumerate(zip(colour_labels(codes), photos, strict=True)):
        both = np.concatenate([photo, labels], axis=2).transpose(1, 2, 0)
        Image.fromarray(both).save(folder / f"{number}.png")
    return folder


def train(drawn, out, *more):
    return main(["train", "pix2pix", "--data", str(drawn), "--out", str(out), *SMALL, *more])


def test_training_leaves_checkpoint_history_and_grids_and_goes_on(drawn, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(drawn, run, "--steps", "2", "--snapshots") == 0
    said = capsys.readouterr().out
    assert "10 of 12 pairs at 32 px" in said
    assert "2 steps done." in said
    assert "pixel loss" in said
    with Image.open(run / "samples" / "step_0000002.png") as grid:
        assert grid.width == 6 * (32 + 2) + 2  # labels, translation, photo, two pairs a row
    assert train(drawn, run, "--steps", "3") == 0
    assert load_checkpoint(run / "checkpoint.pt")["step"] == 3
    assert train(drawn, run, "--steps", "4", "--pixel-weight", "10") == 2
    assert "pixel weight: 100.0 there, 10.0 here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--pixels-only"], {"pairs": 10, "discriminator": None}),
        (
            ["--no-skips", "--norm", "instance"],
            {"generator": "UNetGenerator(image_size=32, width=2, norm=instance, skips=False)"},
        ),
        (["--layers", "0"], {"discriminator": "PatchDiscriminator(in_channels=6, layers=0, width=2, norm=batch)"}),
        (["--no-jitter", "--count", "3"], {"jitter": False, "pairs": 3}),
    ],
)
def test_each_switch_reaches_the_run(drawn, tmp_path, options, expected):
    assert train(drawn, tmp_path / "run", "--steps", "1", *options) == 0
    settings = load_checkpoint(tmp_path / "run" / "checkpoint.pt")["settings"]
    assert {name: settings.get(name) for name in expected} == expected


def test_labels_and_photos_may_lie_in_two_places(tmp_path, capsys):
    codes, photos = draw_facades(12, 32)
    for folder, pixels in {"plans": colour_labels(codes), "houses": photos}.items():
        (tmp_path / folder).mkdir()
        for number, picture in enumerate(pixels):
            Image.fromarray(picture.transpose(1, 2, 0)).save(tmp_path / folder / f"{number}.png")
    places = [str(tmp_path / folder) for folder in ("plans", "houses")]
    run = str(tmp_path / "run")
    assert main(["train", "pix2pix", "--data", *places, "--out", run, "--steps", "1", "--snapshots", *SMALL]) == 0
    assert "10 of 12 pairs at 32 px, from plans and houses" in capsys.readouterr().out
    assert main(["evaluate", run, "--data", *places]) == 0
    assert "2 of 12 pairs at 32 px, from plans and houses" in capsys.readouterr().out
    assert main(["train", "pix2pix", "--data", *places, "third", "--out", run, "--steps", "1", *SMALL]) == 2
    assert "--data names 3 places" in capsys.readouterr().err


def test_without_data_the_drawn_twin_is_used_and_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "empty"))
    assert main(["train", "pix2pix", "--out", str(tmp_path), "--steps", "1", "--count", "4", *SMALL]) == 0
    assert "drawn twin of CMP facades, 4 pairs at 32 px" in capsys.readouterr().out


def test_one_picture_of_any_size_and_mode_keeps_its_size(drawn, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(drawn, run, "--steps", "1", "--snapshots") == 0
    Image.new("P", (70, 41)).save(tmp_path / "labels.png")
    for checkpoint in ("checkpoint.pt", "snapshots/step_0000001.safetensors"):
        result = tmp_path / "photo.jpg"
        assert (
            main(["translate", "--checkpoint", str(run / checkpoint), str(tmp_path / "labels.png"), str(result)]) == 0
        )
        with Image.open(result) as photo:
            assert photo.size == (70, 41)
            assert photo.mode == "RGB"
        result.unlink()
    assert "1 of 1 pictures translated" in capsys.readouterr().out


def test_a_folder_is_translated_and_what_is_no_picture_is_left_out_and_named(drawn, tmp_path, capsys):
    run, results = tmp_path / "run", tmp_path / "results"
    assert train(drawn, run, "--steps", "1") == 0
    (drawn / "damaged.jpg").write_bytes(b"no picture")
    options = ["--checkpoint", str(run / "checkpoint.pt"), "--labels-on", "right"]
    assert main(["translate", *options, str(drawn), str(results)]) == 0
    said = capsys.readouterr().out
    assert "12 of 13 pictures translated" in said
    assert "damaged.jpg is not a picture" in said
    assert sorted(path.name for path in results.iterdir()) == sorted(f"{number}.png" for number in range(12))
    with Image.open(results / "3.png") as photo:
        assert photo.size == (32, 32)


def test_the_translation_is_that_of_the_generator_by_either_statistics(drawn, tmp_path):
    run = tmp_path / "run"
    assert train(drawn, run, "--steps", "1") == 0
    with Image.open(drawn / "0.png") as pair:
        labels = pair.crop((32, 0, 64, 32))
    labels.save(tmp_path / "labels.png")
    pixels = torch.from_numpy(np.array(labels)).permute(2, 0, 1)[None] / 127.5 - 1
    generator = load_facade_generator(run / "checkpoint.pt")
    with torch.no_grad():
        expected = ((generator(pixels)[0] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    made = {}
    for statistics in ("running", "own"):
        result = tmp_path / f"{statistics}.png"
        options = ["--checkpoint", str(run / "checkpoint.pt"), "--statistics", statistics]
        assert main(["translate", *options, str(tmp_path / "labels.png"), str(result)]) == 0
        made[statistics] = np.array(Image.open(result))
    assert np.abs(made["running"].astype(int) - expected).max() <= 1
    assert np.abs(made["own"].astype(int) - expected).max() > 1


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("nowhere", "out", "There is no"),
        ("pairs/0.png", "out", "no picture's ending"),
        ("pairs/0.png", "pairs/0.png", "would be overwritten"),
        ("pairs", "pairs/0.png", "is a folder and"),
        ("empty", "out", "holds no pictures"),
    ],
)
def test_impossible_translations_get_one_sentence(drawn, tmp_path, capsys, monkeypatch, source, target, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert train(drawn, "run", "--steps", "1") == 0
    assert main(["translate", "--checkpoint", "run/checkpoint.pt", source, target]) == 2
    assert sentence in capsys.readouterr().err


def test_a_network_that_does_not_translate_is_refused(tmp_path, capsys):
    options = ["--image-size", "16", "--width", "2", "--count", "4", "--steps", "1", "--device", "cpu"]
    assert main(["train", "dcgan", "--out", str(tmp_path), *options]) == 0
    assert main(["translate", "--checkpoint", str(tmp_path / "checkpoint.pt"), "a.png", "b.png"]) == 2
    assert "holds a DCGANGenerator" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*rank-deficient")
def test_evaluate_judges_every_snapshot_beside_the_baselines(drawn, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(drawn, run, "--steps", "2", "--sample-every", "1", "--snapshots") == 0
    assert main(["evaluate", str(run), "--data", str(drawn)]) == 0
    assert "N = 2 pictures in each row" in capsys.readouterr().out  # of twelve, a sixth is held out
    with (run / "judgement.csv").open(newline="") as file:
        rows = {row["pictures"]: row for row in csv.DictReader(file)}
    baselines = ["the photos themselves", "photos of others", "labels unchanged", "the mean photo"]
    assert list(rows) == [*baselines, "step 0", "step 1", "step 2"]
    assert float(rows["the photos themselves"]["ssim"]) == pytest.approx(1)
    assert float(rows["the mean photo"]["sharpness"]) < 1
    assert main(["evaluate", str(run), "--data", *[str(drawn)] * 3]) == 2
    assert "names 3 places; give one that holds the pairs" in capsys.readouterr().err


def test_the_discriminator_of_a_run_is_rebuilt(drawn, tmp_path):
    assert train(drawn, tmp_path / "run", "--steps", "1") == 0
    saved = load_checkpoint(tmp_path / "run" / "checkpoint.pt")["parts"]["discriminator"]
    rebuilt = load_discriminator(tmp_path / "run").state_dict()
    assert rebuilt.keys() == saved.keys()
    assert all(torch.equal(value, saved[name]) for name, value in rebuilt.items())
    assert train(drawn, tmp_path / "alone", "--steps", "1", "--pixels-only") == 0
    with pytest.raises(CourseError, match="without a discriminator"):
        load_discriminator(tmp_path / "alone")
