"""How the learning rate falls over a CycleGAN's epochs."""

from gancourse.errors import CourseError


def linear_decay(epoch: int, constant: int = 100, decay: int = 100) -> float:
    """The share of the learning rate in an epoch, counted from 1: 1 at first, then down in a straight line.

    1 for `constant` epochs, and `decay` steps of 1 / (decay + 1) after them: 100 -> 1, 101 -> .9901, 150 -> .5050,
    200 -> .0099, so that the last epoch learns a little still; 0 beyond.  (Zhu et al. 2017, §7.1; the + 1 is that of
    the authors' program.)  Raises CourseError for an epoch before the first.
    """
    if epoch < 1:
        raise CourseError(f"Epochs count from 1, and this one is {epoch}.")
    return max(0.0, 1 - max(0, epoch - constant) / (decay + 1))
