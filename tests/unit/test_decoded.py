"""What is too much for memory is decoded once, onto the disk; nothing half made or outdated is ever taken for it."""

import multiprocessing
import os
import pickle
import shutil
import signal
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse.data import CelebAFaces, decoded, files, to_uint8
from gancourse.errors import CourseError

NOISE = np.random.default_rng(0).integers(0, 256, (24, 30, 20, 3), np.uint8)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A data folder and a home of its own for each test."""
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("GANCOURSE_PROGRESS", "0")
    return tmp_path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "faces"
    path.mkdir()
    for number, pixels in enumerate(NOISE):
        Image.fromarray(pixels).save(path / f"{number}.png")
    return path


@pytest.fixture
def archive(folder):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, file.name)
    return path


@pytest.fixture
def opened(monkeypatch):
    """How many pictures were decoded."""
    count = []
    original = files.open_image
    monkeypatch.setattr(files, "open_image", lambda *given: count.append(1) or original(*given))
    return count


def on_disk(source, **given):
    return CelebAFaces(source, **{"image_size": 8, "split": "all", "memory_gb": 0, **given})


def kept(place):
    """What lies in decoded/, but for the locks."""
    return sorted(path.name for path in (place / "decoded").iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_the_second_time_nothing_is_decoded_and_every_pixel_is_the_same(form, request, opened):
    source = request.getfixturevalue(form)
    in_memory = CelebAFaces(source, image_size=8, split="all")
    opened.clear()
    first = on_disk(source)
    assert len(opened) == 24
    second = on_disk(source)
    assert len(opened) == 24
    for index in (slice(None), 3, -1, torch.tensor(5), torch.tensor([7, 0, 0]), torch.arange(24) % 5 == 0, slice(2, 9)):
        assert torch.equal(first[index], in_memory[index])
        assert torch.equal(second[index], in_memory[index])
    assert second.description == in_memory.description
    with pytest.raises(IndexError):
        second[24]


def test_every_split_is_part_of_one_decoding(archive, opened, home):
    everyone = on_disk(archive)[:]
    for split, count, expected in (
        ("train", None, everyone[:20]),
        ("validation", None, everyone[20:]),
        ("validation", 2, everyone[20:22]),
        ("train", 7, everyone[:7]),
    ):
        assert torch.equal(on_disk(archive, split=split, count=count)[:], expected)
    assert len(opened) == 24
    assert len(kept(home / "data")) == 1


def test_memory_is_used_where_the_set_fits_and_nothing_is_written_then(archive, home):
    needed = 24 * 3 * 8 * 8 / 1e9
    assert CelebAFaces(archive, 8, "all", memory_gb=needed)[:].shape == (24, 3, 8, 8)
    assert not (home / "data").exists()
    CelebAFaces(archive, 8, "all", memory_gb=needed * 0.999)
    assert (home / "data" / "decoded").is_dir()


def test_the_default_keeps_the_whole_of_celeba_out_of_memory():
    default = CelebAFaces.__init__.__defaults__
    assert 1.0 in default
    assert 202_099 * 3 * 64 * 64 > 1.0e9


def test_it_says_where_the_pixels_go_once(archive, home, capsys):
    on_disk(archive)
    said = capsys.readouterr().out
    (name,) = kept(home / "data")
    assert said.startswith(f"24 pictures are decoded once, into {home / 'data' / 'decoded' / name} (0.0 GB;")
    on_disk(archive)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_what_changed_is_decoded_anew(form, request, opened, folder):
    source = request.getfixturevalue(form)
    before = on_disk(source)[:]
    red = Image.new("RGB", (20, 30), "red")
    if form == "folder":
        red.save(folder / "3.png")
    else:
        with zipfile.ZipFile(source, "w") as packed:
            for file in folder.iterdir():
                packed.write(file, file.name)
            red.save(folder / "99.png")
            packed.write(folder / "99.png", "99.png")
    after = on_disk(source)[:]
    changed = 3 if form == "folder" else 24
    assert to_uint8(after[changed])[:, 0, 0].tolist() == [255, 0, 0]
    others = [position for position in range(24) if position != changed]
    assert torch.equal(after[others], before[others])


def test_a_touched_archive_another_size_and_another_recipe_are_decoded_anew(archive, opened, monkeypatch):
    on_disk(archive)
    status = archive.stat()
    os.utime(archive, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    on_disk(archive)
    assert len(opened) == 48
    on_disk(archive, image_size=9)
    assert len(opened) == 72
    monkeypatch.setattr(decoded, "RECIPE", "another")
    on_disk(archive)
    assert len(opened) == 96


def test_a_moved_archive_is_still_known(archive, opened, home):
    on_disk(archive)
    (home / "elsewhere").mkdir()
    on_disk(shutil.move(archive, home / "elsewhere" / archive.name))
    assert len(opened) == 24


def test_pictures_that_cannot_be_read_are_left_out_of_each_split(folder, home):
    (folder / "5.png").write_bytes(b"?")
    (folder / "22.png").write_bytes(b"?")
    whole = CelebAFaces(folder, 8, "all", count=5)
    with pytest.warns(
        UserWarning, match=r"^2 of 24 pictures in faces cannot be read and are left out:\n  faces: 5\.png"
    ):
        everyone = on_disk(folder)
    assert len(everyone) == 22
    assert everyone.description.startswith("22 of 24 pictures")
    assert [sentence.split(" is ")[0] for sentence in everyone.left_out] == ["faces: 5.png", "faces: 22.png"]
    assert torch.equal(everyone[:5], whole[:])
    with pytest.warns(UserWarning, match="1 of 20 pictures"):
        train = on_disk(folder, split="train")
    assert torch.equal(train[:], everyone[:19])
    assert len(train.left_out) == 1
    with pytest.raises(CourseError, match="1 of 4 pictures in faces cannot be read, too many"):
        on_disk(folder, split="validation")


def test_a_set_that_is_mostly_unreadable_is_refused_and_not_kept(folder, home):
    for number in range(3):
        (folder / f"{number}.png").write_bytes(b"?")
    with pytest.raises(CourseError, match="3 of 24 pictures in faces cannot be read, too many"):
        on_disk(folder)
    assert kept(home / "data") == []


def test_a_writer_that_was_killed_leaves_nothing_that_counts(archive, home, opened):
    expected = CelebAFaces(archive, 8, "all")[:]
    context = multiprocessing.get_context("fork")
    for stored in (0, 1, 12, 23):
        writer = context.Process(target=_write_and_be_killed, args=(archive, stored))
        writer.start()
        writer.join(60)
        assert writer.exitcode == -signal.SIGKILL
        (left,) = kept(home / "data")
        assert left.endswith(".part")
    assert torch.equal(on_disk(archive)[:], expected)
    (name,) = kept(home / "data")
    assert not name.endswith(".part")


def _write_and_be_killed(archive, stored):
    original, count = files.open_image, []

    def open_some(*given):
        count.append(1)
        if len(count) > stored:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given)

    files.open_image = open_some
    on_disk(archive, progress=False)


def test_two_processes_at_once_decode_it_once(archive, home):
    expected = CelebAFaces(archive, 8, "all")[:]
    context = multiprocessing.get_context("fork")
    answers, start = context.Queue(), context.Barrier(3)
    processes = [context.Process(target=_open_together, args=(archive, start, answers)) for _ in range(3)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    assert sorted(count for count, _ in found) == [0, 0, 24]
    assert all(np.array_equal(pixels, to_uint8(expected)) for _, pixels in found)
    assert len(kept(home / "data")) == 1


def _open_together(archive, start, answers):
    original, count = files.open_image, []

    def slowly(*given):
        count.append(1)
        time.sleep(0.02)
        return original(*given)

    files.open_image = slowly
    start.wait()
    faces = on_disk(archive, progress=False)
    answers.put((len(count), to_uint8(faces[:]).numpy()))


def test_ctrl_c_leaves_nothing_behind(archive, home, monkeypatch):
    original, count = files.open_image, []

    def interrupted(*given):
        count.append(1)
        if len(count) == 9:
            raise KeyboardInterrupt
        return original(*given)

    monkeypatch.setattr(files, "open_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        on_disk(archive)
    assert kept(home / "data") == []
    monkeypatch.setattr(files, "open_image", original)
    assert len(on_disk(archive)) == 24


def test_what_somebody_half_deleted_is_made_again(archive, home, opened):
    expected = on_disk(archive)[:]
    (name,) = kept(home / "data")
    for file in (decoded.PIXELS, decoded.REFUSED):
        (home / "data" / "decoded" / name / file).unlink()
        assert torch.equal(on_disk(archive)[:], expected)
    assert len(opened) == 72


# --- Places that do not take it ---------------------------------------------------------------------------------------


def read_only(place: Path) -> None:
    """Nothing can be made in it, not even by root, whom no permission stops."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("a file where a folder should be")


def test_where_the_data_folder_cannot_be_written_the_home_is_used(archive, home, opened):
    read_only(home / "data")
    first = on_disk(archive)
    assert len(kept(home / "home" / ".cache" / "gancourse")) == 1
    assert torch.equal(on_disk(archive)[:], first[:])
    assert len(opened) == 24


def test_what_a_teacher_decoded_is_read_from_a_folder_that_cannot_be_written(archive, home, opened, monkeypatch):
    on_disk(archive)
    monkeypatch.setattr(decoded, "_write", lambda *_: pytest.fail("written"))
    monkeypatch.setattr(decoded, "FileLock", lambda *_: pytest.fail("locked"))
    assert len(on_disk(archive)) == 24


def test_where_nothing_can_be_written_it_says_what_to_do(archive, home):
    read_only(home / "data")
    read_only(home / "home")
    with pytest.raises(CourseError, match=r"At 8 px faces\.zip takes 0\.0 GB, too much for memory.*data/decoded.*home"):
        on_disk(archive)
    assert len(CelebAFaces(archive, 8, count=5)) == 5  # the last of the three ways on


def test_a_full_disk_says_so_before_anything_is_decoded(archive, home, opened, monkeypatch):
    free = SimpleNamespace(free=4_607)  # and 24 · 3 · 8 · 8 = 4,608 are needed
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(CourseError, match=r"data/decoded \(0\.0 GB free, 0\.0 GB needed\).*GANCOURSE_DATA.*`count`"):
        on_disk(archive)
    assert len(opened) == 0
    assert kept(home / "data") == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4_608))
    assert len(on_disk(archive)) == 24


def test_a_disk_that_fills_up_meanwhile_says_so_too(archive, home, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(CourseError, match=r"data/decoded \(No space left on device\)"):
        on_disk(archive)
    assert kept(home / "data") == []


# --- Who reads it -----------------------------------------------------------------------------------------------------


def test_a_worker_is_sent_a_place_and_not_the_pixels(archive):
    faces = on_disk(archive)
    sent = pickle.dumps(faces)
    assert len(sent) < 2_500
    assert torch.equal(pickle.loads(sent)[:], faces[:])


def test_what_was_read_stays_in_nobodys_memory(archive):
    faces = on_disk(archive)
    faces[:]
    mapped = Path("/proc/self/maps")
    if not mapped.exists():
        pytest.skip("only Linux says what a process has mapped")
    assert decoded.PIXELS not in mapped.read_text()
