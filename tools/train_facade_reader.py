"""Train the reader of facades that the metrics use: python tools/train_facade_reader.py

Writes gancourse/weights/facade_reader.safetensors in float16, with its label agreement on held-out drawn facades in the
header. It learns from drawn facades of 64 and 128 px only, the same ones every time. On one thread it takes about
eight minutes.
"""

import json
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from gancourse.checkpoint import save_weights
from gancourse.data import to_float
from gancourse.data.drawn_facades import CLASSES, FIRST_VALIDATION, draw_facades
from gancourse.metrics import Agreement, label_agreement
from gancourse.networks.pixel_reader import FEATURES, PixelReader
from gancourse.weights import FOLDER, load_facade_reader

EPOCHS = 7
MADE_OF = {64: (2_400, 8), 128: (400, 4)}  # px: how many facades, and how many in a batch
HELD_OUT = {64: 500, 128: 200}
MOST_NOISE, MOST_SHIFT = 0.1, 0.15

Facades = tuple[Tensor, Tensor]  # photos as uint8 (N, 3, S, S), and the code of each pixel (N, S, S)
Batch = tuple[Tensor, Tensor, Tensor]  # pictures, the code of each pixel, and what the features are to tell


def facades(count: int, image_size: int, first: int) -> Facades:
    codes, photos = draw_facades(count, image_size, first=first, progress=True)
    return torch.from_numpy(photos), torch.from_numpy(codes).long()


def spoil(photos: Tensor, blur: Tensor, noise: Tensor, rng: torch.Generator) -> Tensor:
    """The photos (N, 3, H, W), each with its own blur in [0, 1] and noise, as a generator's have both."""
    weights = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = torch.outer(weights, weights).expand(3, 1, 5, 5)
    smooth = F.conv2d(F.pad(photos, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    blurred = torch.lerp(photos, smooth, blur[:, None, None, None])
    return (blurred + noise[:, None, None, None] * torch.randn(photos.shape, generator=rng)).clamp(-1, 1)


def shift_colours(photos: Tensor, rng: torch.Generator) -> Tensor:
    """The photos, each a little brighter or darker and with a little more of some colour."""
    return photos + MOST_SHIFT * (2 * torch.rand(len(photos), 3, 1, 1, generator=rng) - 1)


def amounts(count: int, most: float, rng: torch.Generator) -> Tensor:
    """Uniform on [0, most], but a third of them 0."""
    return most * (1.5 * torch.rand(count, generator=rng) - 0.5).clamp(min=0)


def shuffled(made_of: dict[int, tuple[int, int]], rng: torch.Generator) -> Iterator[tuple[int, Tensor]]:
    """Every picture's number once, in batches of one size each: the size, and the numbers."""
    chosen = []
    for size, (count, batch) in made_of.items():
        chosen += [(size, some) for some in torch.randperm(count, generator=rng).split(batch)]
    for place in torch.randperm(len(chosen), generator=rng).tolist():
        yield chosen[place]


def batches(made: dict[int, Facades], rng: torch.Generator) -> Iterator[Batch]:
    """Every facade once, all of a batch of one size."""
    for size, some in shuffled(MADE_OF, rng):
        photos, codes = to_float(made[size][0][some]), made[size][1][some]
        if torch.rand((), generator=rng) < 0.5:
            photos, codes = photos.flip(3), codes.flip(2)
        blur, noise = amounts(len(some), 1.0, rng), amounts(len(some), MOST_NOISE, rng)
        photos = spoil(shift_colours(photos, rng), blur, noise, rng)
        yield photos, codes, to_tell(photos, codes, blur, noise)


def to_tell(photos: Tensor, codes: Tensor, blur: Tensor, noise: Tensor) -> Tensor:
    """What a photo's features are to tell beside its labels, (N, 20): a distance over them shall see all of it.

    The share of each class, mean and deviation of each colour, blur and noise.
    """
    shares = F.one_hot(codes, len(CLASSES)).float().mean(dim=(1, 2))
    return torch.cat([shares, photos.mean((2, 3)), photos.std((2, 3)), blur[:, None], noise[:, None]], dim=1)


def class_weights(codes: list[Tensor]) -> Tensor:
    """Rare classes count more, by the cube root of how rare; by all of it, doors would be read everywhere."""
    count = sum(some.flatten().bincount() for some in codes)
    return (count.sum() / count) ** (1 / 3)


def learn(reader: PixelReader, weights: Tensor, epochs: int, batches: Callable[[], Iterator[Batch]]) -> None:
    """Teach the reader to read the codes, and its features to tell what they are to tell."""
    truths = [truth for _, _, truth in batches()]
    spread = torch.cat(truths).var(dim=0)
    reader, teller = reader.to(memory_format=torch.channels_last), nn.Linear(FEATURES, len(spread))
    optimiser = Adam([*reader.parameters(), *teller.parameters()], fused=True)
    schedule = OneCycleLR(optimiser, max_lr=1e-2, total_steps=epochs * len(truths))
    for epoch in range(1, epochs + 1):
        for pictures, codes, truth in batches():
            maps = reader.see(pictures.contiguous(memory_format=torch.channels_last))
            unexplained = (teller(reader.summarise(maps)) - truth).square().mean(dim=0) / spread
            error = F.cross_entropy(reader.label(maps), codes, weights) + 0.2 * unexplained.mean()
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch} of {epochs}: loss {error.item():.2f}", flush=True)


@torch.no_grad()
def standardise(reader: PixelReader, sets: list[Tensor]) -> None:
    """Bring the features to mean 0 and variance 1 over all pictures, uint8, once and exactly.

    Batches here are too small to do it on the way, as a batch norm would.
    """
    reader.eval()
    rows = torch.cat(
        [reader.summarise(reader.see(to_float(batch))) for pictures in sets for batch in pictures.split(100)]
    )
    reader.standard.running_mean = rows.mean(dim=0)
    reader.standard.running_var = rows.var(dim=0)


def scores(agreement: Agreement) -> dict[str, float]:
    return {name: round(value, 3) for name, value in agreement._asdict().items() if name != "shares"}


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    made, first = {}, 0
    for size, (count, _) in MADE_OF.items():
        made[size], first = facades(count, size, first), first + count
    reader = PixelReader(classes=len(CLASSES))
    learn(reader, class_weights([codes for _, codes in made.values()]), EPOCHS, lambda: batches(made, rng))
    standardise(reader, [photos for photos, _ in made.values()])

    path = FOLDER / "facade_reader.safetensors"
    command = "python tools/train_facade_reader.py"
    save_weights(path, reader, command=command, accuracy="{}")
    reader = load_facade_reader()  # as float16 left it
    held_out = {size: facades(count, size, first=FIRST_VALIDATION) for size, count in HELD_OUT.items()}
    accuracy = {}
    for size, (pictures, codes) in held_out.items():
        photos, some = to_float(pictures), torch.ones(len(pictures))
        read = label_agreement(photos, codes, reader)
        accuracy[f"{size} px"] = scores(read)
        blurred, noisy = spoil(photos, 0.5 * some, 0 * some, rng), spoil(photos, 0 * some, MOST_NOISE / 2 * some, rng)
        print(f"{size} px: {read}")
        for name, spoilt in {"blurred": blurred, "noisy": noisy}.items():
            print(f"{name}: {scores(label_agreement(spoilt, codes, reader))}")
    save_weights(path, reader, command=command, accuracy=json.dumps(accuracy))
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
