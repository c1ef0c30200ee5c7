"""Widgets: for each a pure `compute(state)`, a `draw(result)`, and one thin shell for all.

Works in ipywidgets 7.7 (Colab) and 8.  No text depends on a widget: without a kernel its cell shows the picture and
the summary of its first state.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import ipywidgets
import torch

from gancourse import show
from gancourse.losses import generator_bce_loss, generator_lsgan_loss, generator_saturating_loss

State = dict[str, Any]


class Explorer:
    """Controls, a picture and a line of text, kept in step.

    compute  state -> result: the values of the controls by name -> everything the picture shows, and a "summary"
    draw     result -> PNG bytes
    alt      what the picture shows, for those who do not see it
    """

    def __init__(
        self,
        compute: Callable[[State], State],
        draw: Callable[[State], bytes],
        controls: dict[str, ipywidgets.Widget],
        alt: str,
    ) -> None:
        self.compute, self.draw, self.controls, self.alt = compute, draw, controls, alt
        self.picture = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        self.caption = ipywidgets.Label()
        self.picture.add_class("gancourse-picture")
        self.caption.add_class("gancourse-summary")
        self._first_state = self.state
        reset = ipywidgets.Button(description="Reset", layout={"width": "auto"})
        reset.on_click(lambda _: self.reset())
        parts = [*controls.values(), reset, self.picture, self.caption]
        self.view = ipywidgets.VBox(parts, layout={"align_items": "flex-start"})  # else the picture is stretched
        for control in controls.values():
            control.observe(self.refresh, names="value")
        self.refresh()

    @property
    def state(self) -> State:
        """What the controls say."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def summary(self) -> str:
        """The line of text under the picture."""
        return self.caption.value

    def refresh(self, _: Any = None) -> None:
        """Make picture and text follow the controls."""
        result = self.compute(self.state)
        self.picture.value = self.draw(result)
        self.caption.value = result["summary"]

    def reset(self) -> None:
        """Back to the first state."""
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


GENERATOR_LOSSES = {
    "saturating": generator_saturating_loss,
    "non-saturating": generator_bce_loss,
    "least squares": generator_lsgan_loss,
}


def loss_slopes(state: State) -> State:
    """{"logit": s} -> "slopes": each generator loss's derivative along the logit at s, by autograd; "summary"."""
    logit = torch.tensor([float(state["logit"])], requires_grad=True)
    slopes = {}
    for name, loss in GENERATOR_LOSSES.items():
        (gradient,) = torch.autograd.grad(loss(logit), logit)
        slopes[name] = gradient.item()
    probability = logit.sigmoid().item()
    listed = ", ".join(f"{name} {slope:+.3f}" for name, slope in slopes.items())
    return {
        "logit": state["logit"],
        "slopes": slopes,
        "summary": f"logit {state['logit']:+.1f}, so D = {probability:.3f}. Slopes: {listed}",
    }


@show.in_style
def draw_loss_slopes(result: State) -> bytes:
    """The slopes of the two BCE losses along the logit, and where `result` stands on them."""
    drawing = show.figure(640, 320)
    drawing.set_layout_engine("none")  # finding the margins anew at every move would cost a quarter of the time
    axes = drawing.add_axes((0.12, 0.17, 0.86, 0.73))
    logits = torch.linspace(-8, 8, 161)
    probabilities = logits.sigmoid()
    curves = {"saturating": (-probabilities, show.QUIET), "non-saturating": (probabilities - 1, show.GENERATED)}
    for name, (slopes, colour) in curves.items():
        axes.plot(logits, slopes, color=colour)
        axes.plot(result["logit"], result["slopes"][name], "o", color=colour, markersize=9)
    axes.axvline(result["logit"], color=show.DISCRIMINATOR, linewidth=1, linestyle=":")
    axes.text(8, -0.93, "saturating: −D", color="#5a5a5a", ha="right")
    axes.text(8, -0.1, "non-saturating: D − 1", color=show.GENERATED, ha="right")
    axes.set(xlim=(-8, 8), ylim=(-1.08, 0.08), xticks=[-8, -4, 0, 4, 8], yticks=[-1, -0.5, 0])
    axes.set(xlabel="logit of a generated picture", ylabel="slope of the loss")
    axes.set_title("Only one of the two still pulls where D is sure it is fake")
    return show.png(drawing)


def loss_slope_explorer() -> Explorer:
    """How hard each generator loss pulls, along the logit that the discriminator gave."""
    logit = ipywidgets.FloatSlider(
        value=-4.0, min=-8.0, max=8.0, step=0.5, description="logit", readout_format="+.1f", layout={"width": "420px"}
    )
    alt = (
        "Slope of the generator's loss against the logit. The saturating curve falls from 0 at logit -8 to -1 at 8; "
        "the non-saturating one rises from -1 to 0. They cross at logit 0 and slope -0.5."
    )
    return Explorer(loss_slopes, draw_loss_slopes, {"logit": logit}, alt)
