"""python -m gancourse check-data, run as a user runs it."""

import numpy as np
import pytest
from PIL import Image

from gancourse.__main__ import main
from gancourse.data.drawn_faces import draw_faces
from gancourse.data.drawn_landscapes import draw_landscapes
from gancourse.data.report import check_pictures


@pytest.fixture(autouse=True)
def no_bars(monkeypatch):
    monkeypatch.setenv("GANCOURSE_PROGRESS", "0")


def saved(folder, pixels):
    folder.mkdir(parents=True)
    for number, picture in enumerate(pixels):
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def faces(tmp_path):
    return saved(tmp_path / "faces", draw_faces(12, 32))


def test_the_report_is_printed_at_the_size_asked_for(faces, capsys):
    assert main(["check-data", str(faces), "--size", "32"]) == 0
    assert capsys.readouterr().out == f"{check_pictures(faces, size=32)}\n"
    assert main(["check-data", str(faces)]) == 0
    assert "Smaller than 64 px, so enlarged, and soft: 12" in capsys.readouterr().out


def test_two_folders_are_checked_together(tmp_path, capsys):
    photos, monets = draw_landscapes(7, 32)
    places = [str(saved(tmp_path / "photos", photos)), str(saved(tmp_path / "monets", monets[:, :, :, ::-1]))]
    for picture in (tmp_path / "monets").iterdir():
        picture.rename(picture.with_stem(f"monet{picture.stem}"))
    assert main(["check-data", *places]) == 0
    assert "Fits lesson 4, CycleGAN: photos as photos, 6 to train with, and monets as paintings, 6." in (
        capsys.readouterr().out
    )


def test_the_sheet_is_a_png_with_a_row_for_each_part(faces, tmp_path, capsys):
    sheet = tmp_path / "new" / "sheet.png"
    assert main(["check-data", str(faces), "--size", "32", "--sheet", str(sheet)]) == 0
    assert f"The contact sheet is {sheet}." in capsys.readouterr().out
    with Image.open(sheet) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert 700 <= pixels.shape[1] <= 800
    assert 150 <= pixels.shape[0] <= 220  # training faces above, held-out ones below


def test_a_sheet_of_another_kind_is_refused_before_the_work(faces, capsys):
    assert main(["check-data", str(faces), "--sheet", "sheet.pdf"]) == 2
    said = capsys.readouterr()
    assert "ends in .png" in said.err
    assert said.out == ""


def test_what_is_no_set_of_pictures_ends_with_2(tmp_path, capsys):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    assert main(["check-data", str(tmp_path / "letters")]) == 2
    assert "holds no pictures" in capsys.readouterr().err
    assert main(["check-data", str(tmp_path / "nowhere")]) == 2
    assert "There is no" in capsys.readouterr().err


def test_a_set_that_nothing_can_train_on_is_reported_and_ends_with_2(faces, capsys):
    for number in range(3):
        (faces / f"{number:02}.png").write_bytes(b"broken")
    assert main(["check-data", str(faces), "--size", "32"]) == 2
    said = capsys.readouterr()
    assert "Cannot be read, and left out: 3" in said.out
    assert "To train" not in said.out
    assert "No lesson's network" in said.err


def test_another_size_is_refused(faces, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["check-data", str(faces), "--size", "100"])
    assert ended.value.code == 2
    assert "choose from 32, 64, 128, 256, 512" in capsys.readouterr().err.replace("'", "")
