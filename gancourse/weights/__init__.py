"""Small trained networks that come with the course, each trained on a drawn twin only.

Kept as float16 safetensors, which hold numbers and nothing else.  A file's header says what the network is, and the
command that trained it; scripts in `tools` write them.
"""

import json
from pathlib import Path

from gancourse.checkpoint import load_checkpoint, load_weights, read_settings
from gancourse.errors import CourseError
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    FacadeReader,
    FaceReader,
    PatchDiscriminator,
    UNetGenerator,
)

FOLDER = Path(__file__).parent
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


def load_facade_generator(path: Path = FOLDER / "facades.safetensors") -> UNetGenerator:
    """The U-Net trained on the drawn facades, ready to translate: labels (N, 3, 128, 128) -> photos.

    `path` may name another U-Net's weights: a snapshot of a run of your own, or its checkpoint.pt.
    Raises CourseError where there are none.
    """
    if path.suffix == ".pt":
        checkpoint = load_checkpoint(path)
        described = checkpoint["settings"]["generator"]
        header = read_settings(described) | {"network": described.partition("(")[0]}
        weights = checkpoint["parts"]["generator"]
    else:
        weights, header = load_weights(path)
    if header["network"] != "UNetGenerator":
        raise CourseError(f"{path} holds a {header['network']}, which does not translate pictures; give a U-Net's.")
    size, width, skips = int(header["image_size"]), int(header["width"]), header["skips"] == "True"
    generator = UNetGenerator(size, width, header["norm"], skips)
    generator.load_state_dict(weights)
    return generator.eval()


def load_facade_discriminator() -> PatchDiscriminator:
    """A discriminator trained against that U-Net, which stood still: labels beside photos (N, 6, 128, 128) -> logits.

    It has no norm, so each of its 14x14 logits depends on the 70 px that it sees, and on nothing else.
    """
    weights, header = load_weights(FOLDER / "facades_discriminator.safetensors")
    in_channels, layers, width = (int(header[name]) for name in ("in_channels", "layers", "width"))
    discriminator = PatchDiscriminator(in_channels, layers, width, header["norm"])
    discriminator.load_state_dict(weights)
    return discriminator.eval()


def load_facade_reader() -> FacadeReader:
    """The reader of facades trained on the drawn facades, ready to read, with its `accuracy` on held-out ones."""
    weights, header = load_weights(FOLDER / "facade_reader.safetensors")
    reader = FacadeReader(int(header["width"]))
    reader.load_state_dict(weights)
    reader.accuracy = json.loads(header["accuracy"])
    return reader.eval()
