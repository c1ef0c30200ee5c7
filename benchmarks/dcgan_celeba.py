"""Draw what `python -m gancourse evaluate RUN` found: distances over the steps, and faces of the nearest moment.

    python benchmarks/dcgan_celeba.py RUN --data img_align_celeba.zip

Writes dcgan_celeba_distances.png and dcgan_celeba.jpg beside this file.  Prints the means of the run's history, and
how often the discriminator, as the run left it, calls a photograph real: one it has trained on, one it has not.
"""

import argparse
import csv
from pathlib import Path

import torch
from matplotlib.figure import Figure

from gancourse import show
from gancourse.checkpoint import load_checkpoint
from gancourse.data import CelebAFaces
from gancourse.evaluate import REAL, best_snapshot, find_snapshots, load_discriminator, steps_of
from gancourse.metrics import Comparison
from gancourse.training import draw_latents, sample
from gancourse.weights import load_face_generator

HERE = Path(__file__).parent
NOISE = 750  # steps before which the distances are off every scale


@show.in_style
def draw_distances(comparison: Comparison) -> Figure:
    """Kernel distance with its interval, and Fréchet distance, over the steps; real against real as a dashed line."""
    steps = {step: row for step, row in steps_of(comparison).items() if step >= NOISE}
    drawing = show.figure(800, 300)
    panels = drawing.subplots(1, 2)
    for axes, measure, title in zip(
        panels, ("kernel", "frechet"), ("kernel distance", "Fréchet distance"), strict=True
    ):
        distances = [getattr(row, measure) for row in steps.values()]
        axes.plot(list(steps), distances, "o-", color=show.GENERATED, markersize=3)
        floor, top = getattr(comparison[REAL], measure), max(distances)
        axes.axhline(floor, color=show.REAL, linestyle="--", linewidth=1.5)
        axes.text(0, floor - 0.01 * top, " real faces, others", color=show.REAL, va="top")
        axes.set(xlim=(0, None), xlabel="step", title=f"{title}, N = {comparison.count}")
    low, high = zip(*(row.interval for row in steps.values()), strict=True)
    panels[0].fill_between(list(steps), low, high, color=show.GENERATED, alpha=0.25, linewidth=0)
    return drawing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    run = options.run
    comparison = Comparison.read_csv(run / "distances.csv")
    draw_distances(comparison).savefig(HERE / "dcgan_celeba_distances.png")

    best = best_snapshot(comparison)
    generator = load_face_generator(find_snapshots(run)[int(best.removeprefix("step "))])
    faces = show.picture_grid(sample(generator, draw_latents(generator, 32, seed=0, step=-1)))
    faces.savefig(HERE / "dcgan_celeba.jpg", pil_kwargs={"quality": 85})

    with (run / "history.csv").open(encoding="utf-8") as file:
        history = list(csv.DictReader(file))
    print(f"{best} is nearest; {len(history)} steps in all. Means over steps:")
    names = ["discriminator_loss", "generator_loss", "real_probability", "fake_probability", "accuracy"]
    for start in range(0, len(history) - 999, 1000):
        means = [sum(float(row[name]) for row in history[start : start + 1000]) / 1000 for name in names]
        print(f"| {start + 1}–{start + 1000} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")

    discriminator = load_discriminator(run)
    batch_size = load_checkpoint(run / "checkpoint.pt")["settings"]["batch_size"]
    for split in ("train", "validation"):
        faces = CelebAFaces(options.data, discriminator.image_size, split, count=500)
        with torch.no_grad():  # in training mode, as it judged all along, in batches of the run's size
            logits = [discriminator(faces[some]) for some in torch.arange(500).split(batch_size)]
        print(f"The discriminator calls {(torch.cat(logits) > 0).float().mean():.1%} of 500 {split} photographs real.")


if __name__ == "__main__":
    main()
