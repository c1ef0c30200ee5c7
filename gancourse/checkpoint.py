"""Checkpoints: everything a run needs to go on exactly where it stopped, in one file.

Written to a neighbour first and then put in place in one step, so that a crash, a full disk or a kill at any moment
leaves the last good one.  Read with `weights_only=True`: a file that would run code is refused.
"""

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from gancourse.errors import CourseError

FORMAT, VERSION = "gancourse checkpoint", 1


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, and dicts and lists of them) to `path`.

    Raises CourseError when it cannot be written; what was there before is then still there.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "version": VERSION, **state}, buffer)
    neighbour = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with neighbour.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except OSError as error:
        neighbour.unlink(missing_ok=True)
        raise CourseError(
            f"The checkpoint cannot be written to {path}: {error.strerror}. It needs {buffer.tell() / 1e6:.0f} MB. "
            "An earlier checkpoint there is untouched; free some space or choose another folder, and start again."
        ) from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What `save_checkpoint` wrote, with its tensors on the CPU.

    Raises CourseError for a missing or broken file, one that holds anything but numbers, and one of another version.
    """
    if not path.is_file():
        raise CourseError(f"There is no checkpoint {path}.")
    if not zipfile.is_zipfile(path):
        raise CourseError(f"{path} is broken or no checkpoint at all. Move it away to start anew.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CourseError(
            f"{path} was not opened: it is damaged, or holds something other than numbers and text and could run code. "
            "A checkpoint of this course is always plain. Get it again from where it was trained, or move it away."
        ) from error
    except Exception as error:  # damaged bytes can make the reader fail in any way
        raise CourseError(f"{path} is broken or no checkpoint at all. Move it away to start anew.") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CourseError(f"{path} is no checkpoint of this course. Move it away, or choose another folder.")
    if state["version"] != VERSION:
        raise CourseError(
            f"{path} is a checkpoint of version {state['version']}; this gancourse reads version {VERSION}. "
            "Use the gancourse it was made with, or start anew in another folder."
        )
    return state


def require_same_settings(path: Path, saved: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise CourseError, naming each difference, unless a run with the settings `wanted` may go on from `saved`."""
    different = [name for name in wanted if saved.get(name) != wanted[name]]
    if different:
        lines = [f"  {name.replace('_', ' ')}: {saved.get(name)} there, {wanted[name]} here" for name in different]
        raise CourseError(
            f"The checkpoint {path} was made with other settings:\n" + "\n".join(lines) + "\n"
            "Give the same settings to go on with it, or choose another folder to start anew."
        )
