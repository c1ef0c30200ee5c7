"""What lesson 2 asserts of its live training holds for other seeds too: distance and coverage, not losses."""

import pytest
import torch

from gancourse.data import DrawnFaces
from gancourse.hardware import Hardware
from gancourse.metrics import attribute_coverage, compare
from gancourse.networks import DCGANDiscriminator, DCGANGenerator
from gancourse.training import draw_latents, sample, train_gan
from gancourse.weights import COLLAPSED, load_face_generator, load_face_reader


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_three_hundred_steps_are_enough(seed: int) -> None:
    images, held_out = DrawnFaces(2_000, 32, progress=False), DrawnFaces(500, 32, "validation", progress=False)
    torch.manual_seed(seed)
    generator, discriminator = DCGANGenerator(100, 32, 32), DCGANDiscriminator(32, 32)
    latents = draw_latents(generator, 500, seed, step=-1)
    untrained = sample(generator, latents)
    train_gan(
        generator, discriminator, images, steps=300, batch_size=32, learning_rate=4e-4, seed=seed,
        hardware=Hardware("cpu"), progress=False,
    )  # fmt: skip
    generated = sample(generator, latents)

    reader = load_face_reader()
    with torch.no_grad():
        sets = {"real": images[:500], "generated": generated, "untrained": untrained}
        comparison = compare({name: reader.features(some) for name, some in sets.items()}, reader.features(held_out[:]))
    real, made, start = comparison.values()
    assert real.interval[1] < made.interval[0] < made.interval[1] < start.interval[0]
    assert made.kernel < start.kernel / 3
    assert made.frechet < start.frechet / 2

    collapsed_generator = load_face_generator(COLLAPSED)
    collapsed = attribute_coverage(sample(collapsed_generator, latents), reader, held_out[:])
    coverage = attribute_coverage(generated, reader, held_out[:])
    assert coverage.covered >= 16
    assert coverage.covered > collapsed.covered + 3
