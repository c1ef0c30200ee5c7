"""The widgets of lesson 4: there and back, what the fake hides, where the truth is, identity, the pool, the decay."""

import io
import math
from functools import lru_cache, partial
from textwrap import wrap
from typing import NamedTuple

import ipywidgets
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor, nn

from gancourse import show
from gancourse.data.images import to_float, to_uint8
from gancourse.errors import CourseError
from gancourse.image_pool import ImagePool
from gancourse.metrics import l1_distance
from gancourse.schedule import linear_decay
from gancourse.widgets.drawing import (
    INK,
    LABELS_FIT,
    PALE,
    SOFT_INK,
    canvas,
    count_of,
    decimals,
    draw_panels,
    draw_weight,
    enlarge,
    put,
    stage,
)
from gancourse.widgets.explorer import Explorer, State, frozen_copy, pixels

TILE, PITCH, MARGIN = 160, 195, 8  # px: a picture, from one to the next, and around all
WIDTH = 3 * PITCH + TILE + 2 * MARGIN
MOST_DIFFERENCE = 0.2  # on [0, 1], where the scale of differences ends
SCALE = f"white 0, red {decimals(MOST_DIFFERENCE, 1)} or more"


def require_pictures(**sets: Tensor) -> None:
    for name, images in sets.items():
        if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] != images.shape[3] or len(images) == 0:
            raise CourseError(f"The {name} have the shape {tuple(images.shape)}; give (N, 3, size, size), one or more.")


def distance(images: Tensor, others: Tensor) -> float:
    """The mean absolute difference of images (3, S, S) in [-1, 1], on the scale from 0 to 1."""
    return l1_distance(images[None], others[None]).item()


def difference_map(images: Tensor, others: Tensor) -> Tensor:
    """Where images (3, S, S) differ, the mean over the colours, from 0 to 1: (S, S).  Its mean is their `distance`."""
    return (images - others).abs().mean(dim=0) / 2


def in_colour(difference: Tensor) -> Tensor:
    """A `difference_map` as an image (3, S, S): white where nothing differs, red from MOST_DIFFERENCE on."""
    steps = (16 * (difference / MOST_DIFFERENCE).clamp(max=1)).round() / 16  # a PNG of 256 colours has room for these
    scale = show.ERROR(steps.numpy())[..., :3]
    return torch.from_numpy(scale * 2 - 1).permute(2, 0, 1).float()


def put_framed(axes: Axes, image: Tensor, left: float, top: float, colour: str, side: int = TILE) -> None:
    """An image (3, S, S) in a frame of a colour."""
    put(axes, enlarge(image[None], side)[0], left, top)
    axes.add_patch(Rectangle((left - 2, top - 2), side + 4, side + 4, fill=False, edgecolor=colour, linewidth=2))


# There and back ------------------------------------------------------------------------------------------------------

PHOTO_FIRST, MONET_FIRST = "photo → painting → photo", "painting → photo → painting"


class Journey(NamedTuple):
    """One picture's way there and back, (3, S, S) each; the recovered one is made of this very fake."""

    real: Tensor
    fake: Tensor
    recovered: Tensor


class Journeys:
    """Both generators as they are now, in eval mode, and the pictures that they send there and back."""

    def __init__(self, photo_to_monet: nn.Module, monet_to_photo: nn.Module, photos: Tensor, monets: Tensor) -> None:
        require_pictures(photos=photos, monets=monets)
        to_monet, to_photo = frozen_copy(photo_to_monet), frozen_copy(monet_to_photo)
        self.ways = {
            PHOTO_FIRST: (to_monet, to_photo, photos.detach().cpu()),
            MONET_FIRST: (to_photo, to_monet, monets.detach().cpu()),
        }
        self.travel = lru_cache(maxsize=len(photos) + len(monets))(self._travel)

    def _travel(self, direction: str, picture: int) -> Journey:
        there, back, images = self.ways[direction]
        real = images[picture : picture + 1]
        fake = there(real)
        return Journey(real[0], fake[0], back(fake)[0])

    def look(self, state: State) -> State:
        """What becomes of a picture.

        {"direction", "picture"} -> "journey"; "domains": what the picture is and what it becomes, in words;
        "difference" (S, S) of recovered and real, from 0 to 1; "cycle" and "translation": how far the recovered one
        and the fake are from the real one, 0 to 1, where `cycle_loss` says twice as much; "summary".
        """
        direction, picture = state["direction"], state["picture"]
        journey = self.travel(direction, picture)
        domain, other = ("photo", "painting") if direction == PHOTO_FIRST else ("painting", "photo")
        cycle, translation = (distance(one, journey.real) for one in (journey.recovered, journey.fake))
        return {
            "journey": journey,
            "domains": (domain, other),
            "difference": difference_map(journey.recovered, journey.real),
            "cycle": cycle,
            "translation": translation,
            "summary": (
                f"{domain.capitalize()} {picture}: its {other} differs from it by {decimals(translation, 3)}, and the "
                f"{domain} that comes back by {decimals(cycle, 3)}, on average and on a scale from 0 to 1."
            ),
        }


@show.in_style
def draw_journey(result: State) -> bytes:
    """The real picture, the fake, what comes back of it, and how that differs from the real one."""
    height = 240
    drawing, write = canvas(WIDTH, height)
    axes = stage(drawing, WIDTH, height)
    domain, other = result["domains"]
    real, fake, recovered = result["journey"]
    columns: list[tuple[Tensor, str, str, str]] = [
        (real, show.REAL, f"Real {domain}", ""),
        (fake, show.GENERATED, f"As a {other}", f"differs by {decimals(result['translation'], 3)}"),
        (recovered, show.GENERATED, f"{domain.capitalize()} again", f"differs by {decimals(result['cycle'], 3)}"),
        (in_colour(result["difference"]), show.QUIET, "Difference", SCALE),
    ]
    for column, (image, colour, title, words) in enumerate(columns):
        left = MARGIN + PITCH * column
        put_framed(axes, image, left, 36, colour)
        write(left, 18, title, fontsize=12)
        write(left, 214, words, fontsize=9, color=SOFT_INK)
        if column in (1, 2):
            write(left - (PITCH - TILE) / 2, 36 + TILE / 2, "→", fontsize=16, ha="center")
    return show.small_png(pixels(drawing))


def cycle_viewer(photo_to_monet: nn.Module, monet_to_photo: nn.Module, photos: Tensor, monets: Tensor) -> Explorer:
    """One of the photos (N, 3, S, S) or of the monets (M, 3, S, S), in [-1, 1], sent to the other domain and back.

    The generators are taken as they are now.  Raises CourseError for pictures of another shape.
    """
    journeys = Journeys(photo_to_monet, monet_to_photo, photos, monets)
    slider = ipywidgets.IntSlider(value=0, min=0, max=len(photos) - 1, description="picture", layout={"width": "250px"})
    controls = {
        "direction": ipywidgets.Dropdown(
            options=[PHOTO_FIRST, MONET_FIRST], description="direction", layout={"width": "310px"}
        ),
        "picture": slider,
    }

    def fit(state: State) -> None:
        slider.max = len(photos if state["direction"] == PHOTO_FIRST else monets) - 1

    alt = (
        "Four pictures in a row: a real one, what the first generator makes of it in the other domain, what the second "
        "generator makes of that, and where this last one differs from the first, in red. At first a photo becomes a "
        "painting, and a photo again."
    )
    return Explorer(journeys.look, draw_journey, controls, alt, {"direction": fit})


# What the fake hides -------------------------------------------------------------------------------------------------

NOISE, JPEG = "noise", "JPEG"
LEVELS: dict[str, tuple[float, ...]] = {
    NOISE: (0.0, 0.01, 0.02, 0.05, 0.1, 0.2),  # standard deviation, where black is 0 and white is 1
    JPEG: (100, 90, 75, 50, 25, 10),  # quality
}


def disturb(images: Tensor, kind: str, level: float) -> Tensor:
    """Images (N, 3, S, S) in [-1, 1] with noise of a standard deviation on [0, 1], or after JPEG of a quality.

    The noise is always the same, and for all images; only its strength differs.
    """
    if kind == NOISE:
        noise = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(0))
        return (images + 2 * level * noise).clamp(-1, 1)
    through = []
    for pixels_of_one in to_uint8(images).permute(0, 2, 3, 1).numpy():
        file = io.BytesIO()
        Image.fromarray(pixels_of_one).save(file, "jpeg", quality=int(level))
        through.append(torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1))
    return to_float(torch.stack(through))


FAKE, OF_FAKE = "the fake painting", "the photo made of it"
MONET, OF_MONET = "a real painting", "the photo made of that"
CURVES = {  # colour, line, width
    FAKE: (show.GENERATED, "--", 3),
    OF_FAKE: (show.GENERATED, "-", 2),
    MONET: (show.REAL, "--", 1.2),
    OF_MONET: (show.REAL, "-", 2),
}


class Disturbance(NamedTuple):
    """An image before the way back, disturbed at each level, and what comes of it."""

    disturbed: Tensor  # (levels, 3, S, S)
    back: Tensor  # (levels, 3, S, S)
    sizes: list[float]  # how far the disturbance moves the image, from 0 to 1
    moves: list[float]  # how far it moves what comes back


class Disturbances:
    """A photo's fake painting, disturbed before the way back.

    The control is a real painting, disturbed in the same way: it carries no message from a generator, so what its
    disturbance changes is what any picture's would.
    """

    def __init__(
        self, photo_to_monet: nn.Module, monet_to_photo: nn.Module, photos: Tensor, monets: Tensor | None
    ) -> None:
        self.journeys = Journeys(photo_to_monet, monet_to_photo, photos, photos if monets is None else monets)
        self.monets = None if monets is None else monets.detach().cpu()
        self.of_fake = lru_cache(maxsize=2 * len(photos))(self._of_fake)
        self.of_monet = lru_cache(maxsize=2 * len(photos))(self._of_monet)

    def _of_fake(self, kind: str, picture: int) -> Disturbance:
        journey = self.journeys.travel(PHOTO_FIRST, picture)
        return self._all_levels(kind, journey.fake, journey.recovered)

    def _of_monet(self, kind: str, picture: int) -> Disturbance:
        journey = self.journeys.travel(MONET_FIRST, picture)
        return self._all_levels(kind, journey.real, journey.fake)

    def _all_levels(self, kind: str, image: Tensor, undisturbed: Tensor) -> Disturbance:
        """`undisturbed` is what comes back of the image as it is, (3, S, S) both."""
        to_photo = self.journeys.ways[MONET_FIRST][0]
        disturbed = torch.cat([disturb(image[None], kind, level) for level in LEVELS[kind]])
        back = to_photo(disturbed)
        return Disturbance(
            disturbed,
            back,
            l1_distance(disturbed, image.expand_as(disturbed)).tolist(),
            l1_distance(back, undisturbed.expand_as(back)).tolist(),
        )

    def look(self, state: State) -> State:
        """What a disturbance of the fake changes.

        {"picture", "disturbance", "noise", "quality"} -> "journey", undisturbed; "disturbed" and "back" (3, S, S);
        "difference" (S, S) of what comes back with and without; "size": how far the disturbance moves the fake, 0 to
        1; "errors": of what comes back, without and with; "curves": by name for each level how far something moves;
        "summary".
        """
        picture, kind = state["picture"], state["disturbance"]
        level = state["noise" if kind == NOISE else "quality"]
        place = LEVELS[kind].index(level)
        journey, fake = self.journeys.travel(PHOTO_FIRST, picture), self.of_fake(kind, picture)
        disturbed, back = fake.disturbed[place], fake.back[place]
        errors = distance(journey.recovered, journey.real), distance(back, journey.real)
        name = f"Noise of {decimals(level)}" if kind == NOISE else f"JPEG of quality {level}"
        summary = (
            f"{name} changes the painting of photo {picture} by {decimals(fake.sizes[place], 3)}, and the photo that "
            f"comes back by {decimals(fake.moves[place], 3)}; its error goes from {decimals(errors[0], 3)} to "
            f"{decimals(errors[1], 3)}."
        )
        curves = {FAKE: fake.sizes, OF_FAKE: fake.moves}
        if self.monets is not None:
            number = picture % len(self.monets)
            control = self.of_monet(kind, number)
            curves |= {MONET: control.sizes, OF_MONET: control.moves}
            summary += (
                f" The same changes the real painting {number} by {decimals(control.sizes[place], 3)}, and the photo "
                f"made of it by {decimals(control.moves[place], 3)}."
            )
        return {
            "picture": picture, "kind": kind, "place": place, "name": name, "journey": journey, "disturbed": disturbed,
            "back": back, "difference": difference_map(back, journey.recovered), "size": fake.sizes[place],
            "errors": errors, "curves": curves, "summary": summary,
        }  # fmt: skip


@show.in_style
def draw_disturbance(result: State) -> bytes:
    """Above photo, fake, and what comes back; below the same with the fake disturbed; beside them all levels."""
    height, pitch = 480, TILE + 14
    drawing, write = canvas(WIDTH, height)
    axes = stage(drawing, WIDTH, height)
    real, fake, recovered = result["journey"]
    without, with_it = (f"error {decimals(error, 3)}" for error in result["errors"])
    rows: list[list[tuple[Tensor, str, str, str]]] = [
        [
            (real, show.REAL, "Real photo", ""),
            (fake, show.GENERATED, "As a painting", ""),
            (recovered, show.GENERATED, "Photo again", without),
        ],
        [
            (in_colour(result["difference"]), show.QUIET, "Both photos differ", SCALE),
            (result["disturbed"], show.GENERATED, result["name"], f"changed by {decimals(result['size'], 3)}"),
            (result["back"], show.GENERATED, "Photo of that", with_it),
        ],
    ]
    for row, tiles in enumerate(rows):
        top = 36 + 236 * row
        for column, (image, colour, title, words) in enumerate(tiles):
            left = MARGIN + pitch * column
            put_framed(axes, image, left, top, colour)
            write(left, top - 18, title, fontsize=12)
            write(left, top + TILE + 16, words, fontsize=9, color=SOFT_INK)

    write(556, 18, "How far each moves", fontsize=12)
    panel = drawing.add_axes((584 / WIDTH, 1 - 432 / height, 162 / WIDTH, 290 / height))
    highest = max(map(max, result["curves"].values()))
    for number, (name, values) in enumerate(result["curves"].items()):
        colour, line, thick = CURVES[name]
        panel.plot(range(len(values)), values, line, color=colour, linewidth=thick)
        panel.plot([result["place"]], [values[result["place"]]], "o", color=colour)
        y = 44 + 20 * number
        axes.plot((558, 588), (y, y), line, color=colour, linewidth=thick)
        write(594, y, name, fontsize=9)
    panel.axvline(result["place"], color=INK, linewidth=1, zorder=0)
    levels = LEVELS[result["kind"]]
    panel.set_xticks(range(len(levels)), [f"{level:g}".removeprefix("0") or "0" for level in levels])
    panel.set_xlabel("noise: standard deviation" if result["kind"] == NOISE else "JPEG: quality", fontsize=9)
    panel.set(xlim=(-0.2, len(levels) - 0.8), ylim=(0, 1.08 * max(highest, 1e-3)))
    panel.locator_params(axis="y", nbins=5)
    panel.tick_params(labelsize=9)
    return show.small_png(pixels(drawing))


def steganography_slider(
    photo_to_monet: nn.Module, monet_to_photo: nn.Module, photos: Tensor, monets: Tensor | None = None
) -> Explorer:
    """A fake painting, disturbed before the way back: does it carry the photo in traces that nobody sees?

    photos  (N, 3, S, S) in [-1, 1], each sent there and back
    monets  (M, 3, S, S): the control.  Real paintings, disturbed in the same way, carry no message, and show how
            sensitive the way back is anyhow.  Photo i stands beside monet i, or i modulo M

    Were the fake a painting like any other, an equal disturbance would move both photos alike.  Where the fake's moves
    farther, what was destroyed was a message.  (Chu et al. 2017.)  Noise moves both paintings equally but for what it
    clips, JPEG need not: it removes most where there is most fine detail.

    Raises CourseError for pictures of another shape.
    """
    disturbances = Disturbances(photo_to_monet, monet_to_photo, photos, monets)
    choice = partial(ipywidgets.SelectionSlider, style=LABELS_FIT, layout={"width": "240px"})
    noise = choice(
        options=[(decimals(level), level) for level in LEVELS[NOISE]], value=0.05, description="noise", disabled=False
    )
    quality = choice(options=list(LEVELS[JPEG]), value=75, description="JPEG quality", disabled=True)
    controls = {
        "picture": ipywidgets.IntSlider(
            value=0, min=0, max=len(photos) - 1, description="photo", layout={"width": "250px"}
        ),
        "disturbance": ipywidgets.Dropdown(
            options=[NOISE, JPEG], description="disturb by", style=LABELS_FIT, layout={"width": "160px"}
        ),
        "noise": noise,
        "quality": quality,
    }

    def enable(state: State) -> None:
        noise.disabled, quality.disabled = state["disturbance"] != NOISE, state["disturbance"] != JPEG

    alt = (
        "In the upper row a photo, the painting made of it, and the photo made of that. Below, the painting with noise "
        "or after JPEG, the photo that is made of it now, and where the two photos differ, in red. At the right curves "
        "over the strength of the disturbance: how far it moves the painting, dashed, and how far the photo made of it."
    )
    return Explorer(disturbances.look, draw_disturbance, controls, alt, {"disturbance": enable})


# Where the truth is --------------------------------------------------------------------------------------------------


class Candidates:
    """Translations of the same photos by name, beside the right answers."""

    def __init__(self, photos: Tensor, answers: Tensor, pictures: dict[str, Tensor]) -> None:
        require_pictures(photos=photos)
        if not pictures:
            raise CourseError("There is nothing to compare; give pictures by the name of who made them.")
        for name, images in {"right answers": answers, **pictures}.items():
            if images.shape != photos.shape:
                raise CourseError(
                    f"The pictures of '{name}' have the shape {tuple(images.shape)}, the photos {tuple(photos.shape)}; "
                    "give one for each photo."
                )
        self.photos, self.answers = photos.detach().cpu(), answers.detach().cpu()
        self.pictures = {name: images.detach().float().cpu() for name, images in pictures.items()}
        self.distances = {name: l1_distance(images, self.answers) for name, images in self.pictures.items()}
        self.nearest = torch.stack(list(self.distances.values())).argmin(dim=0)  # of each scene, among the names

    def look(self, state: State) -> State:
        """All translations of one scene.

        {"scene"} -> "photo" and "answer" (3, S, S); "pictures": by name (3, S, S); "distances": by name L1 from the
        right answer, 0 to 1; "means": the same over all scenes; "nearest": a name; "summary".
        """
        scene = state["scene"]
        distances = {name: values[scene].item() for name, values in self.distances.items()}
        position = int(self.nearest[scene])
        nearest = list(distances)[position]
        often, count = int((self.nearest == position).sum()), len(self.photos)
        listed = "; ".join(f"{name} {decimals(value, 3)}" for name, value in distances.items())
        return {
            "photo": self.photos[scene],
            "answer": self.answers[scene],
            "pictures": {name: images[scene] for name, images in self.pictures.items()},
            "distances": distances,
            "means": {name: values.mean().item() for name, values in self.distances.items()},
            "nearest": nearest,
            "summary": (
                f"Scene {scene}, L1 from the right answer: {listed}. Nearest here and in {often} of "
                f"{count_of(count, 'scene')}: {nearest}."
            ),
        }


@show.in_style
def draw_candidates(result: State) -> bytes:
    """The photo, the right answer, and each translation with its distance from that."""
    columns, pitch = 4, 236
    tiles: list[tuple[Tensor, str, str, str]] = [
        (result["photo"], show.REAL, "photo", ""),
        (result["answer"], show.TRUTH, "the right answer", ""),
    ]
    for name, image in result["pictures"].items():
        words = f"L1 {decimals(result['distances'][name], 3)}, mean {decimals(result['means'][name], 3)}"
        tiles.append((image, show.GENERATED, name, words))
    height = pitch * math.ceil(len(tiles) / columns)
    drawing, write = canvas(WIDTH, height)
    axes = stage(drawing, WIDTH, height)
    for number, (image, colour, title, words) in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = MARGIN + PITCH * column, 46 + pitch * row
        put_framed(axes, image, left, top, colour)
        nearest = number >= 2 and title == result["nearest"]
        weight = "bold" if nearest else "normal"
        write(left, top - 22, "\n".join(wrap(title, 22)), fontsize=10, weight=weight, linespacing=1.1)
        write(left, top + TILE + 14, words, fontsize=9, weight=weight, color=INK if nearest else SOFT_INK)
    return show.small_png(pixels(drawing))


def truth_explorer(photos: Tensor, answers: Tensor, pictures: dict[str, Tensor]) -> Explorer:
    """What different translators make of the same photos, beside the right answers, which only drawn scenes have.

    photos, answers  (N, 3, S, S) in [-1, 1], pair by pair
    pictures         by name translations of the photos, of the same shape; they are shown in this order

    Raises CourseError where shapes differ, and where there is no translation.
    """
    candidates = Candidates(photos, answers, pictures)
    control = ipywidgets.IntSlider(value=0, min=0, max=len(photos) - 1, description="scene", layout={"width": "360px"})
    alt = (
        "A photo of a drawn landscape in a blue frame, the right answer, its painting, in a green one, and in orange "
        "frames what each translator makes of the photo. Under each stands its L1 distance from the right answer, "
        "in this scene and as a mean over all; the nearest is in bold."
    )
    return Explorer(candidates.look, draw_candidates, {"scene": control}, alt)


# What the identity loss weighs ---------------------------------------------------------------------------------------

PANELS = {
    "hue_shift": "hue shift, degrees",
    "l1": "L1 from the right answer",
    "strokes": "strokes: the paintings' are 1",
}

Measured = dict[float, dict[str, list[float]]]


def at_identity_weight(
    photos: Tensor, pictures: dict[float, Tensor], measured: Measured, answers: Tensor | None, state: State
) -> State:
    """What training with state["weight"] made.

    "rows": photos, pictures and perhaps the right answers (5, 3, S, S) by name; "chosen": the pictures' name;
    "values": by measure and weight a number for each seed; "summary".
    """
    weight = state["weight"]
    chosen = f"weight\n{weight:g}"
    rows = {"photos": photos, chosen: pictures[weight]}
    if answers is not None:
        rows["answers"] = answers
    values = {name: {each: measured[each][name] for each in sorted(measured)} for name in PANELS}
    turn, l1, strokes = (float(np.mean(values[name][weight])) for name in PANELS)
    seeds = len(values["l1"][weight])
    return {
        "weight": weight,
        "rows": rows,
        "chosen": chosen,
        "values": values,
        "summary": (
            f"Identity weight {weight:g}: hues shift by {turn:.1f} degrees, error {decimals(l1, 3)}, strokes "
            f"{decimals(strokes)} of the paintings'{f' (means of {seeds} seeds)' if seeds > 1 else ''}."
        ),
    }


def identity_slider(
    photos: Tensor,
    pictures: dict[float, Tensor],
    measured: dict[float, dict[str, list[float]]],
    answers: Tensor | None = None,
    truth: dict[str, list[float]] | None = None,
) -> Explorer:
    """Recorded paintings of the same photos by generators trained with different weights of the identity loss.

    photos    (N, 3, S, S) in [-1, 1]; the first five are shown
    pictures  by weight what was made of the photos, of the same shape
    measured  by weight and measure ("hue_shift" from the photos, "l1" and "strokes") a number for each seed; others are
              ignored
    answers   the right answers, of the same shape, where they are known
    truth     by measure one number of the right answers.  Their hues differ from the photos' too: less shift is not
              always nearer, and a green line says how much is right

    Raises CourseError where shapes differ, and where pictures and measures are not of the same weights.
    """
    require_pictures(photos=photos)
    if not pictures or pictures.keys() != measured.keys():
        raise CourseError(
            f"There are pictures for the weights {sorted(pictures)} and measures for {sorted(measured)}; give both for "
            "the same."
        )
    named = {f"of weight {weight:g}": images for weight, images in pictures.items()}
    for name, images in (named if answers is None else {**named, "that are the right answers": answers}).items():
        if images.shape != photos.shape:
            raise CourseError(
                f"The pictures {name} have the shape {tuple(images.shape)}, the photos {tuple(photos.shape)}; give one "
                "for each photo."
            )
    weights = sorted(pictures)
    control = ipywidgets.SelectionSlider(
        options=[(f"{weight:g}", weight) for weight in weights],
        value=weights[0],
        description="identity weight",
        style=LABELS_FIT,
        layout={"width": "420px"},
    )
    alt = (
        "Rows of five pictures: photos, what a generator trained with the chosen weight of the identity loss makes of "
        "them, and, where they are known, the right answers. Below, three panels over the weight with a dot for each "
        "seed and a line at the chosen one: how far hues turn from the photos', the L1 error, and how strong the "
        "strokes are. At first the weight is 0."
    )
    compute = partial(
        at_identity_weight,
        photos[:5],
        {weight: images[:5] for weight, images in pictures.items()},
        measured,
        None if answers is None else answers[:5],
    )
    # `show.small_png` keeps the colours that it meets at every fifth pixel: a line of 5 px is always met.
    line = {"color": show.TRUTH, "linewidth": 5 * 72 / show.DPI, "linestyle": "-", "zorder": 0}
    aims = {"strokes": {"y": 1.0, **line}}
    if truth is not None:
        aims["hue_shift"] = {"y": float(np.mean(truth["hue_shift"])), **line}
    panels = draw_panels(compute({"weight": weights[0]})["values"], PANELS, aims, "identity weight")
    return Explorer(compute, partial(draw_weight, *panels), {"weight": control}, alt)


# What the pool hands out ---------------------------------------------------------------------------------------------

STEPS, MOST_SLOTS = 60, 8
SLOT = 60  # px
AGES = LinearSegmentedColormap.from_list("ages", [show.GENERATED, "#f6d9b4", "#dcdcdc"])


def pool_after(size: int, state: State) -> State:
    """A pool of so many pictures after state["step"] steps, one generated picture a step, numbered from 1.

    "incoming": the picture of this step; "seen": for each step the picture that the discriminator saw; "pool": the
    pictures in it now; "slot": where the incoming one lies, None where it was not kept; "mean_age" of the pool, in
    steps; "summary".
    """
    step = state["step"]
    pool = ImagePool(size)
    seen = [int(pool.exchange(torch.full((1, 1, 1, 1), float(number))).item()) for number in range(1, step + 1)]
    kept = [int(image.item()) for image in pool.images]
    slot = kept.index(step) if step in kept else None
    mean_age = step - sum(kept) / len(kept)
    if seen[-1] != step:
        happened = f"D sees picture {seen[-1]}, {count_of(step - seen[-1], 'step')} old, and {step} takes its place"
    elif slot is None:
        happened = "D sees it, new, and the pool does not keep it"
    else:
        happened = "D sees it, new, and the pool, not full before, keeps it"
    return {
        "size": size,
        "incoming": step,
        "seen": seen,
        "pool": kept,
        "slot": slot,
        "mean_age": mean_age,
        "summary": (
            f"Step {step}: G makes picture {step}; {happened}. In the pool: {', '.join(map(str, kept))}, mean age "
            f"{mean_age:.1f}. {sum(one < step for step, one in enumerate(seen, 1))} of {step} that D saw were old."
        ),
    }


@show.in_style
def draw_pool(result: State) -> bytes:
    """What goes in, the pool, what comes out, and below how old it was at each step; the colour is the age."""
    height = 320
    drawing, write = canvas(WIDTH, height)
    axes = stage(drawing, WIDTH, height)
    step, size, seen = result["incoming"], result["size"], result["seen"]
    pitch, top = SLOT + 8, 48
    oldest = 4 * size

    def slot(number: int | None, left: float, chosen: bool = False) -> None:
        """A place with a picture or without; `chosen`: the one that something happened to."""
        colour = PALE if number is None else AGES(min((step - number) / oldest, 1.0))
        edge, width = (INK, 2.5) if chosen else ("#bbbbbb", 1)
        axes.add_patch(Rectangle((left, top), SLOT, SLOT, facecolor=colour, edgecolor=edge, linewidth=width))
        if number is not None:
            age = "new" if number == step else f"{step - number} old"
            write(left + SLOT / 2, top + 24, str(number), ha="center", fontsize=14)
            write(left + SLOT / 2, top + 46, age, ha="center", fontsize=9)

    start = (WIDTH - pitch * size + 8) / 2
    last = WIDTH - MARGIN - SLOT - 6
    write(MARGIN + 6, 24, "G makes", fontsize=12)
    write(start, 24, f"The pool of {size}" if size > 1 else "The pool", fontsize=12)
    write(last + SLOT, 24, "D sees", fontsize=12, ha="right")
    slot(step, MARGIN + 6)
    for place in range(size):
        number = result["pool"][place] if place < len(result["pool"]) else None
        slot(number, start + pitch * place, chosen=place == result["slot"])
    slot(seen[-1], last)
    if result["slot"] is None:
        write(WIDTH / 2, top + SLOT + 14, f"{step} goes past", ha="center", fontsize=9)
    else:
        words = f"{step} in, {seen[-1]} out" if seen[-1] != step else f"{step} in"
        write(start + pitch * result["slot"] + SLOT / 2, top + SLOT + 14, words, ha="center", fontsize=9)
    for left in (MARGIN + 6 + SLOT + (start - MARGIN - 6 - SLOT) / 2, (start + pitch * size - 8 + last) / 2):
        write(left, top + SLOT / 2, "→", fontsize=16, ha="center")

    ages = np.array([number - one for number, one in enumerate(seen, 1)])
    panel = drawing.add_axes((46 / WIDTH, 46 / height, (WIDTH - 60) / WIDTH, 110 / height))
    panel.set_title("How old what D saw was, in steps", fontsize=11)
    panel.vlines(range(1, step + 1), 0, ages, color="#cccccc", linewidth=1)
    colours = AGES(np.minimum(ages / oldest, 1))
    panel.scatter(range(1, step + 1), ages, c=colours, edgecolors=SOFT_INK, linewidths=0.8, s=36, zorder=3)
    panel.set(xlim=(0, STEPS + 1), ylim=(-0.08 * oldest, max(oldest, 1.08 * ages.max())))
    panel.set_xlabel("step", fontsize=9, labelpad=1)
    panel.tick_params(labelsize=9)
    return show.small_png(pixels(drawing))


def pool_stepper(size: int = 4) -> Explorer:
    """An image pool of this size, one generated picture a step.  First state: the first time that an old one comes out.

    Raises CourseError for a size that is not 1 to 8.
    """
    if not 1 <= size <= MOST_SLOTS:
        raise CourseError(f"A pool of {size} pictures was asked for; 1 to {MOST_SLOTS} can be drawn.")
    seen = pool_after(size, {"step": STEPS})["seen"]
    first = next(step for step, picture in enumerate(seen, 1) if picture < step)
    slider = ipywidgets.IntSlider(value=first, min=1, max=STEPS, description="step", layout={"width": "360px"})
    controls = {"step": slider, "next": ipywidgets.Button(description="Next", layout={"width": "auto"})}

    def go_on(state: State) -> None:
        slider.value = min(state["step"] + 1, STEPS)

    alt = (
        "Left the picture that the generator made in this step, in the middle the pool, right the picture that the "
        "discriminator is shown. Each is a square with its number and age, orange when new and grey when old. Below, "
        "how old what the discriminator saw was at each step. The pool has just filled, and for the first time an old "
        "picture comes out."
    )
    return Explorer(partial(pool_after, size), draw_pool, controls, alt, {"next": go_on})


# How the learning rate falls -----------------------------------------------------------------------------------------

LEARNING_RATE = 2e-4  # the paper's
RESTARTED = show.ERROR(1.0)


def resumed_at(constant: int, decay: int, state: State) -> State:
    """The learning rate of a run that is resumed at state["epoch"].

    "factors" and "restarted": the share of the rate, for every epoch from 1 on, and for every epoch from the chosen
    one on in a run that counts from 1 again there; "epoch"; "summary".
    """
    epoch, last = state["epoch"], constant + decay
    factors = [linear_decay(each, constant, decay) for each in range(1, last + 1)]
    restarted = factors[: last - epoch + 1]
    factor = factors[epoch - 1]
    summary = (
        f"Resumed at epoch {epoch}: factor {decimals(factor, 4)}, a rate of {LEARNING_RATE * factor:.2e}. A run that "
        f"counts from 1 again takes {decimals(restarted[0], 4)} there, and {decimals(restarted[-1], 4)} in epoch "
        f"{last} where {decimals(factors[-1], 4)} is due."
    )
    return {
        "constant": constant,
        "epoch": epoch,
        "factors": factors,
        "restarted": restarted,
        "summary": summary,
    }


@show.in_style
def draw_schedule(result: State) -> bytes:
    """The factor over all epochs, and dashed what a run takes that counts from 1 again."""
    width, height = 760, 290
    drawing, write = canvas(width, height)
    epoch, factors, restarted = result["epoch"], result["factors"], result["restarted"]
    last = len(factors)
    panel = drawing.add_axes((50 / width, 50 / height, 516 / width, 190 / height))
    panel.axvline(epoch, color=INK, linewidth=1)
    panel.plot(range(epoch, last + 1), restarted, "--", color=RESTARTED)
    panel.plot(range(1, last + 1), factors, color=INK, linewidth=2.5)
    panel.plot([epoch], [factors[epoch - 1]], "o", color=INK, markersize=8, clip_on=False, zorder=4)
    panel.plot([epoch], [restarted[0]], "o", color=RESTARTED, markersize=8, fillstyle="none", clip_on=False, zorder=5)
    panel.set(xlim=(0, last + 1), ylim=(-0.03, 1.1), yticks=[0, 0.5, 1])
    panel.set_xticks(sorted({1, max(1, result["constant"]), last}))
    panel.set_xlabel("epoch")
    write(50, 20, f"Share of the learning rate: {decimals(factors[epoch - 1], 4)} in epoch {epoch}", fontsize=12)
    ends = [(factors[-1], "on its own count", INK), (restarted[-1], "from 1 again", RESTARTED)]
    ys = [50 + (1.1 - value) / 1.13 * 190 for value, _, _ in ends]
    if abs(ys[0] - ys[1]) < 16:  # both labels find room
        ys[1] = ys[0] - 16
    for y, (value, words, colour) in zip(ys, ends, strict=True):
        write(580, y, f"{decimals(value, 4)}, {words}", fontsize=9, color=colour)
    return show.small_png(pixels(drawing))


def schedule_plot(constant: int = 100, decay: int = 100) -> Explorer:
    """`linear_decay` over `constant` + `decay` epochs, and an epoch to resume at: with its own count, or from 1 again.

    First state: halfway through the decay.  Raises CourseError for negative numbers, and for fewer than two epochs.
    """
    if constant < 0 or decay < 0 or constant + decay < 2:
        raise CourseError(
            f"constant={constant} and decay={decay} were asked for; give 0 or more of each, and two epochs in all."
        )
    control = ipywidgets.IntSlider(
        value=constant + (decay + 1) // 2, min=1, max=constant + decay, description="resume at epoch",
        style=LABELS_FIT, layout={"width": "420px"},
    )  # fmt: skip
    alt = (
        "A line over the epochs: the share of the learning rate is 1 at first, and then falls in a straight line to "
        "nearly 0. A dot marks the epoch at which a run is resumed. A dashed red line shows what a run takes from "
        "there that counts its epochs from 1 again: the full rate."
    )
    return Explorer(partial(resumed_at, constant, decay), draw_schedule, {"epoch": control}, alt)
