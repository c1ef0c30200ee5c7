"""python -m gancourse evaluate: which snapshot of a run is the best."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from gancourse.commands.options import (
    Commands,
    HelpWithDefaults,
    add_pairs_options,
    add_statistics_option,
    load_faces,
    load_pairs,
    load_unpaired,
    natural,
)
from gancourse.errors import CourseError
from gancourse.evaluate import (
    REAL,
    UNTRAINED,
    best_snapshot,
    evaluate_snapshots,
    find_cycle_snapshots,
    find_snapshots,
    is_cycle_run,
    judge_landscapes,
    judge_translations,
    network_of,
)
from gancourse.evaluate.landscapes import STATISTICS_FROM
from gancourse.hardware import Hardware
from gancourse.progress import progress_bar
from gancourse.training import translate
from gancourse.weights import (
    DIRECTIONS,
    load_facade_generator,
    load_facade_reader,
    load_face_generator,
    load_face_reader,
    load_landscape_reader,
    load_translator,
    trained_size,
)


def add_to(commands: Commands) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="which snapshot of a run is the best",
        description="Compare every snapshot of a run with the pictures held out for validation.",
        formatter_class=HelpWithDefaults,
    )
    evaluate.add_argument("out", type=Path, metavar="RUN", help="the folder of `train ... --snapshots`")
    evaluate.add_argument(
        "--count", type=natural, metavar="N", help="pictures to judge by (default: 500 faces, or all)"
    )
    add_pairs_options(evaluate, "the pictures it was trained on, as for train")
    evaluate.add_argument(
        "--direction", choices=DIRECTIONS, default="photo_to_monet", help="which generator of a CycleGAN to judge"
    )
    add_statistics_option(evaluate)
    evaluate.set_defaults(run=evaluate_run)


def evaluate_run(options: argparse.Namespace) -> None:
    """python -m gancourse evaluate"""
    if is_cycle_run(options.out):
        evaluate_cyclegan(options, find_cycle_snapshots(options.out))
        return
    snapshots = find_snapshots(options.out)
    (evaluate_dcgan if network_of(snapshots) == "DCGANGenerator" else evaluate_pix2pix)(options, snapshots)


def evaluate_dcgan(options: argparse.Namespace, snapshots: dict[int, Path]) -> None:
    """Every snapshot of a run on faces, and which is the best."""
    if options.data and len(options.data) > 1:
        raise CourseError(f"--data names {len(options.data)} places; this run was trained on one.")
    data = options.data[0] if options.data else None
    image_size = load_face_generator(next(iter(snapshots.values()))).image_size
    reference, others = (load_faces(data, image_size, split, options.count or 500) for split in ("validation", "train"))
    comparison = evaluate_snapshots(snapshots, load_face_reader(), reference, others)
    comparison.write_csv(options.out / "distances.csv")
    best = best_snapshot(comparison)
    low, high = comparison[best].interval
    print(f"{comparison}\nBest: {best}, kernel distance {comparison[best].kernel:.4f} ({low:.4f} to {high:.4f}), where")
    print(f"real faces are {comparison[REAL].kernel:.4f} from each other. Distances are over the features of the face")
    print(f"reader, which knows drawn faces only. The table is in {options.out / 'distances.csv'} too.")
    if comparison[UNTRAINED].kernel <= comparison[best].kernel:
        print("No snapshot is nearer than the untrained generator: train longer.")


def evaluate_pix2pix(options: argparse.Namespace, snapshots: dict[int, Path]) -> None:
    """Every snapshot of a run on pairs, beside four baselines."""
    hardware = Hardware(precision="float32")
    image_size = load_facade_generator(next(iter(snapshots.values()))).image_size
    held_out = load_pairs(options, image_size, "validation", options.count)
    training_pairs = load_pairs(options, image_size, "train", None)
    labels, _ = held_out[torch.arange(len(held_out))]

    def translations() -> Iterator[tuple[str, Tensor]]:
        for step, path in progress_bar(snapshots.items(), desc="evaluating", unit="snapshot"):
            generator = hardware.place(load_facade_generator(path))
            yield f"step {step}", translate(generator, hardware.send(labels), options.statistics == "own")

    reader = load_facade_reader()
    judgement = judge_translations(translations(), held_out, training_pairs, reader)
    judgement.write_csv(options.out / "judgement.csv")
    print(
        f"{judgement}\nL1 and SSIM are to the photo of the same labels; sharpness is a share of the photos'; labels is"
    )
    print(
        "the share of pixels whose label the facade reader, which knows drawn facades only, reads back; kernel is the"
    )
    print(f"distance of the set, over its features. The table is in {options.out / 'judgement.csv'} too.")


def evaluate_cyclegan(options: argparse.Namespace, snapshots: dict[int, tuple[Path, Path]]) -> None:
    """Every snapshot of a run on two sets, in one direction, beside what recolouring alone can do."""
    hardware = Hardware(precision="float32")
    image_size = trained_size(next(iter(snapshots.values()))[0])
    held_out = load_unpaired(options.data, image_size, "validation", options.count)
    training = load_unpaired(options.data, image_size, "train", STATISTICS_FROM)

    def translator(path: Path) -> Callable[[Tensor], Tensor]:
        generator = hardware.place(load_translator(path))
        return lambda pictures: translate(generator, hardware.send(pictures))

    def translators() -> Iterator[tuple[str, Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]]:
        for step, (photo_to_monet, monet_to_photo) in progress_bar(
            snapshots.items(), desc="evaluating", unit="snapshot"
        ):
            ways = translator(photo_to_monet), translator(monet_to_photo)
            there, back = ways if options.direction == "photo_to_monet" else ways[::-1]
            yield f"step {step}", there, back

    judgement = judge_landscapes(translators(), held_out, training, load_landscape_reader(), options.direction)
    table = options.out / f"judgement_{options.direction}.csv"
    judgement.write_csv(table)
    print(
        f"{judgement}\nL1 and SSIM are to the right answers, which only drawn scenes have; strokes are a share of the"
    )
    print("target domain's; hue is the shift from the input, in degrees; cycle is L1 to what comes back; kernel is the")
    print("distance of the set to the target domain's pictures, over the features of the landscape reader, which knows")
    print(f"drawn scenes only. The table is in {table} too.")
