"""The networks of the course, each in a file of its own."""

from gancourse.networks.dcgan import (
    DCGANDiscriminator,
    DCGANGenerator,
    conv,
    conv_size,
    deconv,
    deconv_size,
    require_image_size,
    require_shape,
)
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.patchgan import PatchDiscriminator, patch_box, receptive_field
from gancourse.networks.pixel_reader import PixelReader
from gancourse.networks.plane import ConditionalPlaneGenerator, PlaneDiscriminator, PlaneGenerator
from gancourse.networks.reader import FaceReader
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNetGenerator

__all__ = [
    "ConditionalPlaneGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FaceReader",
    "PatchDiscriminator",
    "PixelReader",
    "PlaneDiscriminator",
    "PlaneGenerator",
    "ResNetGenerator",
    "UNetGenerator",
    "conv",
    "conv_size",
    "deconv",
    "deconv_size",
    "initialise_weights",
    "patch_box",
    "receptive_field",
    "require_image_size",
    "require_shape",
]
