"""Record the trainings on faces that lesson 2 looks back at.

    python tools/record_face_runs.py drawn
    python tools/record_face_runs.py keep RUN NAME "what was trained on what"

`drawn` trains pairs of networks on drawn faces of 32 px, one as it should be and four with a fault, some minutes each
on one thread.  `keep` takes a run that `python -m gancourse evaluate` has judged, and records what its generator drew.
"""

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gancourse.checkpoint import save_weights
from gancourse.data import DrawnFaces
from gancourse.evaluate import REAL, find_snapshots, steps_of
from gancourse.hardware import Hardware
from gancourse.metrics import Comparison, kernel_distance
from gancourse.networks import DCGANDiscriminator, DCGANGenerator
from gancourse.progress import progress_bar
from gancourse.recorded import COLUMNS, FACES, FaceRun, save_face_run
from gancourse.steps import discriminator_step, generator_step
from gancourse.training import History, draw_latents, measures, sample, shuffled_batches
from gancourse.weights import COLLAPSED, load_face_generator, load_face_reader

SIZE, WIDTH, BATCH, LEARNING_RATE = 32, 32, 32, 4e-4
STEPS, LOOK_EVERY, SEEDS = 600, 100, (0, 1, 2)  # the first is recorded
COUNT = 500  # pictures on each side of a distance
MOMENTS = 24  # kept of a long run


def batch_norm_on_input(generator: DCGANGenerator, discriminator: DCGANDiscriminator) -> None:
    discriminator.layers.insert(0, nn.BatchNorm2d(3))


def no_tanh(generator: DCGANGenerator, discriminator: DCGANDiscriminator) -> None:
    generator.layers = generator.layers[:-1]


def judge_one_by_one(generator: DCGANGenerator, discriminator: DCGANDiscriminator) -> None:
    """No batch norm in the discriminator: it cannot see how alike the pictures of a batch are."""
    for block in discriminator.layers:
        if isinstance(block, nn.Sequential):
            del block[1:]


class Fault(NamedTuple):
    """One thing done differently."""

    what: str
    change: Callable[[DCGANGenerator, DCGANDiscriminator], None] | None = None
    from_zero: bool = False  # pictures in [0, 1], not in [-1, 1]
    generator_turns: int = 1


RUNS = {
    "healthy": Fault("nothing wrong"),
    "batch_norm_on_input": Fault("batch norm on the discriminator's input", change=batch_norm_on_input),
    "no_tanh": Fault("no Tanh at the generator's output", change=no_tanh),
    "tanh_on_0_to_1": Fault("a Tanh, and pictures in [0, 1], brought back to [-1, 1] afterwards", from_zero=True),
    "collapse": Fault(
        "four turns of the generator in each step, and no batch norm in the discriminator",
        change=judge_one_by_one,
        generator_turns=4,
    ),
}


def train(images: DrawnFaces, fault: Fault, seed: int) -> tuple[DCGANGenerator, History]:
    """`train_gan` with room for faults; its samples are COUNT pictures each."""
    torch.manual_seed(seed)
    generator, discriminator = DCGANGenerator(100, SIZE, WIDTH), DCGANDiscriminator(SIZE, WIDTH)
    if fault.change:
        fault.change(generator, discriminator)
    hardware = Hardware("cpu")
    generator_optimiser, discriminator_optimiser = (
        hardware.adam(hardware.place(network).parameters(), LEARNING_RATE, (0.5, 0.999))
        for network in (generator, discriminator)
    )
    fixed_latents = draw_latents(generator, COUNT, seed, step=-1)
    history = History(samples=[(0, sample(generator, fixed_latents))])
    batches = shuffled_batches(len(images), BATCH, seed)
    for step in progress_bar(range(1, STEPS + 1), True, desc=f"{fault.what}, seed {seed}", unit="step"):
        latents = draw_latents(generator, BATCH * (1 + fault.generator_turns), seed, step).split(BATCH)
        real_images = images[next(batches)]
        if fault.from_zero:
            real_images = (real_images + 1) / 2
        judged = discriminator_step(
            generator, discriminator, discriminator_optimiser, hardware.send(real_images), latents[0]
        )
        for some in latents[1:]:
            made = generator_step(generator, discriminator, generator_optimiser, some)
        history.record(measures(judged, made))
        if step % LOOK_EVERY == 0:
            history.samples.append((step, sample(generator, fixed_latents)))
    history.read()
    if fault.from_zero:
        history.samples = [(step, 2 * pictures - 1) for step, pictures in history.samples]
    return generator, history


def record_drawn() -> None:
    images, held_out = DrawnFaces(3_000, SIZE), DrawnFaces(2 * COUNT, SIZE, "validation")
    reader = load_face_reader()

    @torch.no_grad()
    def distance(pictures: Tensor) -> float:
        return kernel_distance(reader.features(pictures), reader.features(held_out[:COUNT])).item()

    for name, fault in RUNS.items():
        trainings = [train(images, fault, seed) for seed in SEEDS]
        generator, history = trainings[0]
        distances = {step: distance(pictures) for step, pictures in history.samples}
        last = ", ".join(f"{distance(history.samples[-1][1]):.2f}" for _, history in trainings)
        history.samples = [(step, pictures[:COLUMNS]) for step, pictures in history.samples]
        note = (
            f"{fault.what}; width {WIDTH}, batch {BATCH}, learning rate {LEARNING_RATE}, {len(images):,} drawn faces "
            f"at {SIZE} px; last distance with {len(SEEDS)} seeds: {last}; python tools/record_face_runs.py drawn"
        )
        save_face_run(FACES, name, FaceRun(history, distances, distance(held_out[COUNT:]), COUNT, note))
        print(f"{name}: {last}", flush=True)
        if name == "collapse":
            command = "python tools/record_face_runs.py drawn"
            save_weights(COLLAPSED, generator, command=command)


def record_run(run: Path, name: str, what: str) -> None:
    """Faces at MOMENTS moments, closer together early on, when more happens; the best moment is among them."""
    with (run / "history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    values = {measure: [float(row[measure]) for row in rows] for measure in rows[0] if measure != "step"}
    comparison = Comparison.read_csv(run / "distances.csv")
    kernel = {step: row.kernel for step, row in steps_of(comparison).items()}
    snapshots = {step: path for step, path in find_snapshots(run).items() if step in kernel}
    values = {measure: every[: max(snapshots)] for measure, every in values.items()}
    best = min(kernel, key=lambda step: kernel[step])
    moments = [max(snapshots) * (moment / (MOMENTS - 1)) ** 2 for moment in range(MOMENTS)]
    chosen = {min(snapshots, key=lambda step: abs(step - moment)) for moment in moments}
    samples = []
    for step in sorted(chosen | {best}):
        generator = load_face_generator(snapshots[step])
        samples.append((step, sample(generator, draw_latents(generator, COLUMNS, seed=0, step=-1))))
    history = History(values, samples)
    save_face_run(FACES, name, FaceRun(history, kernel, comparison[REAL].kernel, comparison.count, what))
    print(f"{name}: {len(samples)} moments of {len(rows)} steps; best {best}, kernel distance {kernel[best]:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("drawn")
    keep = commands.add_parser("keep")
    keep.add_argument("run", type=Path)
    keep.add_argument("name")
    keep.add_argument("what")
    options = parser.parse_args()
    if options.command == "drawn":
        record_drawn()
    else:
        record_run(options.run, options.name, options.what)


if __name__ == "__main__":
    main()
