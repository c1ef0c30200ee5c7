"""The course from the command line: python -m gancourse train | evaluate | doctor."""

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import torch

from gancourse import profile
from gancourse.data import CelebAFaces, DrawnFaces, faces
from gancourse.data.catalogue import data_folder, find
from gancourse.data.images import Split
from gancourse.errors import CourseError
from gancourse.evaluate import REAL, UNTRAINED, best_snapshot, evaluate_snapshots, find_snapshots
from gancourse.hardware import DEVICES, PRECISIONS, Hardware
from gancourse.networks import DCGANDiscriminator, DCGANGenerator
from gancourse.training import describe, train_gan
from gancourse.weights import load_face_generator, load_face_reader


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it went well, 2 after a sentence that says what to put right."""
    options = build_parser().parse_args(arguments)
    try:
        options.run(options)
    except (CourseError, OSError) as error:  # an OSError, a full disk say, is a sentence already
        print(f"gancourse: {error}", file=sys.stderr)
        return 2
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gancourse", description="A course on GANs, without its notebooks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a network").add_subparsers(required=True, metavar="NETWORK")
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
    dcgan.add_argument(
        "--out", type=Path, default=Path("runs/dcgan"), metavar="DIR", help="where everything is written"
    )
    dcgan.add_argument("--steps", type=natural, default=5_000, metavar="N", help="steps in all, earlier runs included")
    dcgan.add_argument("--image-size", type=natural, default=64, metavar="PX", help="a power of two from 16 up")
    dcgan.add_argument("--width", type=natural, default=64, metavar="N", help="channels of the largest map")
    dcgan.add_argument("--latent-size", type=natural, default=100, metavar="N", help="numbers a face is made from")
    dcgan.add_argument("--batch-size", type=natural, default=64, metavar="N", help="pictures a step")
    dcgan.add_argument("--learning-rate", type=float, default=2e-4, metavar="X", help="of both Adams")
    dcgan.add_argument("--count", type=natural, metavar="N", help="use the first N pictures only")
    dcgan.add_argument("--seed", type=int, default=0, metavar="N", help="of weights, latents and the pictures' order")
    dcgan.add_argument("--sample-every", type=natural, metavar="N", help="steps between grids (default: steps / 20)")
    dcgan.add_argument("--snapshots", action="store_true", help="with each grid, keep the generator's weights as well")
    dcgan.add_argument("--device", choices=DEVICES, default="auto", help="what to train on")
    dcgan.add_argument("--precision", choices=["auto", *PRECISIONS], default="auto", help="what to compute in")
    dcgan.add_argument("--tensorboard", action="store_true", help="write event files as well")
    dcgan.set_defaults(run=train_dcgan)

    evaluate = commands.add_parser(
        "evaluate",
        help="which snapshot of a run is the best",
        description="Compare every snapshot of a DCGAN run with the faces held out for validation.",
        formatter_class=HelpWithDefaults,
    )
    evaluate.add_argument("out", type=Path, metavar="RUN", help="the folder of `train dcgan --snapshots`")
    evaluate.add_argument("--data", type=Path, metavar="PATH", help="the pictures it was trained on, as for train")
    evaluate.add_argument("--count", type=natural, default=500, metavar="N", help="faces to compare on each side")
    evaluate.set_defaults(run=evaluate_dcgan)

    doctor = commands.add_parser("doctor", help="what this machine has, and what the course makes of it")
    doctor.set_defaults(run=lambda _: print(examine()))
    return parser


class HelpWithDefaults(argparse.ArgumentDefaultsHelpFormatter):
    """Defaults are named where there are any."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def natural(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


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
    if not history.interrupted:
        last = {name.replace("_", " "): f"{values[-1]:.2f}" for name, values in history.values.items()}
        print(f"{len(history)} steps done. " + ", ".join(f"{name} {value}" for name, value in last.items()) + ".")
        print(f"Look at {options.out / 'samples'}; more --steps go on from here.")


def evaluate_dcgan(options: argparse.Namespace) -> None:
    """python -m gancourse evaluate"""
    snapshots = find_snapshots(options.out)
    image_size = load_face_generator(next(iter(snapshots.values()))).image_size
    reference, others = (
        load_faces(options.data, image_size, split, options.count) for split in ("validation", "train")
    )
    comparison = evaluate_snapshots(snapshots, load_face_reader(), reference, others)
    comparison.write_csv(options.out / "distances.csv")
    best = best_snapshot(comparison)
    low, high = comparison[best].interval
    print(f"{comparison}\nBest: {best}, kernel distance {comparison[best].kernel:.4f} ({low:.4f} to {high:.4f}), where")
    print(f"real faces are {comparison[REAL].kernel:.4f} from each other. Distances are over the features of the face")
    print(f"reader, which knows drawn faces only. The table is in {options.out / 'distances.csv'} too.")
    if comparison[UNTRAINED].kernel <= comparison[best].kernel:
        print("No snapshot is nearer than the untrained generator: train longer.")


def load_faces(data: Path | None, image_size: int, split: Split, count: int | None) -> CelebAFaces | DrawnFaces:
    """The pictures at `data`, or what the data folder has; a printed line says which."""
    if data is None:
        return faces(image_size, split, count)
    images = CelebAFaces(data, image_size, split, count)
    print(f"Faces: {images.description}.")
    return images


def examine() -> str:
    """A page about this machine, for its owner and for bug reports."""
    hardware = Hardware()
    celeba = find("celeba")
    packages = ["torch", "torchvision", "numpy", "matplotlib", "ipywidgets", "jupyterlab"]
    lines = {
        "gancourse": metadata.version("gancourse"),
        "Python": f"{platform.python_version()} on {platform.platform()}",
        "packages": ", ".join(f"{name} {installed_version(name)}" for name in packages),
        "trains on": str(hardware),
        "processor": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads for PyTorch",
        "data folder": f"{data_folder()} ({free_space(data_folder())} free)",
        "CelebA": str(celeba) if celeba else "not there; the drawn twin is used",
        "profile": profile.name(),
    }
    return "\n".join(f"{name + ':':13}{value}" for name, value in lines.items())


def installed_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(missing)"


def free_space(folder: Path) -> str:
    """Of the disk that the folder is on, or would be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return f"{shutil.disk_usage(there).free / 1e9:.0f} GB"


if __name__ == "__main__":
    sys.exit(main())
