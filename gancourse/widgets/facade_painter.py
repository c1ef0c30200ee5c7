"""Draw a facade: paint a label map with the mouse or by numbers, and see it become a photo.

No widget of ipywidgets answers a mouse.  `anywidget` gives the page one small script of ours, with no build and no
network; it is made for JupyterLab, Notebook 7, VS Code and Colab, and comes with Colab.  The script draws while the
mouse moves and sends the finished rectangle.  ipycanvas would ask the kernel at every move, and a kernel may be far
away.  Where the script cannot run, ordinary controls do all that it does.
"""

import time
from base64 import b64encode
from collections import Counter
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import ipywidgets
import numpy as np
import torch
import traitlets
from PIL import Image

from gancourse import show
from gancourse.data import to_float, to_uint8
from gancourse.data.drawn_facades import CLASSES, FIRST_VALIDATION, colour_labels, draw_facades
from gancourse.errors import CourseError
from gancourse.networks import UNetGenerator
from gancourse.training import translate
from gancourse.weights import load_facade_generator
from gancourse.widgets.explorer import State, png

EMPTY = "an empty wall"
EXAMPLES: dict[str, int | None] = {
    "a mansard roof": 16,
    "five storeys": 14,
    "a gable and balconies": 2,
    "one long balcony": 36,
    EMPTY: None,
}
"""What one can paint on: drawn facades that no training has seen, by their number, and a wall with nothing on it."""

IN_WORDS = {name: name for name in CLASSES} | {
    "facade": "facade (wall)",
    "cornice": "cornice (hood)",
    "molding": "molding (band)",
}
SIDE, STILL_SIDE = 384, 256  # px, of each picture on the live page, and where there is no kernel
FIELDS = ("left", "top", "width", "height")


class Rectangle(NamedTuple):
    """An area of one class, in whole pixels of the label map, x to the right and y downwards."""

    name: str
    left: int
    top: int
    width: int
    height: int

    def __str__(self) -> str:
        return f"a {self.name} of {self.width} × {self.height} px at ({self.left}, {self.top})"


def fit_rectangle(size: int, name: Any, left: Any, top: Any, width: Any, height: Any) -> Rectangle:
    """What of a rectangle lies on a map of size × size pixels, rounded to whole ones.

    Raises CourseError for an unknown class, for what is no finite number, and where nothing lies on the map.
    """
    if name not in list(CLASSES):  # a list also takes what cannot be hashed: this may come from a page
        raise CourseError(f"There is no class {name!r} to paint with. The classes are {', '.join(CLASSES)}.")
    try:
        left, top, width, height = (round(float(number)) for number in (left, top, width, height))
    except (TypeError, ValueError, OverflowError):
        raise CourseError("left, top, width and height of a rectangle are numbers of pixels; these are not.") from None
    right, bottom = min(left + width, size), min(top + height, size)
    left, top = max(left, 0), max(top, 0)
    if left >= right or top >= bottom:
        raise CourseError(
            f"Nothing of this rectangle lies on the map. Its pixels count from 0 to {size - 1} both ways; give it a "
            "width and a height of at least 1."
        )
    return Rectangle(name, left, top, right - left, bottom - top)


@lru_cache(maxsize=2 * len(EXAMPLES))
def example_codes(example: str, size: int) -> np.ndarray:
    """The label map of one of EXAMPLES: codes (size, size).  Raises CourseError for another name."""
    if example not in EXAMPLES:
        raise CourseError(f"There is no example {example!r}. There are: {', '.join(EXAMPLES)}.")
    number = EXAMPLES[example]
    if number is not None:
        codes, _ = draw_facades(1, size, first=FIRST_VALIDATION + number)
        return codes[0]
    codes = np.full((size, size), list(CLASSES).index("background"), np.uint8)
    codes[size // 8 : -size // 16, size // 16 : -size // 16] = list(CLASSES).index("facade")
    return codes


def summarise(state: State) -> str:
    """What has been painted, in a line."""
    rectangles = [Rectangle(*rectangle) for rectangle in state["rectangles"]]
    example = state["example"].capitalize()
    if not rectangles:
        return f"{example}, and nothing painted on it yet."
    if len(rectangles) == 1:
        return f"{example}, and on it {rectangles[0]}."
    counts = Counter(rectangle.name for rectangle in rectangles)
    listed = ", ".join(f"{count} {plural(name) if count > 1 else name}" for name, count in counts.items())
    return f"{example}, and on it {len(rectangles)} rectangles: {listed}. The last: {rectangles[-1]}."


def plural(name: str) -> str:
    """Of a class."""
    return "balconies" if name == "balcony" else f"{name}s"


class LabelCanvas(anywidget.AnyWidget):
    """Shows a label map on the page, and sends what is drawn there: a Rectangle's fields by name, or "undo".

    Nothing that the page says is believed unseen: `FacadePainter` checks each message, and reads nothing from here but
    the chosen class, which can only be one there is.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")
    size = traitlets.Int().tag(sync=True)
    classes: traitlets.List = traitlets.List().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    chosen = traitlets.Enum(list(CLASSES), "window").tag(sync=True)
    outline: traitlets.List = traitlets.List().tag(sync=True)  # the FIELDS of what Add would paint, or nothing

    def __init__(self, size: int) -> None:
        classes = [{"name": name, "words": IN_WORDS[name], "colour": colour} for name, colour in CLASSES.items()]
        super().__init__(size=size, classes=classes)


class FacadePainter:
    """A label map to paint on, the photo that a generator makes of it, and a line of text, kept in step.

    generator   labels (N, 3, S, S) in the colours of CLASSES -> photos of the same shape, both in [-1, 1]

    The mouse, the keys on the canvas, the controls and the methods all do the same things to the same `state`:
    {"example": what is painted on, "rectangles": what has been painted, from back to front}.
    """

    alt = (
        "Left, a label map of a house front, one colour for each class: wall, windows, door and so on. Right, the "
        "photo that the generator makes of it, with every part where the map has it."
    )

    def __init__(self, generator: UNetGenerator) -> None:
        self.generator, self.size = generator, generator.image_size
        self._past: list[State] = []
        self._first_state: State = {"example": next(iter(EXAMPLES)), "rectangles": ()}
        self.canvas = LabelCanvas(self.size)
        self.canvas.on_msg(self._hear)
        self.picture = ipywidgets.Image(
            format="png", layout={"width": f"{SIDE}px", "max_width": "100%", "margin": "3px"}
        )
        self.caption = ipywidgets.HTML()
        self.picture.add_class("gancourse-picture")
        self.caption.add_class("gancourse-summary")
        self.controls = self._make_controls()
        self.view = self._lay_out()
        self._show(self._first_state)

    def _make_controls(self) -> dict[str, ipywidgets.Widget]:
        fits: dict[str, Any] = {"layout": {"width": "auto"}}
        unit = self.size / 128
        first = {"left": 40, "top": 30, "width": 14, "height": 20}  # at 128 px
        classes = [(words, name) for name, words in IN_WORDS.items()]
        controls = {
            "example": ipywidgets.Dropdown(options=list(EXAMPLES), description="paint on"),
            "undo": ipywidgets.Button(description="Undo", **fits),
            "clear": ipywidgets.Button(description="Clear", **fits),
            "reset": ipywidgets.Button(description="Reset", **fits),
            "class": ipywidgets.Dropdown(options=classes, description="class"),
            **{
                field: ipywidgets.IntSlider(
                    value=round(unit * first[field]),
                    min=int(field in ("width", "height")),
                    max=self.size - int(field in ("left", "top")),
                    description=field,
                    layout={"width": "260px"},
                )
                for field in FIELDS
            },
            "add": ipywidgets.Button(description="Add", **fits),
        }
        traitlets.link((self.canvas, "chosen"), (controls["class"], "value"))
        controls["example"].observe(self._take_example, names="value")
        controls["undo"].on_click(lambda _: self.undo())
        controls["clear"].on_click(lambda _: self.clear())
        controls["reset"].on_click(lambda _: self.reset())
        for field in FIELDS:
            controls[field].observe(lambda _: self._outline(), names="value")
        controls["add"].on_click(lambda _: self._add_by_numbers())
        return controls

    def _lay_out(self) -> ipywidgets.Widget:
        names = list(self.controls)
        rows = [
            ipywidgets.HBox([self.controls[name] for name in part], layout={"flex_flow": "row wrap"})
            for part in (names[:4], names[4:])
        ]
        both = ipywidgets.HBox(
            [self.canvas, self.picture],
            layout={"flex_flow": "row wrap", "align_items": "flex-end", "grid_gap": "10px", "width": "100%"},
        )
        return ipywidgets.VBox([rows[0], both, self.caption, rows[1]])

    # --- what one can do ---------------------------------------------------------------------------------------------

    def add(self, name: str, left: float, top: float, width: float, height: float) -> None:
        """Paint a rectangle of a class, in pixels from the map's left and upper edge; what is outside is cut off.

        Raises CourseError for an unknown class, for what is no number, and where nothing lies on the map.
        """
        rectangle = fit_rectangle(self.size, name, left, top, width, height)
        self._go({**self.state, "rectangles": (*self.state["rectangles"], rectangle)})
        with self.canvas.hold_sync():  # the numbers follow, so that moving one of them and Add repeats it elsewhere
            self.controls["class"].value = rectangle.name
            for field in FIELDS:
                self.controls[field].value = getattr(rectangle, field)
            self.canvas.outline = []

    def undo(self) -> None:
        """Take back the last thing done, be it a rectangle, a Clear or another example."""
        if self._past:
            self._show(self._past.pop())

    def clear(self) -> None:
        """Leave an empty wall under the sky."""
        self.load(EMPTY)

    def load(self, example: str) -> None:
        """Paint on one of EXAMPLES from now on.  Raises CourseError for another name."""
        state = {"example": example, "rectangles": ()}
        if state != self.state:
            self._go(state)

    def reset(self) -> None:
        """What the Reset button does: as at first."""
        self.load(self._first_state["example"])

    def save(self, path: str | Path) -> None:
        """Labels and photo side by side, as a PNG.  Raises CourseError for a name with another ending."""
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise CourseError(f"{path} would hold a PNG; give it a name that ends in .png.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(side_by_side(self.result, SIDE)))

    @property
    def codes(self) -> np.ndarray:
        """The label map: a class's position in CLASSES for each pixel, uint8 (S, S)."""
        codes: np.ndarray = self.result["codes"].copy()
        return codes

    @property
    def photo(self) -> torch.Tensor:
        """What the generator makes of it: (3, S, S) in [-1, 1]."""
        photo: torch.Tensor = self.result["photo"].clone()
        return photo

    # --- how it is kept in step --------------------------------------------------------------------------------------

    def compute(self, state: State) -> State:
        """Paint and translate.

        {"example", "rectangles"} -> "codes" uint8 (S, S); "labels" and "photo" (3, S, S) in [-1, 1]; "summary".
        """
        codes = example_codes(state["example"], self.size).copy()
        for name, left, top, width, height in state["rectangles"]:
            codes[top : top + height, left : left + width] = list(CLASSES).index(name)
        labels = to_float(torch.from_numpy(colour_labels(codes[None])))
        device = next(self.generator.parameters()).device
        photo = translate(self.generator, labels.to(device))
        return {"codes": codes, "labels": labels[0], "photo": photo[0], "summary": summarise(state)}

    def _go(self, state: State) -> None:
        before = self.state
        self._show(state)
        self._past.append(before)

    def _show(self, state: State) -> None:
        started = time.perf_counter()
        self.result = self.compute(state)
        self.state, self.summary = state, str(self.result["summary"])
        self.canvas.codes = self.result["codes"].tobytes()
        self.picture.value = png(as_bytes(self.result["photo"]))
        taken = 1000 * (time.perf_counter() - started)
        # The time stands on the page only: what a notebook keeps is the same on every machine.
        self.caption.value = f"{escape(self.summary)} Photo in {taken:.0f} ms."
        self.controls["example"].value = state["example"]

    def _take_example(self, change: dict[str, Any]) -> None:
        if change["new"] != self.state["example"]:  # chosen by a reader, and not set by `_show`
            self.load(change["new"])

    def _outline(self) -> None:
        self.canvas.outline = [self.controls[field].value for field in FIELDS]

    def _add_by_numbers(self) -> None:
        self.add(*(self.controls[name].value for name in ("class", *FIELDS)))

    def _hear(self, _: LabelCanvas, message: Any, __: list) -> None:
        """A message from the page, which may say anything."""
        if message == "undo":
            self.undo()
            return
        try:
            if not isinstance(message, dict) or message.keys() != set(Rectangle._fields):
                raise CourseError("The page sent something that is no rectangle; nothing was painted.")
            self.add(**message)
        except CourseError as error:
            self.caption.value = escape(str(error))

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live view, and for a reader without a kernel a still picture and the summary."""
        # Colab shows the canvas only if told where its own script for such widgets lies.
        _, metadata = self.canvas._repr_mimebundle_() or ({}, {})
        view = {"version_major": 2, "version_minor": 0, "model_id": self.view.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "image/png": b64encode(show.small_png(side_by_side(self.result, STILL_SIDE))).decode(),
            "text/plain": self.summary,
        }, {**metadata, "image/png": {"alt": self.alt}}


def as_bytes(picture: torch.Tensor) -> np.ndarray:
    """A picture (3, S, S) in [-1, 1] as bytes (S, S, 3)."""
    pixels: np.ndarray = to_uint8(picture).permute(1, 2, 0).numpy()
    return pixels


def side_by_side(result: State, side: int) -> np.ndarray:
    """Labels and photo, enlarged, with white between them: bytes (side, 2 side + 16, 3).

    A label's edge stays sharp.  The photo is enlarged smoothly, as a browser does it.
    """
    both = np.full((side, 2 * side + 16, 3), 255, np.uint8)
    for left, name, way in ((0, "labels", Image.Resampling.NEAREST), (-side, "photo", Image.Resampling.BILINEAR)):
        picture = Image.fromarray(as_bytes(result[name])).resize((side, side), way)
        both[:, left:][:, :side] = np.asarray(picture)
    return both


def facade_painter(generator: UNetGenerator | None = None) -> FacadePainter:
    """Paint a label map and see what `generator`, a U-Net from labels to photos, makes of it; else the course's own.

    From a cell: `painter.add("window", left=40, top=30, width=14, height=20)`, `painter.undo()`, `painter.clear()`,
    `painter.load("five storeys")`, `painter.save("mine.png")`; what it shows are `painter.codes` and `painter.photo`.
    """
    return FacadePainter(load_facade_generator() if generator is None else generator)
