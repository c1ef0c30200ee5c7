"""The reader of faces: its shapes, how far it can be trusted, and distances that grow with what is wrong."""

import pytest
import torch
from torchvision.transforms.functional import gaussian_blur

from gancourse.data import DrawnFaces
from gancourse.errors import CourseError
from gancourse.metrics import frechet_distance, kernel_distance, readable_attributes
from gancourse.metrics.attributes import read_values
from gancourse.networks import FaceReader
from gancourse.networks.reader import MEASURED, READABLE
from gancourse.weights import load_face_reader

COUNT = 300


@pytest.fixture(scope="module")
def reader():
    return load_face_reader()


@pytest.fixture(scope="module")
def held_out():
    return DrawnFaces(COUNT, 32, "validation", seed=1, progress=False)


@pytest.fixture(scope="module")
def others():
    return DrawnFaces(COUNT, 32, seed=2, progress=False)[:]


@torch.no_grad()
def features(reader, images):
    return reader.features(images)


def test_a_reader_gives_every_category_and_every_measure():
    reader = FaceReader(width=4).eval()
    read = reader(torch.zeros(3, 3, 64, 64))
    assert {name: tuple(read[name].shape) for name in READABLE} == {
        name: (3, len(values)) for name, values in READABLE.items()
    }
    assert all(read[name].shape == (3,) for name in MEASURED)
    assert reader.features(torch.zeros(3, 3, 32, 32)).shape == (3, 64)


def test_larger_pictures_are_averaged_down(reader, held_out):
    images = held_out[:4]
    assert torch.allclose(
        features(reader, images.repeat_interleave(2, 2).repeat_interleave(2, 3)), features(reader, images), atol=1e-4
    )


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 1, 32, 32), (2, 3, 16, 16), (2, 3, 64, 32)])
def test_other_shapes_are_a_sentence(shape):
    with pytest.raises(CourseError, match="the reader takes"):
        FaceReader(width=4)(torch.zeros(shape))


def test_the_header_tells_the_truth_about_faces_never_seen(reader, held_out):
    truth = readable_attributes(held_out.attributes)
    codes = read_values(held_out[:], reader)
    for name in READABLE:
        right = (codes[name] == truth[name]).float().mean().item()
        assert right == pytest.approx(reader.accuracy[name], abs=0.05), name
        assert right > 0.88, name
    with torch.no_grad():
        read = reader(held_out[:])
    for name in ("smile", "turn", "light"):
        correlation = torch.stack([read[name], truth[name]]).corrcoef()[0, 1].item()
        assert correlation == pytest.approx(reader.accuracy[name], abs=0.08), name


def test_blurred_faces_are_read_as_well(reader, held_out):
    truth, codes = (
        readable_attributes(held_out.attributes),
        read_values(gaussian_blur(held_out[:], [3, 3], [0.6]), reader),
    )
    for name in READABLE:
        assert (codes[name] == truth[name]).float().mean() > reader.accuracy[name] - 0.06, name


def spoilt(images, how):
    rng = torch.Generator().manual_seed(0)
    red = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None]
    yield from {
        "blur": [gaussian_blur(images, [5, 5], [sigma]) for sigma in (0.5, 0.8, 1.2)],
        "noise": [images + amount * torch.randn(images.shape, generator=rng) for amount in (0.1, 0.2, 0.4)],
        "colour cast": [images + amount * red for amount in (0.1, 0.2, 0.4)],
        "collapse": [images[: len(images) // few].repeat(few, 1, 1, 1) for few in (6, 30, 150)],
    }[how]


@pytest.mark.parametrize("how", ["blur", "noise", "colour cast", "collapse"])
def test_both_distances_grow_with_what_is_wrong(reader, held_out, others, how):
    reference = features(reader, held_out[:])
    sets = [features(reader, images.clamp(-1, 1)) for images in (others, *spoilt(others, how))]
    for distance in (frechet_distance, kernel_distance):
        grown = [distance(one, reference).item() for one in sets]
        assert grown == sorted(grown), (how, distance.__name__, grown)
        assert grown[-1] > 4 * max(grown[0], 0.02)


def test_a_group_left_out_is_farther_than_any_other_sample(reader, held_out):
    faces = DrawnFaces(3 * COUNT, 32, seed=3, progress=False)
    known = readable_attributes(faces.attributes)
    reference = features(reader, held_out[:])
    real = frechet_distance(features(reader, faces[:COUNT]), reference)
    for category, value in (("glasses", "none"), ("skin_tone", "dark")):
        code = list(READABLE[category]).index(value)
        keep = known[category] == code if category == "glasses" else known[category] != code
        assert frechet_distance(features(reader, faces[keep.nonzero().flatten()[:COUNT]]), reference) > 1.5 * real
