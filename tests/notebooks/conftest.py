"""The build as a module, and a sample lesson with one cell of every kind that it knows."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import build_notebooks  # noqa: E402

SAMPLE = Path(__file__).parent / "samples" / "09_sample.md"


@pytest.fixture
def sample() -> Path:
    """The source of the sample lesson."""
    return SAMPLE


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample lesson and its assignment, built once.  Tests copy what they change."""
    folder = tmp_path_factory.mktemp("built")
    build_notebooks.build(SAMPLE, folder)
    return folder
