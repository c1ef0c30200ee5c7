"""Photos from labels: lesson 3."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse.checkpoint import save_weights
from gancourse.data import jitter as jitter_pairs
from gancourse.hardware import Hardware
from gancourse.losses import discriminator_bce_loss, generator_bce_loss, l1_loss
from gancourse.steps import paired_discriminator_step, paired_generator_step, pixel_step
from gancourse.training.draws import JITTER, Pairs, random_source, shuffled_batches
from gancourse.training.history import History, measures
from gancourse.training.outputs import translate
from gancourse.training.run import Run, describe


def train_pix2pix(
    generator: nn.Module,
    discriminator: nn.Module | None,
    pairs: Pairs,
    *,
    steps: int,
    batch_size: int = 1,
    learning_rate: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    decay_steps: int = 0,
    pixel_weight: float = 100.0,
    pixel_loss: Callable[[Tensor, Tensor], Tensor] = l1_loss,
    discriminator_loss: Callable[[Tensor, Tensor], Tensor] = discriminator_bce_loss,
    generator_loss: Callable[[Tensor], Tensor] = generator_bce_loss,
    jitter: bool = True,
    seed: int = 0,
    hardware: Hardware | None = None,
    sample_every: int | None = None,
    sample_pairs: Pairs | None = None,
    sample_count: int = 16,
    out: Path | str | None = None,
    save_seconds: float = 60,
    snapshots: bool = False,
    tensorboard: bool = False,
    progress: bool = True,
) -> History:
    """Train a translator on pairs for `steps` steps of one discriminator update and one generator update each.

    discriminator  of six channels, labels and photo; None trains the generator on the pixel loss alone
    pairs          a dataset: labels and photos, each (N, 3, H, W) in [-1, 1]
    decay_steps    over so many steps before the end the learning rate falls to 0, in a straight line
    pixel_weight   the paper's λ; 0 leaves the pixel loss out
    jitter         each step's pairs enlarged, cut out again and mirrored at random
    sample_pairs   the pairs whose first `sample_count` labels are translated at each look; `pairs` if not given

    The defaults are the paper's (Isola et al. 2017, §3.3 and §6.2); its authors' later program lets the rate fall over
    the second half.  All else is as in `train_gan`.
    """
    hardware = hardware or Hardware()
    hardware.place(generator).train()
    networks: dict[str, nn.Module] = {"generator": generator}
    if discriminator is not None:
        networks["discriminator"] = hardware.place(discriminator).train()
    optimisers = {
        f"{name}_optimiser": hardware.adam(network.parameters(), learning_rate, betas)
        for name, network in networks.items()
    }
    batch_size = min(batch_size, len(pairs))
    sample_pairs = sample_pairs or pairs
    sample_labels, sample_photos = sample_pairs[torch.arange(min(sample_count, len(sample_pairs)))]
    losses = [pixel_loss, discriminator_loss, generator_loss]
    run = Run(
        Path(out) if out is not None else None,
        settings={
            **{name: describe(network) for name, network in networks.items()},
            "pairs": len(pairs),
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "betas": list(betas),
            "decay": [steps - decay_steps, steps] if decay_steps else None,  # from which step to which
            "losses": [getattr(loss, "__name__", "unnamed") for loss in losses],
            "pixel_weight": pixel_weight,
            "jitter": jitter,
            "seed": seed,
        },
        parts={**networks, **optimisers, "scaler": hardware.scaler},
        history=History(),
        tensorboard=tensorboard,
    )
    first_step = run.resume()

    def look(step: int) -> None:
        made = translate(generator, hardware.send(sample_labels), train_statistics=True, seed=seed)
        run.keep_sample(step, made, between=(sample_labels, sample_photos))
        if snapshots and run.out:
            save_weights(run.out / "snapshots" / f"step_{step:07d}.safetensors", generator, step=str(step))

    batches = shuffled_batches(len(pairs), batch_size, seed, first_step)

    def one_step(step: int) -> dict[str, Tensor]:
        if decay_steps:
            for optimiser in optimisers.values():
                optimiser.param_groups[0]["lr"] = learning_rate * min(1.0, (steps - step) / decay_steps)
        labels, photos = pairs[next(batches)]
        if jitter:
            labels, photos = jitter_pairs(labels, photos, random_source(seed, JITTER, step))
        labels, photos = hardware.send(labels), hardware.send(photos)
        if discriminator is None:
            with hardware.autocast():
                return {
                    "pixel_loss": pixel_step(
                        generator, optimisers["generator_optimiser"], labels, photos, pixel_loss, hardware.update
                    )
                }
        with hardware.autocast():
            discriminator_result = paired_discriminator_step(
                generator, discriminator, optimisers["discriminator_optimiser"], labels, photos,
                discriminator_loss, hardware.update,
            )  # fmt: skip
        with hardware.autocast():
            generator_result = paired_generator_step(
                generator, discriminator, optimisers["generator_optimiser"], labels, photos,
                generator_loss, pixel_loss, pixel_weight, hardware.update,
            )  # fmt: skip
        return measures(discriminator_result, generator_result) | {"pixel_loss": generator_result.pixel_loss}

    return run.go(first_step, steps, one_step, look, sample_every, save_seconds, progress)
