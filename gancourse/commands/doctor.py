"""python -m gancourse doctor: what this machine has, and what the course makes of it."""

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import torch

from gancourse import profile
from gancourse.commands.options import Commands
from gancourse.data.catalogue import REAL_SETS, data_folder, find
from gancourse.hardware import Hardware


def add_to(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="what this machine has, and what the course makes of it")
    doctor.set_defaults(run=lambda _: print(examine()))


def examine() -> str:
    """A page about this machine, for its owner and for bug reports."""
    hardware = Hardware()
    packages = ["torch", "torchvision", "numpy", "matplotlib", "ipywidgets", "jupyterlab"]
    lines = {
        "gancourse": metadata.version("gancourse"),
        "Python": f"{platform.python_version()} on {platform.platform()}",
        "packages": ", ".join(f"{name} {installed_version(name)}" for name in packages),
        "trains on": str(hardware),
        "processor": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads for PyTorch",
        "data folder": f"{data_folder()} ({free_space(data_folder())} free)",
        **{
            real_set.title: str(
                find(name) or f"not there; the drawn twin is used (to get it: python -m gancourse download {name})"
            )
            for name, real_set in REAL_SETS.items()
            if not real_set.like
        },
        "profile": profile.name(),
    }
    return "\n".join(f"{name + ':':13}{value}" for name, value in lines.items())


def installed_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(missing)"


def free_space(folder: Path) -> str:
    """Of the disk that the folder is on, or would be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return f"{shutil.disk_usage(there).free / 1e9:.0f} GB"
