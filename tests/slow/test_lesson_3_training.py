"""What lesson 3 asserts of its live training holds for other seeds too.

The adversarial term adds sharpness, at some cost in distance.  The discriminator uses the labels, but not to object to
those of another facade, unless it was asked to.
"""

import pytest
import torch

from gancourse.data import DrawnFacades
from gancourse.evaluate import judge_translations
from gancourse.evaluate.facades import MEAN, OTHERS
from gancourse.hardware import Hardware
from gancourse.losses import discriminator_bce_loss
from gancourse.networks import PatchDiscriminator, UNetGenerator
from gancourse.steps import beside, frozen, update
from gancourse.training import shuffled_batches, train_pix2pix, translate
from gancourse.weights import load_facade_reader

BATCH = 4


def train(seed: int, pairs: DrawnFacades, adversary: bool) -> tuple[UNetGenerator, PatchDiscriminator]:
    torch.manual_seed(seed)
    generator, discriminator = UNetGenerator(64, 16), PatchDiscriminator(6, 2, 16, "batch")
    train_pix2pix(
        generator, discriminator if adversary else None, pairs, steps=300, batch_size=BATCH, learning_rate=4e-4,
        jitter=False, seed=seed, hardware=Hardware("cpu"), sample_every=300, progress=False,
    )  # fmt: skip
    return generator, discriminator


def called_real(discriminator: PatchDiscriminator, labels: torch.Tensor, photos: torch.Tensor) -> float:
    with torch.no_grad(), frozen(discriminator):
        logits = torch.cat([discriminator(some) for some in beside(labels, photos).split(BATCH)])
    return (logits > 0).float().mean().item()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_the_adversary_adds_and_what_it_looks_at(seed: int) -> None:
    pairs, held_out = DrawnFacades(200, 64, progress=False), DrawnFacades(100, 64, "validation", progress=False)
    labels, photos = held_out[torch.arange(100)]
    (grey, _), (generator, discriminator) = train(seed, pairs, adversary=False), train(seed, pairs, adversary=True)
    fakes = translate(generator, labels)
    made = {"L1": translate(grey, labels), "L1 + cGAN": fakes}
    judgement = judge_translations(made.items(), held_out, pairs, load_facade_reader())
    alone, both = judgement["L1"], judgement["L1 + cGAN"]
    assert alone.sharpness < 0.4
    assert both.sharpness > 1.15 * alone.sharpness
    assert alone.l1 < both.l1  # nearer to the one photo there is, and yet worse to look at
    assert alone.l1 < judgement[MEAN].l1
    assert both.l1 < judgement[OTHERS].l1
    assert alone.ssim > 0.22
    assert both.ssim > 0.18
    assert both.agreement > 0.55
    assert both.agreement > judgement[OTHERS].agreement + 0.1

    others = labels.roll(1, 0)
    as_trained = called_real(discriminator, others, photos)
    assert called_real(discriminator, others, fakes) > called_real(discriminator, labels, fakes) + 0.15
    assert as_trained > called_real(discriminator, labels, photos) - 0.05

    optimiser = torch.optim.Adam(discriminator.parameters(), lr=4e-4, betas=(0.5, 0.999))
    for _, some in zip(range(150), shuffled_batches(200, BATCH + 1, seed=1), strict=False):
        some_labels, some_photos = pairs[some]
        with frozen(generator):
            some_fakes = generator(some_labels)
        real, fake, wrong = (
            discriminator(beside(*pair))
            for pair in (
                (some_labels, some_photos), (some_labels, some_fakes), (some_labels.roll(1, 0), some_photos),
            )
        )  # fmt: skip
        update(discriminator_bce_loss(real, torch.cat([fake, wrong])), optimiser)
    asked = called_real(discriminator, others, photos)
    assert asked < called_real(discriminator, labels, photos) - 0.05
    assert asked < as_trained - 0.1
