"""python -m gancourse train: a network, from nothing or from where it stopped."""

import argparse
from pathlib import Path

import torch

from gancourse.commands.options import (
    Commands,
    HelpWithDefaults,
    add_pairs_options,
    load_faces,
    load_pairs,
    load_unpaired,
    natural,
)
from gancourse.hardware import DEVICES, PRECISIONS, Hardware
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    PatchDiscriminator,
    ResNetGenerator,
    UNetGenerator,
)
from gancourse.networks.normalise import NORMS
from gancourse.training import History, describe, train_cyclegan, train_gan, train_pix2pix

SAMPLES = 16  # pairs to look at while a training runs


def add_to(commands: Commands) -> None:
    train = commands.add_parser("train", help="train a network").add_subparsers(required=True, metavar="NETWORK")
    add_dcgan(train)
    add_pix2pix(train)
    add_cyclegan(train)


def add_dcgan(train: Commands) -> None:
    dcgan = train.add_parser(
        "dcgan",
        help="faces from noise (lesson 2)",
        description="Train a DCGAN on faces. Ctrl-C saves and ends; the same command goes on where it stopped.",
        formatter_class=HelpWithDefaults,
    )
    dcgan.add_argument(
        "--data", type=Path, metavar="PATH",
        help="img_align_celeba.zip or a folder of pictures; without it CelebA from the data folder, or its drawn twin",
    )  # fmt: skip
    dcgan.add_argument("--latent-size", type=natural, default=100, metavar="N", help="numbers a face is made from")
    add_training_options(
        dcgan, "runs/dcgan", steps=5_000, image_size=64, sides="a power of two from 16 up", batch_size=64
    )
    dcgan.set_defaults(run=train_dcgan)


def add_pix2pix(train: Commands) -> None:
    pix2pix = train.add_parser(
        "pix2pix",
        help="photos from labels (lesson 3)",
        description="Train a pix2pix on pairs. Ctrl-C saves and ends; the same command goes on where it stopped.",
        formatter_class=HelpWithDefaults,
    )
    add_pairs_options(pix2pix)
    pix2pix.add_argument("--layers", type=int, default=3, metavar="N", help="of the PatchGAN, 0 to 5: 3 sees 70 px")
    pix2pix.add_argument("--norm", choices=NORMS, default="batch", help="of both networks")
    pix2pix.add_argument("--pixel-weight", type=float, default=100.0, metavar="X", help="of the L1 loss: the paper's λ")
    pix2pix.add_argument("--pixels-only", action="store_true", help="train on the L1 loss alone, without an adversary")
    pix2pix.add_argument(
        "--decay-steps", type=natural, default=0, metavar="N", help="the last N, over which the rate falls to 0"
    )
    pix2pix.add_argument("--no-skips", action="store_true", help="an encoder-decoder instead of a U-Net")
    pix2pix.add_argument("--no-jitter", action="store_true", help="do not enlarge, cut and mirror the pairs at random")
    add_training_options(
        pix2pix, "runs/pix2pix", steps=80_000, image_size=256, sides="a power of two from 32 up", batch_size=1
    )
    pix2pix.set_defaults(run=train_on_pairs)


def add_cyclegan(train: Commands) -> None:
    cyclegan = train.add_parser(
        "cyclegan",
        help="paintings from photos, and photos from paintings (lesson 4)",
        description="Train a CycleGAN on two sets. Ctrl-C saves and ends; the same command goes on where it stopped.",
        formatter_class=HelpWithDefaults,
    )
    cyclegan.add_argument(
        "--data", type=Path, nargs="+", metavar="PATH",
        help="monet2photo.zip or a folder or archive like it, or two of your own, photos and paintings; without it "
        "Monet2photo from the data folder, or its drawn twin",
    )  # fmt: skip
    cyclegan.add_argument(
        "--blocks", type=natural, default=6, metavar="N", help="residual ones; the paper's 9 are for 256 px"
    )
    cyclegan.add_argument("--downsamplings", type=int, default=2, metavar="N", help="1 keeps more of small pictures")
    cyclegan.add_argument("--resize", action="store_true", help="enlarge without transposed convolutions")
    cyclegan.add_argument("--layers", type=int, default=3, metavar="N", help="of both PatchGANs, 0 to 5: 3 sees 70 px")
    cyclegan.add_argument("--cycle-weight", type=float, default=10.0, metavar="X", help="of the way there and back")
    cyclegan.add_argument("--identity-weight", type=float, default=5.0, metavar="X", help="of leaving alone; absolute")
    cyclegan.add_argument("--pool-size", type=int, default=50, metavar="N", help="of each pool of earlier pictures")
    cyclegan.add_argument("--constant", type=natural, default=100, metavar="N", help="epochs at the full rate")
    cyclegan.add_argument("--decay", type=int, default=100, metavar="N", help="epochs over which the rate falls to 0")
    cyclegan.add_argument(
        "--epoch-steps", type=natural, metavar="N", help="steps that count as an epoch (default: the larger set)"
    )
    cyclegan.add_argument("--no-jitter", action="store_true", help="do not enlarge, cut and mirror pictures at random")
    add_training_options(
        cyclegan,
        "runs/cyclegan",
        steps=None,
        image_size=128,
        sides="a multiple of 4; 32, 64 or 128 if drawn",
        batch_size=1,
    )
    cyclegan.set_defaults(run=train_unpaired)


def add_training_options(
    parser: argparse.ArgumentParser, out: str, *, steps: int | None, image_size: int, sides: str, batch_size: int
) -> None:
    """What every training is asked; without `steps`, one that is counted in epochs."""
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR", help="where everything is written")
    if steps:
        parser.add_argument("--steps", type=natural, default=steps, metavar="N", help="in all, earlier runs included")
    parser.add_argument("--image-size", type=natural, default=image_size, metavar="PX", help=sides)
    parser.add_argument("--width", type=natural, default=64, metavar="N", help="channels of the largest map")
    parser.add_argument("--batch-size", type=natural, default=batch_size, metavar="N", help="pictures a step")
    parser.add_argument("--learning-rate", type=float, default=2e-4, metavar="X", help="of both Adams")
    parser.add_argument("--count", type=natural, metavar="N", help="use the first N pictures only")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is random")
    parser.add_argument("--sample-every", type=natural, metavar="N", help="steps between grids (default: steps / 20)")
    parser.add_argument("--snapshots", action="store_true", help="with each grid, keep the generator's weights as well")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="what to train on")
    parser.add_argument("--precision", choices=["auto", *PRECISIONS], default="auto", help="what to compute in")
    parser.add_argument("--tensorboard", action="store_true", help="write event files as well")


def train_dcgan(options: argparse.Namespace) -> None:
    """python -m gancourse train dcgan"""
    hardware = Hardware(options.device, options.precision)
    torch.manual_seed(options.seed)
    generator = DCGANGenerator(options.latent_size, options.image_size, options.width)
    discriminator = DCGANDiscriminator(options.image_size, options.width)
    images = load_faces(options.data, options.image_size, "train", options.count)
    print(f"{describe(generator)} on {hardware}; everything goes to {options.out}.")
    history = train_gan(
        generator,
        discriminator,
        images,
        steps=options.steps,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=options.seed,
        hardware=hardware,
        sample_every=options.sample_every,
        out=options.out,
        snapshots=options.snapshots,
        tensorboard=options.tensorboard,
    )
    report(history, options.out)


def train_on_pairs(options: argparse.Namespace) -> None:
    """python -m gancourse train pix2pix"""
    hardware = Hardware(options.device, options.precision)
    torch.manual_seed(options.seed)
    generator = UNetGenerator(options.image_size, options.width, options.norm, skips=not options.no_skips)
    discriminator = PatchDiscriminator(6, options.layers, options.width, options.norm)
    pairs = load_pairs(options, options.image_size, "train", options.count)
    others = load_pairs(options, options.image_size, "validation", SAMPLES)
    print(f"{describe(generator)} on {hardware}; everything goes to {options.out}.")
    history = train_pix2pix(
        generator,
        None if options.pixels_only else discriminator,
        pairs,
        steps=options.steps,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        decay_steps=options.decay_steps,
        pixel_weight=options.pixel_weight,
        jitter=not options.no_jitter,
        seed=options.seed,
        hardware=hardware,
        sample_every=options.sample_every,
        sample_pairs=others,
        sample_count=SAMPLES,
        out=options.out,
        snapshots=options.snapshots,
        tensorboard=options.tensorboard,
    )
    report(history, options.out)


def train_unpaired(options: argparse.Namespace) -> None:
    """python -m gancourse train cyclegan"""
    hardware = Hardware(options.device, options.precision)
    torch.manual_seed(options.seed)
    photo_to_monet, monet_to_photo = (
        ResNetGenerator(options.blocks, options.width, options.downsamplings, resize=options.resize) for _ in range(2)
    )
    monet_discriminator, photo_discriminator = (PatchDiscriminator(3, options.layers, options.width) for _ in range(2))
    images = load_unpaired(options.data, options.image_size, "train", options.count)
    print(f"Twice {describe(photo_to_monet)} on {hardware}; everything goes to {options.out}.")
    history = train_cyclegan(
        photo_to_monet,
        monet_to_photo,
        monet_discriminator,
        photo_discriminator,
        images.photos,
        images.monets,
        constant=options.constant,
        decay=options.decay,
        epoch_steps=options.epoch_steps,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        cycle_weight=options.cycle_weight,
        identity_weight=options.identity_weight,
        pool_size=options.pool_size,
        jitter=not options.no_jitter,
        seed=options.seed,
        hardware=hardware,
        sample_every=options.sample_every,
        out=options.out,
        snapshots=options.snapshots,
        tensorboard=options.tensorboard,
    )
    report(history, options.out, goes_on="")


def report(history: History, out: Path, goes_on: str = "; more --steps go on from here") -> None:
    """What a finished training says; one that was stopped has said so already."""
    if not history.interrupted:
        last = {name.replace("_", " "): f"{values[-1]:.2f}" for name, values in history.values.items()}
        print(f"{len(history)} steps done. " + ", ".join(f"{name} {value}" for name, value in last.items()) + ".")
        print(f"Look at {out / 'samples'}{goes_on}.")
