"""What each part of pix2pix is worth, on the drawn facades: python -m benchmarks.pix2pix_ablation

Trains every row for every seed, judges it on held-out facades, and writes pix2pix_ablation.csv (one line a run) and
pix2pix_ablation.jpg beside this file; prints the table.  What is trained already is not trained again: Ctrl-C at any
time, and the same command goes on.
"""

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

import torch

from gancourse import show
from gancourse.data import DrawnFacades
from gancourse.evaluate import Judged, Judgement, judge_translations
from gancourse.hardware import DEVICES, Hardware
from gancourse.networks import PatchDiscriminator, UNetGenerator, receptive_field
from gancourse.training import train_pix2pix, translate
from gancourse.weights import load_facade_reader

HERE = Path(__file__).parent
IMAGE_SIZE, WIDTH, BATCH = 64, 16, 4
LEARNING_RATE = 4e-4
SEEDS = (0, 1, 2)
SHOWN = range(8)  # of the held-out facades, in the strip of pictures


class Row(NamedTuple):
    """One row of the table: what the generator is taught by, and what it is."""

    name: str
    adversary: bool = True
    pixel_weight: float = 100.0
    layers: int = 2
    skips: bool = True


ROWS = [
    Row("L1", adversary=False),
    Row("cGAN", pixel_weight=0.0),
    Row("L1 + cGAN"),
    Row("L1, no skips", adversary=False, skips=False),
    Row("cGAN, no skips", pixel_weight=0.0, skips=False),
    Row("L1 + cGAN, no skips", skips=False),
    *(Row(f"L1 + cGAN, patches of {receptive_field(layers)} px", layers=layers) for layers in (0, 1, 3)),
]


def train(row: Row, seed: int, steps: int, pairs: DrawnFacades, out: Path, device: str) -> UNetGenerator:
    torch.manual_seed(seed)
    generator = UNetGenerator(IMAGE_SIZE, WIDTH, skips=row.skips)
    discriminator = PatchDiscriminator(6, row.layers, WIDTH, "batch") if row.adversary else None
    history = train_pix2pix(
        generator, discriminator, pairs, steps=steps, batch_size=BATCH, learning_rate=LEARNING_RATE,
        pixel_weight=row.pixel_weight, jitter=False, seed=seed, hardware=Hardware(device), sample_every=steps, out=out,
    )  # fmt: skip
    if history.interrupted:
        raise KeyboardInterrupt
    return generator


def table(judged: dict[str, list[Judged]]) -> str:
    """Markdown: the mean over the seeds, and from which to which they reach."""
    lines = ["| | L1 | SSIM | sharpness | labels read back | kernel distance |", "|---|---|---|---|---|---|"]
    for name, rows in judged.items():
        cells = []
        for measure in ("l1", "ssim", "sharpness", "agreement", "kernel"):
            values = [getattr(row, measure) for row in rows]
            spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
            cells.append(f"{sum(values) / len(values):.3f}{spread}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/pix2pix_ablation"), help="where the runs lie")
    parser.add_argument("--steps", type=int, default=1_500, help="of each run")
    parser.add_argument("--count", type=int, default=1_000, help="drawn facades to train on")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    options = parser.parse_args()

    pairs, held_out = DrawnFacades(options.count, IMAGE_SIZE), DrawnFacades(100, IMAGE_SIZE, "validation")
    labels, photos = held_out[torch.arange(len(held_out))]
    reader = load_facade_reader()
    judged: dict[str, list[Judged]] = {}
    strip = {"labels": labels[SHOWN]}
    for seed in SEEDS:
        for row in ROWS:
            out = options.out / f"{row.name} {seed}".replace(" ", "_").replace(",", "").replace("+", "and")
            generator = train(row, seed, options.steps, pairs, out, options.device).cpu()
            made = translate(generator, labels)
            judgement = judge_translations([(row.name, made)], held_out, pairs, reader)
            for name, line in judgement.items():
                if seed == SEEDS[0] or name == row.name:
                    judged.setdefault(name, []).append(line)
            strip.setdefault(row.name, made[SHOWN])
            print(f"{row.name}, seed {seed}: {judgement[row.name]}", flush=True)


if __name__ == "__main__":
    main()
