"""CelebA at its full number, 202,599 pictures: opening it, its memory, and whether loading keeps up with training.

    python -m benchmarks.full_celeba [--folder DIR] [--count 202599]

The stand-in has the official layout, names and picture size, but its faces are drawn: a thousand of them, again and
again.  It is made in DIR (default: the temporary folder), which needs 8 GB, and removed in the end.  Each row is a
process of its own; its peak is the most memory that the system counted for it, Python and PyTorch included.
"""

import argparse
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from argparse import Namespace
from pathlib import Path

import torch
from PIL import Image

from benchmarks.step_speed import make_step, processor
from gancourse.data import CelebAFaces
from gancourse.data.drawn_faces import draw_faces
from gancourse.progress import progress_bar

DISTINCT = 1_000
SIZE = (178, 218)
BATCH = 64


def draw_files() -> list[bytes]:
    """Drawn faces as the makers' JPEGs are: 178x218 px, some 7 kB each."""
    files = []
    for first in progress_bar(range(0, DISTINCT, 50), desc="drawing"):
        for pixels in draw_faces(50, 224, first=first):
            stream = io.BytesIO()
            Image.fromarray(pixels.transpose(1, 2, 0)).crop((23, 3, 201, 221)).save(stream, "JPEG", quality=92)
            files.append(stream.getvalue())
    assert Image.open(io.BytesIO(files[0])).size == SIZE
    return files


def build(home: Path, count: int) -> tuple[Path, Path]:
    """The archive, and the same unpacked; in the folder, pictures that are alike are one file of many names."""
    files = draw_files()
    archive, folder = home / "img_align_celeba.zip", home / "unpacked" / "img_align_celeba"
    folder.mkdir(parents=True)
    originals = [home / f"{position}.jpg" for position in range(len(files))]
    for original, content in zip(originals, files, strict=True):
        original.write_bytes(content)
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(count):
            name = f"{number + 1:06}.jpg"
            packed.writestr(f"img_align_celeba/{name}", files[number % len(files)])
            os.link(originals[number % len(files)], folder / name)
    return archive, folder


def random_batches(faces: CelebAFaces, count: int = 500) -> float:
    """Milliseconds that a batch of random pictures takes, on average."""
    batches = torch.randperm(len(faces), generator=torch.Generator().manual_seed(0)).split(BATCH)[:count]
    start = time.perf_counter()
    for indices in batches:
        faces[indices]
    return 1000 * (time.perf_counter() - start) / len(batches)


def row(source: Path, what: str) -> str:
    """One cell of the table, measured in this process."""
    start = time.perf_counter()
    faces = CelebAFaces(source, progress=False)
    answer = f"{time.perf_counter() - start:.1f} s"
    if what == "batches":
        answer = f"{random_batches(faces):.2f} ms"
    elif what == "cold":
        with next(Path(os.environ["GANCOURSE_DATA"]).glob(f"decoded/{source.name}-*/*.npy")).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        answer = f"{random_batches(faces):.2f} ms"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return f"{answer}, {peak / 1e9:.2f} GB"


def step_milliseconds(width: int) -> float:
    options = Namespace(network="dcgan", device="cpu", image_size=64, width=width, batch_size=BATCH)
    step = make_step(options, fused=True, channels_last=True, precision="float32")
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds[1:])


ROWS = {
    "open": "first opening, which decodes",
    "again": "second opening",
    "batches": f"then a random batch of {BATCH}",
    "cold": "the same, after the system forgot the file",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--count", type=int, default=202_599)
    parser.add_argument("--row", nargs=2, help=argparse.SUPPRESS)  # what the processes are started with
    options = parser.parse_args()
    if options.row:
        print(row(Path(options.row[0]), options.row[1]))
        return

    if shutil.disk_usage(options.folder).free < 8e9:
        parser.error(f"{options.folder} has less than the 8 GB free that this takes; give another --folder")
    with tempfile.TemporaryDirectory(dir=options.folder) as home:
        sources = build(Path(home), options.count)
        os.environ["GANCOURSE_DATA"] = str(Path(home) / "data")
        print(
            f"{options.count:,} pictures of {SIZE[0]}x{SIZE[1]} px, {sources[0].stat().st_size / 1e9:.2f} GB; ", end=""
        )
        print(f"{processor()}, {os.cpu_count()} cores, torch {torch.__version__}\n")
        print("| | zip | folder |\n|---|---|---|")
        for what, title in ROWS.items():
            cells = []
            for source in sources:
                command = [sys.executable, "-m", "benchmarks.full_celeba", "--row", str(source), what]
                cells.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
            print(f"| {title} | {' | '.join(cells)} |", flush=True)
    torch.set_num_threads(1)
    for width in (32, 64):
        print(
            f"\nOne step of a DCGAN, 64 px, width {width}, batch {BATCH}, 1 thread: {step_milliseconds(width):.0f} ms"
        )


if __name__ == "__main__":
    main()
