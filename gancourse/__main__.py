"""The course from the command line: python -m gancourse train | translate | evaluate | doctor."""

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from gancourse import profile
from gancourse.data import (
    CelebAFaces,
    DrawnFacades,
    DrawnFaces,
    DrawnLandscapes,
    FacadesPairs,
    UnpairedImages,
    facades,
    faces,
    monet2photo,
)
from gancourse.data.catalogue import REAL_SETS, data_folder, find
from gancourse.data.images import Split
from gancourse.data.pairs import halves
from gancourse.errors import CourseError
from gancourse.evaluate import (
    REAL,
    UNTRAINED,
    best_snapshot,
    evaluate_snapshots,
    find_cycle_snapshots,
    find_snapshots,
    is_cycle_run,
    judge_landscapes,
    judge_translations,
    network_of,
)
from gancourse.evaluate.landscapes import STATISTICS_FROM
from gancourse.hardware import DEVICES, PRECISIONS, Hardware
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    PatchDiscriminator,
    ResNetGenerator,
    UNetGenerator,
)
from gancourse.networks.normalise import NORMS
from gancourse.progress import progress_bar
from gancourse.training import History, describe, train_cyclegan, train_gan, train_pix2pix, translate
from gancourse.translate import translate_files
from gancourse.weights import (
    DIRECTIONS,
    FACADES,
    landscape_weights,
    load_facade_generator,
    load_facade_reader,
    load_face_generator,
    load_face_reader,
    load_landscape_reader,
    load_translator,
    trained_size,
)

SAMPLES = 16  # pairs to look at while a training runs
PAIRS_HELP = (
    "facades.tar.gz, or a folder or archive of pairs; without it the facades from the data folder, or their drawn twin"
)


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
    dcgan.add_argument("--latent-size", type=natural, default=100, metavar="N", help="numbers a face is made from")
    add_training_options(dcgan, "runs/dcgan", steps=5_000, image_size=64, least=16, batch_size=64)
    dcgan.set_defaults(run=train_dcgan)

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
    add_training_options(pix2pix, "runs/pix2pix", steps=80_000, image_size=256, least=32, batch_size=1)
    pix2pix.set_defaults(run=train_on_pairs)

    cyclegan = train.add_parser(
        "cyclegan",
        help="paintings from photos, and photos from paintings (lesson 4)",
        description="Train a CycleGAN on two sets. Ctrl-C saves and ends; the same command goes on where it stopped.",
        formatter_class=HelpWithDefaults,
    )
    add_unpaired_options(cyclegan)
    cyclegan.add_argument("--blocks", type=natural, default=9, metavar="N", help="residual ones: 6 up to 128 px, or 9")
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
    add_training_options(cyclegan, "runs/cyclegan", steps=None, image_size=256, least=16, batch_size=1)
    cyclegan.set_defaults(run=train_unpaired)

    translate = commands.add_parser(
        "translate",
        help="one picture or a folder through a trained translator",
        description="Translate pictures with a trained U-Net, which takes labels, or with one of a CycleGAN's "
        "generators. Any size and format will do.",
        formatter_class=HelpWithDefaults,
    )
    translate.add_argument(
        "--checkpoint", type=Path, metavar="FILE",
        help="a run's checkpoint.pt or a snapshot of it; without it what comes with the course: the U-Net, or with "
        "--direction the CycleGAN of the drawn landscapes",
    )  # fmt: skip
    translate.add_argument(
        "--direction", choices=DIRECTIONS,
        help="which generator of a CycleGAN (of a checkpoint.pt, photo_to_monet if not given)",
    )  # fmt: skip
    translate.add_argument(
        "--size", type=natural, metavar="PX",
        help="the shorter side as a CycleGAN's generator sees it (default: what it was trained on)",
    )  # fmt: skip
    translate.add_argument(
        "--labels-on", choices=["left", "right"], help="the pictures are pairs side by side: translate this half"
    )
    add_statistics_option(translate)
    translate.add_argument("source", type=Path, metavar="IN", help="a picture, or a folder of them")
    translate.add_argument("target", type=Path, metavar="OUT", help="where to: a picture, or a folder")
    translate.set_defaults(run=translate_pictures)

    evaluate = commands.add_parser(
        "evaluate",
        help="which snapshot of a run is the best",
        description="Compare every snapshot of a run with the pictures held out for validation.",
        formatter_class=HelpWithDefaults,
    )
    evaluate.add_argument("out", type=Path, metavar="RUN", help="the folder of `train ... --snapshots`")
    evaluate.add_argument(
        "--count", type=natural, metavar="N", help="pictures to judge by (default: 500 faces, or all)"
    )
    add_pairs_options(evaluate, "the pictures it was trained on, as for train", places="+")
    evaluate.add_argument(
        "--direction", choices=DIRECTIONS, default="photo_to_monet", help="which generator of a CycleGAN to judge"
    )
    add_statistics_option(evaluate)
    evaluate.set_defaults(run=evaluate_run)

    doctor = commands.add_parser("doctor", help="what this machine has, and what the course makes of it")
    doctor.set_defaults(run=lambda _: print(examine()))
    return parser


def add_training_options(
    parser: argparse.ArgumentParser, out: str, *, steps: int | None, image_size: int, least: int, batch_size: int
) -> None:
    """What every training is asked; without `steps`, one that is counted in epochs."""
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR", help="where everything is written")
    if steps:
        parser.add_argument("--steps", type=natural, default=steps, metavar="N", help="in all, earlier runs included")
    parser.add_argument(
        "--image-size", type=natural, default=image_size, metavar="PX", help=f"a power of two from {least} up"
    )
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


def add_pairs_options(
    parser: argparse.ArgumentParser, what: str = PAIRS_HELP, places: Literal["+"] | None = None
) -> None:
    parser.add_argument("--data", type=Path, nargs=places, metavar="PATH", help=what)
    parser.add_argument(
        "--labels-on", choices=["left", "right"], default="right", help="the half that holds the labels of a pair"
    )


def add_unpaired_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, nargs="+", metavar="PATH",
        help="monet2photo.zip or a folder or archive like it, or two of your own, photos and paintings; without it "
        "Monet2photo from the data folder, or its drawn twin",
    )  # fmt: skip


def add_statistics_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--statistics", choices=["running", "own"], default="running",
        help="what a U-Net normalises by: the averages kept in training, without dropout, so that nothing is random; "
        "or each picture's own, with dropout, as the paper does with a network trained at batch 1",
    )  # fmt: skip


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


def translate_pictures(options: argparse.Namespace) -> None:
    """python -m gancourse translate"""
    shipped = landscape_weights(options.direction) if options.direction else FACADES
    path = options.checkpoint or shipped
    generator = load_translator(path, options.direction)
    size = options.size or trained_size(path)

    def prepare(picture: Image.Image) -> Image.Image:
        return halves(picture, options.labels_on, str(options.source))[0] if options.labels_on else picture

    done, refused = translate_files(
        generator, options.source, options.target, size, prepare, train_statistics=options.statistics == "own"
    )
    print(f"{done} of {done + len(refused)} pictures translated, to {options.target}.")
    for sentence in refused:
        print(f"Left out: {sentence}")


def evaluate_run(options: argparse.Namespace) -> None:
    """python -m gancourse evaluate"""
    if is_cycle_run(options.out):
        evaluate_cyclegan(options, find_cycle_snapshots(options.out))
        return
    snapshots = find_snapshots(options.out)
    if options.data and len(options.data) > 1:
        raise CourseError(f"--data names {len(options.data)} places; this run was trained on one.")
    options.data = options.data[0] if options.data else None
    (evaluate_dcgan if network_of(snapshots) == "DCGANGenerator" else evaluate_pix2pix)(options, snapshots)


def evaluate_cyclegan(options: argparse.Namespace, snapshots: dict[int, tuple[Path, Path]]) -> None:
    """Every snapshot of a run on two sets, in one direction, beside what recolouring alone can do."""
    hardware = Hardware(precision="float32")
    image_size = trained_size(next(iter(snapshots.values()))[0])
    held_out = load_unpaired(options.data, image_size, "validation", options.count)
    training = load_unpaired(options.data, image_size, "train", STATISTICS_FROM)

    def translator(path: Path) -> Callable[[Tensor], Tensor]:
        generator = hardware.place(load_translator(path))
        return lambda pictures: translate(generator, hardware.send(pictures))

    def translators() -> Iterator[tuple[str, Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]]:
        for step, (photo_to_monet, monet_to_photo) in progress_bar(
            snapshots.items(), desc="evaluating", unit="snapshot"
        ):
            ways = translator(photo_to_monet), translator(monet_to_photo)
            there, back = ways if options.direction == "photo_to_monet" else ways[::-1]
            yield f"step {step}", there, back

    judgement = judge_landscapes(translators(), held_out, training, load_landscape_reader(), options.direction)
    table = options.out / f"judgement_{options.direction}.csv"
    judgement.write_csv(table)
    print(
        f"{judgement}\nL1 and SSIM are to the right answers, which only drawn scenes have; strokes are a share of the"
    )
    print("target domain's; hue is the shift from the input, in degrees; cycle is L1 to what comes back; kernel is the")
    print("distance of the set to the target domain's pictures, over the features of the landscape reader, which knows")
    print(f"drawn scenes only. The table is in {table} too.")


def evaluate_pix2pix(options: argparse.Namespace, snapshots: dict[int, Path]) -> None:
    """Every snapshot of a run on pairs, beside four baselines."""
    hardware = Hardware(precision="float32")
    image_size = load_facade_generator(next(iter(snapshots.values()))).image_size
    held_out = load_pairs(options, image_size, "validation", options.count)
    training_pairs = load_pairs(options, image_size, "train", None)
    labels, _ = held_out[torch.arange(len(held_out))]

    def translations() -> Iterator[tuple[str, Tensor]]:
        for step, path in progress_bar(snapshots.items(), desc="evaluating", unit="snapshot"):
            generator = hardware.place(load_facade_generator(path))
            yield f"step {step}", translate(generator, hardware.send(labels), options.statistics == "own")

    reader = load_facade_reader()
    judgement = judge_translations(translations(), held_out, training_pairs, reader)
    judgement.write_csv(options.out / "judgement.csv")
    print(
        f"{judgement}\nL1 and SSIM are to the photo of the same labels; sharpness is a share of the photos'; labels is"
    )
    print(
        "the share of pixels whose label the facade reader, which knows drawn facades only, reads back; kernel is the"
    )
    print(f"distance of the set, over its features. The table is in {options.out / 'judgement.csv'} too.")


def evaluate_dcgan(options: argparse.Namespace, snapshots: dict[int, Path]) -> None:
    """Every snapshot of a run on faces, and which is the best."""
    image_size = load_face_generator(next(iter(snapshots.values()))).image_size
    reference, others = (
        load_faces(options.data, image_size, split, options.count or 500) for split in ("validation", "train")
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


def load_pairs(
    options: argparse.Namespace, image_size: int, split: Split, count: int | None
) -> FacadesPairs | DrawnFacades:
    """The pairs at --data, or what the data folder has; a printed line says which."""
    if options.data is None:
        return facades(image_size, split, count)
    pairs = FacadesPairs(options.data, image_size, split, count, options.labels_on)
    print(f"Pairs: {pairs.description}.")
    return pairs


def load_unpaired(
    data: list[Path] | None, image_size: int, split: Literal["train", "validation"], count: int | None
) -> UnpairedImages | DrawnLandscapes:
    """The two sets at --data, or what the data folder has; a printed line says which."""
    if data is None:
        return monet2photo(image_size, split, count)
    if len(data) > 2:
        raise CourseError(f"--data names {len(data)} places; give one that holds both sets, or photos and paintings.")
    images = UnpairedImages(data[0] if len(data) == 1 else (data[0], data[1]), image_size, split, count)
    print(f"Unpaired: {images.description}.")
    return images


def examine() -> str:
    """A page about this machine, for its owner and for bug reports."""
    hardware = Hardware()
    packages = ["torch", "torchvision", "numpy", "matplotlib", "ipywidgets", "jupyterlab"]
    lines = {
        "gancourse": metadata.version("gancourse"),
        "Python": f"{platform.python_version()} on {platform.platform()}",
        "packages": ", ".join(f"{name} {installed_version(name)}" for name in packages),
        "trains on": str(hardware),
        "processor": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads for PyTorch",
        "data folder": f"{data_folder()} ({free_space(data_folder())} free)",
        **{REAL_SETS[name].title: str(find(name) or "not there; the drawn twin is used") for name in REAL_SETS},
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
