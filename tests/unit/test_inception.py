"""Inception's features: the plumbing, on weights that the test writes itself.  The real ones are 95 MB."""

import hashlib
import sys

import pytest
import torch
from torch_fidelity import feature_extractor_inceptionv3 as library

from gancourse.data import to_uint8
from gancourse.errors import CourseError
from gancourse.metrics import inception, inception_features


@pytest.fixture(scope="module")
def network():
    """torch-fidelity's network with random weights."""

    class Untrained(library.FeatureExtractorInceptionV3):
        def load_state_dict(self, state, *_):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "load_state_dict_from_url", lambda *_, **__: {})
        torch.manual_seed(0)
        return Untrained("untrained", ["2048"])


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / f"weights-{inception.WEIGHTS}"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def accepted(weights, monkeypatch):
    monkeypatch.setattr(inception, "DIGEST", hashlib.sha256(weights.read_bytes()).hexdigest()[:8])
    return weights


def test_features_are_the_librarys_for_the_same_bytes(network, accepted):
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features = inception_features(images, accepted, batch_size=2, progress=False)
    assert features.shape == (3, 2048)
    expected = network(to_uint8(images))[0]  # tiny, from random weights
    assert (features - expected).norm() < 1e-4 * expected.norm()
    assert (features[0] - features[1]).norm() > 1e-3 * expected[0].norm()


def test_the_data_folder_is_searched(accepted, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(accepted.parent))
    assert inception.find_weights() == accepted


def test_missing_weights_are_a_sentence_that_says_where_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    with pytest.raises(CourseError, match="torch-fidelity on GitHub") as caught:
        inception_features(torch.zeros(1, 3, 8, 8))
    assert str(tmp_path) in str(caught.value)
    assert f"weights-{inception.WEIGHTS}" in str(caught.value)
    with pytest.raises(CourseError, match=r"There is no nowhere\.pth"):
        inception_features(torch.zeros(1, 3, 8, 8), "nowhere.pth")


def test_another_file_is_refused_before_it_is_opened(weights):
    with pytest.raises(CourseError, match=r"begins with [0-9a-f]{8}, not 6726825d"):
        inception_features(torch.zeros(1, 3, 8, 8), weights)


def test_a_missing_library_is_a_sentence(accepted, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(CourseError, match="pip install torch-fidelity"):
        inception_features(torch.zeros(1, 3, 8, 8), accepted)


def test_images_of_another_shape_are_a_sentence():
    with pytest.raises(CourseError, match=r"\(3, 8, 8\)"):
        inception_features(torch.zeros(3, 8, 8))
