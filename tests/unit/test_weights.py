"""What comes with the course loads, draws faces, and is plain, small and labelled."""

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from gancourse.data import DrawnFaces
from gancourse.training import draw_latents, sample
from gancourse.weights import FOLDER, load_face_generator


def test_the_face_generator_draws_pictures_as_varied_as_drawn_faces():
    generator = load_face_generator()
    assert not generator.training
    faces = sample(generator, draw_latents(generator, 64, seed=0, step=0))
    assert faces.shape == (64, 3, 64, 64)
    drawn = DrawnFaces(64, progress=False)[:64]
    # Brightness over the picture, and how much pictures differ from each other: near the drawn ones, far from noise.
    assert (faces.mean(0) - drawn.mean(0)).abs().mean() < 0.15
    assert 0.6 < faces.std(0).mean() / drawn.std(0).mean() < 1.4


def test_the_same_latents_give_the_same_faces():
    latents = torch.randn(2, 100)
    assert torch.equal(sample(load_face_generator(), latents), sample(load_face_generator(), latents))


def test_every_file_says_how_it_was_made_and_all_are_small():
    files = list(FOLDER.glob("*.safetensors"))
    assert files
    for path in files:
        with safe_open(path, framework="pt") as file:
            command = file.metadata()["command"]
        expected = "python tools/train_face_reader.py" if path.stem == "face_reader" else "python -m gancourse train"
        assert expected in command
        assert {weight.dtype for weight in load_file(path).values()} == {torch.float16, torch.int64}
    assert sum(path.stat().st_size for path in files) < 25e6
