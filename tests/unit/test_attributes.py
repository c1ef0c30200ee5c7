"""Coverage: what is missing is named, what is there is not."""

import pytest
import torch

from gancourse.data import DrawnFaces
from gancourse.metrics import Coverage, attribute_coverage, readable_attributes
from gancourse.networks.reader import READABLE
from gancourse.weights import load_face_reader


@pytest.fixture(scope="module")
def reader():
    return load_face_reader()


@pytest.fixture(scope="module")
def reference():
    return DrawnFaces(600, 32, "validation", seed=1, progress=False)[:]


@pytest.fixture(scope="module")
def faces():
    return DrawnFaces(600, 32, seed=2, progress=False)


def test_other_faces_cover_all_that_is_asked_for(reader, reference, faces):
    coverage = attribute_coverage(faces[:], reader, reference)
    assert coverage.dropped == []
    assert coverage.covered == coverage.asked >= 24
    for category, values in coverage.shares.items():
        assert list(values) == list(READABLE[category])
        assert sum(here for here, _ in values.values()) == pytest.approx(1)
        assert sum(there for _, there in values.values()) == pytest.approx(1)


@pytest.mark.parametrize(("category", "value"), [("glasses", "sun"), ("hair_style", "curly"), ("skin_tone", "dark")])
def test_a_value_left_out_is_named(reader, reference, faces, category, value):
    code = list(READABLE[category]).index(value)
    keep = readable_attributes(faces.attributes)[category] != code
    coverage = attribute_coverage(faces[keep.nonzero().flatten()], reader, reference)
    assert f"{category}: {value}" in coverage.dropped
    assert len(coverage.dropped) <= 2
    assert coverage.covered == coverage.asked - len(coverage.dropped)


def test_one_face_again_and_again_drops_all_but_its_own_values(reader, reference, faces):
    coverage = attribute_coverage(faces[:1].repeat(100, 1, 1, 1), reader, reference)
    assert coverage.covered <= len(READABLE)
    assert len(coverage.dropped) == coverage.asked - coverage.covered


def test_rare_values_are_not_asked_for_and_a_quarter_is_enough():
    shares = {"glasses": {"none": (0.9, 0.7), "clear": (0.05, 0.2), "sun": (0.049, 0.2), "three": (0.0, 0.0099)}}
    coverage = Coverage(shares, {"glasses": 0.97}, (500, 400))
    assert (coverage.asked, coverage.covered, coverage.dropped) == (3, 2, ["glasses: sun"])
    lines = str(coverage).splitlines()
    assert lines[0].startswith("2 of 3 values covered")
    assert "500" in lines[2]
    assert "400" in lines[2]
    assert lines[3] == "glasses, read right 97%"
    assert [line.split("  ")[-1] for line in lines if "dropped" in line or "rare" in line] == [
        "dropped",
        "too rare to ask for",
    ]


def test_known_attributes_are_put_into_the_readers_terms(faces):
    known = readable_attributes(faces.attributes)
    # Codes of drawn_faces: glasses none, thin, thick, sun.
    assert torch.equal(known["glasses"], torch.tensor([0, 1, 1, 2])[torch.from_numpy(faces.attributes["glasses"])])
    assert set(known) == {*READABLE, "smile", "turn", "tilt", "light", "age"}
