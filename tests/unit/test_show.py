"""Figures are what they say: sizes, colours, clipping."""

import io

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from gancourse import show
from gancourse.errors import CourseError


def pixels(drawing):
    return np.asarray(Image.open(io.BytesIO(show.png(drawing))).convert("RGB"))


def test_a_grid_enlarges_without_smoothing():
    images = torch.full((2, 3, 4, 4), -1.0)
    images[1, 0] = 1.0  # the second picture is pure red
    sheet = pixels(show.picture_grid(images))
    assert sheet.shape == (96, 96 + 4 + 96, 3)
    assert set(map(tuple, sheet[:, :95].reshape(-1, 3))) == {(0, 0, 0)}
    assert set(map(tuple, sheet[:, 101:].reshape(-1, 3))) == {(255, 0, 0)}


def test_pictures_run_row_by_row_and_stay_within_800_pixels():
    images = torch.linspace(-1, 1, 12)[:, None, None, None].expand(12, 3, 8, 8)
    sheet = pixels(show.picture_grid(images, columns=4))
    height, width = sheet.shape[:2]
    assert width <= 800
    centres = [
        sheet[int(height * (row + 0.5) / 3), int(width * (column + 0.5) / 4), 0]
        for row in range(3)
        for column in range(4)
    ]
    assert centres == sorted(centres)
    assert (centres[0], centres[-1]) == (0, 255)
    wide = pixels(show.picture_grid(torch.zeros(16, 3, 64, 64), columns=16, row_labels=["sixteen of them"], title="T"))
    assert wide.shape[1] <= 800


def test_a_notebook_shows_a_grid_without_pyplot_in_few_colours():
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    grid = show.picture_grid(images, row_labels=["four"])
    shown = Image.open(io.BytesIO(grid._repr_png_()))
    assert shown.mode == "P"
    assert shown.size == tuple(round(inches * show.DPI) for inches in grid.get_size_inches())
    few, all_colours = np.asarray(shown.convert("RGB")).astype(int), pixels(grid).astype(int)
    assert tuple(few[0, 0]) == (255, 255, 255)
    assert np.abs(few - all_colours).mean() < 20
    assert len(grid._repr_png_()) < 0.5 * len(show.png(grid))


def test_flat_colours_stay_what_they_are_beside_a_noisy_photo():
    picture = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    picture[:, :40] = (255, 239, 0)
    picture[:40, 40:80] = (174, 0, 0)
    picture[:, 150:] = (255, 255, 255)
    picture[::2, 140:150] = (253, 251, 252)  # nearly white, and near to it for Pillow
    kept = np.asarray(Image.open(io.BytesIO(show.small_png(picture))).convert("RGB"))
    assert (kept[:, :40] == (255, 239, 0)).all()
    assert (kept[:40, 40:80] == (174, 0, 0)).all()
    assert (kept[:, 150:] == 255).all()
    assert np.abs(kept.astype(int) - picture).mean() < 25


def test_clipping_is_said():
    inside = show.picture_grid(torch.ones(1, 3, 4, 4), title="Faces")
    outside = show.picture_grid(2 * torch.ones(1, 3, 4, 4), title="Faces")
    assert inside.axes[0].get_title(loc="left") == "Faces"
    assert "100.0% of the values were outside" in outside.axes[0].get_title(loc="left")


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 1, 8, 8), (0, 3, 8, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(CourseError, match="takes images"):
        show.picture_grid(torch.zeros(shape))


def test_labels_must_be_one_a_row():
    with pytest.raises(CourseError, match="2 rows of pictures and 1 labels"):
        show.picture_grid(torch.zeros(4, 3, 8, 8), columns=2, row_labels=["only one"])


def test_a_figure_is_the_same_bytes_each_time_and_has_a_white_ground():
    def draw():
        drawing = show.figure(200, 100)
        drawing.subplots().plot([0, 1])
        return show.png(drawing)

    assert draw() == draw()
    image = Image.open(io.BytesIO(draw())).convert("RGB")
    assert image.size == (200, 100)
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_use_style_reaches_the_notebooks_figures():
    with plt.rc_context():
        show.use_style()
        assert plt.rcParams["axes.titlelocation"] == "left"


def test_the_palette_is_told_apart_without_colour():
    """Real and generated must differ in lightness, for a grey print and for every kind of colour blindness."""

    def lightness(colour):
        red, green, blue = (int(colour[position : position + 2], 16) for position in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert abs(lightness(show.REAL) - lightness(show.GENERATED)) > 40
