"""The widgets of lesson 2: what a convolution touches, a walk among latents, a training on faces to look back at."""

import math
from functools import lru_cache, partial
from typing import Any, cast

import ipywidgets
import numpy as np
import torch
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from gancourse import show
from gancourse.data.drawn_faces import CONTINUOUS
from gancourse.latents import slerp
from gancourse.networks import conv_size, deconv_size
from gancourse.networks.reader import READABLE
from gancourse.recorded import FaceRun
from gancourse.training import sample
from gancourse.widgets.curves import Column, plot_losses
from gancourse.widgets.drawing import INK, LABELS_FIT, PALE, SOFT_INK, canvas, count_of, enlarge, stage
from gancourse.widgets.explorer import Explorer, State, pixels, png

# What a convolution touches ------------------------------------------------------------------------------------------

CONVOLUTION, TRANSPOSED = "convolution", "transposed convolution"
CELL = 48  # px, at most


def layer_shape(state: State) -> State:
    """One dimension of a layer: what its output's size is, and which inputs each output touches.

    {"kind", "size", "kernel", "stride", "padding", "output_padding"} -> "size": of the output, None where there is
    none; "taps": pairs (input, output) that touch; "overlap": for each output how many inputs do; "windows": for each
    cell of the row that the kernel is laid at, the cells of the other row that it meets, padding included;
    "title" and "summary".
    """
    size, kernel_size, stride, padding = (state[name] for name in ("size", "kernel", "stride", "padding"))
    transposed = state["kind"] == TRANSPOSED
    name = f"{state['kind'].capitalize()} {kernel_size}/{stride}/{padding}"
    if transposed and state["output_padding"]:
        name += f", output padding {state['output_padding']}"
    if problem := why_impossible(state):
        return {
            **state, "inputs": size, "size": None, "taps": [], "overlap": [], "windows": [],
            "title": f"{name} on {size}: impossible", "summary": f"{name} on {size} is impossible: {problem}.",
        }  # fmt: skip

    if transposed:
        outputs = deconv_size(size, kernel_size, stride, padding, state["output_padding"])
    else:
        outputs = conv_size(size, kernel_size, stride, padding)
    # Both kinds lay the kernel at every stride-th cell of the wider row.  A convolution reads there what makes one
    # output; a transposed one writes there what one input gives.
    laid, met = (size, outputs) if transposed else (outputs, size)
    windows = [range(cell * stride - padding, cell * stride - padding + kernel_size) for cell in range(laid)]
    pairs = [(cell, other) for cell, window in enumerate(windows) for other in window if 0 <= other < met]
    taps = pairs if transposed else sorted((other, cell) for cell, other in pairs)
    overlap = [sum(one == output for _, one in taps) for output in range(outputs)]
    finding = transposed_finding if transposed else convolution_finding
    title, details = finding({**state, "overlap": overlap})
    return {
        **state, "inputs": size, "size": outputs, "taps": taps, "overlap": overlap, "windows": windows,
        "title": f"{size} → {outputs}: {title}", "summary": f"{name}: {size} -> {outputs}. {details}",
    }  # fmt: skip


def why_impossible(state: State) -> str | None:
    """Why no layer has these settings, or None."""
    size, kernel_size, stride, padding = (state[name] for name in ("size", "kernel", "stride", "padding"))
    if state["kind"] == CONVOLUTION:
        if kernel_size > size + 2 * padding:
            return f"a kernel of {kernel_size} does not fit into {size + 2 * padding}, the input and its padding"
    elif state["output_padding"] >= stride:
        return f"the output padding has to be smaller than the stride, {stride}"
    elif deconv_size(size, kernel_size, stride, padding, state["output_padding"]) < 1:
        return f"the kernels reach {(size - 1) * stride + kernel_size} cells, and the padding cuts them all away"
    return None


def convolution_finding(layer: State) -> tuple[str, str]:
    """What to see in a convolution, for a title, and in sentences."""
    kernel_size, stride = layer["kernel"], layer["stride"]
    seen = f"each output sees {count_of(kernel_size, 'input')}"
    if kernel_size == stride:
        shared = "every input is seen once"
    elif kernel_size < stride:
        shared = f"neighbours skip {count_of(stride - kernel_size, 'input')} between them"
    else:
        shared = f"neighbours share {kernel_size - stride}"
    details = f"{seen.capitalize()}, and {shared}."
    if min(layer["overlap"]) < kernel_size:
        details += " At the edges some of these are padding, which is 0."
    unread = (layer["size"] + 2 * layer["padding"] - kernel_size) % stride
    if unread > layer["padding"]:
        details += f" The last {count_of(unread - layer['padding'], 'input')} no kernel reaches."
    return seen, details


def transposed_finding(layer: State) -> tuple[str, str]:
    """What to see in a transposed convolution, for a title, and in sentences."""
    kernel_size, stride, padding, overlap = layer["kernel"], layer["stride"], layer["padding"], layer["overlap"]
    inner = [
        taps
        for output, taps in enumerate(overlap)
        # Every input that could reach this output is there.
        if -(-(output + padding - kernel_size + 1) // stride) >= 0 and (output + padding) // stride < layer["size"]
    ]
    counts = sorted(set(inner or overlap))
    outputs = "inner output" if inner and set(overlap) != set(inner) else "output"
    if len(counts) == 1:
        finding = f"every {outputs} gets {count_of(counts[0], 'tap')}"
        return finding, f"{finding.capitalize()}: even."
    if not inner:
        finding = f"outputs get {counts[0]} to {counts[-1]} taps, none is clear of the edges"
        return finding, f"{finding.capitalize()}."
    finding = f"{outputs}s get {counts[0]} or {counts[1]} taps in turn"
    details = f"{finding.capitalize()}: uneven, a checkerboard in two dimensions."
    if counts[0] == 0:
        details += " The kernel is smaller than the stride and leaves gaps."
    else:
        details += f" The kernel, {kernel_size}, is no multiple of the stride, {stride}."
    return finding, details


@show.in_style
def draw_layer(result: State) -> bytes:
    """Two rows of cells with lines where they touch, and under the outputs how many lines reach each."""
    width, height = 760, 340
    drawing, write = canvas(width, height)
    write(10, 18, result["title"], fontsize=12)
    if result["size"] is None:
        sentence = result["summary"].partition(" is impossible: ")[2]
        write(width / 2, height / 2, sentence[0].upper() + sentence[1:], ha="center", fontsize=12)
        return png(pixels(drawing))

    transposed = result["kind"] == TRANSPOSED
    colour = show.GENERATED if transposed else show.DISCRIMINATOR  # who in a DCGAN has such layers
    windows, padding = result["windows"], result["padding"]
    met_count = result["size"] if transposed else result["inputs"]
    first, end = -padding, max(windows[-1].stop, met_count + (0 if transposed else padding))
    pitch = min(CELL, 630 / (end - first))
    left = 120 + (630 - pitch * (end - first)) / 2

    def place(position: float) -> float:
        return left + (position - first + 0.5) * pitch

    met_places = {cell: place(cell) for cell in range(first, end)}
    laid_places = {cell: place((window.start + window.stop - 1) / 2) for cell, window in enumerate(windows)}
    input_row, output_row = 75, 205
    laid_row, met_row = (input_row, output_row) if transposed else (output_row, input_row)

    axes = stage(drawing, width, height)

    def tap(cell: int, other: int) -> list[tuple[float, float]]:
        return [(laid_places[cell], laid_row), (met_places[other], met_row)]

    chosen = len(windows) // 2
    touching = [(cell, other) for cell, window in enumerate(windows) for other in window]
    widths = [1 if 0 <= other < met_count else 0.4 for _, other in touching]
    axes.add_collection(LineCollection([tap(*pair) for pair in touching], colors=show.QUIET, linewidths=widths))
    taps_of_one = [tap(chosen, other) for other in windows[chosen]]
    axes.add_collection(LineCollection(taps_of_one, colors=colour, linewidths=2.5))

    side = 0.86 * pitch

    def boxes(corners: list[tuple[float, float]], heights: list[float], **style: Any) -> None:
        patches = [Rectangle((x - side / 2, y), side, tall) for (x, y), tall in zip(corners, heights, strict=True)]
        axes.add_collection(PatchCollection(patches, zorder=3, **style))

    for row, places in ((laid_row, laid_places), (met_row, met_places)):
        count = met_count if places is met_places else len(windows)
        for real, style in ((True, {"fc": "white", "ec": INK}), (False, {"fc": PALE, "ec": "#cccccc"})):
            corners = [(x, row - side / 2) for cell, x in places.items() if (0 <= cell < count) == real]
            boxes(corners, [side] * len(corners), **style)
    output_places, below = met_places if transposed else laid_places, output_row + 34
    overlap = result["overlap"]
    boxes([(output_places[output], below) for output in range(len(overlap))], [9 * taps for taps in overlap], fc=colour)
    for output, taps in enumerate(overlap):
        write(output_places[output], below + 9 * taps + 9, str(taps), ha="center", fontsize=9)
    write(10, input_row, "input")
    write(10, output_row, "output")
    write(10, below + 10, "taps on each")
    if padding:
        write(width - 10, 18, f"grey cells: {'cut away' if transposed else 'padding'}", ha="right", color=SOFT_INK)
    return png(pixels(drawing))


def shape_calculator() -> Explorer:
    """Output sizes and taps of convolutions and transposed convolutions, in one dimension.  First state: DCGAN's."""
    slider = partial(ipywidgets.IntSlider, style=LABELS_FIT, layout={"width": "230px"})
    controls = {
        "kind": ipywidgets.Dropdown(
            options=[CONVOLUTION, TRANSPOSED], value=TRANSPOSED, description="layer", style=LABELS_FIT,
            layout={"width": "240px"},
        ),
        "size": slider(value=4, min=1, max=8, description="input size"),
        "kernel": slider(value=4, min=1, max=7, description="kernel"),
        "stride": slider(value=2, min=1, max=4, description="stride"),
        "padding": slider(value=1, min=0, max=3, description="padding"),
        "output_padding": slider(value=0, min=0, max=3, description="output padding"),
    }  # fmt: skip

    def only_where_it_means_something(state: State) -> None:
        controls["output_padding"].disabled = state["kind"] == CONVOLUTION

    alt = (
        "A row of input cells above a row of output cells, joined by a line wherever an input touches an output; the "
        "lines of one cell are coloured. Bars under the outputs count the lines that reach each. At first a transposed "
        "convolution with kernel 4, stride 2 and padding 1 takes 4 inputs to 8 outputs: 2 lines reach each output but "
        "the first and the last, which get 1."
    )
    return Explorer(layer_shape, draw_layer, controls, alt, {"kind": only_where_it_means_something})


# A walk among latents ------------------------------------------------------------------------------------------------

STOPS = 7  # faces in the strip
FACE, STOP, STRIP_TOP = 320, 96, 390  # px
CATEGORIES = [name for name in READABLE if name != "clothes_colour"]  # what fits beside a face
MEASURES = ["smile", "turn", "age"]


class LatentWalk:
    """Faces on the arc between two latents, pushed along directions (latent_size,), and what a reader sees in them."""

    def __init__(self, generator: nn.Module, reader: nn.Module, directions: dict[str, Tensor]) -> None:
        self.generator, self.reader, self.directions = generator, reader.eval(), directions
        self.device = next(generator.parameters()).device
        self.strip = lru_cache(maxsize=1)(self._strip)  # drawn anew only when an end changes

    def latent(self, seed: int) -> Tensor:
        """The latent (latent_size,) of that seed."""
        latent_size = cast(int, self.generator.latent_size)
        return torch.randn(latent_size, generator=torch.Generator().manual_seed(seed))

    def _strip(self, start: int, end: int) -> Tensor:
        stops = [slerp(self.latent(start), self.latent(end), stop / (STOPS - 1)) for stop in range(STOPS)]
        return sample(self.generator, torch.stack(stops).to(self.device))

    def look(self, state: State) -> State:
        """Where the controls lead.

        {"from", "to": seeds, "between": 0 to 1, and for each direction how much of it} -> "latent" (latent_size,);
        "images" (1 + STOPS, 3, S, S), the face of the latent, and STOPS along the arc; "readings": by attribute a value
        and the reader's probability for it, or a number; "summary".
        """
        arc = slerp(self.latent(state["from"]), self.latent(state["to"]), state["between"])
        latent = arc + sum(state[name] * direction.cpu() for name, direction in self.directions.items())
        face = sample(self.generator, latent[None].to(self.device))
        with torch.no_grad():
            readings = in_words({name: read[0].cpu() for name, read in self.reader(face).items()})
        pushed = [f"{name} {state[name]:+.1f}" for name in self.directions if state[name]]
        place = f"{state['between']:.0%} of the way from latent {state['from']} to {state['to']}"
        return {
            **state,
            "latent": latent,
            "images": torch.cat([face, self.strip(state["from"], state["to"])]),
            "readings": readings,
            "summary": (
                f"{', '.join([place, *pushed])}: |z| = {latent.norm():.1f}. The reader sees {what_is_seen(readings)}."
            ),
        }


def in_words(read: dict[str, Tensor]) -> dict[str, tuple[str, float] | float]:
    """What the reader says of one face: per category the likeliest value and its probability, per measure a number."""
    readings: dict[str, tuple[str, float] | float] = {}
    for name in CATEGORIES:
        probability, code = read[name].softmax(dim=0).max(dim=0)
        readings[name] = (list(READABLE[name])[int(code)], probability.item())
    return readings | {name: read[name].item() for name in MEASURES}


def what_is_seen(readings: dict[str, Any]) -> str:
    """The readings that one would mention first, in words."""
    value = {name: readings[name][0] for name in CATEGORIES}
    glasses = {"none": "no glasses", "clear": "glasses", "sun": "sunglasses"}[value["glasses"]]
    hair = f"{value['hair_style']}, {value['hair_colour']} hair"
    beard = {"none": "no beard", "beard": "a beard"}[value["facial_hair"]]
    return f"{glasses}; {hair}; {beard}; smile {readings['smile']:+.1f}"


@show.in_style
def draw_walk(result: State) -> bytes:
    """The face, what the reader says of it, and the way between the two latents with the present place marked."""
    width, height = 760, STRIP_TOP + STOP + 10
    drawing, write = canvas(width, height)
    gap = (width - 20 - STOPS * STOP) / (STOPS - 1)
    lefts = [round(10 + stop * (STOP + gap)) for stop in range(STOPS)]
    write(360, 22, "What the reader sees in this face", fontsize=12)
    axes = stage(drawing, width, height)
    track_left, track_width = 610, 100
    tracks, bars, dots = [], [], []
    for row, (name, reading) in enumerate(result["readings"].items()):
        y = 58 + 28 * row
        write(360, y, name.replace("background_colour", "background").replace("_", " "), color=SOFT_INK)
        tracks.append([(track_left, y), (track_left + track_width, y)])
        if isinstance(reading, tuple):
            value, probability = reading
            write(480, y, value)
            write(track_left + track_width + 6, y, f"{probability:.0%}", fontsize=9)
            bars.append([(track_left, y), (track_left + track_width * probability, y)])
        else:
            low, high = CONTINUOUS[name]
            write(480, y, f"{reading:+.1f}")
            write(track_left - 4, y, f"{low:g}", fontsize=9, ha="right")
            write(track_left + track_width + 6, y, f"{high:g}", fontsize=9)
            dots.append((track_left + track_width * (min(max(reading, low), high) - low) / (high - low), y))
    axes.add_collection(LineCollection(tracks, colors="#e3e3e3", linewidths=7))
    axes.add_collection(LineCollection(bars, colors=INK, linewidths=7))
    axes.plot(*zip(*dots, strict=True), "o", color=INK, markersize=8)
    write(
        360, FACE - 4, f"|z| = {result['latent'].norm():.1f}; drawn from N(0, 1) it is {usual_norm(result['latent'])}"
    )
    here = lefts[0] + STOP / 2 + result["between"] * (lefts[-1] - lefts[0])
    axes.plot((lefts[0] + STOP / 2, lefts[-1] + STOP / 2), (STRIP_TOP - 12,) * 2, color=show.QUIET, linewidth=1)
    axes.plot(here, STRIP_TOP - 12, "v", color=show.GENERATED, markersize=12)
    write(10, STRIP_TOP - 36, f"latent {result['from']}")
    write(width - 10, STRIP_TOP - 36, f"latent {result['to']}", ha="right")
    write(width / 2, STRIP_TOP - 36, "the way between them, before any push", ha="center", color=SOFT_INK)
    picture = pixels(drawing)
    picture[10 : 10 + FACE, 10 : 10 + FACE] = enlarge(result["images"][:1], FACE)[0]
    for left, stop in zip(lefts, enlarge(result["images"][1:], STOP), strict=True):
        picture[STRIP_TOP : STRIP_TOP + STOP, left : left + STOP] = stop
    return show.small_png(picture)


def usual_norm(latent: Tensor) -> str:
    """The range in which 95% of the norms lie of latents as long as this one: the root of its length, nearly ± 1.4."""
    root = math.sqrt(len(latent))
    return f"{root - 1.4:.1f} to {root + 1.4:.1f}"


def latent_explorer(generator: nn.Module, reader: nn.Module, directions: dict[str, Tensor]) -> Explorer:
    """A walk from one latent to another, with a slider for each direction (latent_size,) to push along.

    generator   latents (N, latent_size) -> faces of 32 px or more
    reader      a `FaceReader`, which says what is in each face
    directions  by name, as `gancourse.latents.attribute_direction` finds them; their sliders count in lengths of these
    """
    walk = LatentWalk(generator, reader, directions)
    seed = partial(ipywidgets.IntSlider, min=0, max=99, layout={"width": "240px"})
    slider = partial(ipywidgets.FloatSlider, style=LABELS_FIT, layout={"width": "280px"})
    controls = {
        "from": seed(value=8, description="from"),
        "to": seed(value=12, description="to"),
        "between": slider(value=0.5, min=0.0, max=1.0, step=0.05, description="between"),
        **{
            name: slider(value=0.0, min=-2.0, max=2.0, step=0.1, description=name, readout_format="+.1f")
            for name in directions
        },
    }
    alt = (
        "A generated face, large; beside it what the reader sees in it, with a bar for how sure it is. Below, seven "
        "faces on the way from one latent to another, with a mark at the present place; at first it is half way."
    )
    return Explorer(walk.look, draw_walk, controls, alt)


# A training on faces, to scrub through -------------------------------------------------------------------------------

TILE, GUTTER, GRID_TOP, GRID_LEFT = 96, 4, 32, 4  # px
CURVES = Column(height=432, curve_height=92, bottoms=(306, 172, 38), width=300)


def face_training_at(run: FaceRun, state: State) -> State:
    """Of state["step"] the "images" (16, 3, S, S), the "distance" and the numbers as "summary"."""
    step = state["step"]
    news = "Before the first step"
    if step > 0:
        now = {name: values[step - 1] for name, values in run.history.values.items()}
        news = (
            f"Step {step:,}: loss of D {now['discriminator_loss']:.2f}, of G {now['generator_loss']:.2f}; "
            f"D(x) {now['real_probability']:.2f}, D(G(z)) {now['fake_probability']:.2f}"
        )
    distance = run.distances[step]
    return {
        "step": step,
        "images": dict(run.history.samples)[step],
        "distance": distance,
        "summary": f"{news}; kernel distance {distance:.3f} (real against real {run.floor:.3f}, N = {run.count:,}).",
    }


@show.in_style
def draw_face_curves(run: FaceRun) -> np.ndarray:
    """Both losses, D's answers and the kernel distance over the steps of a training: pixels (432, 400, 3)."""
    values, last = run.history.values, max(run.distances)
    drawing, (losses, answers, quality) = CURVES.draw(
        last, "losses", "D's answers: 1 is real", f"kernel distance to real faces, N = {run.count:,}, log scale"
    )
    plot_losses(losses, values)
    players = {"real_probability": ("D(x)", show.REAL), "fake_probability": ("D(G(z))", show.GENERATED)}
    heights = spread_out([float(np.mean(values[name][-50:])) for name in players], 0.22)
    for (name, (label, colour)), height in zip(players.items(), heights, strict=True):
        steps, window = np.arange(1, len(values[name]) + 1), max(1, len(values[name]) // 100)
        whole = len(steps) // window * window
        smooth = [np.reshape(each[:whole], (-1, window)).mean(axis=1) for each in (steps, values[name])]
        answers.plot(steps, values[name], color=colour, linewidth=0.5, alpha=0.35)
        answers.plot(*smooth, color=colour, linewidth=1.5)
        answers.text(last * 1.02, height, label, color=colour, va="center", fontsize=9)
    answers.axhline(0.5, color=show.QUIET, linewidth=0.8)
    answers.set(ylim=(0, 1.02), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])

    # Without bias, a distance can be 0 or below.  It is drawn where the scale ends, at most half of the floor's size.
    above_zero = [distance for distance in (*run.distances.values(), abs(run.floor)) if distance > 0] or [1.0]
    lowest = min(above_zero) / 2
    shown = {step: max(distance, lowest) for step, distance in run.distances.items()}
    floor = max(run.floor, lowest)
    quality.plot(*zip(*shown.items(), strict=True), "o-", color=show.TRUTH, markersize=4, linewidth=1.5, clip_on=False)
    quality.axhline(floor, color=show.REAL, linewidth=1.2, linestyle="--")
    label = f"real against real: {run.floor:.3f}"
    quality.text(last * 0.02, floor, label, color=show.REAL, va="bottom", fontsize=9)
    quality.set_yscale("log")
    quality.set(ylim=(lowest, max(above_zero) * 1.5))
    return pixels(drawing)


def spread_out(heights: list[float], room: float) -> list[float]:
    """Two heights of labels, moved apart until there is `room` between them."""
    first, second = heights
    shift = max(0.0, room - abs(first - second)) / 2
    return [first + shift, second - shift] if first >= second else [first - shift, second + shift]


@show.in_style
def draw_face_training(curves: np.ndarray, last: int, result: State) -> bytes:
    """The faces at one step, and beside them the curves of the whole training with a line at that step."""
    drawing, write = canvas(400, CURVES.height)
    write(GRID_LEFT, 16, f"After {result['step']:,} steps: distance {result['distance']:.3f}", fontsize=12)
    picture = pixels(drawing)
    for place, face in enumerate(enlarge(result["images"], TILE)):
        top, left = (corner * (TILE + GUTTER) for corner in divmod(place, 4))
        picture[GRID_TOP + top : GRID_TOP + top + TILE, GRID_LEFT + left : GRID_LEFT + left + TILE] = face
    return show.small_png(CURVES.beside(picture, curves, result["step"] / last))


def face_training_scrubber(run: FaceRun) -> Explorer:
    """One slider through a training on faces: the faces, the losses, D's answers and the distance at the same step."""
    steps = [step for step, _ in run.history.samples]
    control = ipywidgets.SelectionSlider(
        options=[(f"{step:,}", step) for step in steps], value=steps[-1], description="step", layout={"width": "420px"}
    )
    alt = (
        "Left, sixteen faces that the generator makes of the same latents at the chosen step. Right, three curves over "
        "all steps with a line at that step: both losses, the discriminator's answers D(x) and D(G(z)), and the kernel "
        "distance to real faces, with the distance of real faces to other real ones as a dashed line."
    )
    draw = partial(draw_face_training, draw_face_curves(run), steps[-1])
    return Explorer(partial(face_training_at, run), draw, {"step": control}, alt)
