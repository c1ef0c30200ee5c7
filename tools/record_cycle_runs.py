"""Record the CycleGANs that lesson 4 looks back at: python tools/record_cycle_runs.py [NAME]

Writes gancourse/recorded/cycles, some minutes a run on one thread.  All are trained alike, without the identity loss,
but for one thing each.  What was done to the four of the exercise is told here and nowhere in the files.
"""

import argparse
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gancourse.data import DrawnLandscapes
from gancourse.hardware import Hardware
from gancourse.losses import generator_lsgan_loss
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.recorded import CYCLES, CycleRun, save_cycle_run
from gancourse.steps import CycleGeneratorsResult, cycle_generators_step
from gancourse.training import sample, train_cyclegan

SIZE, WIDTH, BATCH, LEARNING_RATE, STEPS = 32, 16, 2, 4e-4, 600
COUNT, SHOWN = 1_000, 6  # landscapes to train on; photos to look at afterwards


def healthy() -> CycleRun:
    """Adversary and cycle as they should be."""
    return train()


def no_cycle() -> CycleRun:
    """Nobody asks for the way back.  The only run of which another scene comes back, and whose cycle loss stays up."""
    return train(cycle_weight=0)


def no_adversary() -> CycleRun:
    """The generators never hear what the discriminators say: `.detach()` stands in the wrong place.

    The only run whose discriminators win, a loss near 0 against 2.  Its cycle loss is the lowest of all.
    """
    return train(generator_loss=unheard_loss)


def old_fakes() -> CycleRun:
    """A pool that is filled once and never changed: the discriminators know the first fakes, and no others.

    The only run in which both sides win: discriminators by the fakes they are shown, generators by those they make.
    Discriminators that stand still would be as easy to please, but their own loss would not fall.
    """
    return train(generators_step=FirstFakes(), pool_size=0)


def exchanged() -> CycleRun:
    """Nothing was done to it: it has another seed.  It took meadows for water and water for meadows, and back.

    All its curves are those of the healthy run.  The pictures tell, to whoever knows the colour of water.
    """
    return train(seed=1)


RUNS: dict[str, Callable[[], CycleRun]] = {
    "healthy": healthy,
    "A": old_fakes,
    "B": exchanged,
    "C": no_cycle,
    "D": no_adversary,
}


def unheard_loss(fake_logits: Tensor) -> Tensor:
    """The generators' loss, as a number that teaches nothing."""
    return generator_lsgan_loss(fake_logits.detach())


class FirstFakes:
    """`cycle_generators_step` that hands on, in place of the fakes it made, those of its first steps by turns."""

    def __init__(self, count: int = 25) -> None:
        self.count = count
        self.results: list[CycleGeneratorsResult] = []
        self.steps = 0

    def __call__(self, *arguments: Any) -> CycleGeneratorsResult:
        result = cycle_generators_step(*arguments)
        if len(self.results) < self.count:
            self.results.append(result)
        old = self.results[self.steps % self.count]
        self.steps += 1
        return result._replace(
            monet_way=result.monet_way._replace(fakes=old.monet_way.fakes),
            photo_way=result.photo_way._replace(fakes=old.photo_way.fakes),
        )


def train(seed: int = 0, **changes: Any) -> CycleRun:
    """A small CycleGAN on drawn landscapes, changed in one thing, and what it makes of photos held out."""
    torch.manual_seed(seed)
    photo_to_monet, monet_to_photo = (ResNetGenerator(blocks=2, width=WIDTH, downsamplings=1) for _ in range(2))
    monet_discriminator, photo_discriminator = (PatchDiscriminator(3, 2, WIDTH) for _ in range(2))
    images = DrawnLandscapes(COUNT, SIZE)
    options = {
        "constant": 4, "decay": 4, "epoch_steps": STEPS // 8, "batch_size": BATCH, "learning_rate": LEARNING_RATE,
        "identity_weight": 0, "jitter": False, "sample_every": STEPS, **changes,
    }  # fmt: skip
    history = train_cyclegan(
        photo_to_monet, monet_to_photo, monet_discriminator, photo_discriminator, images.photos, images.monets,
        seed=seed, hardware=Hardware("cpu"), **options,
    )  # fmt: skip
    if history.interrupted:
        raise SystemExit("Interrupted: this run is not recorded.")
    history.samples.clear()
    del history.values["identity_loss"]  # nobody asked for it: zeros
    photos = DrawnLandscapes(SHOWN, SIZE, "validation").photos[:]
    fakes = sample(photo_to_monet, photos)
    note = (
        f"a CycleGAN without identity loss, width {WIDTH}, batch {BATCH}, learning rate {LEARNING_RATE}, {STEPS} steps "
        f"on {COUNT:,} drawn photos and as many paintings at {SIZE} px; python tools/record_cycle_runs.py"
    )
    return CycleRun(history, photos, fakes, sample(monet_to_photo, fakes), note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=RUNS, metavar="NAME", help="one of the runs; all, if left out")
    only = parser.parse_args().name
    for name in [only] if only else RUNS:
        run = RUNS[name]()
        save_cycle_run(CYCLES, name, run)
        ends = ", ".join(f"{measure} {sum(values[-100:]) / 100:.3f}" for measure, values in run.history.values.items())
        print(f"{name}: {ends}", flush=True)


if __name__ == "__main__":
    main()
