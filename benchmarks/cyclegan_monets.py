"""Draw what `python -m gancourse evaluate` found of a CycleGAN on real photos and Monet's paintings.

    python benchmarks/cyclegan_monets.py RUN --data monet2photo.zip

Reads RUN's two tables, of either direction.  Writes cyclegan_monets_measures.png and cyclegan_monets.jpg beside this
file, and what lesson 4 shows of the run to gancourse/recorded; prints the tables' rows that stand in
cyclegan_monets.md.  The photos belong to the people who took them, so none is shown, nor what became of one: the
pictures that are translated here are drawn ones, and paintings.
"""

import argparse
import math
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import interpolate

from gancourse import show
from gancourse.data import DrawnLandscapes, UnpairedImages
from gancourse.evaluate import LandscapeJudgement, find_cycle_snapshots
from gancourse.evaluate.landscapes import MATCHED, OTHERS, UNCHANGED
from gancourse.recorded import Ablation, save_ablation
from gancourse.training import sample
from gancourse.weights import DIRECTIONS, load_translator, trained_size

HERE = Path(__file__).parent
WAYS = dict(zip(DIRECTIONS, ("photo to Monet", "Monet to photo"), strict=True))
COLOURS = dict(zip(DIRECTIONS, (show.GENERATED, show.DISCRIMINATOR), strict=True))
MEASURES = {
    "kernel": "kernel distance to the target domain",
    "strokes": "strokes, of the target domain's",
    "hue_shift": "hue shift from the input, degrees",
    "cycle": "L1 to what comes back",
}
COLUMNS, ROWS = 7, 3


def steps_of(judgement: LandscapeJudgement) -> dict[int, str]:
    """The rows of a run's snapshots by their step, without the untrained one."""
    steps = {int(name.removeprefix("step ")): name for name in judgement if name.startswith("step ")}
    return {step: name for step, name in steps.items() if step > 0}


@show.in_style
def draw_measures(judgements: dict[str, LandscapeJudgement]) -> Figure:
    """Each measure over the steps, in both directions; what matched statistics reach as a dashed line."""
    drawing = show.figure(800, 520)
    for axes, (measure, title) in zip(drawing.subplots(2, 2).flat, MEASURES.items(), strict=True):
        for direction, judgement in judgements.items():
            steps, colour = steps_of(judgement), COLOURS[direction]
            values = [getattr(judgement[row], measure) for row in steps.values()]
            axes.plot(list(steps), values, "o-", color=colour, markersize=3, label=WAYS[direction])
            level = getattr(judgement[MATCHED], measure)
            axes.axhline(level, color=colour, linestyle="--", linewidth=1.2)
        axes.set(xlim=(0, None), ylim=(0, None), xlabel="step", title=title)
        axes.locator_params(axis="x", nbins=5)
    axes.legend(frameon=False, fontsize=9)
    return drawing


def drawn(count: int, image_size: int) -> tuple[Tensor, Tensor]:
    """Drawn photos and their paintings at a size that they are not drawn at."""
    scenes = DrawnLandscapes(count, 128, "validation", progress=False)
    photos, monets = (interpolate(domain[:], image_size, mode="area") for domain in (scenes.photos, scenes.monets))
    return photos, monets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    judgements = {
        direction: LandscapeJudgement.read_csv(options.run / f"judgement_{direction}.csv") for direction in DIRECTIONS
    }
    draw_measures(judgements).savefig(HERE / "cyclegan_monets_measures.png")

    snapshots = find_cycle_snapshots(options.run)
    last = max(snapshots)
    photo_to_monet, monet_to_photo = map(load_translator, snapshots[last])
    image_size = trained_size(snapshots[last][0])
    photos, paintings = drawn(COLUMNS * ROWS, image_size)
    monets = UnpairedImages(options.data, image_size, "validation", COLUMNS * ROWS).monets[:]
    fake_monets, fake_photos = sample(photo_to_monet, photos), sample(monet_to_photo, monets)
    strip = {
        "drawn photos": photos,
        "as Monets": fake_monets,
        "and back": sample(monet_to_photo, fake_monets),
        "drawn paintings": paintings,
        "as photos": sample(monet_to_photo, paintings),
        "photos made of Monets": fake_photos,
    }
    rows, names = [], []
    for name, pictures in strip.items():
        for some in pictures.split(COLUMNS)[: ROWS if name == "photos made of Monets" else 1]:
            rows.append(some)
            names.append(name)
    grid = show.picture_grid(torch.cat(rows), columns=COLUMNS, row_labels=names)
    grid.savefig(HERE / "cyclegan_monets.jpg", pil_kwargs={"quality": 85})

    measured: dict[str, dict[str, list[float]]] = {}
    for direction, judgement in judgements.items():
        for name in (OTHERS, UNCHANGED, MATCHED, f"step {last}"):
            measured[f"{WAYS[direction]}: {name}"] = {each: [getattr(judgement[name], each)] for each in MEASURES}
    save_ablation("monets", Ablation({name: pictures[:COLUMNS] for name, pictures in strip.items()}, measured))

    for direction, judgement in judgements.items():
        print(f"\n{WAYS[direction]}, N = {judgement.count}\n")
        print("| | strokes | hue | cycle | Fréchet | kernel | 95 % interval |\n|" + "---|" * 7)
        for name, row in judgement.items():
            numbers = [
                f"{row.strokes:.2f}",
                f"{row.hue_shift:.0f}",
                "" if math.isnan(row.cycle) else f"{row.cycle:.3f}",
            ]
            numbers += [f"{row.frechet:.1f}", f"{row.kernel:.2f}", f"{row.interval[0]:.2f} to {row.interval[1]:.2f}"]
            print(f"| {name} | " + " | ".join(numbers) + " |")


if __name__ == "__main__":
    main()
