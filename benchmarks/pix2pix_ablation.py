"""What each part of pix2pix is worth, on the drawn facades: python -m benchmarks.pix2pix_ablation

Trains every row for every seed, judges it on held-out facades, writes what lesson 3 shows of it (one line a run, and a
sheet of pictures) to gancourse/recorded and pix2pix_ablation.jpg beside this file, and prints the table.  What is
trained already is not trained again: Ctrl-C at any time, and the same command goes on.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gancourse import show
from gancourse.data import DrawnFacades
from gancourse.evaluate import Judged, judge_translations
from gancourse.hardware import DEVICES, Hardware
from gancourse.networks import PatchDiscriminator, UNetGenerator, receptive_field
from gancourse.recorded import Ablation, save_ablation
from gancourse.training import train_pix2pix, translate
from gancourse.weights import load_facade_reader

HERE = Path(__file__).parent
IMAGE_SIZE, WIDTH, BATCH = 64, 16, 4
LEARNING_RATE = 4e-4
HELD_OUT, SHOWN = 100, 5  # facades to judge by, and of them in the strip of pictures
MEASURES = ("l1", "ssim", "sharpness", "agreement", "frechet", "kernel")


class Row(NamedTuple):
    """One row of the table: what the generator is taught by, and what it is."""

    name: str
    adversary: bool = True
    pixel_weight: float = 100.0
    layers: int = 2
    skips: bool = True
    sees_labels: bool = True
    pairs_fit: bool = True


ROWS = [
    Row("L1", adversary=False),
    Row("cGAN", pixel_weight=0.0),
    Row("L1 + cGAN"),
    Row("L1, no skips", adversary=False, skips=False),
    Row("cGAN, no skips", pixel_weight=0.0, skips=False),
    Row("L1 + cGAN, no skips", skips=False),
    *(Row(f"L1 + cGAN, patches of {receptive_field(layers)} px", layers=layers) for layers in (0, 1, 3)),
    Row("GAN", pixel_weight=0.0, sees_labels=False),
    Row("L1 + GAN", sees_labels=False),
    *(Row(f"L1 + cGAN, λ = {weight}", pixel_weight=weight) for weight in (1, 10, 1000)),
    Row("L1 + cGAN, pairs shuffled", pairs_fit=False),
]


class Blind(nn.Module):
    """A discriminator that is given labels and photos and looks at the photos alone: a GAN, and no cGAN."""

    def __init__(self, discriminator: PatchDiscriminator) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, labels_and_photos: Tensor) -> Tensor:
        return self.discriminator(labels_and_photos[:, 3:])

    def extra_repr(self) -> str:
        return self.discriminator.extra_repr()


class ShuffledPairs:
    """The same labels and the same photos, each label beside the photo of another facade."""

    def __init__(self, pairs: DrawnFacades) -> None:
        self.pairs = pairs
        self.partners = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        return self.pairs[indices][0], self.pairs[self.partners[indices]][1]


def train(row: Row, seed: int, options: argparse.Namespace, pairs: DrawnFacades, labels: Tensor) -> Tensor:
    """What the row's generator, trained with this seed, makes of the labels."""
    torch.manual_seed(seed)
    generator = UNetGenerator(IMAGE_SIZE, WIDTH, skips=row.skips)
    discriminator = None
    if row.adversary and row.sees_labels:
        discriminator = PatchDiscriminator(6, row.layers, WIDTH, "batch")
    elif row.adversary:
        discriminator = Blind(PatchDiscriminator(3, row.layers, WIDTH, "batch"))
    print(f"{row.name}, seed {seed}", flush=True)
    hardware = Hardware(options.device)
    shown = pairs if row.pairs_fit else ShuffledPairs(pairs)
    history = train_pix2pix(
        generator, discriminator, shown, steps=options.steps, batch_size=BATCH, learning_rate=LEARNING_RATE,
        pixel_weight=row.pixel_weight, jitter=False, seed=seed, hardware=hardware, sample_every=options.steps,
        out=options.out / f"{row.name}, seed {seed}",
    )  # fmt: skip
    if history.interrupted:
        raise SystemExit("The same command goes on from here.")
    return translate(generator, hardware.send(labels))


def table(judged: dict[str, list[Judged]]) -> str:
    """Markdown: the mean over the seeds, and from which to which they reach."""
    lines = ["| | L1 | SSIM | sharpness | labels | Fréchet | kernel |", "|---|---|---|---|---|---|---|"]
    for name, runs in judged.items():
        cells = []
        for measure in MEASURES:
            values = [getattr(run, measure) for run in runs]
            spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
            cells.append(f"{sum(values) / len(values):.3f}{spread}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/pix2pix_ablation"), help="where the runs lie")
    parser.add_argument("--steps", type=int, default=2_000, help="of each run")
    parser.add_argument("--count", type=int, default=1_000, help="drawn facades to train on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--device", choices=DEVICES, default="auto")
    options = parser.parse_args()

    pairs, held_out = DrawnFacades(options.count, IMAGE_SIZE), DrawnFacades(HELD_OUT, IMAGE_SIZE, "validation")
    labels, photos = held_out[torch.arange(HELD_OUT)]
    judged: dict[str, list[Judged]] = {}
    strip = {"labels": labels[:SHOWN]}
    for seed in options.seeds:
        made = {row.name: train(row, seed, options, pairs, labels) for row in ROWS}
        judgement = judge_translations(made.items(), held_out, pairs, load_facade_reader())
        for name, run in judgement.items():
            if name in made or seed == options.seeds[0]:
                judged.setdefault(name, []).append(run)
        if seed == options.seeds[0]:
            strip |= {name: photo[:SHOWN] for name, photo in made.items()}
            strip["the photos"] = photos[:SHOWN]
            grid = show.picture_grid(torch.cat(list(strip.values())), columns=SHOWN, row_labels=list(strip))
            grid.savefig(HERE / "pix2pix_ablation.jpg", pil_kwargs={"quality": 85})
        measured = {
            name: {measure: [getattr(run, measure) for run in runs] for measure in MEASURES}
            for name, runs in judged.items()
        }
        save_ablation("pix2pix", Ablation({row.name: strip[row.name] for row in ROWS}, measured))
        print(f"After seed {seed}, {options.steps} steps a run, N = {HELD_OUT}:\n{table(judged)}", flush=True)


if __name__ == "__main__":
    main()
