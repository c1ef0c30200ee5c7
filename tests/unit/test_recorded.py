"""Recorded trainings: what is written is what is read, and each says where it is from."""

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gancourse.data import DrawnFaces, DrawnLandscapes
from gancourse.errors import CourseError
from gancourse.metrics import l1_distance
from gancourse.recorded import (
    CYCLES,
    FACES,
    FOLDER,
    Ablation,
    CycleRun,
    FaceRun,
    load_ablation,
    load_cycle_run,
    load_face_run,
    load_run,
    save_ablation,
    save_cycle_run,
    save_face_run,
)
from gancourse.training import History


@pytest.fixture
def run() -> FaceRun:
    """Three steps, looked at before the first and after the second and third, at 32 px."""
    faces = DrawnFaces(48, 32, progress=False)[:]
    values = {"discriminator_loss": [1.5, 1.25, 1.0], "real_probability": [0.5, 0.75, 0.625]}
    samples = [(0, faces[:16]), (2, faces[16:32]), (3, faces[32:])]
    distances = {0: 3.25, 2: 0.0123456, 3: -1.5e-5}
    return FaceRun(History(values, samples), distances, floor=1.25e-4, count=500, note="a fake: command, data")


def test_what_is_written_is_what_is_read(run, tmp_path):
    save_face_run(tmp_path / "new", "fake", run)
    again = load_face_run("fake", tmp_path / "new")
    assert again.history.values == run.history.values  # all of them numbers that float16 holds
    assert again.distances == pytest.approx(run.distances, rel=1e-6)
    assert list(again.distances) == [0, 2, 3]
    assert (again.floor, again.count, again.note) == (1.25e-4, 500, "a fake: command, data")
    assert [step for step, _ in again.history.samples] == [0, 2, 3]
    for (_, faces), (_, kept) in zip(run.history.samples, again.history.samples, strict=True):
        assert kept.shape == faces.shape
        assert kept.dtype == torch.float32
        assert -1 <= kept.min() < -0.5
        assert 0.5 < kept.max() <= 1
        assert (kept - faces).abs().mean(dim=(1, 2, 3)).max() < 0.05, "JPEG costs a little, and every face is in place"


def test_a_run_is_small_and_a_sheet_has_a_row_for_each_moment(run, tmp_path):
    save_face_run(tmp_path, "fake", run)
    tensors = load_file(tmp_path / "fake.safetensors")
    assert {name: tensor.dtype for name, tensor in tensors.items()} == {
        "discriminator_loss": torch.float16,
        "real_probability": torch.float16,
        "steps": torch.int64,
        "distances": torch.float32,
    }
    with Image.open(tmp_path / "fake.jpg") as sheet:
        assert (sheet.format, sheet.size) == ("JPEG", (16 * 32, 3 * 32))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fake.jpg", "fake.safetensors"]


def test_values_beyond_the_range_are_clipped(run, tmp_path):
    bright = [(step, 3 * images) for step, images in run.history.samples]
    save_face_run(tmp_path, "bright", run._replace(history=History(run.history.values, bright)))
    for (_, faces), (_, kept) in zip(bright, load_face_run("bright", tmp_path).history.samples, strict=True):
        assert (kept - faces.clamp(-1, 1)).abs().mean() < 0.1, "not wrapped around"


def test_an_unknown_name_is_answered_with_the_known_ones(run, tmp_path):
    with pytest.raises(CourseError, match=r"There is no recorded training on faces 'x'\. There are none\."):
        load_face_run("x", tmp_path)
    save_face_run(tmp_path, "one", run)
    save_face_run(tmp_path, "other", run)
    with pytest.raises(CourseError, match=r"There is no recorded training on faces 'x'\. There are one, other\."):
        load_face_run("x", tmp_path)


def test_games_and_faces_are_kept_apart():
    assert FACES.parent == FOLDER
    with pytest.raises(CourseError, match=r"There are A, B, C, D, healthy\."):
        load_run("faces")
    with pytest.raises(CourseError, match="There is no recorded training on faces 'A'"):
        load_face_run("A")


def test_an_ablation_is_read_as_it_was_written(tmp_path):
    faces = DrawnFaces(10, 32, progress=False)[:]
    measured = {"nothing": {"l1": [0.5]}, "λ, one": {"l1": [0.25, 0.125]}, "λ, ten": {"l1": [0.375, 0.0625]}}
    save_ablation("weights", Ablation({"λ, one": faces[:5], "λ, ten": faces[5:]}, measured), tmp_path)
    again = load_ablation("weights", tmp_path)
    assert again.measured == measured
    assert list(again.pictures) == ["λ, one", "λ, ten"]
    for name, wanted in (("λ, one", faces[:5]), ("λ, ten", faces[5:])):
        assert again.pictures[name].shape == (5, 3, 32, 32)
        assert (again.pictures[name] - wanted).abs().mean(dim=(1, 2, 3)).max() < 0.05
    with pytest.raises(CourseError, match=r"There is no recorded ablation 'x'\. There are weights\."):
        load_ablation("x", tmp_path)


def test_every_face_run_that_ships_can_be_read_and_says_where_it_is_from():
    for path in FACES.glob("*.safetensors"):
        shipped = load_face_run(path.stem)
        assert "python" in shipped.note
        assert list(shipped.distances) == [step for step, _ in shipped.history.samples]
        assert max(shipped.distances) == len(shipped.history)
        assert path.stat().st_size + path.with_suffix(".jpg").stat().st_size < 1e6


@pytest.fixture
def cycle_run() -> CycleRun:
    """Two steps, and four pictures of each kind, at 32 px."""
    faces = DrawnFaces(12, 32, progress=False)[:]
    values = {"adversarial_loss": [1.5, 1.25], "cycle_loss": [0.5, 0.75]}
    return CycleRun(History(values), faces[:4], faces[4:8], 3 * faces[8:], "a fake: command, data")


def test_a_cycle_run_is_read_as_it_was_written(cycle_run, tmp_path):
    save_cycle_run(tmp_path / "new", "fake", cycle_run)
    again = load_cycle_run("fake", tmp_path / "new")
    assert again.history == cycle_run.history
    assert again.note == "a fake: command, data"
    for kind in ("photos", "fakes", "recovered"):
        kept, wanted = getattr(again, kind), getattr(cycle_run, kind).clamp(-1, 1)
        assert kept.shape == (4, 3, 32, 32)
        assert (kept - wanted).abs().mean(dim=(1, 2, 3)).max() < 0.05, "JPEG costs a little, nothing else changes"
    tensors = load_file(tmp_path / "new" / "fake.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


def test_an_unknown_cycle_run_is_answered_with_the_known_ones():
    with pytest.raises(CourseError, match=r"no recorded CycleGAN 'E'\. There are A, B, C, D, healthy\."):
        load_cycle_run("E")


def test_cycle_runs_are_small_and_alike_to_whoever_looks_for_their_names():
    runs = {path.stem: load_cycle_run(path.stem) for path in CYCLES.glob("*.safetensors")}
    assert runs.keys() == {"healthy", "A", "B", "C", "D"}
    assert {run.note for run in runs.values()} == {runs["healthy"].note}
    assert "python tools/record_cycle_runs.py" in runs["healthy"].note
    for run in runs.values():
        assert run.history.values.keys() == runs["healthy"].history.values.keys()
        assert len(run.history) == len(runs["healthy"].history) == 600
        assert run.photos.shape == run.fakes.shape == run.recovered.shape == (6, 3, 32, 32)
        assert (run.photos - runs["healthy"].photos).abs().max() == 0
    files = list(CYCLES.iterdir())
    assert sorted(path.name for path in files) == sorted(
        f"{name}.{kind}" for name in runs for kind in ("jpg", "safetensors")
    )
    assert sum(path.stat().st_size for path in files) < 150_000


def test_each_cycle_run_shows_what_lesson_4_reads_from_it():
    """Each letter is like the healthy run but for what gives it away; one gives itself away by its pictures alone."""
    answers = DrawnLandscapes(6, 32, "validation", progress=False).monets[:]
    adversarial, discriminators, cycle, error = {}, {}, {}, {}
    for name in ("healthy", "A", "B", "C", "D"):
        run = load_cycle_run(name)
        last = {measure: sum(values[-100:]) / 100 for measure, values in run.history.values.items()}
        adversarial[name], cycle[name] = last["adversarial_loss"], last["cycle_loss"]
        discriminators[name] = (last["monet_discriminator_loss"] + last["photo_discriminator_loss"]) / 2
        error[name] = l1_distance(run.fakes, answers).mean()

    for name in ("healthy", "B", "C"):
        assert 0.5 < adversarial[name] < 0.8
        assert 0.15 < discriminators[name] < 0.25
    for name in ("A", "D"):
        assert discriminators[name] < 0.02
    assert adversarial["A"] < 0.05
    assert adversarial["D"] > 1.9
    assert cycle["C"] > 1.7 * cycle["healthy"]
    for name in ("A", "B", "D"):
        assert 0.9 < cycle[name] / cycle["healthy"] < 1.1
    for name in "ABCD":
        assert error[name] > 1.3 * error["healthy"]
