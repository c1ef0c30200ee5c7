"""The choice of a norm, and of the bias that it makes useless."""

from torch import nn

from gancourse.errors import CourseError

NORMS = ("batch", "instance", "none")


def normalise(norm: str, channels: int) -> list[nn.Module]:
    """The layers that normalise maps of so many channels: one, or for "none" none.

    Instance norm comes without weights, as in the authors' code.  Raises CourseError for another word.
    """
    if norm not in NORMS:
        raise CourseError(f"There is no norm {norm!r}; it can be {', '.join(NORMS)}.")
    if norm == "none":
        return []
    return [nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels)]


def needs_bias(norm: str) -> bool:
    """Whether the convolution before this norm has a bias: not before a batch norm, which brings a shift of its own."""
    return norm != "batch"
