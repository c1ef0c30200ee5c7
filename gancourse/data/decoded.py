"""Pictures that are decoded once and kept on the disk, for sets that are too many for memory.

They lie in `decoded/` of the data folder or, where that cannot be written to, of `~/.cache/gancourse`: a folder for
each set and size.  Any of them may be deleted while nothing reads it; what is asked for again is decoded again.
"""

import errno
import hashlib
import json
import math
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from gancourse.data import catalogue
from gancourse.data.files import Pictures, Refused, decode_each, require_few
from gancourse.errors import CourseError

RECIPE = "centre square, bilinear, 1"  # counted up when what is kept changes: it is then decoded anew
PIXELS, REFUSED = "pixels.npy", "refused.json"

Load = Callable[[str], Tensor]


class DecodedPictures:
    """Pictures on the disk, uint8 (N, 3, image_size, image_size), indexed as a tensor is.

    `load` makes one of a name, and is asked only where nobody decoded the same archive or folder at this size before.
    All of `pictures` is decoded then, and `positions` are those wanted of it.  `refused` says why some of them cannot
    be read; they are left out.

    The file is mapped anew at each access.  So what was read of it burdens no process's memory, and the workers of a
    DataLoader share nothing.

    Raises CourseError where there is no place for the pixels, and where so many pictures cannot be read that the set
    is probably broken.
    """

    refused: Refused

    def __init__(self, pictures: Pictures, image_size: int, positions: range, load: Load, progress: bool) -> None:
        folder = _decoded_folder(pictures, image_size, load, progress)
        refused = json.loads((folder / REFUSED).read_text(encoding="utf-8"))
        self.refused = {position: refused[str(position)] for position in positions if str(position) in refused}
        self._rows = torch.tensor([position for position in positions if position not in self.refused])
        self._file = folder / PIXELS

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int | slice | Tensor) -> Tensor:
        rows = self._rows[index]
        pixels = np.load(self._file, mmap_mode="r")[rows.flatten().numpy()]
        return torch.from_numpy(pixels).reshape(*rows.shape, *pixels.shape[1:])


def _decoded_folder(pictures: Pictures, image_size: int, load: Load, progress: bool) -> Path:
    """Where the pixels of all the pictures are, after decoding them if need be."""
    name = f"{pictures.path.name}-{image_size}px-{_digest(pictures)}"
    homes = [catalogue.data_folder(), Path.home() / ".cache" / "gancourse"]
    targets = [home / "decoded" / name for home in homes]
    for target in targets:
        if _is_there(target):
            return target
    shape = len(pictures.names), 3, image_size, image_size
    faults = []
    for target in targets:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if progress:
                size = f"{math.prod(shape) / 1e9:.1f} GB"
                print(f"{shape[0]:,} pictures are decoded once, into {target} ({size}; it may be deleted later).")
            with FileLock(f"{target}.lock"):  # a second process waits for the first, and finds what it made
                if not _is_there(target):
                    _write(target, pictures, shape, load, progress)
            return target
        except OSError as error:
            faults.append(f"{target.parent} ({error.strerror or error})")
    raise CourseError(
        f"At {image_size} px {pictures.path.name} takes {math.prod(shape) / 1e9:.1f} GB, too much for memory, and the "
        f"disk does not take it either: {', '.join(dict.fromkeys(faults))}. Make room, set GANCOURSE_DATA to a folder "
        "that has it, or take fewer pictures with `count`."
    )


def _digest(pictures: Pictures) -> str:
    """Differs when the archive does, or any picture of the folder, or the recipe."""
    path = pictures.path
    files = [f"{path}/{name}" for name in pictures.names] if path.is_dir() else [str(path)]
    digest = hashlib.sha256(RECIPE.encode())
    for file in files:
        status = os.stat(file)
        digest.update(f"{file[len(str(path)) :]} {status.st_size} {status.st_mtime_ns}\n".encode(errors="replace"))
    return digest.hexdigest()[:16]


def _is_there(target: Path) -> bool:
    return (target / PIXELS).is_file() and (target / REFUSED).is_file()


def _write(target: Path, pictures: Pictures, shape: tuple[int, ...], load: Load, progress: bool) -> None:
    """Makes `target`, whole or not at all.  Only for who holds its lock.  Raises OSError where it cannot be written."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # left by a process that was killed
    needed, free = math.prod(shape), shutil.disk_usage(target.parent).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed")
    try:
        part.mkdir()
        with (part / PIXELS).open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            start, length, lock = file.tell(), math.prod(shape[1:]), threading.Lock()

            def store(position: int, picture: Tensor) -> None:
                with lock:
                    file.seek(start + position * length)
                    file.write(picture.numpy().tobytes())

            refused = decode_each(pictures.names, load, store, progress)
            require_few(refused, shape[0], "pictures", pictures.path.name)
            file.truncate(start + needed)  # the last picture may be one that was refused
            file.flush()
            os.fsync(file.fileno())
        (part / REFUSED).write_text(json.dumps(refused), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)  # of which somebody deleted a part
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
