"""The training loop: plain, resumable, and quiet about everything the lessons do not teach.

Every random choice of a run follows from its seed and the number of the step: which pictures, which latents.
So a run that was stopped and started again is the run that was never stopped, to the last bit on a CPU.
"""

from gancourse.training.cyclegan import train_cyclegan
from gancourse.training.draws import Images, Pairs, draw_latents, random_source, shuffled_batches, unpaired_batches
from gancourse.training.gan import discriminator_step, generator_step, play, train_gan
from gancourse.training.history import History, measures
from gancourse.training.outputs import sample, translate
from gancourse.training.pix2pix import train_pix2pix
from gancourse.training.run import READ_EVERY, Run, describe, stop_gracefully

__all__ = [
    "READ_EVERY",
    "History",
    "Images",
    "Pairs",
    "Run",
    "describe",
    "discriminator_step",
    "draw_latents",
    "generator_step",
    "measures",
    "play",
    "random_source",
    "sample",
    "shuffled_batches",
    "stop_gracefully",
    "train_cyclegan",
    "train_gan",
    "train_pix2pix",
    "translate",
    "unpaired_batches",
]
