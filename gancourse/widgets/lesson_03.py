"""The widgets of lesson 3: what a logit sees, what a defect changes, what a skip carries, what the weight λ does."""

import math
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from typing import Any

import ipywidgets
import numpy as np
import torch
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, Rectangle
from PIL import Image
from torch import Tensor, nn

from gancourse import show
from gancourse.errors import CourseError
from gancourse.networks import PatchDiscriminator, UNetGenerator, conv_size, patch_box, receptive_field
from gancourse.networks.patchgan import patch_span, smallest_image, strides
from gancourse.steps import beside
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

Box = tuple[float, float, float, float]  # top, left, bottom, right; the last two exclusive


def require_pairs(labels: Tensor, photos: Tensor) -> None:
    if labels.ndim != 4 or labels.shape[1] != 3 or labels.shape[2] != labels.shape[3] or labels.shape != photos.shape:
        raise CourseError(
            f"labels and photos have the shapes {tuple(labels.shape)} and {tuple(photos.shape)}; give both as "
            "(N, 3, size, size), pair by pair."
        )


def draw_frame(axes: Axes, box: Box, scale: float, left: float, top: float, colour: str, **style: Any) -> Rectangle:
    """The outline of a box of a picture that is drawn `scale` times as large, with its corner at (left, top)."""
    corner = (left + scale * box[1], top + scale * box[0])
    size = (scale * (box[3] - box[1]), scale * (box[2] - box[0]))
    frame = Rectangle(corner, *size, fill=False, edgecolor=colour, **{"linewidth": 2, **style})
    axes.add_patch(frame)
    return frame


# What one logit sees -------------------------------------------------------------------------------------------------

GRID, PADDING, PHOTO = 300, 56, 320  # px: the map of logits; beside it the photo, with so much around it
PHOTO_LEFT, PANEL_TOP = 328 + PADDING, 34 + PADDING
BOTH, CHOSEN = "#b9b0cf", show.DISCRIMINATOR


def logit_count(image_size: int, layers: int) -> int:
    """How many logits a PatchDiscriminator makes along one side of a picture."""
    for stride in reversed(strides(layers)):
        image_size = conv_size(image_size, 4, stride, 1)
    return image_size


def same_place(cell: int, layers: int, other_layers: int, image_size: int) -> int:
    """The logit of a discriminator with other layers whose patch has its middle nearest to this one's."""
    middle = sum(patch_span(cell, layers))
    first, second = (sum(patch_span(other, other_layers)) for other in (0, 1))
    nearest = math.floor((middle - first) / (second - first) + 0.5)
    return min(max(nearest, 0), logit_count(image_size, other_layers) - 1)


def patch_seen(image_size: int, state: State) -> State:
    """What the logit at (row, column) sees of a picture.

    {"layers", "row", "column"} -> "count": logits along a side; "field": px that each sees along a side; "whole": for
    each of them, whether its patch lies within the picture; "box": the patch as `patch_box` has it; "neighbours":
    those of the logits to the right and below, where there are such; "summary".
    """
    layers, row, column = (state[name] for name in ("layers", "row", "column"))
    count, field = logit_count(image_size, layers), receptive_field(layers)
    spans = [patch_span(cell, layers) for cell in range(count)]
    box = patch_box(row, column, layers, image_size)
    beside_it = [(row, column + 1), (row + 1, column)]
    neighbours = [patch_box(*cell, layers, image_size) for cell in beside_it if max(cell) < count]
    top, left, bottom, right = box
    sides = [("row", bottom - top), ("column", right - left)]
    cut = [f"{seen} of {field} {side}s" for side, seen in sides if seen < field]
    seen = f"The logit at ({row}, {column}) sees {stretch('row', top, bottom)} and {stretch('column', left, right)}"
    if cut:
        seen += f", {' and '.join(cut)}; the rest is padding."
    elif column + 1 < count:
        shared = max(0, right - patch_span(column + 1, layers)[0])
        seen += f"; its neighbour sees {f'{shared} of these {field} columns' if shared else 'none of it'}."
    else:
        seen += "."
    return {
        **state,
        "image_size": image_size,
        "count": count,
        "field": field,
        "whole": [start >= 0 and end <= image_size for start, end in spans],
        "box": box,
        "neighbours": neighbours,
        "summary": (
            f"{count_of(layers, 'layer')}: {count} x {count} {'logit' if count == 1 else 'logits'}, each sees {field} "
            f"px. {seen}"
        ),
    }


def stretch(side: str, start: int, end: int) -> str:
    """Rows or columns from `start` to before `end`, in words."""
    return f"{side} {start}" if end - start == 1 else f"{side}s {start} to {end - 1}"


@show.in_style
def draw_patch(photo: np.ndarray, result: State) -> bytes:
    """The map of logits with one marked, and the photo with what that one sees in full colour, and framed."""
    width, height = 760, 508
    drawing, write = canvas(width, height)
    axes = stage(drawing, width, height)
    count, field, layers = result["count"], result["field"], result["layers"]
    row, column = result["row"], result["column"]
    write(10, 18, f"D's answer: {count} × {count} {'logit' if count == 1 else 'logits'}", fontsize=12)
    write(328, 18, f"The {field} × {field} px that one of them sees" if field > 1 else "The 1 px that one of them sees",
          fontsize=12)  # fmt: skip

    pitch = GRID // count
    cells = np.full((count, count, 3), to_rgb(PALE))
    cells[np.ix_(result["whole"], result["whole"])] = to_rgb("#d9d4e6")
    for neighbour in ((row, column + 1), (row + 1, column)):
        if max(neighbour) < count:
            cells[neighbour] = to_rgb(BOTH)
    cells[row, column] = to_rgb(CHOSEN)
    grid = cells.repeat(pitch, axis=0).repeat(pitch, axis=1)
    if pitch >= 4:
        grid[::pitch], grid[:, ::pitch] = 1, 1  # gutters
    left, top = 10, 34 + (2 * PADDING + PHOTO - len(grid)) // 2
    put(axes, grid, left, top)
    middle = left + (column + 0.5) * pitch, top + (row + 0.5) * pitch
    if pitch < 8:
        axes.add_patch(Circle(middle, 8, fill=False, edgecolor=CHOSEN, linewidth=2))

    scale = PHOTO / result["image_size"]
    whole = PHOTO + 2 * PADDING
    panel = np.full((whole, whole, 3), 0.85)
    seen = np.zeros((PHOTO, PHOTO, 1), bool)
    upper, near, lower, far = (round(scale * edge) for edge in result["box"])
    seen[upper:lower, near:far] = True
    inner = slice(PADDING, PADDING + PHOTO)
    panel[inner, inner] = np.where(seen, photo, 0.4 * photo + 0.6)
    put(axes, panel, PHOTO_LEFT - PADDING, PANEL_TOP - PADDING)
    frame = partial(draw_frame, axes, scale=scale, left=PHOTO_LEFT, top=PANEL_TOP)
    (first, last), (start, end) = patch_span(row, layers), patch_span(column, layers)
    step = patch_span(1, layers)[0] - patch_span(0, layers)[0]
    dashed: dict[str, Any] = {"colour": INK, "linewidth": 1, "linestyle": (0, (3, 3))}
    frames = []
    if column + 1 < count:
        frames.append(frame((first, start + step, last, end + step), **dashed))
    if row + 1 < count:
        frames.append(frame((first + step, start, last + step, end), **dashed))
    halo = [patheffects.withStroke(linewidth=5, foreground="white")]
    around = 2 / scale  # the frame stands outside, and hides nothing of the patch
    outside = first - around, start - around, last + around, end + around
    frames.append(frame(outside, colour=CHOSEN, linewidth=2.5, path_effects=halo))
    corner = PHOTO_LEFT - PADDING, PANEL_TOP - PADDING
    for one in frames:
        one.set_clip_path(Rectangle(corner, whole, whole, transform=axes.transData))
    if scale * field < 8:
        at = PHOTO_LEFT + scale * (start + field / 2), PANEL_TOP + scale * (first + field / 2)
        axes.add_patch(Circle(at, 10, fill=False, edgecolor=CHOSEN, linewidth=2, path_effects=halo))
    small = partial(write, fontsize=9, color=SOFT_INK)
    if not all(result["whole"]):
        small(10, height - 28, "pale grey: its patch reaches into the padding")
    small(328, height - 28, f"dashed: the next logits, to the right and below, {step} px further")
    small(328, height - 12, "grey: padding, all zeros")
    return show.small_png(pixels(drawing))


def receptive_field_explorer(photo: Tensor) -> Explorer:
    """Which patch of a photo (3, S, S) in [-1, 1] each logit of a PatchDiscriminator sees.  First state: 70 px.

    Choose the layers and a logit.  With other layers the chosen logit becomes the one that looks at the same place.

    Raises CourseError for another shape.
    """
    if photo.ndim != 3 or photo.shape[0] != 3 or photo.shape[1] != photo.shape[2]:
        raise CourseError(f"The photo has the shape {tuple(photo.shape)}; give one photo, (3, size, size).")
    image_size = photo.shape[-1]
    most = max(layers for layers in range(6) if smallest_image(layers) <= image_size)
    first = min(3, most)
    count = logit_count(image_size, first)
    slider = partial(ipywidgets.IntSlider, layout={"width": "230px"})
    controls = {
        "layers": slider(value=first, min=0, max=most, description="layers"),
        "row": slider(value=count * 2 // 5, min=0, max=count - 1, description="row"),
        "column": slider(value=count // 2, min=0, max=count - 1, description="column"),
    }
    before = {"layers": first}

    def stay_in_place(state: State) -> None:
        for name in ("row", "column"):
            control = controls[name]
            cell = same_place(state[name], before["layers"], state["layers"], image_size)
            control.max = logit_count(image_size, state["layers"]) - 1
            control.value = cell
        before["layers"] = state["layers"]

    alt = (
        "Left, the discriminator's map of logits as a grid with one cell marked. Right, the photo with the patch that "
        "this logit sees framed and in full colour, and dashed frames for its neighbours to the right and below, which "
        "overlap it. At first, with three layers, the patch is 70 px wide and the neighbours start 8 px further."
    )
    # In few colours: the picture file would be three times as large.
    large = Image.fromarray(enlarge(photo.detach().cpu()[None], PHOTO)[0]).quantize(80, kmeans=2).convert("RGB")
    pixels_of_photo = np.asarray(large) / 255
    return Explorer(
        partial(patch_seen, image_size), partial(draw_patch, pixels_of_photo), controls, alt, {"layers": stay_in_place}
    )


# What a defect changes -----------------------------------------------------------------------------------------------

REAL, GENERATED = "real", "generated"
NO_DEFECT, GREY, NOISE = "none", "grey square", "noise"
SWAPPED, FOREIGN = "piece of the other picture", "piece of another facade"
DEFECTS = [NO_DEFECT, GREY, NOISE, SWAPPED, FOREIGN]
PANEL = 256  # px
MOST_CHANGE = 10.0  # of a logit, where the scale ends


class PatchScores:
    """Held-out facades, real and generated, with a defect or without, before a PatchDiscriminator.

    Both networks are taken as they are now, in eval mode: batch norms, where there are such, use their running
    averages.  With the statistics of the picture at hand, as in training, a defect would shift the mean and the
    variance of every channel, and so all logits, near and far; it could not be seen what a single logit looks at.

    Raises CourseError for fewer than two pairs, and for labels and photos that do not match.
    """

    def __init__(self, generator: nn.Module, discriminator: PatchDiscriminator, labels: Tensor, photos: Tensor) -> None:
        require_pairs(labels, photos)
        if len(labels) < 2:
            raise CourseError("patch_score_map needs two pairs or more, so that one can lend a piece to another.")
        self.labels, self.photos = labels.detach().cpu(), photos.detach().cpu()
        self.generator, self.discriminator = frozen_copy(generator), frozen_copy(discriminator)
        self.layers = discriminator.layers
        self.generated = lru_cache(maxsize=len(labels))(self._generated)
        self.undisturbed = lru_cache(maxsize=2 * len(labels))(self._undisturbed)

    def _generated(self, facade: int) -> Tensor:
        return self.generator(self.labels[facade : facade + 1])[0]

    def _undisturbed(self, facade: int, picture: str) -> Tensor:
        return self.logits(facade, self.picture(facade, picture))

    def picture(self, facade: int, picture: str) -> Tensor:
        """The photo, or what the generator makes of the labels, (3, S, S)."""
        return self.photos[facade] if picture == REAL else self.generated(facade)

    def logits(self, facade: int, picture: Tensor) -> Tensor:
        """What D says (h, w) of a picture (3, S, S) beside the labels of a facade."""
        return self.discriminator(beside(self.labels[facade : facade + 1], picture[None]))[0, 0]

    def judge(self, state: State) -> State:
        """D's answers to a picture with a defect.

        {"facade", "picture", "defect", "size", "left", "top"} -> "judged" (3, S, S); "logits" and "undisturbed"
        (h, w), with the defect and without; "sees" (h, w): whose patch holds some of the defect; "box" of the defect,
        None where there is none; "summary".
        """
        facade, picture = state["facade"], state["picture"]
        judged, box = self.with_defect(state)
        undisturbed = self.undisturbed(facade, picture)
        logits = self.logits(facade, judged)
        sees = torch.zeros_like(logits, dtype=torch.bool)
        if box:
            rows, columns = (
                torch.tensor([start < last and first < end for start, end in self._spans(count)])
                for first, last, count in ((box[0], box[2], sees.shape[0]), (box[1], box[3], sees.shape[1]))
            )
            sees = rows[:, None] & columns
        result = {
            **state, "layers": self.layers, "judged": judged, "logits": logits, "undisturbed": undisturbed,
            "sees": sees, "box": box,
        }  # fmt: skip
        return {**result, "summary": what_changed(result)}

    def _spans(self, count: int) -> list[tuple[int, int]]:
        return [patch_span(cell, self.layers) for cell in range(count)]

    def with_defect(self, state: State) -> tuple[Tensor, tuple[int, int, int, int] | None]:
        """The picture (3, S, S) with the defect in it, and where that is; at the edge it is cut off."""
        facade, size, defect = state["facade"], state["size"], state["defect"]
        clean = self.picture(facade, state["picture"])
        if defect == NO_DEFECT:
            return clean, None
        side, top, left = clean.shape[-1], state["top"], state["left"]
        box = top, left, min(top + size, side), min(left + size, side)
        place = (slice(None), slice(box[0], box[2]), slice(box[1], box[3]))
        if defect == GREY:
            piece = torch.zeros(())
        elif defect == NOISE:
            piece = (0.5 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))).clamp(-1, 1)[place]
        elif defect == SWAPPED:
            piece = self.picture(facade, GENERATED if state["picture"] == REAL else REAL)[place]
        else:
            piece = self.photos[(facade + 1) % len(self.photos)][place]
        judged = clean.clone()
        judged[place] = piece
        return judged, box


def what_changed(result: State) -> str:
    """The verdict on a picture and the defect's part in it, in words and numbers."""
    logits, undisturbed, sees = result["logits"], result["undisturbed"], result["sees"]
    height, width = logits.shape
    called = (logits > 0).float().mean().item()
    verdict = f"{result['picture']}, facade {result['facade']}: {height} x {width} logits, {called:.0%} called real."
    if result["box"] is None:
        return verdict
    inside, outside = int(sees.sum()), int((~sees).sum())
    if outside == 0:
        rest = "no logit misses it"
    elif torch.equal(logits[~sees], undisturbed[~sees]):
        rest = f"the logits of the other {outside} are unchanged to the bit"
    else:
        most = (logits - undisturbed)[~sees].abs().max().item()
        rest = f"the logits of the other {outside} change by {most:.1e} at most"
    if inside == 0:
        return f"{verdict} No patch holds the defect; {rest}."
    before, after = (one[sees].sigmoid().mean().item() for one in (undisturbed, logits))
    change = (logits - undisturbed)[sees]
    largest = change[change.abs().argmax()].item()
    means = [decimals(mean) for mean in (before, after)]
    moved = f"stays at {means[0]}" if means[0] == means[1] else (
        f"{'falls' if after < before else 'rises'} from {means[0]} to {means[1]}"
    )  # fmt: skip
    return (
        f"{verdict} The defect of {result['size']} px lies within {inside} patches; {rest}; inside, D's mean {moved}, "
        f"and one logit moves by {largest:+.1f}."
    )


@show.in_style
def draw_scores(result: State) -> bytes:
    """The judged picture, D's answers where they look, and what the defect changed of them."""
    width, height = 800, 354
    drawing, write = canvas(width, height)
    axes = stage(drawing, width, height)
    size, layers = result["judged"].shape[-1], result["layers"]
    scale, top, lefts = PANEL / size, 34, (6, 272, 538)
    titles = f"What D judges: {result['picture']}", "D's answers, where they look", "How far each logit moved"
    for left, title in zip(lefts, titles, strict=True):
        write(left, 18, title, fontsize=12)

    change = (result["logits"] - result["undisturbed"]).abs()
    maps = [
        show.DOUBT(result["logits"].sigmoid().numpy())[..., :3],
        np.where(
            result["sees"].numpy()[..., None], show.ERROR((change / MOST_CHANGE).clamp(max=1).numpy())[..., :3],
            to_rgb("#c8c8c8"),
        ),
    ]  # fmt: skip
    put(axes, enlarge(result["judged"][None], PANEL)[0], lefts[0], top)
    for left, cells in zip(lefts[1:], maps, strict=True):
        put(axes, at_their_places(cells, size, layers), left, top)
    if result["box"]:
        for left in lefts:
            draw_frame(axes, result["box"], scale, left, top, "white", linewidth=4)
            draw_frame(axes, result["box"], scale, left, top, INK, linewidth=1.6)

    below = top + PANEL + 12
    steps = np.linspace(0, 1, PANEL)[None].repeat(10, axis=0)
    for left, colours, words in (
        (lefts[1], show.DOUBT, ("0: generated", "½", "1: real")),
        (lefts[2], show.ERROR, ("0", f"{MOST_CHANGE / 2:g}", f"{MOST_CHANGE:g} or more")),
    ):
        put(axes, colours(steps)[..., :3], left, below)
        draw_frame(axes, (0, 0, 10, PANEL), 1, left, below, show.QUIET, linewidth=0.8)
        for share, word, side in zip((0, 0.5, 1), words, ("left", "center", "right"), strict=True):
            write(left + share * PANEL, below + 21, word, fontsize=9, ha=side)
    write(lefts[2], below + 38, "grey: cannot see the defect", fontsize=9, color=SOFT_INK)
    return show.small_png(pixels(drawing))


def at_their_places(cells: np.ndarray, image_size: int, layers: int) -> np.ndarray:
    """A map of colours (h, w, 3) on a pale square of PANEL px: each cell in the middle of the patch it sees."""
    step = patch_span(1, layers)[0] - patch_span(0, layers)[0]
    scale = PANEL / image_size
    square = np.full((PANEL, PANEL, 3), to_rgb(PALE))
    for (row, column), colour in zip(np.ndindex(*cells.shape[:2]), cells.reshape(-1, 3), strict=True):
        corners = [(sum(patch_span(cell, layers)) - step) / 2 for cell in (row, column)]
        (top, bottom), (left, right) = [(round(scale * at), round(scale * (at + step))) for at in corners]
        square[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour
    return square


def patch_score_map(
    generator: nn.Module, discriminator: PatchDiscriminator, labels: Tensor, photos: Tensor
) -> Explorer:
    """D's map of logits for real and generated pictures, and what a defect in them changes.

    generator, discriminator   a UNetGenerator, and a PatchDiscriminator that takes labels beside a picture
    labels, photos             (N, 3, S, S) in [-1, 1], held out; two pairs or more

    "piece of the other picture" puts generated pixels into the photo, and pixels of the photo into the generated one.
    Frozen, as `PatchScores` explains.  Raises what that raises.
    """
    scores = PatchScores(generator, discriminator, labels, photos)
    side = labels.shape[-1]
    slider = partial(ipywidgets.IntSlider, layout={"width": "230px"})
    menu = partial(ipywidgets.Dropdown, style=LABELS_FIT)
    controls = {
        "facade": slider(value=0, min=0, max=len(labels) - 1, description="facade"),
        "picture": menu(value=GENERATED, options=[REAL, GENERATED], description="picture", layout={"width": "160px"}),
        "defect": menu(value=SWAPPED, options=DEFECTS, description="defect", layout={"width": "260px"}),
        "size": slider(value=min(40, side // 2), min=8, max=min(48, side), step=4, description="size"),
        "left": slider(value=side * 5 // 8, min=0, max=side - 8, description="left"),
        "top": slider(value=side * 3 // 16, min=0, max=side - 8, description="top"),
    }
    alt = (
        "Left, the picture that the discriminator judges, with a framed defect. In the middle its map of answers, each "
        "cell drawn where it looks: orange for generated, white for undecided, blue for real. Right, by how much the "
        "defect changed each logit; cells whose patch misses the defect are grey. At first a piece of the photo lies "
        "in a generated picture, and around it the map turns from orange towards blue."
    )
    return Explorer(scores.judge, draw_scores, controls, alt)


# What a skip carries -------------------------------------------------------------------------------------------------

SKIP_TILE = 256  # px


def skip_sizes(generator: UNetGenerator) -> list[int]:
    """The px along a side of the map that each skip carries across, the largest first."""
    return [generator.image_size >> level for level in range(1, len(generator.down))]


def with_skips(generator: UNetGenerator, labels: Tensor, kept: Collection[int]) -> Tensor:
    """What the U-Net makes of labels (N, 3, S, S) when only the skips of these sizes carry anything; others carry 0."""
    made = []
    for block in generator.down:
        labels = block(labels)
        made.append(labels)
    pictures = made.pop()
    for block in generator.up:
        pictures = block(pictures)
        if made:
            across = made.pop()
            pictures = torch.cat([pictures, across if across.shape[-1] in kept else torch.zeros_like(across)], dim=1)
    return pictures


class SkipSwitches:
    """A U-Net as it is now, in eval mode, whose skips can be cut one by one.

    Raises CourseError for a U-Net without skips, and for labels that are not (N, 3, image_size, image_size).
    """

    def __init__(self, generator: UNetGenerator, labels: Tensor) -> None:
        if not generator.skips:
            raise CourseError("This U-Net was built without skips; give one with skips=True.")
        size = generator.image_size
        if labels.ndim != 4 or labels.shape[1:] != (3, size, size):
            raise CourseError(f"The labels have the shape {tuple(labels.shape)}; give (N, 3, {size}, {size}).")
        self.generator, self.labels = frozen_copy(generator), labels.detach().cpu()
        self.sizes = skip_sizes(generator)
        self.whole = lru_cache(maxsize=len(labels))(partial(self._picture, kept=tuple(self.sizes)))

    def _picture(self, facade: int, kept: tuple[int, ...]) -> Tensor:
        assert isinstance(self.generator, UNetGenerator)
        return with_skips(self.generator, self.labels[facade : facade + 1], kept)[0]

    def look(self, state: State) -> State:
        """The picture with the chosen skips only.

        {"facade", and "64 px" and so on: True or False} -> "labels", "whole" and "cut" (3, S, S), with all skips and
        with the chosen ones; "difference" (S, S), absolute, the mean over the colours; "kept" and "dropped": sizes;
        "summary".
        """
        facade = state["facade"]
        kept = tuple(size for size in self.sizes if state[f"{size} px"])
        dropped = [size for size in self.sizes if size not in kept]
        whole, cut = self.whole(facade), self._picture(facade, kept)
        difference = (whole - cut).abs().mean(dim=0)
        visible = (difference > 0.1).float().mean().item()
        moves = (
            f"the picture moves by {decimals(difference.mean().item(), 3)} on average, on a scale from -1 to 1, and by "
            f"more than .1 in {visible:.0%} of its pixels"
        )
        summary = f"Facade {facade} {which_skips(kept, dropped)}: "
        summary += f"{moves if dropped else 'the picture as it was trained to be'}."
        return {
            "labels": self.labels[facade], "whole": whole, "cut": cut, "difference": difference, "sizes": self.sizes,
            "kept": kept, "dropped": dropped, "image_size": self.generator.image_size, "summary": summary,
        }  # fmt: skip


def which_skips(kept: Collection[int], dropped: list[int]) -> str:
    """Which skips there still are, in words."""
    if not dropped:
        return "with all skips"
    if not kept:
        return "without any skip"
    if len(dropped) == 1:
        return f"without the {dropped[0]} px skip"
    return f"without the skips of {', '.join(map(str, dropped[:-1]))} and {dropped[-1]} px"


@show.in_style
def draw_skips(result: State) -> bytes:
    """The picture with all skips and with the chosen ones; below the labels and the difference; and the U itself."""
    width, height = 760, 2 * SKIP_TILE + 72
    drawing, write = canvas(width, height)
    axes = stage(drawing, width, height)
    lefts, tops = (10, 18 + SKIP_TILE), (34, 64 + SKIP_TILE)
    scale = show.ERROR((result["difference"] / 0.5).clamp(max=1).numpy())[..., :3]
    difference = torch.from_numpy(scale * 2 - 1).permute(2, 0, 1).float()
    tiles = enlarge(torch.stack([result[name] for name in ("whole", "cut", "labels")] + [difference]), SKIP_TILE)
    dropped = result["dropped"]
    several = len(dropped) > 1 and result["kept"]
    words = f"without {len(dropped)} of the skips" if several else which_skips(result["kept"], dropped)
    titles = "With all skips", words.capitalize(), "Labels", "Difference: 0 white, red ½ or more"
    for number, (tile, title) in enumerate(zip(tiles, titles, strict=True)):
        down, right = divmod(number, 2)
        put(axes, tile, lefts[right], tops[down])
        write(lefts[right], tops[down] - 14, title, fontsize=12 if number < 3 else 11)

    write(552, 20, "What goes across", fontsize=12)
    draw_u(axes, write, [result["image_size"], *result["sizes"], 1], dropped)
    return show.small_png(pixels(drawing))


def draw_u(axes: Axes, write: Callable[..., Any], sizes: list[int], dropped: list[int]) -> None:
    """A U-Net as a U: a square for each map that it makes, and a line across for each skip, dotted where it is cut."""
    left, right, top, bottom = 578, 736, 76, 544
    middle = (left + right) / 2
    arms: tuple[list[tuple[float, float]], ...] = ([], [])
    squares = []
    for level, size in enumerate(sizes):
        down = level / (len(sizes) - 1)
        y = top + down * (bottom - top)
        lean = 44 * down if size > 1 else middle - left
        ends = left + lean, right - lean
        side = 5 + 3 * math.log2(size)
        for arm, x in zip(arms, ends, strict=True):
            arm.append((x, y))
            squares.append(Rectangle((x - side / 2, y - side / 2), side, side))
        if size in sizes[1:-1]:
            cut = size in dropped
            style: dict[str, Any] = {"linewidth": 1, "linestyle": (0, (1, 3))} if cut else {"linewidth": 3}
            axes.plot(ends, (y, y), color=show.QUIET if cut else show.GENERATED, zorder=1, **style)
            name = f"{size} px cut" if cut else f"{size} px"
            write(middle, y - 10, name, fontsize=9, ha="center", color=SOFT_INK if cut else INK)
    axes.add_collection(LineCollection(arms, colors=show.QUIET, linewidths=1, zorder=0))
    axes.add_collection(PatchCollection(squares, facecolor=INK, zorder=2))
    for x, y, word in ((left, top - 26, "labels"), (right, top - 26, "photo"), (middle, bottom + 16, "1 px")):
        write(x, y, word, fontsize=9, ha="center")


def skip_toggles(generator: UNetGenerator, labels: Tensor) -> Explorer:
    """A trained U-Net whose skips can be cut, one by one, and what its picture of labels (N, 3, S, S) loses by it.

    A skip that is cut carries zeros.  Raises CourseError for a U-Net without skips, and for labels of another size.
    """
    switches = SkipSwitches(generator, labels)
    boxes = {
        f"{size} px": ipywidgets.Checkbox(
            value=size != switches.sizes[0], description=f"{size} px", indent=False, layout={"width": "76px"}
        )
        for size in switches.sizes
    }
    controls = {
        "facade": ipywidgets.IntSlider(
            value=0, min=0, max=len(labels) - 1, description="facade", layout={"width": "230px"}
        ),
        **boxes,
        "all": ipywidgets.Button(description="All", layout={"width": "auto"}),
        "none": ipywidgets.Button(description="None", layout={"width": "auto"}),
    }

    def set_all(value: bool, _: State) -> None:
        for box in boxes.values():
            box.value = value

    alt = (
        "The generated picture with all skips, and beside it with the chosen ones only; below, the labels and the "
        "difference of the two. At the right the U-Net as a U of maps from 128 px down to 1 and up again, with a line "
        "across for each skip that is kept and a dotted one for each that is cut. At first the largest skip is cut."
    )
    buttons: dict[str, Callable[[State], None]] = {"all": partial(set_all, True), "none": partial(set_all, False)}
    return Explorer(switches.look, draw_skips, controls, alt, buttons)


# What the pixel loss weighs ------------------------------------------------------------------------------------------

PANELS = {"l1": "L1 error", "sharpness": "sharpness: the photos' is 1", "agreement": "labels read back"}

Measured = dict[float, dict[str, list[float]]]


def weight_name(weight: float) -> str:
    return "L1 alone" if math.isinf(weight) else f"λ = {weight:g}"


def at_weight(labels: Tensor, photos: Tensor, pictures: dict[float, Tensor], measured: Measured, state: State) -> State:
    """What training with state["weight"] made.

    "rows": labels, pictures and photos (5, 3, S, S) by name; "chosen": the pictures' name; "values": by measure and
    weight a number for each seed; "summary".
    """
    weight = state["weight"]
    values = {name: {each: measured[each][name] for each in sorted(measured)} for name in PANELS}
    l1, sharpness, agreement = (float(np.mean(values[name][weight])) for name in PANELS)
    seeds = len(values["l1"][weight])
    return {
        "weight": weight,
        "rows": {"labels": labels, weight_name(weight): pictures[weight], "photos": photos},
        "chosen": weight_name(weight),
        "values": values,
        "summary": (
            f"{weight_name(weight)}: error {decimals(l1, 3)}, sharpness {decimals(sharpness)} of the photos', labels "
            f"read back {decimals(agreement)}{f' (means of {seeds} seeds)' if seeds > 1 else ''}."
        ),
    }


def pixel_weight_slider(
    labels: Tensor, photos: Tensor, pictures: dict[float, Tensor], measured: dict[float, dict[str, list[float]]]
) -> Explorer:
    """Recorded pictures of the same labels by generators trained with different weights λ of the pixel loss.

    labels, photos   (5, 3, S, S) in [-1, 1]
    pictures         by weight what was made of the labels, of the same shape; infinity is L1 alone, 0 no L1 at all
    measured         by weight and measure ("l1", "sharpness", "agreement") a number for each seed; others are ignored

    Raises CourseError where shapes differ, and where pictures and measures are not of the same weights.
    """
    require_pairs(labels, photos)
    if not pictures or pictures.keys() != measured.keys():
        raise CourseError(
            f"There are pictures for the weights {sorted(pictures)} and measures for {sorted(measured)}; give both for "
            "the same."
        )
    for weight, made in pictures.items():
        if made.shape != labels.shape:
            raise CourseError(
                f"The pictures of {weight_name(weight)} have the shape {tuple(made.shape)}, the labels "
                f"{tuple(labels.shape)}; give a picture for each."
            )
    weights = sorted(pictures)
    control = ipywidgets.SelectionSlider(
        options=[("L1 alone" if math.isinf(weight) else f"{weight:g}", weight) for weight in weights],
        value=100.0 if 100.0 in weights else weights[len(weights) // 2],
        description="λ",
        layout={"width": "420px"},
    )
    alt = (
        "Three rows of five pictures: labels, what a generator trained with the chosen weight λ makes of them, and the "
        "photos. Below, three panels over λ with a dot for each seed and a line at the chosen weight: the L1 error, "
        "the sharpness as a share of the photos', and how many labels a reader gets back from the pictures."
    )
    compute = partial(at_weight, labels, photos, pictures, measured)
    panels = draw_panels(
        compute({"weight": weights[0]})["values"],
        PANELS,
        {"sharpness": {"y": 1, "color": show.REAL}},
        "λ (∞: L1 alone)" if math.inf in weights else "λ",
    )
    return Explorer(compute, partial(draw_weight, *panels), {"weight": control}, alt)
