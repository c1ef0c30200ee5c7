"""The networks of the course, each in a file of its own."""

from gancourse.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.plane import PlaneDiscriminator, PlaneGenerator

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "PlaneDiscriminator", "PlaneGenerator", "initialise_weights"]
