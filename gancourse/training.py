"""The training loop: plain, resumable, and quiet about everything the lessons do not teach.

Every random choice of a run follows from its seed and the number of the step: which pictures, which latents.
So a run that was stopped and started again is the run that was never stopped, to the last bit on a CPU.
"""

import csv
import itertools
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam
from torchvision.utils import save_image

from gancourse.checkpoint import load_checkpoint, require_same_settings, save_checkpoint, save_weights
from gancourse.data import jitter as jitter_pairs
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.image_pool import ImagePool
from gancourse.losses import (
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    l1_loss,
)
from gancourse.progress import progress_bar
from gancourse.schedule import linear_decay
from gancourse.steps import (
    CycleGeneratorsResult,
    DiscriminatorResult,
    GeneratorResult,
    PairedGeneratorResult,
    cycle_generators_step,
    discriminator_step,
    domain_discriminator_step,
    frozen,
    generator_step,
    paired_discriminator_step,
    paired_generator_step,
    pixel_step,
)

LATENTS, ORDER, JITTER, MONET_ORDER, MONET_JITTER, PHOTO_POOL, MONET_POOL = range(7)  # what a random number is for
READ_EVERY = 50  # steps between two readings of the losses; each makes a GPU wait


class Images(Protocol):
    """What the loop trains on: anything that, like a tensor, gives a batch for a tensor of indices."""

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Tensor) -> Tensor: ...


class Pairs(Protocol):
    """The same for pictures that belong together: labels and photos."""

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Tensor) -> tuple[Tensor, Tensor]: ...


@dataclass
class History:
    """What a run measured, and what it drew on the way.

    values[name]  one float a step: discriminator_loss, generator_loss, real_probability (the mean of D(x)),
                  fake_probability (of D(G(z)), seen in the discriminator's step), accuracy (of the discriminator);
                  where pairs are learned from, pixel_loss too, and without a discriminator nothing else; of a
                  CycleGAN the losses alone: adversarial, cycle, identity (both directions each, not weighted),
                  monet_discriminator, photo_discriminator
    samples       (step, outputs) pairs: what the generator made of the same latents after that many steps
    interrupted   whether the run was stopped before its last step
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    samples: list[tuple[int, Tensor]] = field(default_factory=list)
    interrupted: bool = False
    _unread: list[dict[str, Tensor]] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        """Steps recorded."""
        return len(next(iter(self.values.values()), [])) + len(self._unread)

    def record(self, measures: dict[str, Tensor]) -> None:
        """Keep one step's scalars, unread."""
        self._unread.append(measures)

    def read(self) -> None:
        """Bring all unread scalars over in one transfer.  Raises CourseError if one of them is not finite."""
        if not self._unread:
            return
        names = list(self._unread[0])
        table = torch.stack([torch.stack([row[name].float() for name in names]) for row in self._unread]).cpu()
        done = len(self) - len(self._unread)
        self._unread.clear()
        if not table.isfinite().all():
            row, column = (~table.isfinite()).nonzero()[0].tolist()
            raise CourseError(
                f"The {names[column].replace('_', ' ')} is {table[row, column]} at step {done + row + 1}: the training "
                "has blown up. Try a smaller learning rate, or precision float32. Earlier checkpoints are untouched."
            )
        for name, column_values in zip(names, table.T.tolist(), strict=True):
            self.values.setdefault(name, []).extend(column_values)

    def write_csv(self, path: Path) -> None:
        """One line a step, with a header."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["step", *self.values])
            writer.writerows(zip(itertools.count(1), *self.values.values(), strict=False))


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


def train_cyclegan(
    photo_to_monet: nn.Module,
    monet_to_photo: nn.Module,
    monet_discriminator: nn.Module,
    photo_discriminator: nn.Module,
    photos: Images,
    monets: Images,
    *,
    constant: int = 100,
    decay: int = 100,
    epoch_steps: int | None = None,
    batch_size: int = 1,
    learning_rate: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    cycle_weight: float = 10.0,
    identity_weight: float = 5.0,
    pool_size: int = 50,
    discriminator_loss: Callable[[Tensor, Tensor], Tensor] = discriminator_lsgan_loss,
    generator_loss: Callable[[Tensor], Tensor] = generator_lsgan_loss,
    generators_step: Callable[..., CycleGeneratorsResult] = cycle_generators_step,
    jitter: bool = True,
    seed: int = 0,
    hardware: Hardware | None = None,
    sample_every: int | None = None,
    sample_count: int = 8,
    out: Path | str | None = None,
    save_seconds: float = 60,
    snapshots: bool = False,
    tensorboard: bool = False,
    progress: bool = True,
) -> History:
    """Train two translators on two sets of images that have nothing to do with each other.

    photos, monets   datasets or tensors: images (N, 3, H, W) in [-1, 1]; their numbers may differ.  Each has an order
                     of its own, new in every epoch, so that no image has a partner
    constant, decay  epochs at the full learning rate, and epochs over which `linear_decay` lowers it
    epoch_steps      steps that count as an epoch; as many as the larger set has batches, if not given
    identity_weight  absolute: 0.5 times the cycle's weight for paintings in the paper, 0 elsewhere
    pool_size        generated images of each kind that are kept for the discriminators
    generators_step  with the arguments of `cycle_generators_step`; hand in another to see what it breaks

    Generators move first, both at once, then each discriminator.  The defaults are the paper's (Zhu et al. 2017, §4,
    §5.2 and §7.1).  Samples are what the first photos become, each between the photo and what comes back of it.  All
    else is as in `train_gan`.
    """
    hardware = hardware or Hardware()
    networks = {
        "photo_to_monet": photo_to_monet,
        "monet_to_photo": monet_to_photo,
        "monet_discriminator": monet_discriminator,
        "photo_discriminator": photo_discriminator,
    }
    for network in networks.values():
        hardware.place(network).train()
    generator_weights = itertools.chain(photo_to_monet.parameters(), monet_to_photo.parameters())
    optimisers = {
        "generators_optimiser": hardware.adam(generator_weights, learning_rate, betas),
        "monet_optimiser": hardware.adam(monet_discriminator.parameters(), learning_rate, betas),
        "photo_optimiser": hardware.adam(photo_discriminator.parameters(), learning_rate, betas),
    }
    monet_pool, photo_pool = (
        ImagePool(pool_size, seed=random_source(seed, purpose).initial_seed()) for purpose in (MONET_POOL, PHOTO_POOL)
    )
    batch_size = min(batch_size, len(photos), len(monets))
    epoch_steps = epoch_steps or max(len(photos), len(monets)) // batch_size
    sample_photos = photos[torch.arange(min(sample_count, len(photos)))]
    run = Run(
        Path(out) if out is not None else None,
        settings={
            **{name: describe(network) for name, network in networks.items()},
            "photos": len(photos),
            "monets": len(monets),
            "epochs": [constant, decay],
            "epoch_steps": epoch_steps,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "betas": list(betas),
            "losses": [getattr(loss, "__name__", "unnamed") for loss in (discriminator_loss, generator_loss)],
            "generators_step": getattr(generators_step, "__name__", "unnamed"),
            "cycle_weight": cycle_weight,
            "identity_weight": identity_weight,
            "pool_size": pool_size,
            "jitter": jitter,
            "seed": seed,
        },
        parts={
            **networks,
            **optimisers,
            "monet_pool": monet_pool,
            "photo_pool": photo_pool,
            "scaler": hardware.scaler,
        },
        history=History(),
        tensorboard=tensorboard,
    )
    first_step = run.resume()

    def look(step: int) -> None:
        fakes = sample(photo_to_monet, hardware.send(sample_photos))
        recovered = sample(monet_to_photo, hardware.send(fakes))
        run.keep_sample(step, fakes, between=(sample_photos, recovered))
        if snapshots and run.out:
            for direction in ("photo_to_monet", "monet_to_photo"):
                path = run.out / "snapshots" / direction / f"step_{step:07d}.safetensors"
                save_weights(path, networks[direction], step=str(step))

    photo_batches = shuffled_batches(len(photos), batch_size, seed, first_step)
    monet_batches = shuffled_batches(len(monets), batch_size, seed, first_step, MONET_ORDER)

    def draw(images: Images, batches: Iterator[Tensor], purpose: int, step: int) -> Tensor:
        batch = images[next(batches)]
        if jitter:
            batch, _ = jitter_pairs(batch, batch[:, :0], random_source(seed, purpose, step))  # beside nothing
        return hardware.send(batch)

    def one_step(step: int) -> dict[str, Tensor]:
        for optimiser in optimisers.values():
            rate = learning_rate * linear_decay(step // epoch_steps + 1, constant, decay)
            optimiser.param_groups[0]["lr"] = rate
        real_photos = draw(photos, photo_batches, JITTER, step)
        real_monets = draw(monets, monet_batches, MONET_JITTER, step)
        with hardware.autocast():
            generators_result = generators_step(
                photo_to_monet, monet_to_photo, monet_discriminator, photo_discriminator,
                optimisers["generators_optimiser"], real_photos, real_monets, generator_loss,
                cycle_weight, identity_weight, hardware.update,
            )  # fmt: skip
        fake_monets = monet_pool.exchange(generators_result.monet_way.fakes)
        fake_photos = photo_pool.exchange(generators_result.photo_way.fakes)
        with hardware.autocast():
            monet_result = domain_discriminator_step(
                monet_discriminator, optimisers["monet_optimiser"], real_monets, fake_monets,
                discriminator_loss, hardware.update,
            )  # fmt: skip
        with hardware.autocast():
            photo_result = domain_discriminator_step(
                photo_discriminator, optimisers["photo_optimiser"], real_photos, fake_photos,
                discriminator_loss, hardware.update,
            )  # fmt: skip
        return {
            "adversarial_loss": generators_result.adversarial,
            "cycle_loss": generators_result.cycle,
            "identity_loss": generators_result.identity,
            "monet_discriminator_loss": monet_result.loss,
            "photo_discriminator_loss": photo_result.loss,
        }

    steps = (constant + decay) * epoch_steps
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


def random_source(seed: int, *purpose: int) -> torch.Generator:
    """A generator of its own for each seed and purpose, the same on every machine."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence([seed, *purpose]).generate_state(1)[0]))


def draw_latents(generator: nn.Module, count: int, seed: int, step: int) -> Tensor:
    """The latents (count, latent_size) of one step, from N(0, 1).  Step -1 is the fixed latents of the samples."""
    latent_size = cast(int, generator.latent_size)
    return torch.randn(count, latent_size, generator=random_source(seed, LATENTS, step + 1))


def shuffled_batches(
    size: int, batch_size: int, seed: int, first_step: int = 0, purpose: int = ORDER
) -> Iterator[Tensor]:
    """Endless batches of indices (batch_size,), each epoch in a new order; `first_step` batches are skipped.

    An epoch's incomplete last batch is left out: batch norm wants batches of one size.
    """
    batches_per_epoch = size // batch_size
    skipped = first_step % batches_per_epoch
    for epoch in itertools.count(first_step // batches_per_epoch):
        order = torch.randperm(size, generator=random_source(seed, purpose, epoch))
        for batch in range(skipped, batches_per_epoch):
            yield order[batch * batch_size : (batch + 1) * batch_size]
        skipped = 0


@torch.no_grad()
def sample(generator: nn.Module, latents: Tensor) -> Tensor:
    """What the generator makes of latents (N, latent_size), on the CPU, with its batch norms' running averages."""
    training = generator.training
    outputs = generator.eval()(latents).float().cpu()
    generator.train(training)
    return outputs


@torch.no_grad()
def translate(generator: nn.Module, pictures: Tensor, train_statistics: bool = False, seed: int = 0) -> Tensor:
    """What a translator makes of pictures (N, 3, H, W), on the CPU: the translations (N, 3, H, W) in [-1, 1].

    train_statistics  False: the batch norms use their running averages, and nothing is random.  True: as in training,
                      each picture normalised by its own statistics, and dropout as noise, by `seed`: the paper's way
                      (Isola et al. 2017, §3.4)

    The generator is left as it was.
    """
    if not train_statistics:
        return sample(generator, pictures)
    training = generator.training
    with frozen(generator), torch.random.fork_rng(devices=[pictures.device] if pictures.is_cuda else []):
        torch.manual_seed(seed)
        made = torch.cat([generator.train()(picture).float().cpu() for picture in pictures.split(1)])
    generator.train(training)
    return made


def measures(
    discriminator: DiscriminatorResult, generator: GeneratorResult | PairedGeneratorResult
) -> dict[str, Tensor]:
    """One step's scalars, still on the device; `History` says what they are."""
    right = torch.cat([discriminator.real_logits > 0, discriminator.fake_logits <= 0])
    return {
        "discriminator_loss": discriminator.loss,
        "generator_loss": generator.loss,
        "real_probability": discriminator.real_logits.sigmoid().mean(),
        "fake_probability": discriminator.fake_logits.sigmoid().mean(),
        "accuracy": right.float().mean(),
    }


def describe(network: nn.Module) -> str:
    """A network's name and settings, as its checkpoint remembers them."""
    return f"{type(network).__name__}({network.extra_repr()})"


class Run:
    """What a run leaves on the disk: checkpoint, history, sample grids.  Without a folder it leaves nothing."""

    def __init__(
        self, out: Path | None, settings: dict[str, Any], parts: dict[str, Any], history: History, tensorboard: bool
    ) -> None:
        self.out, self.settings, self.parts, self.history = out, settings, parts, history
        self._saved_at = time.monotonic()
        self._logged = 0
        self._writer = self._open_tensorboard() if tensorboard else None

    def _open_tensorboard(self) -> Any:
        if self.out is None:
            raise CourseError("TensorBoard needs a folder for its files: give `out` too.")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise CourseError("TensorBoard is not installed. Try: pip install tensorboard") from error
        return SummaryWriter(self.out / "tensorboard")

    @property
    def _checkpoint(self) -> Path | None:
        return self.out / "checkpoint.pt" if self.out else None

    def resume(self) -> int:
        """Take up the checkpoint, if there is one; the number of steps already done."""
        path = self._checkpoint
        if path is None or not path.exists():
            return 0
        state = load_checkpoint(path)
        require_same_settings(path, state["settings"], self.settings)
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state["parts"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CourseError(f"The checkpoint {path} does not fit these networks: {error}") from error
        torch.set_rng_state(state["rng"])
        self.history.values = {name: values.tolist() for name, values in state["history"].items()}
        self._logged = len(self.history)
        return int(state["step"])

    def save(self, step: int) -> None:
        """Write the checkpoint and the history, if the run has a folder."""
        self.history.read()
        path = self._checkpoint
        if path is not None:
            save_checkpoint(
                path,
                {
                    "step": step,
                    "settings": self.settings,
                    "parts": {name: part.state_dict() for name, part in self.parts.items()},
                    "rng": torch.get_rng_state(),  # for networks with dropout
                    "history": {
                        name: torch.tensor(values, dtype=torch.float64) for name, values in self.history.values.items()
                    },
                },
            )
            self.history.write_csv(path.with_name("history.csv"))
        if self._writer:
            for name, values in self.history.values.items():
                for offset, value in enumerate(values[self._logged :], start=self._logged + 1):
                    self._writer.add_scalar(name, value, offset)
            self._logged = step
            self._writer.flush()
        self._saved_at = time.monotonic()

    def go(
        self,
        first_step: int,
        steps: int,
        one_step: Callable[[int], dict[str, Tensor]],
        look: Callable[[int], None],
        sample_every: int | None,
        save_seconds: float,
        progress: bool,
    ) -> History:
        """The loop around every training: step, record, look now and then, save now and then, stop when asked to."""
        history = self.history
        sample_every = sample_every or max(1, steps // 20)
        look(first_step)
        bar = progress_bar(
            range(first_step, steps), progress, initial=first_step, total=steps, desc="training", unit="step"
        )
        with stop_gracefully() as stop:
            for step in bar:
                history.record(one_step(step))
                if (step + 1) % sample_every == 0 or step + 1 == steps:
                    look(step + 1)
                if (step + 1) % READ_EVERY == 0:
                    history.read()
                    bar.set_postfix(
                        {name: f"{values[-1]:.2f}" for name, values in history.values.items()}, refresh=False
                    )
                if self.seconds_since_save() >= save_seconds:
                    self.save(step + 1)
                if stop.is_set():
                    history.interrupted = step + 1 < steps
                    break

        self.save(len(history))
        if history.interrupted:
            kept = (
                f"saved in {self.out}; the same call goes on from there"
                if self.out
                else "nothing was saved: no `out` given"
            )
            bar.write(f"Stopped after {len(history)} of {steps} steps; {kept}.")
        return history

    def seconds_since_save(self) -> float:
        return time.monotonic() - self._saved_at if self.out else 0.0

    def keep_sample(self, step: int, outputs: Tensor, between: tuple[Tensor, Tensor] | None = None) -> None:
        """Remember outputs (N, ...); pictures also as a PNG grid in the folder, each between two others if given."""
        self.history.samples.append((step, outputs))
        if self.out is None or outputs.ndim != 4:
            return
        folder = self.out / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        columns = math.isqrt(len(outputs))
        if between:
            outputs = torch.stack([between[0], outputs, between[1]], dim=1).flatten(0, 1)
            columns = 6
        save_image(outputs, folder / f"step_{step:07d}.png", nrow=columns, normalize=True, value_range=(-1, 1))
        if self._writer:
            self._writer.add_images("samples", (outputs + 1) / 2, step)


@contextmanager
def stop_gracefully() -> Iterator[threading.Event]:
    """Within, Ctrl-C and SIGTERM set the event instead of ending the program; a second Ctrl-C ends it."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only the main thread may catch signals
        yield stop
        return

    def ask_to_stop(*_: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
