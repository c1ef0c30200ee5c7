"""The networks of the course, each in a file of its own."""

from gancourse.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.plane import ConditionalPlaneGenerator, PlaneDiscriminator, PlaneGenerator

__all__ = [
    "ConditionalPlaneGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "PlaneDiscriminator",
    "PlaneGenerator",
    "initialise_weights",
]
