"""Paintings from photos and photos from paintings, without pairs: lesson 4."""

import itertools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from gancourse.checkpoint import save_weights
from gancourse.data import jitter as jitter_pairs
from gancourse.hardware import Hardware
from gancourse.image_pool import ImagePool
from gancourse.losses import discriminator_lsgan_loss, generator_lsgan_loss
from gancourse.schedule import linear_decay
from gancourse.steps import CycleGeneratorsResult, cycle_generators_step, domain_discriminator_step
from gancourse.training.draws import (
    JITTER,
    MONET_JITTER,
    MONET_POOL,
    PHOTO_POOL,
    Images,
    random_source,
    unpaired_batches,
)
from gancourse.training.history import History
from gancourse.training.outputs import sample
from gancourse.training.run import Run, describe


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
    image_size = sample_photos.shape[-1]
    run = Run(
        Path(out) if out is not None else None,
        settings={
            **{name: describe(network) for name, network in networks.items()},
            "photos": len(photos),
            "monets": len(monets),
            "image_size": image_size,  # these networks take any
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
                notes = {"direction": direction, "image_size": str(image_size), "step": str(step)}
                save_weights(path, networks[direction], **notes)

    batches = unpaired_batches(len(photos), len(monets), batch_size, seed, first_step)

    def ready(batch: Tensor, purpose: int, step: int) -> Tensor:
        if jitter:
            batch, _ = jitter_pairs(batch, batch[:, :0], random_source(seed, purpose, step))  # beside nothing
        return hardware.send(batch)

    def one_step(step: int) -> dict[str, Tensor]:
        for optimiser in optimisers.values():
            rate = learning_rate * linear_decay(step // epoch_steps + 1, constant, decay)
            optimiser.param_groups[0]["lr"] = rate
        some_photos, some_monets = next(batches)
        real_photos = ready(photos[some_photos], JITTER, step)
        real_monets = ready(monets[some_monets], MONET_JITTER, step)
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
