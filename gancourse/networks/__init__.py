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
from gancourse.networks.plane import ConditionalPlaneGenerator, PlaneDiscriminator, PlaneGenerator
from gancourse.networks.reader import FaceReader

__all__ = [
    "ConditionalPlaneGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FaceReader",
    "PlaneDiscriminator",
    "PlaneGenerator",
    "conv",
    "conv_size",
    "deconv",
    "deconv_size",
    "initialise_weights",
    "require_image_size",
    "require_shape",
]
