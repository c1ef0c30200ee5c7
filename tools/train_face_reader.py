"""Train the reader of faces that the metrics use: python tools/train_face_reader.py

Writes gancourse/weights/face_reader.safetensors in float16, with its accuracy on held-out drawn faces in the header.
It learns from drawn faces only, the same ones every time. On one thread it takes about five minutes.
"""

import json
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from gancourse.checkpoint import save_weights
from gancourse.data import to_float
from gancourse.data.drawn_faces import draw_faces, face_attributes
from gancourse.data.images import FIRST_VALIDATION_FACE
from gancourse.metrics.attributes import read_values, readable_attributes
from gancourse.networks.reader import MEASURED, READABLE, SIZE, FaceReader
from gancourse.weights import FOLDER, load_face_reader

EPOCHS, BATCH = 12, 128
MOST_NOISE = 0.1

Faces = tuple[Tensor, dict[str, Tensor]]  # pictures in [-1, 1], and what is known of them in the reader's terms


def faces(count: int, image_size: int, first: int) -> Faces:
    pictures = torch.from_numpy(draw_faces(count, image_size, first=first, progress=True))
    return to_float(pictures), readable_attributes(face_attributes(count, first=first))


def spoil(images: Tensor, blur: Tensor, noise: Tensor, rng: torch.Generator) -> Tensor:
    """The images (N, 3, 32, 32), each with its own blur in [0, 1] and noise.  A generator's faces have both."""
    weights = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = torch.outer(weights, weights).expand(3, 1, 5, 5)
    smooth = F.conv2d(F.pad(images, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    blurred = torch.lerp(images, smooth, blur[:, None, None, None])
    return (blurred + noise[:, None, None, None] * torch.randn(images.shape, generator=rng)).clamp(-1, 1)


def amounts(count: int, most: float, rng: torch.Generator) -> Tensor:
    """Uniform on [0, most], but a third of them 0."""
    return most * (1.5 * torch.rand(count, generator=rng) - 0.5).clamp(min=0)


def batches(
    images: Tensor, known: dict[str, Tensor], rng: torch.Generator
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    for chosen in torch.randperm(len(images), generator=rng)[: len(images) // BATCH * BATCH].split(BATCH):
        blur, noise = amounts(BATCH, 1.0, rng), amounts(BATCH, MOST_NOISE, rng)
        truth = {name: values[chosen] for name, values in known.items()} | {"blur": blur, "noise": noise}
        yield spoil(images[chosen], blur, noise, rng), truth


def loss(read: dict[str, Tensor], truth: dict[str, Tensor]) -> Tensor:
    """Cross-entropy for the categories, for the measures the part of their variance that is left unexplained."""
    wrong = sum(F.cross_entropy(read[name], truth[name]) for name in READABLE)
    return wrong + sum(F.mse_loss(read[name], truth[name]) / truth[name].var() for name in MEASURED)


@torch.no_grad()
def accuracy(reader: FaceReader, images: Tensor, truth: dict[str, Tensor]) -> dict[str, float]:
    """How often the reader is right on each category, and each measure's correlation with the truth."""
    codes, read = read_values(images, reader), reader(images)
    right = {name: (codes[name] == truth[name]).float().mean().item() for name in READABLE}
    measured = [name for name in MEASURED if name in truth]
    return right | {name: torch.stack([read[name], truth[name]]).corrcoef()[0, 1].item() for name in measured}


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    small, known = faces(12_000, SIZE, first=0)
    large, known_of_large = faces(4_000, 64, first=12_000)  # averaged down, edges look a little different
    images = torch.cat([small, F.adaptive_avg_pool2d(large, SIZE)])
    known = {name: torch.cat([values, known_of_large[name]]) for name, values in known.items()}

    reader = FaceReader()
    optimiser = Adam(reader.parameters())
    schedule = OneCycleLR(optimiser, max_lr=3e-3, total_steps=EPOCHS * (len(images) // BATCH))
    for epoch in range(1, EPOCHS + 1):
        for batch, truth in batches(images, known, rng):
            optimiser.zero_grad()
            error = loss(reader(batch), truth)
            error.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch} of {EPOCHS}: loss {error.item():.2f}", flush=True)

    path = FOLDER / "face_reader.safetensors"
    command = "python tools/train_face_reader.py"
    save_weights(path, reader, command=command, accuracy="{}")
    reader = load_face_reader()  # as float16 left it
    held_out, truth = faces(1_000, SIZE, first=FIRST_VALIDATION_FACE)
    measured = accuracy(reader, held_out, truth)
    rounded = {name: round(value, 3) for name, value in measured.items()}
    save_weights(path, reader, command=command, accuracy=json.dumps(rounded))

    blur, noise = torch.full((1_000,), 0.5), torch.full((1_000,), MOST_NOISE / 2)
    columns = {
        "32 px": measured,
        "64 px": accuracy(reader, faces(1_000, 64, first=FIRST_VALIDATION_FACE)[0], truth),
        "blurred": accuracy(reader, spoil(held_out, blur, 0 * noise, rng), truth),
        "noisy": accuracy(reader, spoil(held_out, 0 * blur, noise, rng), truth),
    }
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB\n{'':18}" + "".join(f"{name:>9}" for name in columns))
    for name in measured:
        print(f"{name:18}" + "".join(f"{column[name]:9.3f}" for column in columns.values()))


if __name__ == "__main__":
    main()
