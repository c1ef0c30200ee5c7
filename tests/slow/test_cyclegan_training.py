"""CycleGAN on the drawn landscapes, three seeds: it comes nearer to the right answers than who does nothing."""

import pytest
import torch

from gancourse.data import DrawnLandscapes
from gancourse.hardware import Hardware
from gancourse.metrics import l1_distance
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.training import sample, train_cyclegan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def images():
    return DrawnLandscapes(300, 32, progress=False)


@pytest.fixture(scope="module")
def held_out():
    landscapes = DrawnLandscapes(100, 32, "validation", progress=False)
    return landscapes.photos[:], landscapes.monets[:]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_minute_of_training_beats_doing_nothing_in_both_directions(seed, images, held_out):
    torch.manual_seed(seed)
    photo_to_monet, monet_to_photo = (ResNetGenerator(blocks=2, width=16, downsamplings=1) for _ in range(2))
    discriminators = (PatchDiscriminator(3, layers=2, width=16) for _ in range(2))
    train_cyclegan(
        photo_to_monet, monet_to_photo, *discriminators, images.photos, images.monets,
        constant=4, decay=4, epoch_steps=50, batch_size=2, learning_rate=4e-4, jitter=False, seed=seed,
        hardware=Hardware("cpu"), progress=False,
    )  # fmt: skip
    photos, monets = held_out
    nothing = l1_distance(photos, monets).mean()
    assert l1_distance(sample(photo_to_monet, photos), monets).mean() < 0.88 * nothing
    assert l1_distance(sample(monet_to_photo, monets), photos).mean() < 0.88 * nothing
