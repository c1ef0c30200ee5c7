"""The widgets of lesson 1: how hard a loss pulls, the game step by step, and a training to scrub through."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim import Adam

from gancourse import show
from gancourse.data import line, ring, ring_modes, two_moons
from gancourse.losses import generator_bce_loss, generator_lsgan_loss, generator_saturating_loss
from gancourse.metrics import energy_distance, modes_covered
from gancourse.networks import PlaneDiscriminator, PlaneGenerator
from gancourse.steps import discriminator_step, generator_step
from gancourse.training import History
from gancourse.widgets.curves import Column, plot_losses
from gancourse.widgets.drawing import INK, LABELS_FIT
from gancourse.widgets.explorer import Explorer, State, pixels, png

# How hard each loss pulls --------------------------------------------------------------------------------------------

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
    """The slopes of the three losses along the logit, and where `result` stands on them."""
    drawing = show.figure(640, 360)
    drawing.set_layout_engine("none")  # finding the margins anew at every move would cost a quarter of the time
    axes = drawing.add_axes((0.11, 0.15, 0.87, 0.74))
    bottom, top = -2.5, 1.0
    axes.axhline(0, color=show.QUIET, linewidth=0.8)
    axes.axvline(result["logit"], color=show.DISCRIMINATOR, linewidth=1, linestyle=":")
    logits = torch.linspace(-8, 8, 161)
    curves = {
        "saturating": (-logits.sigmoid(), show.QUIET, "-"),
        "non-saturating": (logits.sigmoid() - 1, show.GENERATED, "-"),
        "least squares": (2 * (logits - 1), INK, "--"),
    }
    for name, (slopes, colour, line_style) in curves.items():
        axes.plot(logits, slopes, color=colour, linestyle=line_style)
        slope = result["slopes"][name]
        if bottom <= slope <= top:
            axes.plot(result["logit"], slope, "o", color=colour, markersize=9, clip_on=False, zorder=5)
        else:  # outside the frame: an arrowhead at its edge, with the number
            below = slope < bottom
            edge = bottom if below else top
            axes.plot(result["logit"], edge, "v" if below else "^", color=colour, markersize=9, clip_on=False, zorder=5)
            axes.annotate(
                f"{slope:+.0f}".replace("-", "−"), (result["logit"], edge), (9 if below else -9, 0),
                textcoords="offset points", color=colour,
                ha="left" if below else "right", va="bottom" if below else "top",
            )  # fmt: skip
    label = partial(axes.text, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    label(7.9, -1.1, "saturating: −D", color="#5a5a5a", ha="right", va="top")
    label(7.9, -0.12, "non-saturating: D − 1", color=show.GENERATED, ha="right", va="top")
    label(0.5, -2.05, "least squares: 2 (s − 1)", color=INK)
    axes.set(xlim=(-8, 8), ylim=(bottom, top), xticks=[-8, -4, 0, 4, 8], yticks=[-2, -1, 0, 1])
    axes.set(xlabel="logit s of a generated point", ylabel="slope of the loss")
    axes.set_title("Where D is sure of a fake, the saturating loss hardly pulls", pad=10)
    return png(pixels(drawing))


def loss_slope_explorer() -> Explorer:
    """How hard each generator loss pulls, along the logit that the discriminator gave."""
    logit = ipywidgets.FloatSlider(
        value=-4.0, min=-8.0, max=8.0, step=0.5, description="logit", readout_format="+.1f", layout={"width": "420px"}
    )
    alt = (
        "Slope of the generator's loss against the logit, for three losses. The saturating curve falls from 0 at "
        "logit -8 to -1 at 8; the non-saturating one rises from -1 to 0. They cross at logit 0 and slope -0.5. The "
        "least squares line, 2 (s - 1), is steep: it crosses 0 at logit 1, and the frame ends at -2.5 and 1; beyond, "
        "an arrow at the edge gives its value."
    )
    return Explorer(loss_slopes, draw_loss_slopes, {"logit": logit}, alt)


# The game, step by step ----------------------------------------------------------------------------------------------

DATA_SETS: dict[str, Callable[..., Tensor]] = {"ring": ring, "two moons": two_moons, "line": line}
OTHER = {"D": "G", "G": "D"}  # the other player
BATCH = 128
SHOWN = 500  # points to judge by; half of them are drawn, and that is plenty
PULLED = 30  # generated points that carry an arrow
EDGE = 1.8  # the picture shows [-EDGE, EDGE] each way
CELLS = 48  # of the heat map, each way
FIELD_ALPHA = 0.55  # so that points of the same colours stand out from it
DOTS: dict[str, Any] = {"markersize": 5, "markeredgecolor": "white", "markeredgewidth": 0.6}


class Move(NamedTuple):
    """What one step did, found by comparing all weights before and after, bit by bit."""

    player: str
    changed: bool  # the player itself
    changed_other: bool


class Game:
    """Two small networks, the points they play over, and what the last moves did.

    Everything follows from the seed, the data set and the moves made, so the same clicks show the same picture.
    The steps are called as (generator, discriminator, optimiser, real points, latents) and (generator, discriminator,
    optimiser, latents).  What they return is not used.
    """

    def __init__(
        self,
        discriminator_step: Callable[..., Any] = discriminator_step,
        generator_step: Callable[..., Any] = generator_step,
        seed: int = 0,
    ) -> None:
        self.discriminator_step, self.generator_step, self.seed = discriminator_step, generator_step, seed
        self.start("ring")

    def start(self, data_set: str) -> None:
        """Two players who know nothing, over points of that name."""
        self.data_set = data_set
        self.rng = torch.Generator().manual_seed(self.seed)
        with torch.random.fork_rng(devices=[]):  # the notebook's own random numbers go on as if nothing had been
            torch.manual_seed(self.seed)
            self.generator, self.discriminator = PlaneGenerator(), PlaneDiscriminator()
        # As in `play`, but faster: a single step is to be seen.
        adam = partial(Adam, lr=3e-3, betas=(0.0, 0.9))
        self.generator_optimiser = adam(self.generator.parameters())
        self.discriminator_optimiser = adam(self.discriminator.parameters())
        self.real_points, self.latents = self.draw_points(SHOWN), self.draw_latents(SHOWN)
        self.steps = {"D": 0, "G": 0}
        self.last_moves: list[Move] = []

    def draw_points(self, count: int) -> Tensor:
        """Real points (count, 2)."""
        return DATA_SETS[self.data_set](count, rng=self.rng)

    def draw_latents(self, count: int) -> Tensor:
        """Latents (count, 2)."""
        return torch.randn(count, self.generator.latent_size, generator=self.rng)

    def move(self, players: str) -> None:
        """Let the players step in this order: "D", "G", or "DGDG" for two turns of both."""
        self.last_moves = []
        for player in players:
            with self._watched(player):
                if player == "D":
                    self.discriminator_step(
                        self.generator, self.discriminator, self.discriminator_optimiser,
                        self.draw_points(BATCH), self.draw_latents(BATCH),
                    )  # fmt: skip
                else:
                    self.generator_step(
                        self.generator, self.discriminator, self.generator_optimiser, self.draw_latents(BATCH)
                    )

    @contextmanager
    def _watched(self, player: str) -> Iterator[None]:
        networks = {"D": self.discriminator, "G": self.generator}
        before = {name: weights(network) for name, network in networks.items()}
        yield
        changed = {name: weights(network) != before[name] for name, network in networks.items()}
        self.steps[player] += 1
        self.last_moves.append(Move(player, changed[player], changed[OTHER[player]]))


def weights(network: nn.Module) -> bytes:
    """Every number that a network holds, to the last bit."""
    return b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())


def what_happened(moves: list[Move]) -> str:
    """The moves in a sentence, without its full stop."""
    if not moves:
        return "New game: neither has moved"
    if len(moves) == 1:
        ((player, changed, changed_other),) = moves
        itself = f"{player} changed" if changed else f"{player} DID NOT CHANGE"
        other = f"{OTHER[player]} CHANGED TOO" if changed_other else f"{OTHER[player]} is bit-identical"
        return f"Step {player}: {itself}, {other}"
    turns = f"{len(moves) // 2} turn{'s' if len(moves) > 2 else ''} of D and G"
    idle = {move.player for move in moves if not move.changed}
    reached_over = {move.player for move in moves if move.changed_other}
    faults = [f"{name} DID NOT CHANGE in a step of its own" for name in sorted(idle)]
    faults += [f"a step of {name} CHANGED {OTHER[name]} TOO" for name in sorted(reached_over)]
    return f"{turns}: {', '.join(faults) or 'in each step the other stayed bit-identical'}"


def look_at_game(game: Game) -> State:
    """Everything the picture shows of a game, which is left as it was.

    "real_points" and "fake_points" (SHOWN, 2); "field" (CELLS, CELLS): D on a grid, rows from the bottom;
    "pulls" (PULLED, 2): minus the slope of the non-saturating loss along each of the first fake points, which is
    where G wants that point to go; "news", "steps" and "summary".
    """
    middles = (torch.arange(CELLS) + 0.5) / CELLS * 2 * EDGE - EDGE
    grid = torch.cartesian_prod(middles, middles).flip(1)  # (CELLS², 2): y in rows, x along them
    with torch.no_grad():
        fake_points = game.generator(game.latents)
        field = game.discriminator(grid).sigmoid().view(CELLS, CELLS)
        real_right = (game.discriminator(game.real_points) > 0).float().mean()
        fake_right = (game.discriminator(fake_points) <= 0).float().mean()
    pulled = fake_points[:PULLED].clone().requires_grad_()
    (slopes,) = torch.autograd.grad(generator_bce_loss(game.discriminator(pulled)), pulled)
    news = what_happened(game.last_moves)
    summary = (
        f"{news}. D recognises {real_right:.0%} of the real points and {fake_right:.0%} of the generated ones. "
        f"Steps so far: D {game.steps['D']}, G {game.steps['G']}."
    )
    if game.data_set == "ring":
        modes = ring_modes()
        summary += f" Modes covered: {modes_covered(fake_points, modes)} of {len(modes)}."
    return {
        "real_points": game.real_points,
        "fake_points": fake_points,
        "field": field,
        "pulls": -slopes * len(pulled),  # the loss is a mean; each point has its own share of it
        "news": news,
        "steps": dict(game.steps),
        "summary": summary,
    }


@show.in_style
def draw_game(result: State) -> bytes:
    """D's field as a heat map, real and generated points on it, and the arrows along which G wants its points to go."""
    drawing = show.figure(640, 460)
    drawing.set_layout_engine("none")
    drawing.text(8 / 640, 438 / 460, result["news"], fontsize=12)
    axes = framed_plane(drawing, (8, 8, 420, 420))
    axes.imshow(
        result["field"].numpy(), cmap=show.DOUBT, vmin=0, vmax=1, alpha=FIELD_ALPHA, origin="lower",
        interpolation="bilinear", extent=(-EDGE, EDGE, -EDGE, EDGE),
    )  # fmt: skip
    axes.plot(*result["real_points"][: SHOWN // 2].T, "o", color=show.REAL, **DOTS)
    axes.plot(*result["fake_points"][: SHOWN // 2].T, "o", color=show.GENERATED, **DOTS)
    strength = result["pulls"].norm(dim=1, keepdim=True)
    arrows = 0.5 * result["pulls"] / (0.25 + strength)  # strong pulls would leave the picture: none is longer than 0.5
    axes.quiver(
        *result["fake_points"][:PULLED].T, *arrows.T, angles="xy", scale_units="xy", scale=1, width=0.006, color=INK,
        zorder=3,
    )  # fmt: skip
    steps = f"Steps of D: {result['steps']['D']:,}\nSteps of G: {result['steps']['G']:,}"
    drawing.text(440 / 640, 200 / 460, steps, color=INK)
    picture = pixels(drawing)
    picture[32:192, 440:] = game_key()
    return png(picture)


def framed_plane(drawing: Figure, box: tuple[int, int, int, int]) -> Axes:
    """The square [-EDGE, EDGE]² at left, bottom, width, height in pixels, with a frame and no axes: quick to draw."""
    size = drawing.get_size_inches() * show.DPI
    axes = drawing.add_axes((box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1]))
    axes.set_axis_off()
    axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE))
    corners = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * EDGE
    axes.plot(*corners.T, color=show.QUIET, linewidth=1, clip_on=False)
    return axes


@cache
@show.in_style
def game_key() -> np.ndarray:
    """What the colours and arrows of the game's picture mean, as pixels (160, 200, 3).  It never changes."""
    drawing = show.figure(200, 160)
    drawing.set_layout_engine("none")
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.plot(10, 142, "o", color=show.REAL, **DOTS | {"markersize": 8})
    axes.plot(10, 116, "o", color=show.GENERATED, **DOTS | {"markersize": 8})
    axes.annotate("", (20, 90), (0, 90), arrowprops={"arrowstyle": "-|>", "color": INK})
    for y, words in ((142, "real"), (116, "generated"), (90, "where G wants it")):
        axes.text(28, y, words, va="center", color=INK)
    axes.text(0, 50, "What D says there:", color=INK)
    bar = np.linspace(0, 1, 64).reshape(1, -1)
    axes.imshow(bar, cmap=show.DOUBT, alpha=FIELD_ALPHA, aspect="auto", extent=(0, 184, 24, 42))
    for x, words, side in ((0, "generated", "left"), (92, "½", "center"), (184, "real", "right")):
        axes.text(x, 18, words, ha=side, va="top", color=INK, fontsize=10)
    axes.set(xlim=(0, 200), ylim=(0, 160))  # so that all of the above is in pixels
    return pixels(drawing)


def game_stepper(
    discriminator_step: Callable[..., Any] = discriminator_step,
    generator_step: Callable[..., Any] = generator_step,
    seed: int = 0,
) -> Explorer:
    """The game in the plane, one step at a time, played with the steps handed in.

    Buttons: `controls["step_discriminator"].click()` and so on.  The summary says what a step changed, found by
    comparing weights.
    """
    game = Game(discriminator_step, generator_step, seed)
    button = partial(ipywidgets.Button, layout={"width": "auto"})
    controls = {
        "data_set": ipywidgets.Dropdown(
            options=list(DATA_SETS), description="real points", style=LABELS_FIT, layout={"width": "190px"}
        ),
        "step_discriminator": button(description="Step D"),
        "step_generator": button(description="Step G"),
        "play": ipywidgets.Play(value=0, max=1_000_000, interval=250, show_repeat=False),
        "speed": ipywidgets.IntSlider(
            value=5, min=1, max=10, description="▶ turns a tick", style=LABELS_FIT, layout={"width": "280px"}
        ),
    }
    actions: dict[str, Callable[[State], None]] = {
        "data_set": lambda state: game.start(state["data_set"]),
        "step_discriminator": lambda _: game.move("D"),
        "step_generator": lambda _: game.move("G"),
        # Play counts ticks, and its stop button sets the count to 0.
        "play": lambda state: game.move("DG" * state["speed"]) if state["play"] else None,
        "reset": lambda state: game.start(state["data_set"]),
    }
    alt = (
        "A square of the plane with blue real points and orange generated ones. Behind them a heat map of the "
        "discriminator: orange where it says generated, white at one half, blue where it says real. Arrows on thirty "
        "generated points show where the generator wants them to go. Before the first step the orange points lie in a "
        "blot in the middle of a ring of eight blue clouds, and the map is nearly white."
    )
    return Explorer(lambda _: look_at_game(game), draw_game, controls, alt, actions)


# A training, to scrub through ----------------------------------------------------------------------------------------

CURVES = Column(height=400, curve_height=84, bottoms=(284, 160, 36))


def follow_training(history: History, real_points: Tensor, modes: Tensor) -> State:
    """What there is to see of a training at any step, worked out once.

    "samples" {step: points (N, 2)}; "real_points" and "modes" as given; "values": the history's own, one a step;
    "distances" and "covered" {step: the sample's energy distance to the real points, its number of modes};
    "curves": the picture of all that runs along the steps, as pixels.
    """
    samples = dict(history.samples)
    training = {
        "samples": samples,
        "real_points": real_points,
        "modes": modes,
        "values": history.values,
        "distances": {step: energy_distance(points, real_points).item() for step, points in samples.items()},
        "covered": {step: modes_covered(points, modes) for step, points in samples.items()},
    }
    return {**training, "curves": draw_curves(training)}


def training_at(training: State, state: State) -> State:
    """The training, and of state["step"] the "points" and the numbers as "summary"."""
    step = state["step"]
    news = "Before the first step"
    if step > 0:
        now = {name: values[step - 1] for name, values in training["values"].items()}
        news = (
            f"Step {step:,}: loss of D {now['discriminator_loss']:.2f}, of G {now['generator_loss']:.2f}; "
            f"D is right {now['accuracy']:.0%} of the time"
        )
    quality = f"energy distance {training['distances'][step]:.3f}, modes covered {training['covered'][step]}"
    return {
        **training,
        "step": step,
        "points": training["samples"][step],
        "summary": f"{news}; {quality} of {len(training['modes'])}.",
    }


@show.in_style
def draw_training(result: State) -> bytes:
    """The points at one step, and beside them the curves of the whole training with a line at that step."""
    step = result["step"]
    dots: dict[str, Any] = {"markersize": 3, "markeredgewidth": 0}
    drawing = show.figure(400, 400)
    drawing.set_layout_engine("none")
    plane = framed_plane(drawing, (8, 8, 360, 360))
    plane.plot(*result["real_points"][:500].T, "o", color=show.REAL, alpha=0.35, **dots)
    plane.plot(*result["points"][:500].T, "o", color=show.GENERATED, **dots)
    plane.set_title(f"After {step:,} steps: {result['covered'][step]} of {len(result['modes'])} modes")
    return png(CURVES.beside(pixels(drawing), result["curves"], step / max(result["samples"])))


@show.in_style
def draw_curves(training: State) -> np.ndarray:
    """Both losses, D's accuracy and the samples' distance over the steps of a training: pixels (400, 400, 3)."""
    values, last = training["values"], max(training["samples"])
    drawing, (losses, accuracy, quality) = CURVES.draw(
        last, "losses", "how often D is right", "energy distance to the real points: lower is better"
    )
    plot_losses(losses, values)
    steps = range(1, len(values["accuracy"]) + 1)
    accuracy.plot(steps, values["accuracy"], color=show.DISCRIMINATOR, linewidth=0.8)
    accuracy.axhline(0.5, color=show.QUIET, linewidth=0.8)
    accuracy.set(ylim=(0, 1.02), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])
    quality.plot(*zip(*training["distances"].items(), strict=True), "o-", color=show.TRUTH, markersize=4, linewidth=1.5)
    quality.set(ylim=(0, None))
    return pixels(drawing)


def training_scrubber(history: History, real_points: Tensor, modes: Tensor) -> Explorer:
    """One slider through a training: the points, the losses, D's accuracy and the distance at the same step."""
    training = follow_training(history, real_points, modes)
    steps = list(training["samples"])
    control = ipywidgets.SelectionSlider(
        options=[(f"{step:,}", step) for step in steps], value=steps[0], description="step", layout={"width": "420px"}
    )
    alt = (
        "Left, real points in blue and generated ones in orange at the chosen step. Right, three curves over all "
        "steps with a line at that step: both losses, how often the discriminator is right, and the energy distance "
        "between generated and real points."
    )
    return Explorer(partial(training_at, training), draw_training, {"step": control}, alt)
