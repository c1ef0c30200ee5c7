"""What each part of CycleGAN is worth, on the drawn landscapes: python -m benchmarks.cyclegan_ablation

Trains every row for every seed, measures it against the right answers of held-out landscapes, writes what lesson 4
shows of it (one line a run, and a sheet of pictures) to gancourse/recorded and cyclegan_ablation.jpg beside this file,
and prints the table.  What is trained already is not trained again: Ctrl-C at any time, and the same command goes on.
"""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse import show
from gancourse.data import DrawnLandscapes
from gancourse.evaluate import judge_landscapes
from gancourse.hardware import DEVICES, Hardware
from gancourse.losses import (
    cycle_loss,
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    identity_loss,
)
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.recorded import Ablation, save_ablation
from gancourse.steps import CycleGeneratorsResult, cycle_generators_step, round_trip
from gancourse.training import sample, train_cyclegan, train_pix2pix
from gancourse.weights import load_landscape_reader

HERE = Path(__file__).parent
IMAGE_SIZE, WIDTH, BATCH, LEARNING_RATE = 32, 16, 2, 4e-4
GENERATOR = {"blocks": 2, "width": WIDTH, "downsamplings": 1}
LAYERS = 2  # of each PatchGAN
HELD_OUT, KEPT, SHOWN = 100, 8, 5  # scenes to judge by; of them recorded as pictures, and in the strip
MEASURES = ("l1", "ssim", "strokes", "hue_shift", "cycle", "frechet", "kernel", "l1_of_photos")
PAIRED = "pix2pix, told the answers"
EVERY_SEED = tuple("adversary + cycle" + more for more in ("", " + identity 0.5", " + identity 5"))  # pictures of all


def forward_cycle_step(
    photo_to_monet: nn.Module,
    monet_to_photo: nn.Module,
    monet_discriminator: nn.Module,
    photo_discriminator: nn.Module,
    optimiser: Optimizer,
    photos: Tensor,
    monets: Tensor,
    loss: Callable[[Tensor], Tensor],
    cycle_weight: float,
    identity_weight: float,
    update: Callable[[Tensor, Optimizer], None],
) -> CycleGeneratorsResult:
    """`cycle_generators_step` where only photos have to find their way back: photo -> monet -> photo."""
    monet_way = round_trip(photo_to_monet, monet_to_photo, monet_discriminator, photos)
    photo_way = round_trip(monet_to_photo, photo_to_monet, photo_discriminator, monets)
    adversarial = loss(monet_way.fake_logits) + loss(photo_way.fake_logits)
    cycle = cycle_loss(photos, monet_way.recovered)
    identity = torch.zeros_like(cycle)
    if identity_weight:
        identity = identity_loss(monets, photo_to_monet(monets)) + identity_loss(photos, monet_to_photo(photos))
    update(adversarial + cycle_weight * cycle + identity_weight * identity, optimiser)
    return CycleGeneratorsResult(adversarial.detach(), cycle.detach(), identity.detach(), monet_way, photo_way)


def backward_cycle_step(
    photo_to_monet: nn.Module,
    monet_to_photo: nn.Module,
    monet_discriminator: nn.Module,
    photo_discriminator: nn.Module,
    optimiser: Optimizer,
    photos: Tensor,
    monets: Tensor,
    *rest: object,
) -> CycleGeneratorsResult:
    """The same where only paintings have to: monet -> photo -> monet.  It is the same step seen from the other side."""
    result = forward_cycle_step(
        monet_to_photo, photo_to_monet, photo_discriminator, monet_discriminator, optimiser, monets, photos, *rest
    )
    return result._replace(monet_way=result.photo_way, photo_way=result.monet_way)


class Row(NamedTuple):
    """One row of the table: what teaches the generators, and what the discriminators are shown."""

    name: str
    cycle_weight: float = 10.0
    identity_weight: float = 0.0
    step: Callable[..., CycleGeneratorsResult] = cycle_generators_step
    pool_size: int = 50
    least_squares: bool = True
    adversary: bool = True


ROWS = [
    Row("cycle", adversary=False),
    Row("adversary", cycle_weight=0),
    Row("adversary + forward cycle", step=forward_cycle_step),
    Row("adversary + backward cycle", step=backward_cycle_step),
    Row("adversary + cycle"),
    Row("adversary + cycle + identity 0.5", identity_weight=0.5),
    Row("adversary + cycle + identity 5", identity_weight=5),
    Row("adversary + identity 5", cycle_weight=0, identity_weight=5),
    Row("adversary + forward cycle + identity 5", identity_weight=5, step=forward_cycle_step),
    Row("adversary + backward cycle + identity 5", identity_weight=5, step=backward_cycle_step),
    Row("all, no pool", identity_weight=5, pool_size=0),
    Row("all, BCE for least squares", identity_weight=5, least_squares=False),
]


def no_loss(logits: Tensor) -> Tensor:
    """What the discriminators say teaches nothing."""
    return 0 * logits.mean()


def train(
    row: Row, seed: int, options: argparse.Namespace, images: DrawnLandscapes
) -> tuple[ResNetGenerator, ResNetGenerator]:
    """The row's two generators, trained with this seed: photo to monet, monet to photo."""
    torch.manual_seed(seed)
    photo_to_monet, monet_to_photo = (ResNetGenerator(**GENERATOR) for _ in range(2))
    monet_discriminator, photo_discriminator = (PatchDiscriminator(3, LAYERS, WIDTH) for _ in range(2))
    print(f"{row.name}, seed {seed}", flush=True)
    generator_loss = generator_lsgan_loss if row.least_squares else generator_bce_loss
    history = train_cyclegan(
        photo_to_monet, monet_to_photo, monet_discriminator, photo_discriminator, images.photos, images.monets,
        constant=4, decay=4, epoch_steps=options.steps // 8, batch_size=BATCH, learning_rate=LEARNING_RATE,
        cycle_weight=row.cycle_weight, identity_weight=row.identity_weight, pool_size=row.pool_size,
        discriminator_loss=discriminator_lsgan_loss if row.least_squares else discriminator_bce_loss,
        generator_loss=generator_loss if row.adversary else no_loss, generators_step=row.step, jitter=False,
        seed=seed, hardware=Hardware(options.device), sample_every=options.steps,
        out=options.out / f"{row.name}, seed {seed}",
    )  # fmt: skip
    if history.interrupted:
        raise SystemExit("The same command goes on from here.")
    return photo_to_monet.eval(), monet_to_photo.eval()


class Answered:
    """Scenes that nobody is judged by, as pairs: what an unpaired translator never has."""

    def __init__(self, count: int) -> None:
        self.images = DrawnLandscapes(count, IMAGE_SIZE, "validation", seed=1)

    def __len__(self) -> int:
        return len(self.images.photos)

    def __getitem__(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        return self.images.photos[indices], self.images.monets[indices]


def train_with_answers(seed: int, options: argparse.Namespace, pairs: Answered) -> ResNetGenerator:
    """The same generator as a pix2pix, which is told the right answer at each step."""
    torch.manual_seed(seed)
    generator = ResNetGenerator(**GENERATOR)
    print(f"{PAIRED}, seed {seed}", flush=True)
    history = train_pix2pix(
        generator, PatchDiscriminator(6, LAYERS, WIDTH, "instance"), pairs, steps=options.steps, batch_size=BATCH,
        learning_rate=LEARNING_RATE, decay_steps=options.steps // 2, jitter=False, seed=seed,
        hardware=Hardware(options.device), sample_every=options.steps, out=options.out / f"{PAIRED}, seed {seed}",
    )  # fmt: skip
    if history.interrupted:
        raise SystemExit("The same command goes on from here.")
    return generator.eval()


def table(measured: dict[str, dict[str, list[float]]]) -> str:
    """Markdown: the mean over the seeds, and from which to which they reach."""
    lines = ["| | " + " | ".join(MEASURES) + " |", "|---" * (1 + len(MEASURES)) + "|"]
    for name, values in measured.items():
        cells = []
        for measure in MEASURES:
            runs = values[measure]
            spread = f" ({min(runs):.3f} to {max(runs):.3f})" if len(runs) > 1 else ""
            cells.append("–" if math.isnan(runs[0]) else f"{sum(runs) / len(runs):.3f}{spread}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/cyclegan_ablation"), help="where the runs lie")
    parser.add_argument("--steps", type=int, default=1_200, help="of each run, a multiple of 8")
    parser.add_argument("--count", type=int, default=1_000, help="drawn photos, and as many paintings, to train on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--device", choices=DEVICES, default="auto")
    options = parser.parse_args()

    images, pairs = DrawnLandscapes(options.count, IMAGE_SIZE), Answered(options.count)
    held_out = DrawnLandscapes(HELD_OUT, IMAGE_SIZE, "validation")
    photos, monets = held_out.photos[:KEPT], held_out.monets[:KEPT]
    reader = load_landscape_reader()
    measured: dict[str, dict[str, list[float]]] = {}
    made: dict[str, Tensor] = {}
    for seed in options.seeds:
        there_and_back = {row.name: train(row, seed, options, images) for row in ROWS}
        there: dict[str, tuple[ResNetGenerator, ResNetGenerator | None]] = {**there_and_back}
        there[PAIRED] = train_with_answers(seed, options, pairs), None
        judgement = judge_landscapes(((name, *ways) for name, ways in there.items()), held_out, images, reader)
        back = [(name, monet_to_photo, None) for name, (_, monet_to_photo) in there_and_back.items()]
        other_way = judge_landscapes(back, held_out, images, reader, "monet_to_photo")
        for name, run in judgement.items():
            if name in there or seed == options.seeds[0]:
                found = {measure: getattr(run, measure) for measure in MEASURES[:-1]}
                found[MEASURES[-1]] = other_way[name].l1 if name in other_way else math.nan
                for measure, value in found.items():
                    measured.setdefault(name, {}).setdefault(measure, []).append(value)
        made |= {f"{name}, seed {seed}": sample(there[name][0], photos) for name in EVERY_SEED}
        if seed == options.seeds[0]:
            made |= {name: sample(ways[0], photos) for name, ways in there.items()}
        others = [name for name in made if name not in there and not name.endswith(f", seed {options.seeds[0]}")]
        strip = {"photos": photos, **{name: made[name] for name in (*there, *others)}, "the right answers": monets}
        rows = [pictures[:SHOWN] for pictures in strip.values()]
        grid = show.picture_grid(torch.cat(rows), columns=SHOWN, row_labels=list(strip))
        grid.savefig(HERE / "cyclegan_ablation.jpg", pil_kwargs={"quality": 85})
        save_ablation("cyclegan", Ablation(made, measured))
        print(f"After seed {seed}, {options.steps} steps a run, N = {HELD_OUT}:\n{table(measured)}", flush=True)


if __name__ == "__main__":
    main()
