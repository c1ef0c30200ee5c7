"""The shell that all widgets share."""

import copy
from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

State = dict[str, Any]


def pixels(drawing: Figure) -> np.ndarray:
    """A `show.figure`, drawn: (height, width, 3) bytes."""
    canvas = drawing.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def png(picture: np.ndarray) -> bytes:
    """Pixels (height, width, 3) as a PNG file.

    Quicker by half than `show.png`, since savefig draws every figure twice, and the parts of a picture that never
    change need to be drawn only once.
    """
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "png", compress_level=3)
    return buffer.getvalue()


def frozen_copy(network: nn.Module) -> nn.Module:
    """The network as it is now, on the CPU, in eval mode and without gradients; the one handed in stays as it was."""
    return copy.deepcopy(network).cpu().eval().requires_grad_(False)


class Explorer:
    """Controls, a picture and a line of text, kept in step.

    compute   state -> result: the values of the controls by name -> everything the picture shows, and a "summary"
    draw      result -> PNG bytes
    controls  in reading order; a Button has no value, and is there for its action
    alt       what the picture shows, for those who do not see it
    actions   by a control's name: what using it does, given the state, before the picture follows.  "reset" is for
              the Reset button, which otherwise sets every control back to its first value
    """

    def __init__(
        self,
        compute: Callable[[State], State],
        draw: Callable[[State], bytes],
        controls: dict[str, ipywidgets.Widget],
        alt: str,
        actions: dict[str, Callable[[State], None]] | None = None,
    ) -> None:
        self.compute, self.draw, self.alt = compute, draw, alt
        self.actions = {"reset": self._set_back, **(actions or {})}
        self.controls = {**controls, "reset": ipywidgets.Button(description="Reset", layout={"width": "auto"})}
        self.picture = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        self.caption = ipywidgets.HTML()  # a Label would cut a long line off
        self.picture.add_class("gancourse-picture")
        self.caption.add_class("gancourse-summary")
        self._first_state = self.state
        self._acting = False
        for name, control in self.controls.items():
            self._listen(name, control)
        row = ipywidgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap", "align_items": "center"})
        # An HBox would stretch the picture; here it keeps its size, and shrinks on a narrow page.
        self.view = ipywidgets.VBox([row, self.picture, self.caption], layout={"align_items": "flex-start"})
        self.refresh()

    def _listen(self, name: str, control: ipywidgets.Widget) -> None:
        def use(_: Any) -> None:
            first, self._acting = not self._acting, True
            try:
                if name in self.actions:
                    self.actions[name](self.state)
            finally:
                self._acting = not first
            if first:  # what an action sets is part of one move, and drawn once
                self.refresh()

        if isinstance(control, ipywidgets.Button):
            control.on_click(use)
        else:
            control.observe(use, names="value")

    @property
    def state(self) -> State:
        """What the controls say."""
        return {name: control.value for name, control in self.controls.items() if hasattr(control, "value")}

    def refresh(self) -> None:
        """Make picture and text follow the controls."""
        result = self.compute(self.state)
        self.picture.value = self.draw(result)
        self.summary: str = result["summary"]
        self.caption.value = escape(self.summary)

    def reset(self) -> None:
        """What the Reset button does."""
        self.controls["reset"].click()

    def _set_back(self, _: State) -> None:
        for name, value in self._first_state.items():
            self.controls[name].value = value

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live view, and for a reader without a kernel a still picture and the summary."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.view.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "image/png": b64encode(self.picture.value).decode(),
            "text/plain": self.summary,
        }, {"image/png": {"alt": self.alt}}
