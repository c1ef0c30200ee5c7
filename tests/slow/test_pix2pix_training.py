"""What the adversarial term adds, on the drawn facades and for three seeds: sharpness, at some cost in distance."""

import pytest
import torch

from gancourse.data import DrawnFacades
from gancourse.evaluate import Judgement, judge_translations
from gancourse.evaluate.facades import MEAN, OTHERS
from gancourse.hardware import Hardware
from gancourse.networks import PatchDiscriminator, UNetGenerator
from gancourse.training import train_pix2pix, translate
from gancourse.weights import load_facade_reader


def judged(seed: int, steps: int) -> Judgement:
    pairs, held_out = DrawnFacades(300, 64, progress=False), DrawnFacades(100, 64, "validation", progress=False)
    labels, _ = held_out[torch.arange(100)]
    made = {}
    for name in ("L1", "L1 + cGAN"):
        torch.manual_seed(seed)
        generator = UNetGenerator(64, 16)
        discriminator = PatchDiscriminator(6, 2, 16, "batch") if name == "L1 + cGAN" else None
        train_pix2pix(
            generator, discriminator, pairs, steps=steps, batch_size=4, learning_rate=4e-4, jitter=False, seed=seed,
            hardware=Hardware("cpu"), sample_every=steps, progress=False,
        )  # fmt: skip
        made[name] = translate(generator, labels)
    return judge_translations(made.items(), held_out, pairs, load_facade_reader())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_adversary_sharpens_what_l1_alone_blurs(seed: int) -> None:
    judgement = judged(seed, steps=400)
    alone, both = judgement["L1"], judgement["L1 + cGAN"]
    assert alone.sharpness < 0.4
    assert both.sharpness > 1.2 * alone.sharpness
    assert alone.l1 < both.l1  # nearer to the one photo there is, and yet worse to look at
    assert alone.l1 < judgement[MEAN].l1
    assert alone.ssim > 0.23
    assert both.ssim > 0.2
    assert both.agreement > 0.58
    assert both.agreement > judgement[OTHERS].agreement + 0.1
