"""Trainings, recorded: what happened, to look at without training anything.

Games in the plane lie here, one safetensors file each; trainings on faces lie in `faces` and those of CycleGANs in
`cycles`, two files each: the numbers as safetensors, and what the generators drew as one JPEG sheet.  A file's header
names what recorded it.  Comparisons of many trainings lie in `ablations`, also two files each: a table as CSV, and a
sheet of pictures.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from gancourse.errors import CourseError
from gancourse.training import History

FOLDER = Path(__file__).parent
FACES = FOLDER / "faces"
CYCLES = FOLDER / "cycles"
ABLATIONS = FOLDER / "ablations"
COLUMNS = 16  # faces that are kept of each moment


def load_run(name: str) -> History:
    """A recorded game on the ring: "healthy" is one that went well; "A", "B", "C" and "D" are yours to name.

    Raises CourseError for another name.
    """
    require_run(FOLDER, name, "run")
    tensors = load_file(FOLDER / f"{name}.safetensors")
    steps, samples = tensors.pop("steps").tolist(), tensors.pop("samples").float()
    values = {measure: recorded.tolist() for measure, recorded in sorted(tensors.items())}
    return History(values, list(zip(steps, samples, strict=True)))


class FaceRun(NamedTuple):
    """A training on faces.

    history    its values, one a step, and samples: (step, images (16, 3, S, S)), always of the same latents
    distances  by a sample's step: the kernel distance of generated to real faces, held out from the training
    floor      the same distance of real faces to other real ones
    count      pictures on each side of a distance
    note       what was trained, on what, by which command
    """

    history: History
    distances: dict[int, float]
    floor: float
    count: int  # type: ignore[assignment]  # over tuple.count, which nobody needs here
    note: str


def save_face_run(folder: Path, name: str, run: FaceRun) -> None:
    """Write a run to NAME.safetensors, the values in float16, and NAME.jpg, a row of faces for each of its moments."""
    folder.mkdir(parents=True, exist_ok=True)
    steps, samples = zip(*run.history.samples, strict=True)
    values = {measure: torch.tensor(values).half() for measure, values in run.history.values.items()}
    tensors = {
        **values,
        "steps": torch.tensor(steps),
        "distances": torch.tensor([run.distances[step] for step in steps]),
    }
    header = {"floor": repr(run.floor), "count": str(run.count), "note": run.note}
    save_file(tensors, folder / f"{name}.safetensors", header)
    make_sheet(samples).save(folder / f"{name}.jpg", quality=90)


def load_face_run(name: str, folder: Path = FACES) -> FaceRun:
    """What `save_face_run` wrote; `folder` may be one of your own.  Raises CourseError for a name that is not there."""
    require_run(folder, name, "training on faces")
    with safe_open(folder / f"{name}.safetensors", framework="pt") as file:
        header = file.metadata()
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    steps, distances = tensors.pop("steps").tolist(), tensors.pop("distances").tolist()
    with Image.open(folder / f"{name}.jpg") as sheet:
        moments = cut_sheet(sheet, COLUMNS)
    history = History(
        {measure: recorded.tolist() for measure, recorded in sorted(tensors.items())},
        list(zip(steps, moments, strict=True)),
    )
    return FaceRun(
        history, dict(zip(steps, distances, strict=True)), float(header["floor"]), int(header["count"]), header["note"]
    )


class CycleRun(NamedTuple):
    """A CycleGAN's training on drawn landscapes.

    history    its values, one a step, without samples
    photos     images (N, 3, S, S) that it has not trained on
    fakes      the paintings it made of them after the last step
    recovered  the photos it made of these very fakes
    note       what was trained, on what, by which command
    """

    history: History
    photos: Tensor
    fakes: Tensor
    recovered: Tensor
    note: str


def save_cycle_run(folder: Path, name: str, run: CycleRun) -> None:
    """Write a run to NAME.safetensors, the values in float16, and NAME.jpg: a row of photos, of fakes, of recovered."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {measure: torch.tensor(values).half() for measure, values in run.history.values.items()}
    save_file(values, folder / f"{name}.safetensors", {"note": run.note})
    sheet = make_sheet((run.photos, run.fakes, run.recovered))
    sheet.save(folder / f"{name}.jpg", quality=92, subsampling=0)


def load_cycle_run(name: str, folder: Path = CYCLES) -> CycleRun:
    """What `save_cycle_run` wrote: "healthy" is a run that went well; "A", "B", "C" and "D" are yours to name.

    Raises CourseError for a name that is not there.
    """
    require_run(folder, name, "CycleGAN")
    with safe_open(folder / f"{name}.safetensors", framework="pt") as file:
        note = file.metadata()["note"]
        values = {measure: file.get_tensor(measure).tolist() for measure in sorted(file.keys())}
    with Image.open(folder / f"{name}.jpg") as sheet:
        photos, fakes, recovered = cut_sheet(sheet, 3 * sheet.width // sheet.height)
    return CycleRun(History(values), photos, fakes, recovered, note)


def make_sheet(rows: Sequence[Tensor]) -> Image.Image:
    """Rows of as many images each, (columns, 3, S, S) in [-1, 1], as one picture."""
    sheet = torch.cat([torch.cat(list(images), dim=2) for images in rows], dim=1)  # (3, rows * S, columns * S)
    return Image.fromarray(((sheet.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy())


def cut_sheet(sheet: Image.Image, columns: int) -> Tensor:
    """A sheet of pictures as images (rows, columns, 3, S, S) in [-1, 1]."""
    pixels = torch.from_numpy(np.array(sheet))
    size = pixels.shape[1] // columns
    return pixels.reshape(-1, size, columns, size, 3).permute(0, 2, 4, 1, 3) / 127.5 - 1


class Ablation(NamedTuple):
    """Many trainings that differ in one thing each, beside one another.

    pictures  by a row's name: images (columns, 3, S, S) that its first seed makes of always the same inputs
    measured  by a row's name, by a measure's: one value a seed.  Rows that need no training have one, and no pictures
    """

    pictures: dict[str, Tensor]
    measured: dict[str, dict[str, list[float]]]


def save_ablation(name: str, ablation: Ablation, folder: Path = ABLATIONS) -> None:
    """Write NAME.csv, one line for each row and seed, and NAME.jpg, whose comment names its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    measures = list(next(iter(ablation.measured.values())))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "seed", *measures])
        for row, values in ablation.measured.items():
            for seed, numbers in enumerate(zip(*values.values(), strict=True)):
                writer.writerow([row, seed, *(f"{number:.4f}" for number in numbers)])
    rows = json.dumps(list(ablation.pictures))
    sheet = make_sheet(list(ablation.pictures.values()))
    sheet.save(folder / f"{name}.jpg", quality=92, subsampling=0, comment=rows)


def load_ablation(name: str, folder: Path = ABLATIONS) -> Ablation:
    """What `save_ablation` wrote: "pix2pix" comes with the course, benchmarks/pix2pix_ablation.py made it.

    Raises CourseError for a name that is not there.
    """
    require_run(folder, name, "ablation", "csv")
    measured: dict[str, dict[str, list[float]]] = {}
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            values = measured.setdefault(line.pop("row"), {})
            del line["seed"]
            for measure, number in line.items():
                values.setdefault(measure, []).append(float(number))
    with Image.open(folder / f"{name}.jpg") as sheet:
        rows = json.loads(sheet.info["comment"])
        columns = len(rows) * sheet.width // sheet.height
        return Ablation(dict(zip(rows, cut_sheet(sheet, columns), strict=True)), measured)


def require_run(folder: Path, name: str, what: str, suffix: str = "safetensors") -> None:
    """Raise CourseError, naming those that are there, unless the folder holds this run."""
    names = sorted(path.stem for path in folder.glob(f"*.{suffix}"))
    if name not in names:
        raise CourseError(f"There is no recorded {what} {name!r}. There are {', '.join(names) or 'none'}.")
