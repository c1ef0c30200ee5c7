"""Checkpoints: everything a run needs to go on exactly where it stopped, in one file.

Written to a neighbour first and then put in place in one step, so that a crash, a full disk or a kill at any moment
leaves the last good one.  Read with `weights_only=True`: a file that would run code is refused.

A network that is done learning needs its weights only.  Those are kept apart, as float16 safetensors.
"""

import io
import os
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gancourse.errors import CourseError

FORMAT, VERSION = "gancourse checkpoint", 1


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, and dicts and lists of them) to `path`.

    Raises CourseError when it cannot be written; what was there before is then still there.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "version": VERSION, **state}, buffer)
    _write(path, buffer.getbuffer())


def _write(path: Path, content: bytes | memoryview) -> None:
    neighbour = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with neighbour.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        neighbour.replace(path)
    except OSError as error:
        neighbour.unlink(missing_ok=True)
        raise CourseError(
            f"{path} cannot be written: {error.strerror}. It needs {len(content) / 1e6:.0f} MB. What was there before "
            "is untouched; free some space or choose another folder, and start again."
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


def read_settings(description: str) -> dict[str, str]:
    """The settings in a network's description: "UNet(width=8, norm=batch)" has width 8 and norm batch, as text."""
    return dict(re.findall(r"(\w+)=(\w+)", description))


def save_weights(path: Path, network: nn.Module, **notes: str) -> None:
    """Write a network's weights to `path` in float16, with its settings and the notes in the file's header.

    Raises CourseError when they cannot be written.
    """
    settings = read_settings(network.extra_repr())
    weights = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    _write(path, save(weights, {"network": type(network).__name__, **settings, **notes}))


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What `save_weights` wrote: the weights by name, still float16, and the header.

    Raises CourseError for a missing or broken file.
    """
    if not path.is_file():
        raise CourseError(f"There are no weights {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise CourseError(f"{path} is broken or holds no weights ({error}). Get it again.") from error
