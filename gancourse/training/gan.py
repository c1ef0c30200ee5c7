"""Images or points from noise: lessons 1 and 2."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam

from gancourse.checkpoint import save_weights
from gancourse.hardware import Hardware
from gancourse.losses import discriminator_bce_loss, generator_bce_loss
from gancourse.steps import DiscriminatorResult, GeneratorResult, discriminator_step, generator_step
from gancourse.training.draws import Images, draw_latents, shuffled_batches
from gancourse.training.history import History, measures
from gancourse.training.outputs import sample
from gancourse.training.run import Run, describe


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    images: Images,
    *,
    steps: int,
    batch_size: int = 64,
    learning_rate: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    discriminator_loss: Callable[[Tensor, Tensor], Tensor] = discriminator_bce_loss,
    generator_loss: Callable[[Tensor], Tensor] = generator_bce_loss,
    seed: int = 0,
    hardware: Hardware | None = None,
    sample_every: int | None = None,
    sample_count: int = 64,
    out: Path | str | None = None,
    save_seconds: float = 60,
    snapshots: bool = False,
    tensorboard: bool = False,
    progress: bool = True,
) -> History:
    """Train a GAN for `steps` steps of one discriminator update and one generator update each.

    images        a dataset or a tensor: images (N, 3, H, W) in [-1, 1], or points (N, 2)
    learning_rate, betas   for both Adams; the defaults are the paper's (Radford et al. 2016, §4)
    sample_every  steps between two looks at the fixed latents; a twentieth of the run if not given
    out           a folder for checkpoint.pt, history.csv and samples/; where it holds a checkpoint, the run goes on
                  from there, and on a CPU ends bit-equal to one that was never interrupted
    save_seconds  time between two checkpoints
    snapshots     with each look, also keep the generator's weights in `out`: afterwards the best can be chosen
    tensorboard   write event files to `out` as well

    Ctrl-C and SIGTERM end the run after the step in hand: it saves, and returns what it has.  A second Ctrl-C ends at
    once.  Raises CourseError when the losses stop being finite, when the checkpoint does not fit this run, and when
    there is no room to write.
    """
    hardware = hardware or Hardware()
    hardware.place(generator).train()
    hardware.place(discriminator).train()
    generator_optimiser = hardware.adam(generator.parameters(), learning_rate, betas)
    discriminator_optimiser = hardware.adam(discriminator.parameters(), learning_rate, betas)
    batch_size = min(batch_size, len(images))
    fixed_latents = hardware.send(draw_latents(generator, sample_count, seed, step=-1))
    run = Run(
        Path(out) if out is not None else None,
        settings={
            "generator": describe(generator),
            "discriminator": describe(discriminator),
            "images": len(images),
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "betas": list(betas),
            "losses": [getattr(loss, "__name__", "unnamed") for loss in (discriminator_loss, generator_loss)],
            "seed": seed,
        },
        parts={
            "generator": generator,
            "discriminator": discriminator,
            "generator_optimiser": generator_optimiser,
            "discriminator_optimiser": discriminator_optimiser,
            "scaler": hardware.scaler,
        },
        history=History(),
        tensorboard=tensorboard,
    )
    first_step = run.resume()

    def look(step: int) -> None:
        run.keep_sample(step, sample(generator, fixed_latents))
        if snapshots and run.out:
            save_weights(run.out / "snapshots" / f"step_{step:07d}.safetensors", generator, step=str(step))

    batches = shuffled_batches(len(images), batch_size, seed, first_step)

    def one_step(step: int) -> dict[str, Tensor]:
        real_images = hardware.send(images[next(batches)])
        latents = hardware.send(draw_latents(generator, 2 * batch_size, seed, step))
        with hardware.autocast():
            discriminator_result = discriminator_step(
                generator, discriminator, discriminator_optimiser, real_images, latents[:batch_size],
                discriminator_loss, hardware.update,
            )  # fmt: skip
        with hardware.autocast():
            generator_result = generator_step(
                generator, discriminator, generator_optimiser, latents[batch_size:], generator_loss, hardware.update
            )
        return measures(discriminator_result, generator_result)

    return run.go(first_step, steps, one_step, look, sample_every, save_seconds, progress)


def play(
    generator: nn.Module,
    discriminator: nn.Module,
    points: Tensor,
    steps: int,
    *,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    seed: int = 0,
    discriminator_step: Callable[..., DiscriminatorResult] = discriminator_step,
    generator_step: Callable[..., GeneratorResult] = generator_step,
    discriminator_turns: int = 1,
    generator_turns: int = 1,
    sample_every: int = 100,
) -> History:
    """The game in the plane and nothing else, on the CPU: `train_gan` without all that makes long runs safe.

    points        real ones (N, 2); columns beyond x and y are a condition, which the generator's latents then end in
    discriminator_step, generator_step   with the arguments of those in gancourse.steps; hand in broken ones to see
                  what they break
    discriminator_turns, generator_turns   updates of each player in one step; the last of each is what is recorded
    sample_every  steps between two looks at what the same 1,000 latents become; the first is before step 1
    """
    # No momentum: it overshoots where the ground moves under both, and with 0.5 some runs keep circling the ring.
    adam = partial(Adam, lr=learning_rate, betas=(0.0, 0.9), fused=True)
    discriminator_optimiser, generator_optimiser = adam(discriminator.parameters()), adam(generator.parameters())
    rng = torch.Generator().manual_seed(seed)

    def draw(count: int) -> tuple[Tensor, Tensor]:
        real_points = points[torch.randint(len(points), (count,), generator=rng)]
        noise = torch.randn(count, generator.latent_size, generator=rng)  # type: ignore[call-overload]
        return real_points, torch.cat([noise, real_points[:, 2:]], dim=1)

    _, fixed_latents = draw(1000)
    history = History(samples=[(0, sample(generator, fixed_latents))])
    for step in range(1, steps + 1):
        for _ in range(discriminator_turns):
            judged = discriminator_step(generator, discriminator, discriminator_optimiser, *draw(batch_size))
        for _ in range(generator_turns):
            made = generator_step(generator, discriminator, generator_optimiser, draw(batch_size)[1])
        history.record(measures(judged, made))
        if step % sample_every == 0:
            history.samples.append((step, sample(generator, fixed_latents)))
    history.read()
    return history
