"""Train a discriminator against the U-Net of the course, which stands still: python tools/train_facade_judge.py

Writes gancourse/weights/facades_discriminator.safetensors.  The discriminator that taught the U-Net is of little use
on its own: its batch norms saw photos and generated pictures in batches apart, and with running averages it can hardly
tell them from each other.  This one has no norm, so each of its logits depends on the patch it sees and nothing else.
"""

import torch
from torch.optim import Adam

from gancourse.checkpoint import save_weights
from gancourse.data import DrawnFacades
from gancourse.networks import PatchDiscriminator
from gancourse.progress import progress_bar
from gancourse.steps import beside, paired_discriminator_step
from gancourse.training import shuffled_batches, translate
from gancourse.weights import FOLDER, load_facade_discriminator, load_facade_generator

STEPS, BATCH, COUNT = 1_000, 4, 1_000
HELD_OUT = 100


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = load_facade_generator()
    pairs = DrawnFacades(COUNT, generator.image_size)
    discriminator = PatchDiscriminator(6, layers=3, width=16, norm="none")
    optimiser = Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    batches = shuffled_batches(COUNT, BATCH, seed=0)
    for _ in progress_bar(range(STEPS), desc="training", unit="step"):
        paired_discriminator_step(generator, discriminator, optimiser, *pairs[next(batches)])
    path = FOLDER / "facades_discriminator.safetensors"
    save_weights(path, discriminator, step=str(STEPS), command="python tools/train_facade_judge.py")

    labels, photos = DrawnFacades(HELD_OUT, generator.image_size, "validation", progress=False)[:]
    shown = {"photos": photos, "generated pictures": translate(generator, labels)}
    discriminator = load_facade_discriminator()  # as float16 left it
    for name, pictures in shown.items():
        for beside_what, condition in (("their labels", labels), ("the labels of another", labels.roll(1, 0))):
            with torch.no_grad():
                logits = discriminator(beside(condition, pictures))
            share = (logits > 0).float().mean()
            print(f"{name} beside {beside_what}: {share:.1%} of {logits.numel()} patches called real")


if __name__ == "__main__":
    main()
