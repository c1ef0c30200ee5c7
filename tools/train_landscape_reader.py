"""Train the reader of landscapes that the metrics use: python tools/train_landscape_reader.py

Writes gancourse/weights/landscape_reader.safetensors in float16, with its label agreement on held-out drawn scenes in
the header, photos and paintings apart. It learns from drawn scenes of 32, 64 and 128 px only, the same ones every time:
from photos, from paintings, and from what lies between, since it will judge pictures that generators have half
translated. On one thread it takes about ten minutes.
"""

import json
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from train_facade_reader import (
    MOST_NOISE,
    Batch,
    amounts,
    class_weights,
    learn,
    scores,
    shift_colours,
    shuffled,
    spoil,
    standardise,
)

from gancourse.checkpoint import save_weights
from gancourse.data import to_float
from gancourse.data.drawn_landscapes import FIRST_VALIDATION, REGIONS, draw_scenes
from gancourse.metrics import label_agreement, sharpness, stroke_strength
from gancourse.networks import PixelReader
from gancourse.weights import FOLDER, load_landscape_reader

WIDTH = 12
EPOCHS = 7
MADE_OF = {32: (2_400, 16), 64: (2_000, 8), 128: (200, 4)}  # px: how many scenes, and how many in a batch
HELD_OUT = {32: 400, 64: 400, 128: 100}


def scenes(count: int, image_size: int, first: int) -> tuple[Tensor, Tensor, Tensor]:
    """Photos and paintings as uint8 (N, 3, S, S), and the region of each pixel (N, S, S)."""
    drawn = draw_scenes(count, image_size, first=first, progress=True)
    return torch.from_numpy(drawn.photos), torch.from_numpy(drawn.paintings), torch.from_numpy(drawn.regions).long()


def half_translated(regions: Tensor, rng: torch.Generator) -> Tensor:
    """How far each pixel of N pictures is from the photo (0) to the painting (1), (N, 1, H, W).

    A quarter of the pictures are photos, a quarter paintings, a quarter the same mixture all over, and in a quarter
    each region has a mixture of its own.
    """
    count = len(regions)
    kind = torch.randint(4, (count, 1), generator=rng)
    mixture = torch.rand(count, len(REGIONS), generator=rng)
    mixture = torch.where(kind == 2, mixture[:, :1], mixture)
    mixture = torch.where(kind < 2, kind.float(), mixture)
    return mixture.gather(1, regions.flatten(1)).reshape(count, 1, *regions.shape[1:])


def batches(made: dict[int, tuple[Tensor, Tensor, Tensor]], rng: torch.Generator) -> Iterator[Batch]:
    """Every scene once, all of a batch of one size."""
    for size, some in shuffled(MADE_OF, rng):
        photos, paintings, regions = (pictures[some] for pictures in made[size])
        painted = half_translated(regions, rng)
        pictures = torch.lerp(to_float(photos), to_float(paintings), painted)
        if torch.rand((), generator=rng) < 0.5:
            pictures, regions = pictures.flip(3), regions.flip(2)
        blur, noise = amounts(len(some), 1.0, rng), amounts(len(some), MOST_NOISE, rng)
        pictures = spoil(shift_colours(pictures, rng), blur, noise, rng)
        yield pictures, regions, to_tell(pictures, regions, painted.mean(dim=(1, 2, 3)), blur, noise)


def to_tell(pictures: Tensor, regions: Tensor, painted: Tensor, blur: Tensor, noise: Tensor) -> Tensor:
    """What a picture's features are to tell beside its regions, (N, 46): a distance over them shall see all of it.

    Of each region its share, how high it lies, and how much it adds to the picture's mean colour: so a meadow in the
    sky's blue is seen, even where the sky is as green. Of the picture the mean and deviation of each colour, its
    sharpness and strokes, how much of it is painted, blur and noise.
    """
    here = F.one_hot(regions, len(REGIONS)).float().movedim(3, 1)  # (N, regions, H, W)
    height = torch.linspace(1, -1, pictures.shape[2])[:, None]
    added = torch.einsum("nrhw,nchw->nrc", here, pictures).flatten(1) / regions[0].numel()
    of_regions = [here.mean((2, 3)), (here * height).mean((2, 3)), added]
    of_all = [sharpness(pictures), stroke_strength(pictures), painted, blur, noise]
    return torch.cat([*of_regions, pictures.mean((2, 3)), pictures.std((2, 3)), torch.stack(of_all, dim=1)], dim=1)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    made, first = {}, 0
    for size, (count, _) in MADE_OF.items():
        made[size], first = scenes(count, size, first), first + count
    reader = PixelReader(WIDTH, len(REGIONS))
    learn(reader, class_weights([regions for _, _, regions in made.values()]), EPOCHS, lambda: batches(made, rng))
    standardise(reader, [pictures for *both, _ in made.values() for pictures in both])

    path = FOLDER / "landscape_reader.safetensors"
    command = "python tools/train_landscape_reader.py"
    save_weights(path, reader, command=command, accuracy="{}")
    reader = load_landscape_reader()  # as float16 left it
    accuracy = {}
    for size, count in HELD_OUT.items():
        photos, paintings, regions = scenes(count, size, FIRST_VALIDATION)
        for name, pictures in {"photos": to_float(photos), "paintings": to_float(paintings)}.items():
            read = label_agreement(pictures, regions, reader, classes=REGIONS)
            accuracy[f"{size} px {name}"] = scores(read)
            print(f"{size} px, {name}: {read}")
            some = torch.ones(count)
            for how, spoilt in {
                "blurred": spoil(pictures, 0.5 * some, 0 * some, rng),
                "noisy": spoil(pictures, 0 * some, MOST_NOISE / 2 * some, rng),
            }.items():
                print(f"{how}: {scores(label_agreement(spoilt, regions, reader, classes=REGIONS))}")
    save_weights(path, reader, command=command, accuracy=json.dumps(accuracy))
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
