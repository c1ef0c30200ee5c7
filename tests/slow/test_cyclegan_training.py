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
def test_lesson_4s_half_minute_keeps_its_promises(seed, images, held_out):
    """Section 4.9's settings and its assertions, in both directions, whatever the seed."""
    torch.manual_seed(seed)
    photo_to_monet, monet_to_photo = (ResNetGenerator(blocks=2, width=16, downsamplings=1) for _ in range(2))
    discriminators = (PatchDiscriminator(3, layers=2, width=16) for _ in range(2))
    train_cyclegan(
        photo_to_monet, monet_to_photo, *discriminators, images.photos, images.monets,
        constant=2, decay=2, epoch_steps=100, batch_size=2, learning_rate=4e-4, jitter=False, seed=seed,
        hardware=Hardware("cpu"), progress=False,
    )  # fmt: skip
    photos, monets = held_out
    nothing = l1_distance(photos, monets).mean()
    for there, back, sources, answers in (
        (photo_to_monet, monet_to_photo, photos, monets),
        (monet_to_photo, photo_to_monet, monets, photos),
    ):
        fakes = sample(there, sources)
        assert l1_distance(fakes, answers).mean() < 0.9 * nothing
        assert l1_distance(sample(back, fakes), sources).mean() < nothing
