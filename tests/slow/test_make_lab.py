"""`make lab` as a newcomer has it: a fresh clone, one command, JupyterLab on lesson 1."""

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/notebooks/01_gan_recap\.ipynb\?token=\w+")


def start(clone: Path, log: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """Start `make lab`; its process, the address it prints, and the seconds until then."""
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "MAKE"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "lab", "LAB_OPTIONS=--no-browser"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while time.monotonic() - begun < 600 and process.poll() is None:
        if found := ADDRESS.search(log.read_text()):
            return process, found.group(), time.monotonic() - begun
        time.sleep(0.1)
    stop(process)
    raise AssertionError(f"no address was printed:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    # To the whole group, since make itself passes no signal on.
    for stopper in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, stopper)
            process.wait(timeout=20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def status(address: str) -> int:
    """What the server answers; on a busy machine it prints its address a moment before it listens."""
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_a_fresh_clone_opens_and_opens_again_at_once(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", repository, clone], check=True)

    process, address, first = start(clone, tmp_path / "first.log")
    try:
        base, token = address.partition("/lab/tree/")[0], address.rpartition("token=")[2]
        contents = f"{base}/api/contents/notebooks/01_gan_recap.ipynb"
        assert status(address) == 200
        assert status(f"{contents}?content=0&token={token}") == 200
        assert status(f"{contents}?content=0") == 403, "without the token nobody on this machine may read or run"
    finally:
        stop(process)

    process, _, second = start(clone, tmp_path / "second.log")
    stop(process)
    print(f"first start {first:.0f} s, second {second:.0f} s")
    assert "Installing" not in (tmp_path / "second.log").read_text()
    assert second < 30, "5 s on a machine of its own; the margin is for a busy one"
    shutil.rmtree(clone)  # the environment is 5 GB, which pytest would keep
