"""Which moment of a DCGAN run was the best: every kept generator against faces that it never saw."""

from pathlib import Path

import torch
from torch import Tensor

from gancourse.data import CelebAFaces, DrawnFaces
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.metrics import Comparison, Distances, compare
from gancourse.networks import DCGANGenerator, FaceReader
from gancourse.progress import progress_bar
from gancourse.training import draw_latents, sample
from gancourse.weights import load_face_generator

BATCH = 100
REAL, UNTRAINED = "real, other pictures", "untrained"


def evaluate_snapshots(
    snapshots: dict[int, Path],
    reader: FaceReader,
    reference: CelebAFaces | DrawnFaces,
    others: CelebAFaces | DrawnFaces,
    progress: bool = True,
) -> Comparison:
    """The distances from each snapshot's faces to the reference, over the reader's features; rows are "step 500".

    Every snapshot draws from the same latents, one for each face of the reference.  Before them stand two baselines:
    `others`, real faces too, and what the generator drew at step 0, or a new one where the run did not keep that.
    """
    hardware = Hardware(precision="float32")

    @torch.no_grad()
    def drawn(generator: DCGANGenerator) -> Tensor:
        hardware.place(generator)
        latents = draw_latents(generator, len(reference), seed=0, step=-1)
        faces = (sample(generator, hardware.send(some)) for some in latents.split(BATCH))
        return torch.cat([reader.features(some) for some in faces])

    @torch.no_grad()
    def read(faces: CelebAFaces | DrawnFaces) -> Tensor:
        return torch.cat([reader.features(faces[some]) for some in torch.arange(len(faces)).split(BATCH)])

    candidates = {REAL: read(others)}
    if 0 not in snapshots:
        like = load_face_generator(next(iter(snapshots.values())))
        candidates[UNTRAINED] = drawn(DCGANGenerator(like.latent_size, like.image_size, like.width))
    for step, path in progress_bar(snapshots.items(), progress, desc="evaluating", unit="snapshot"):
        candidates[f"step {step}" if step else UNTRAINED] = drawn(load_face_generator(path))
    return compare(candidates, read(reference))


def steps_of(comparison: Comparison) -> dict[int, Distances]:
    """The rows of a run's snapshots by their step; step 0 is the untrained generator."""
    named = {name: 0 if name == UNTRAINED else int(name.removeprefix("step ")) for name in comparison if name != REAL}
    return {step: comparison[name] for name, step in named.items()}


def best_snapshot(comparison: Comparison) -> str:
    """The name of the trained row with the smallest kernel distance.  Raises CourseError where there is none."""
    trained = [name for name in comparison if name not in (REAL, UNTRAINED)]
    if not trained:
        raise CourseError("The only snapshot is that of step 0, before any training. Train on, with --snapshots.")
    return min(trained, key=lambda name: comparison[name].kernel)
