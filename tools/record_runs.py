"""Record the games that lesson 1 looks back at: python tools/record_runs.py

Writes gancourse/recorded/*.safetensors in float16, about 200 kB in all.  Takes half a minute.
The four runs of the exercise "name the failure" are told here and nowhere in the files.
"""

from collections.abc import Callable
from functools import partial

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse.data import ring
from gancourse.losses import discriminator_bce_loss, generator_bce_loss, generator_saturating_loss
from gancourse.networks import PlaneDiscriminator, PlaneGenerator
from gancourse.recorded import FOLDER
from gancourse.steps import GeneratorResult, discriminator_step, generator_step
from gancourse.training import History, play

SAMPLES = 500  # of each moment's thousand points


def healthy(steps: int, seed: int) -> History:
    """Turn for turn, with the steps of the course."""
    return play(*players(seed), steps, seed=seed, sample_every=steps // 20)


def collapse(steps: int, seed: int) -> History:
    """Ten turns of the generator for each of the discriminator: all points run after what it believes just now."""
    return play(*players(seed), steps, seed=seed, generator_turns=10, sample_every=steps // 20)


def strong_discriminator(
    steps: int, seed: int, loss: Callable[[Tensor], Tensor] = generator_saturating_loss
) -> History:
    """The discriminator is 500 turns ahead, takes three to each of the generator's, and the loss saturates.

    The generator walks by plain gradient descent. Adam divides a gradient by its size, which hides that it is gone.
    """
    generator, discriminator, points = players(seed)
    play(generator, discriminator, points, 500, seed=seed, generator_step=stand_still)
    step = partial(generator_step, loss=loss, update=descend)
    return play(
        generator, discriminator, points, steps,
        seed=seed, generator_step=step, discriminator_turns=3, sample_every=steps // 20,
    )  # fmt: skip


def swapped_labels(steps: int, seed: int) -> History:
    """The discriminator is taught that real is 0 and generated is 1; the generator still wants 1."""
    step = partial(discriminator_step, loss=swapped_discriminator_loss)
    return play(*players(seed), steps, seed=seed, discriminator_step=step, sample_every=steps // 20)


def players(seed: int) -> tuple[PlaneGenerator, PlaneDiscriminator, Tensor]:
    """Two new networks, and the ring they play for."""
    torch.manual_seed(seed)
    return PlaneGenerator(), PlaneDiscriminator(), ring(2000, rng=torch.Generator().manual_seed(0))


def stand_still(
    generator: nn.Module, discriminator: nn.Module, optimiser: Optimizer, latents: Tensor
) -> GeneratorResult:
    """A generator's turn in which it only looks."""
    with torch.no_grad():
        fake_logits = discriminator(generator(latents))
    return GeneratorResult(generator_bce_loss(fake_logits), fake_logits)


def descend(loss: Tensor, optimiser: Optimizer) -> None:
    """Plain gradient descent on the optimiser's weights, no step longer than 0.05."""
    weights = optimiser.param_groups[0]["params"]
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(weights, max_norm=1.0)
    with torch.no_grad():
        for weight in weights:
            weight -= 0.05 * weight.grad


def swapped_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The discriminator's loss with its labels the wrong way round."""
    return discriminator_bce_loss(fake_logits, real_logits)


RUNS: dict[str, tuple[Callable[[int, int], History], int]] = {
    "healthy": (healthy, 1000),
    "A": (collapse, 200),
    "B": (strong_discriminator, 400),
    "C": (swapped_labels, 200),
    "D": (healthy, 400),
}


def main() -> None:
    for name, (record, steps) in RUNS.items():
        history = record(steps, int(name == "D"))  # D is not the run that the lesson has shown already
        tensors = {measure: torch.tensor(values) for measure, values in history.values.items()}
        tensors["samples"] = torch.stack([points[:SAMPLES] for _, points in history.samples])
        tensors = {measure: tensor.half() for measure, tensor in tensors.items()}
        tensors["steps"] = torch.tensor([step for step, _ in history.samples])
        path = FOLDER / f"{name}.safetensors"
        save_file(tensors, path, {"command": "python tools/record_runs.py"})
        print(f"{path.name}: {steps} steps, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
