"""Small trained networks that come with the course, each trained on a drawn twin only.

Kept as float16 safetensors, which hold numbers and nothing else.  A file's header says what the network is, and the
command that trained it; scripts in `tools` write them.
"""

import json
from pathlib import Path
from typing import Literal, get_args

from torch import Tensor

from gancourse.checkpoint import load_checkpoint, load_weights, read_settings
from gancourse.errors import CourseError
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    FaceReader,
    PatchDiscriminator,
    PixelReader,
    ResNetGenerator,
    UNetGenerator,
)

Direction = Literal["photo_to_monet", "monet_to_photo"]
DIRECTIONS: tuple[Direction, Direction] = get_args(Direction)
FOLDER = Path(__file__).parent
FACADES = FOLDER / "facades.safetensors"
COLLAPSED = FOLDER / "collapsed_faces.safetensors"  # a generator that makes one face, for lesson 2 to find out


def load_face_generator(path: Path = FOLDER / "faces.safetensors") -> DCGANGenerator:
    """The DCGAN generator trained on the drawn faces, ready to draw: latents (N, 100) -> faces (N, 3, 64, 64).

    `path` may name another DCGAN generator's weights: a snapshot of a run of your own.
    Raises CourseError where there are none.
    """
    weights, header = load_weights(path)
    generator = DCGANGenerator(int(header["latent_size"]), int(header["image_size"]), int(header["width"]))
    generator.load_state_dict(weights)
    return generator.eval()


def load_face_discriminator() -> DCGANDiscriminator:
    """The discriminator of the run that the face generator is from: faces (N, 3, 64, 64) -> logits (N,)."""
    weights, header = load_weights(FOLDER / "faces_discriminator.safetensors")
    discriminator = DCGANDiscriminator(int(header["image_size"]), int(header["width"]))
    discriminator.load_state_dict(weights)
    return discriminator.eval()


def load_face_reader() -> FaceReader:
    """The reader of faces trained on the drawn faces, ready to read, with its `accuracy` on held-out ones."""
    weights, header = load_weights(FOLDER / "face_reader.safetensors")
    reader = FaceReader(int(header["width"]))
    reader.load_state_dict(weights)
    reader.accuracy = json.loads(header["accuracy"])
    return reader.eval()


def load_facade_generator(path: Path = FACADES) -> UNetGenerator:
    """The U-Net trained on the drawn facades, ready to translate: labels (N, 3, 128, 128) -> photos.

    `path` may name another U-Net's weights: a snapshot of a run of your own, or its checkpoint.pt.
    Raises CourseError where there are none.
    """
    generator = load_translator(path)
    if not isinstance(generator, UNetGenerator):
        raise CourseError(f"{path} holds a {type(generator).__name__}, which takes no labels; give a U-Net's.")
    return generator


def load_landscape_generators(folder: Path = FOLDER) -> tuple[ResNetGenerator, ResNetGenerator]:
    """The CycleGAN trained on the drawn landscapes: photos (N, 3, H, W) -> paintings, and paintings -> photos.

    `folder` may be another that `tools/export_weights.py` has filled.  Raises CourseError where one is missing.
    """
    return _load_pair(*(landscape_weights(direction, folder) for direction in DIRECTIONS))


def landscape_weights(direction: Direction, folder: Path = FOLDER) -> Path:
    """Where one generator of that pair lies."""
    return folder / f"landscapes_{direction}.safetensors"


def load_translator(path: Path, direction: Direction | None = None) -> UNetGenerator | ResNetGenerator:
    """A network that makes pictures of pictures, ready to translate, from a snapshot of a run or its checkpoint.pt.

    direction  which of a CycleGAN's two: its checkpoint.pt holds both, and gives photo_to_monet if not asked otherwise

    Raises CourseError for weights that do not translate, or not in this direction.
    """
    weights, header = _read_translator(path, direction)
    width, norm = int(header["width"]), header["norm"]
    generator: UNetGenerator | ResNetGenerator
    if header["network"] == "UNetGenerator":
        generator = UNetGenerator(int(header["image_size"]), width, norm, header["skips"] == "True")
    else:
        blocks, downsamplings = int(header["blocks"]), int(header["downsamplings"])
        generator = ResNetGenerator(blocks, width, downsamplings, norm, header["resize"] == "True")
    generator.load_state_dict(weights)
    return generator.eval()


def trained_size(path: Path) -> int:
    """The side of the square pictures that a translator was trained on, in px; a ResNet takes others as well.

    Raises CourseError as `load_translator` does, and where the file does not say.
    """
    _, header = _read_translator(path)
    if "image_size" not in header:
        raise CourseError(f"{path} does not say at which size it was trained; translate --size takes one.")
    return int(header["image_size"])


def _read_translator(path: Path, direction: Direction | None = None) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A translator's weights and what is known of it: the network's name and settings, and perhaps how it was trained.

    Raises CourseError as `load_translator` does.
    """
    if path.suffix == ".pt":
        checkpoint = load_checkpoint(path)
        settings, parts = checkpoint["settings"], checkpoint["parts"]
        part = "generator" if "generator" in parts else direction or DIRECTIONS[0]
        weights = parts[part]
        header = read_settings(settings[part]) | {"network": settings[part].partition("(")[0]}
        if part in DIRECTIONS:
            header["direction"] = part
            if "image_size" in settings:
                header["image_size"] = str(settings["image_size"])
    else:
        weights, header = load_weights(path)
    network = header.get("network", "network of another kind")
    if network not in ("UNetGenerator", "ResNetGenerator"):
        raise CourseError(
            f"{path} holds a {network}, which does not translate pictures; give a U-Net's weights, or a CycleGAN's."
        )
    if network == "UNetGenerator":
        header["direction"] = "labels_to_photo"
    if direction and header.get("direction", direction) != direction:
        raise CourseError(f"{path} translates {header['direction']}, and {direction} was asked for.")
    return weights, header


def load_facade_discriminator() -> PatchDiscriminator:
    """A discriminator trained against that U-Net, which stood still: labels beside photos (N, 6, 128, 128) -> logits.

    It has no norm, so each of its 14x14 logits depends on the 70 px that it sees, and on nothing else.
    """
    weights, header = load_weights(FOLDER / "facades_discriminator.safetensors")
    in_channels, layers, width = (int(header[name]) for name in ("in_channels", "layers", "width"))
    discriminator = PatchDiscriminator(in_channels, layers, width, header["norm"])
    discriminator.load_state_dict(weights)
    return discriminator.eval()


def load_facade_reader() -> PixelReader:
    """The reader of facades trained on the drawn facades, ready to read, with its `accuracy` on held-out ones."""
    return _load_pixel_reader("facade_reader")


def load_landscape_reader() -> PixelReader:
    """The reader of landscapes trained on drawn photos and paintings, ready to read, with its `accuracy` on others."""
    return _load_pixel_reader("landscape_reader")


def _load_pixel_reader(name: str) -> PixelReader:
    weights, header = load_weights(FOLDER / f"{name}.safetensors")
    reader = PixelReader(int(header["width"]), int(header["classes"]))
    reader.load_state_dict(weights)
    reader.accuracy = json.loads(header["accuracy"])
    return reader.eval()


def load_map_generators() -> tuple[ResNetGenerator, ResNetGenerator]:
    """A CycleGAN trained on drawn photos and `flat_maps` of other scenes: photos -> maps, and maps -> photos.

    Pictures are (N, 3, 32, 32).  Its maps do not show what its photos are made of, for lesson 4 to find out.
    """
    return _load_pair(FOLDER / "maps_photo_to_map.safetensors", FOLDER / "maps_map_to_photo.safetensors")


def _load_pair(path: Path, path_back: Path) -> tuple[ResNetGenerator, ResNetGenerator]:
    there, back = load_translator(path), load_translator(path_back)
    assert isinstance(there, ResNetGenerator)
    assert isinstance(back, ResNetGenerator)
    return there, back
