"""A hands-on course on generative adversarial networks."""

from gancourse.image_pool import ImagePool
from gancourse.schedule import linear_decay

__all__ = ["ImagePool", "linear_decay"]
