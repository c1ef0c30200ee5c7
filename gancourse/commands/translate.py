"""python -m gancourse translate: one picture or a folder through a trained translator."""

import argparse
from pathlib import Path

from PIL import Image

from gancourse.commands.options import Commands, HelpWithDefaults, add_statistics_option, natural
from gancourse.data.pairs import halves
from gancourse.translate import translate_files
from gancourse.weights import DIRECTIONS, FACADES, landscape_weights, load_translator, trained_size


def add_to(commands: Commands) -> None:
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
