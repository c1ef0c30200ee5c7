"""Draw what `python -m gancourse evaluate` found of two runs: with the adversary, and on the L1 loss alone.

    python benchmarks/pix2pix_facades.py RUN PIXELS_ONLY_RUN --data facades.tar.gz

Writes pix2pix_facades_measures.png and pix2pix_facades.jpg beside this file, and what lesson 3 shows of the two runs to
gancourse/recorded; prints what stands in pix2pix_facades.md: the tables, the effect of the statistics, and how often
the discriminator, as the run left it, calls a photo real: one it has trained on, one it has not, and one beside the
labels of another.
"""

import argparse
from pathlib import Path

import torch
from matplotlib.figure import Figure

from gancourse import show
from gancourse.data import FacadesPairs
from gancourse.evaluate import Judgement, find_snapshots, judge_translations, load_discriminator
from gancourse.evaluate.facades import MEAN, OTHERS, THEMSELVES
from gancourse.recorded import Ablation, save_ablation
from gancourse.steps import beside
from gancourse.training import translate
from gancourse.weights import load_facade_generator, load_facade_reader

HERE = Path(__file__).parent
RUNS = {"L1 + cGAN": show.GENERATED, "L1 alone": show.QUIET}
MEASURES = {"l1": "L1", "ssim": "SSIM", "sharpness": "sharpness, of the photos'", "kernel": "kernel distance"}
LEGENDS = {"l1": "upper right", "ssim": "lower right", "sharpness": "center right", "kernel": "upper right"}
COLUMNS, PAIRS_OF_ROWS = 7, 3


def steps_of(judgement: Judgement) -> dict[int, str]:
    """The rows of a run's snapshots by their step, without the untrained one."""
    steps = {int(name.removeprefix("step ")): name for name in judgement if name.startswith("step ")}
    return {step: name for step, name in steps.items() if step > 0}


@show.in_style
def draw_measures(judgements: dict[str, Judgement]) -> Figure:
    """Each measure over the steps, of both runs; a baseline as a dashed line."""
    drawing = show.figure(800, 520)
    for axes, (measure, title) in zip(drawing.subplots(2, 2).flat, MEASURES.items(), strict=True):
        for name, judgement in judgements.items():
            steps = steps_of(judgement)
            values = [getattr(judgement[row], measure) for row in steps.values()]
            axes.plot(list(steps), values, "o-", color=RUNS[name], markersize=3, label=name)
        baseline = OTHERS if measure == "kernel" else MEAN
        level = getattr(judgement[baseline], measure)
        if measure == "l1":
            axes.set_ylim(top=0.19)  # room for the legend
        axes.axhline(level, color=show.REAL, linestyle="--", linewidth=1.5, label=baseline)
        axes.set(xlim=(0, None), xlabel="step", title=title)
        axes.locator_params(axis="x", nbins=5)
        axes.legend(frameon=False, fontsize=9, loc=LEGENDS[measure])
    return drawing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("pixels_only", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    runs = dict(zip(RUNS, (options.run, options.pixels_only), strict=True))
    judgements = {name: Judgement.read_csv(run / "judgement.csv") for name, run in runs.items()}
    draw_measures(judgements).savefig(HERE / "pix2pix_facades_measures.png")

    generators = {name: load_facade_generator(list(find_snapshots(run).values())[-1]) for name, run in runs.items()}
    image_size = generators["L1 + cGAN"].image_size
    held_out, seen = (FacadesPairs(options.data, image_size, split) for split in ("validation", "train"))
    labels, photos = held_out[torch.arange(len(held_out))]

    made = {
        (name, statistics): translate(generator, labels, statistics)
        for name, generator in generators.items()
        for statistics in (True, False)
    }
    rows, names = [], []
    for start in range(0, COLUMNS * PAIRS_OF_ROWS, COLUMNS):
        for name in reversed(RUNS):
            rows.append(made[name, True][start : start + COLUMNS])
            names.append(name)
    grid = show.picture_grid(torch.cat(rows), columns=COLUMNS, row_labels=names)
    grid.savefig(HERE / "pix2pix_facades.jpg", pil_kwargs={"quality": 85})

    recorded = {row: judgements["L1 alone"][row] for row in (THEMSELVES, OTHERS, MEAN)}
    recorded |= {name: judgement[f"step {max(steps_of(judgement))}"] for name, judgement in judgements.items()}
    measured = {
        name: {each: [getattr(row, each)] for each in (*MEASURES, "agreement")} for name, row in recorded.items()
    }
    save_ablation("facades", Ablation({name: made[name, True][:COLUMNS] for name in reversed(RUNS)}, measured))

    for name, judgement in judgements.items():
        print(f"{name}\n{judgement}\n")
    named = ((f"{name}, {'own' if own else 'running'}", pictures) for (name, own), pictures in made.items())
    print(
        f"The last snapshots, by either statistics\n{judge_translations(named, held_out, seen, load_facade_reader())}\n"
    )

    discriminator = load_discriminator(options.run)
    few, few_photos = seen[torch.arange(len(held_out))]
    fake_photos = made["L1 + cGAN", True]
    shown = {
        "photos it has trained on": (few, few_photos),
        "held-out photos": (labels, photos),
        "held-out photos, beside the labels of another": (labels.roll(1, 0), photos),
        "generated photos": (labels, fake_photos),
        "generated photos, beside the labels of another": (labels.roll(1, 0), fake_photos),
    }
    for what, pair in shown.items():
        with torch.no_grad():  # in training mode, as it judged all along, one at a time
            logits = torch.cat([discriminator(one) for one in beside(*pair).split(1)])
        print(f"{what}: {(logits > 0).float().mean():.1%} of patches called real, mean logit {logits.mean():.2f}")


if __name__ == "__main__":
    main()
