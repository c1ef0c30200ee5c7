"""The losses against values worked out by hand, and against plain logarithms."""

import math

import pytest
import torch

from gancourse.losses import (
    discriminator_bce_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    generator_saturating_loss,
    l1_loss,
    l2_loss,
    optimal_discriminator,
)

REAL, FAKE = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([-3.0, 0.0, 1.0])


def slope(loss, logit):
    logit = torch.tensor([logit], requires_grad=True)
    loss(logit).backward()
    return logit.grad.item()


def test_one_half_everywhere_gives_log_4():
    assert discriminator_bce_loss(torch.zeros(5), torch.zeros(5)).item() == pytest.approx(math.log(4))
    assert generator_bce_loss(torch.zeros(5)).item() == pytest.approx(math.log(2))
    assert generator_saturating_loss(torch.zeros(5)).item() == pytest.approx(-math.log(2))


def test_logits_agree_with_plain_logarithms():
    real, fake = REAL.sigmoid(), FAKE.sigmoid()
    torch.testing.assert_close(discriminator_bce_loss(REAL, FAKE), -real.log().mean() - (1 - fake).log().mean())
    torch.testing.assert_close(generator_bce_loss(FAKE), -fake.log().mean())
    torch.testing.assert_close(generator_saturating_loss(FAKE), (1 - fake).log().mean())


def test_batches_of_different_size_weigh_the_same():
    assert torch.equal(discriminator_bce_loss(REAL, FAKE), discriminator_bce_loss(REAL, FAKE.repeat(4)))


@pytest.mark.parametrize("logit", [-6.0, -1.0, 0.0, 3.0])
def test_slopes_along_a_logit(logit):
    probability = 1 / (1 + math.exp(-logit))
    assert slope(generator_bce_loss, logit) == pytest.approx(probability - 1, abs=1e-6)
    assert slope(generator_saturating_loss, logit) == pytest.approx(-probability, abs=1e-6)
    assert slope(generator_lsgan_loss, logit) == pytest.approx(2 * (logit - 1), abs=1e-6)


def test_a_sure_discriminator_gives_finite_losses():
    sure = torch.tensor([1000.0])
    assert discriminator_bce_loss(sure, -sure).item() == 0
    assert discriminator_bce_loss(-sure, sure).item() == 2000
    assert generator_bce_loss(-sure).item() == 1000
    assert generator_saturating_loss(sure).item() == -1000


def test_least_squares_by_hand():
    assert discriminator_lsgan_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])).item() == 2 + 0.5
    assert generator_lsgan_loss(torch.tensor([1.0, -1.0])).item() == 2


def test_a_map_of_logits_is_averaged_over_all_its_cells():
    real, fake = REAL.reshape(1, 1, 1, 3), FAKE.reshape(1, 1, 1, 3)
    torch.testing.assert_close(discriminator_bce_loss(real, fake), discriminator_bce_loss(REAL, FAKE))


def test_the_optimal_discriminator_is_the_share_of_real_density():
    real, fake = torch.tensor([1.0, 3.0, 0.0, 2.0, 0.0]), torch.tensor([1.0, 1.0, 5.0, 0.0, 0.0])
    assert optimal_discriminator(real, fake).tolist() == [0.5, 0.75, 0.0, 1.0, 0.5]


def test_pixel_losses_by_hand():
    images, targets = torch.tensor([[0.5, -1.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.5]])
    assert l1_loss(images, targets).item() == (0.5 + 2 + 0 + 0.5) / 4
    assert l2_loss(images, targets).item() == (0.25 + 4 + 0 + 0.25) / 4
    assert l1_loss(targets, images) == l1_loss(images, targets)


@pytest.mark.parametrize(("loss", "answer"), [(l1_loss, 0.0), (l2_loss, 0.4)])
def test_of_several_right_answers_l1_finds_the_median_and_l2_the_mean(loss, answer):
    """Three of five photos are 0 and two are 1: no photo is 0.4, but the squared loss would have it."""
    photos = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0])
    guesses = torch.linspace(0, 1, 101)
    errors = torch.stack([loss(guess.expand(5), photos) for guess in guesses])
    assert guesses[errors.argmin()].item() == pytest.approx(answer)
