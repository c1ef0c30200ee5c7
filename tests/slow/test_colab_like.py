"""What Colab has, as far as it can be had here: its Python and its versions, and the course on top as users install it.

The versions are those of Colab's image of August 2026.  A new image: change the list, run `make test-slow`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

COLAB = """
    torch==2.11.0 torchvision==0.26.0 numpy==2.1.3 matplotlib==3.10.0 pillow==11.3.0 safetensors==0.6.2 tqdm==4.67.1
    scikit-image==0.25.2 scipy==1.16.1 anywidget==0.9.21 requests==2.32.4 urllib3==2.5.0 filelock==3.20.0
    ipykernel==6.17.1 ipython==7.34.0 ipywidgets==7.7.1 traitlets==5.7.1 notebook==6.5.7 tornado==6.5.7 pyzmq==26.2.1
    nbclient==0.10.4 nbconvert==7.17.1 nbformat==5.11.1 jupyter-client setuptools
    nbval==0.11.0 pytest==8.4.2 tensorboard==2.19.0
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What the command printed; a failure shows it."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def colab(python313: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python of an environment with Colab's versions and without the course."""
    folder = tmp_path_factory.mktemp("colab")
    run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", python313, "environment", cwd=folder)
    python = folder / "environment" / "bin" / "python"
    run(sys.executable, "-m", "uv", "pip", "install", "--python", python, *COLAB.split(), cwd=folder)
    run(python, "-m", "ipykernel", "install", "--sys-prefix", "--name", "python3", cwd=folder)
    yield python
    shutil.rmtree(folder)  # 5 GB, which pytest would keep


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=repository)
    return next(folder.glob("*.whl"))


def installed(python: Path) -> set[str]:
    return set(run(sys.executable, "-m", "uv", "pip", "freeze", "--python", python, cwd=python.parent).splitlines())


def test_the_course_installs_beside_what_colab_has_and_the_lessons_agree(
    colab: Path, wheel: Path, repository: Path, tmp_path: Path
) -> None:
    before = installed(colab)
    run(sys.executable, "-m", "uv", "pip", "install", "--python", colab, wheel, cwd=tmp_path)
    after = installed(colab)
    assert not before - after, "installing the course replaced what Colab had: users would have to restart"
    assert {line.partition(" ")[0] for line in after - before} == {"gancourse"}, "installing the course brought more"

    for name in ("conftest.py", "sanitize.cfg"):
        shutil.copy(repository / "notebooks" / name, tmp_path)
    lessons = sorted((repository / "notebooks").glob("0*.ipynb"))
    assert lessons
    for lesson in lessons:
        shutil.copy(lesson, tmp_path)
    # In a folder of its own, where only the installed course can be imported.
    output = run(
        *(colab, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"),
        *("--nbval-sanitize-with", "sanitize.cfg", "--nbval-cell-timeout", "300", *(lesson.name for lesson in lessons)),
        cwd=tmp_path,
        OMP_NUM_THREADS="1",
        GANCOURSE_PROFILE="smoke",
        GANCOURSE_PROGRESS="0",
    )
    print(output)
