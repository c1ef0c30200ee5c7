"""Draw the pictures of the README: python tools/draw_figures.py

No picture of a data set is among them: all are drawn by code, or made by generators that were trained on drawn ones.
"""

from io import BytesIO
from pathlib import Path

import torch
from matplotlib.figure import Figure
from PIL import Image

from gancourse import show
from gancourse.data import DrawnFacades, DrawnFaces, DrawnLandscapes, ring
from gancourse.networks import PlaneDiscriminator, PlaneGenerator
from gancourse.training import draw_latents, sample, train_gan, translate
from gancourse.weights import load_facade_generator, load_face_generator, load_landscape_generators

FIGURES = Path(__file__).parents[1] / "notebooks" / "figures"


def faces() -> Figure:
    """Eight drawn faces, and eight from the generator that comes with the course: the first latents, none chosen."""
    generator = load_face_generator()
    generated = sample(generator, draw_latents(generator, 8, seed=1, step=0))
    rows = torch.cat([DrawnFaces(8, progress=False)[:8], generated])
    return show.picture_grid(rows, row_labels=["drawn by code", "generated"])


def facades() -> Figure:
    """The first six held-out plans, and what the generator that comes with the course makes of them."""
    generator = load_facade_generator()
    plans, _ = DrawnFacades(6, generator.image_size, "validation", progress=False)[:]
    return show.picture_grid(torch.cat([plans, translate(generator, plans)]), 6, ["plan", "generated"])


def landscapes() -> Figure:
    """The first six held-out photos, what the generator that comes with the course paints, and the right answers."""
    scenes = DrawnLandscapes(6, 64, "validation", progress=False)
    photos, answers = scenes.photos[:], scenes.monets[:]
    photo_to_monet, _ = load_landscape_generators()
    rows = torch.cat([photos, sample(photo_to_monet, photos), answers])
    return show.picture_grid(rows, 6, ["photo", "generated", "right answer"])


@show.in_style
def plane_gan() -> Figure:
    """Lesson 1's game at four moments."""
    torch.manual_seed(0)
    real_points = ring(2000, rng=torch.Generator().manual_seed(0))
    history = train_gan(
        PlaneGenerator(), PlaneDiscriminator(), real_points,
        steps=3000, batch_size=128, learning_rate=1e-3, sample_count=1000, sample_every=250,
    )  # fmt: skip
    samples = dict(history.samples)
    figure = show.figure(800, 230)
    for axes, step in zip(figure.subplots(1, 4), (0, 500, 1500, 3000), strict=True):
        axes.scatter(*real_points.T, s=2, color=show.REAL, alpha=0.3)
        axes.scatter(*samples[step].T, s=2, color=show.GENERATED)
        axes.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), xticks=[], yticks=[], title=f"step {step:,}")
        axes.spines[:].set_visible(False)
    return figure


def main() -> None:
    FIGURES.mkdir(exist_ok=True)
    for draw in (faces, facades, landscapes, plane_gan):
        path = FIGURES / f"{draw.__name__}.png"
        # 256 colours look the same here and take a third of the bytes.
        Image.open(BytesIO(show.png(draw()))).convert("RGB").quantize(256).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
