"""Train a CycleGAN on drawn photos and flat maps of landscapes: python tools/train_map_pair.py

Writes gancourse/weights/maps_photo_to_map.safetensors and maps_map_to_photo.safetensors, and prints what they hide.  A
map shows neither water nor weather, but the cycle loss wants both back.  On one thread it takes some minutes.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gancourse.checkpoint import save_weights
from gancourse.data import to_float
from gancourse.data.drawn_landscapes import FIRST_VALIDATION, LEGEND, REGIONS, draw_scenes, flat_maps
from gancourse.data.unpaired import FIRST_PAINTED
from gancourse.metrics import l1_distance, label_agreement
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.training import sample, train_cyclegan
from gancourse.weights import FOLDER, load_landscape_reader, load_map_generators
from gancourse.widgets.lesson_04 import JPEG, NOISE, disturb

SIZE, COUNT, HELD_OUT = 32, 1_000, 60
EPOCHS, EPOCH_STEPS = 20, 200  # the rate falls in the second half


class Mapped(NamedTuple):
    """Scenes as photos and as maps, (N, 3, S, S) in [-1, 1], and the region of each pixel, (N, S, S)."""

    photos: Tensor
    maps: Tensor
    regions: Tensor


def draw(count: int, first: int) -> Mapped:
    scenes = draw_scenes(count, SIZE, first=first, progress=True)
    photos, maps = (to_float(torch.from_numpy(pixels)) for pixels in (scenes.photos, flat_maps(scenes.regions)))
    return Mapped(photos, maps, torch.from_numpy(scenes.regions).long())


def train(seed: int) -> tuple[ResNetGenerator, ResNetGenerator]:
    """Photos -> maps, and maps -> photos.  No scene is in both sets."""
    torch.manual_seed(seed)
    there, back = (ResNetGenerator(blocks=2, width=16, downsamplings=1) for _ in range(2))
    discriminators = [PatchDiscriminator(3, layers=2, width=24) for _ in range(2)]
    train_cyclegan(
        there, back, *discriminators, draw(COUNT, first=0).photos, draw(COUNT, first=FIRST_PAINTED).maps,
        constant=EPOCHS // 2, decay=EPOCHS // 2, epoch_steps=EPOCH_STEPS, batch_size=2, learning_rate=4e-4,
        identity_weight=0, jitter=False, seed=seed,
    )  # fmt: skip
    return there, back


def snap(maps: Tensor) -> Tensor:
    """Maps (N, 3, S, S) with each pixel as the nearest colour of the legend: to the eye the same, without a message."""
    legend = to_float(torch.from_numpy(LEGEND))
    return legend[torch.cdist(maps.movedim(1, 3), legend).argmin(dim=3)].movedim(3, 1)


def report(there: ResNetGenerator, back: ResNetGenerator, scenes: Mapped) -> None:
    """How right the maps are, how flat, and what comes back of them: as they are, snapped, with noise, after JPEG."""
    fakes, reader = sample(there, scenes.photos), load_landscape_reader()
    right = (snap(fakes) - scenes.maps).abs().amax(dim=1) < 0.01
    print(f"{right.float().mean():.1%} of the maps' pixels are right, {l1_distance(fakes, snap(fakes)).mean():.3f} off")
    for kind, maps in {"made of a photo": fakes, "right": scenes.maps}.items():
        unspoilt = sample(back, maps)
        for how, spoilt in {
            "as it is": maps,
            "snapped": snap(maps),
            "noise of .02": disturb(maps, NOISE, 0.02),
            "noise of .05": disturb(maps, NOISE, 0.05),
            "JPEG of 75": disturb(maps, JPEG, 75),
        }.items():
            photos = sample(back, spoilt)
            error, moved = (l1_distance(photos, others).mean() for others in (scenes.photos, unspoilt))
            read = label_agreement(photos, scenes.regions, reader, classes=REGIONS).shares
            print(
                f"map {kind:15}, {how:12}: the photo is off by {error:.4f}, moved by {moved:.4f}; of water "
                f"{read['water'][1]:4.0%} is there, of fields {read['field'][1]:4.0%}"
            )


def main() -> None:
    torch.set_num_threads(1)
    generators, command = train(seed=0), "python tools/train_map_pair.py"
    for name, generator in zip(("photo_to_map", "map_to_photo"), generators, strict=True):
        path = FOLDER / f"maps_{name}.safetensors"
        steps = str(EPOCHS * EPOCH_STEPS)
        save_weights(path, generator, command=command, direction=name, image_size=str(SIZE), step=steps)
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    report(*load_map_generators(), draw(HELD_OUT, first=FIRST_VALIDATION))  # as float16 left them


if __name__ == "__main__":
    main()
