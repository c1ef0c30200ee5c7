"""What a test may ask for: a browser, the real pictures, a GPU, an older or newer Python.

A test that asks for something this machine lacks skips and says why.  Where GANCOURSE_REQUIRE names it
("browser,data,python3.13", as .ci/run sets it), the test fails instead: CI must not go green by skipping.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

Absent = Callable[[str, str], NoReturn]


@pytest.fixture(scope="session")
def absent() -> Absent:
    """`absent("browser", reason)` skips the test, or fails it where GANCOURSE_REQUIRE names the first word."""

    def stop(what: str, reason: str) -> NoReturn:
        required = {word.strip() for word in os.environ.get("GANCOURSE_REQUIRE", "").split(",")}
        if what in required:
            pytest.fail(f"GANCOURSE_REQUIRE asks for {what!r}: {reason}", pytrace=False)
        pytest.skip(reason)

    return stop


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data(absent: Absent) -> Path:
    """The folder with the real archives: img_align_celeba.zip, facades.tar.gz, monet2photo.zip."""
    folder = os.environ.get("GANCOURSE_TEST_DATA")
    if not folder:
        absent("data", "GANCOURSE_TEST_DATA does not say where the real archives are")
    if not (Path(folder) / "img_align_celeba.zip").is_file():
        absent("data", f"there is no img_align_celeba.zip in {folder}")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def chromium(absent: Absent) -> str:
    """The path of a Chromium or Chrome; Playwright, which drives it, is installed."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        absent("browser", "playwright is not installed (it comes with the test extra)")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    absent("browser", "there is no Chromium or Chrome on the PATH")


@pytest.fixture(scope="session")
def cuda(absent: Absent) -> str:
    """The device "cuda", on a machine that has one."""
    import torch

    if not torch.cuda.is_available():
        absent("cuda", "there is no CUDA GPU here")
    return "cuda"


@pytest.fixture(scope="session")
def python313(absent: Absent) -> str:
    """The path of a Python 3.13: GANCOURSE_PYTHON313, python3.13 on the PATH, or one that pyenv keeps."""
    if path := os.environ.get("GANCOURSE_PYTHON313"):
        return path
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in sorted(versions.glob("3.13.*/bin/python3.13"), reverse=True):
        return str(path)
    if path := shutil.which("python3.13"):
        return path
    absent("python3.13", "there is no Python 3.13 here; GANCOURSE_PYTHON313 can name one")
