"""The `lab` fixture: JupyterLab over an empty folder, with a browser page on it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab import Lab


@pytest.fixture
def lab(chromium: str, tmp_path: Path) -> "Iterator[Lab]":
    from lab import Lab  # it imports playwright, whose absence the chromium fixture turns into a skip

    work, configuration = tmp_path / "work", tmp_path / "configuration"
    work.mkdir()
    configuration.mkdir()
    with Lab(chromium, work, configuration) as running:
        yield running


@pytest.fixture
def screenshot(lab: "Lab", tmp_path: Path) -> Callable[[str], Path]:
    """`screenshot("name")` saves the page as name.png in GANCOURSE_SCREENSHOTS, or else in the test's own folder."""
    folder = Path(os.environ.get("GANCOURSE_SCREENSHOTS", tmp_path / "screenshots"))

    def save(name: str) -> Path:
        path = folder / f"{name}.png"
        lab.page.screenshot(path=path)
        return path

    return save
