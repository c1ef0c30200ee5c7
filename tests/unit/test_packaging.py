"""The wheel: everything the course needs is inside, nothing else is, and it works outside the repository."""

import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without the network: hatchling comes with the test extra."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path, repository: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "gancourse"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.split()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        licences = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    assert set(tracked) <= set(names)
    assert {name.split("/")[0] for name in names} == {"gancourse"}
    assert {"gancourse/py.typed", "gancourse/data/sources.toml"} <= set(names)
    for room in ("weights", "recorded"):
        assert any(name.startswith(f"gancourse/{room}/") and name.endswith(".safetensors") for name in names)
    assert len(licences) == 1


def test_the_wheel_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment"], check=True)
    python = tmp_path / "environment" / "bin" / "python"
    # What the wheel depends on is borrowed from the tests' own environment.  Its .pth files are not read from
    # there, so the editable install of the course in it stays out of sight.
    own = next((tmp_path / "environment" / "lib").glob("python3.*/site-packages"))
    (own / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(own)
    outside = tmp_path / "outside"
    outside.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [python, *arguments], cwd=outside, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert Path(run("-c", "import gancourse; print(gancourse.__file__)").strip()).is_relative_to(own)
    assert "torch" in run("-m", "gancourse", "doctor")
