"""The losses of the course: pure functions of logits, each giving one number to make smaller.

A logit s stands for the probability D = sigmoid(s) that its input is real.  The functions take logits, not
probabilities, because log(sigmoid(s)) written out overflows where the discriminator is sure.
Logits may have any shape, (N,) or a map of patches: the mean runs over all of them.
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss, softplus


def discriminator_bce_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], a scalar: log 4 for a discriminator that always says one half.

    Call real pictures real and generated ones fake.  (Goodfellow et al. 2014, equation 1, with its sign turned.)
    """
    real_loss = binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake_loss = binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return real_loss + fake_loss


def generator_bce_loss(fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))], a scalar: the non-saturating loss, log 2 at one half.

    The labels are turned round: the generator wants its pictures called real.  Its slope along a logit is D - 1, near
    -1 where the discriminator is sure, which is where a beginner needs it most.  (Goodfellow et al. 2014, §3.)
    """
    return binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


def generator_saturating_loss(fake_logits: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))], a scalar: the generator's side of the minimax game as first written.

    Its slope along a logit is -D, near 0 where the discriminator is sure: it saturates.
    """
    return -softplus(fake_logits).mean()


def discriminator_lsgan_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[(D(x) - 1)^2] + E[D(G(z))^2], a scalar.  Here D is the raw score: no sigmoid.

    (Mao et al. 2017, equation 2 with a = 0 and b = 1, without its one half.)
    """
    real_loss = mse_loss(real_logits, torch.ones_like(real_logits))
    fake_loss = mse_loss(fake_logits, torch.zeros_like(fake_logits))
    return real_loss + fake_loss


def generator_lsgan_loss(fake_logits: Tensor) -> Tensor:
    """E[(D(G(z)) - 1)^2], a scalar; D is the raw score.  (Mao et al. 2017, equation 2 with c = 1.)"""
    return mse_loss(fake_logits, torch.ones_like(fake_logits))


def optimal_discriminator(real_density: Tensor, fake_density: Tensor) -> Tensor:
    """p / (p + q): the D(x) that no discriminator can beat, where real points have density p and generated ones q.

    Any shape, values in [0, 1].  Where there are points of neither kind nothing is known, and it says one half.
    (Goodfellow et al. 2014, proposition 1.)
    """
    both = real_density + fake_density
    return torch.where(both > 0, real_density / both, 0.5)


def l1_loss(images: Tensor, targets: Tensor) -> Tensor:
    """The mean absolute difference of two batches of one shape, a scalar.

    Where several answers are right, the picture that makes it smallest is their median, pixel by pixel.
    (Isola et al. 2017, equation 3.)
    """
    return (images - targets).abs().mean()


def l2_loss(images: Tensor, targets: Tensor) -> Tensor:
    """The mean squared difference of two batches of one shape, a scalar; what makes it smallest is the mean."""
    return (images - targets).square().mean()


def cycle_loss(images: Tensor, recovered: Tensor) -> Tensor:
    """How far images (N, 3, H, W) are from what came back of them, there and back again: L1, a scalar.

    0 where the way back undoes the way there, whatever lies between.  (Zhu et al. 2017, equation 2, one direction.)
    """
    return l1_loss(recovered, images)


def identity_loss(images: Tensor, same_domain_output: Tensor) -> Tensor:
    """How far a generator changes images (N, 3, H, W) that are of the domain it makes already: L1, a scalar.

    `same_domain_output` is photo_to_monet(monets), not monet_to_photo(monets).  (Zhu et al. 2017, §5.2.)
    """
    return l1_loss(same_domain_output, images)
