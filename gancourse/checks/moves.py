"""What the checks of training steps share: a game small enough to be played again with every known mistake."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector
from torch.optim import SGD, Optimizer

from gancourse.steps import update

Step = Callable[..., Any]


def close(value: Tensor, other: Tensor) -> bool:
    return value.shape == other.shape and torch.allclose(value, other, atol=1e-4)


class Game(ABC):
    """Two players and what one step needs; a player may be several networks, held together by an `nn.ModuleList`.

    `mover` is about to move by plain gradient descent, and its weights still hold the gradients of an earlier step.
    `names` is what the sentences call the two.
    """

    OLD_GRADIENT = 3.0

    def __init__(
        self,
        mover: str,
        generator: nn.Module,
        discriminator: nn.Module,
        names: tuple[str, str] = ("generator", "discriminator"),
    ) -> None:
        self.networks = dict(zip(names, (generator, discriminator), strict=True))
        self.mover = mover
        self.optimiser = SGD(self.networks[mover].parameters(), lr=0.25)
        for weight in self.networks[mover].parameters():
            weight.grad = torch.full_like(weight, self.OLD_GRADIENT)

    @abstractmethod
    def play(self, step: Step, **options: Any) -> Any:
        """The result of one step."""

    @property
    def other(self) -> str:
        """The player that holds still."""
        (other,) = self.networks.keys() - {self.mover}
        return other

    def weights(self, name: str) -> Tensor:
        return parameters_to_vector(self.networks[name].parameters()).detach()

    def gradients(self, name: str) -> Tensor:
        """All of them in one row, 0 where there is none."""
        return torch.cat(
            [
                torch.zeros(weight.numel()) if weight.grad is None else weight.grad.flatten()
                for weight in self.networks[name].parameters()
            ]
        )


def _without_zero_grad(loss: Tensor, optimiser: Optimizer) -> None:
    loss.backward()
    optimiser.step()


def _step_alone(loss: Tensor, optimiser: Optimizer) -> None:
    optimiser.step()


def old_gradients(solution: Step) -> dict[str, Step]:
    """`solution` moved by the gradients of an earlier step, by the sentence that says so."""
    return {
        "the gradients of an earlier step were still there, and backward() added the new ones to them. Forget them "
        "first: zero_grad, backward, step.": partial(solution, update=_without_zero_grad),
        "it moved along the gradients of an earlier step: step() came before backward(). The order is zero_grad, "
        "backward, step.": partial(solution, update=_step_alone),
    }


def examine_step(
    answer: Step,
    solution: Step,
    new_game: Callable[[], Game],
    mistakes: dict[str, Step],
    no_gradient: str,
    left_behind: str,
) -> str | None:
    """What is wrong with where a step went, and with what it left behind.

    `mistakes` maps a sentence to a step that commits what the sentence names.  The last two are sentences about walls:
    one in the way of the mover's gradient, and none where the other's should have been stopped.
    """
    before, right, game = new_game(), new_game(), new_game()
    mover, other = game.mover, game.other
    right.play(solution)
    try:
        game.play(answer)
    except RuntimeError as error:
        if "does not require grad" in str(error):
            return no_gradient
        raise

    if not torch.equal(game.weights(other), before.weights(other)):
        return f"it changed the {other}. In this step nothing moves but the {mover}."
    for name, network in game.networks.items():
        if not all(weight.requires_grad for weight in network.parameters()):
            return (
                f"it leaves the {name} frozen: the next step of the {name} will move nothing. What you switch off, "
                "switch on again."
            )
    if torch.equal(game.weights(mover), before.weights(mover)):
        if not game.gradients(mover).any():
            return no_gradient
        if (game.gradients(mover) == game.OLD_GRADIENT).all():
            return f"the {mover} did not move. Hand the loss and the optimiser to update."
        return f"gradients were computed, but the {mover} did not move: step() must come after backward()."
    if not close(game.weights(mover), right.weights(mover)):
        for sentence, mistake in mistakes.items():
            wrong = new_game()
            wrong.play(mistake)
            if close(game.weights(mover), wrong.weights(mover)):
                return sentence
        return f"the {mover} moved, but not to where one step down the slope of the loss leads."
    if game.gradients(other).any():
        return left_behind
    return None


def examine_result(answer: Step, solution: Step, new_game: Callable[[], Game]) -> str | None:
    """What is wrong with what a step returns."""
    result, expected = new_game().play(answer), new_game().play(solution)
    if not all(hasattr(result, name) for name in expected._fields):
        return (
            f"it moves as it should, but returns {kind_of(result)}. The loop asks for names: return {_form(expected)}."
        )
    return _examine_fields(result, expected)


def kind_of(value: Any) -> str:
    """What a learner's code returned, for a sentence."""
    return "nothing" if value is None else type(value).__name__


def _form(expected: Any) -> str:
    return f"{type(expected).__name__}({', '.join(expected._fields)})"


def _examine_fields(result: Any, expected: Any, within: str = "") -> str | None:
    """What is wrong with the tensors of a named tuple, and with those of the named tuples in it."""
    for field in expected._fields:
        name, value, right = within + field, getattr(result, field), getattr(expected, field)
        if hasattr(right, "_fields"):
            if not all(hasattr(value, part) for part in right._fields):
                return f"in its result, {name} should be a {_form(right)}; it is {kind_of(value)}."
            fault = _examine_fields(value, right, f"{name}.")
            if fault:
                return fault
            continue
        if not isinstance(value, Tensor):
            return (
                f"in its result, {name} should be a tensor; it is {type(value).__name__}. Reading a number out of a "
                "tensor makes the program wait for the GPU: return it unread."
            )
        if value.requires_grad:
            return (
                f"in its result, {name} still hangs on the graph of the step, and a history of them keeps every graph "
                "in memory. Detach what you return."
            )
        if name == "real_logits" and close(value, expected.fake_logits):
            return "in its result, real_logits and fake_logits stand in each other's place."
        if name.endswith("logits") and close(value, right.sigmoid()):
            return f"in its result, {name} holds probabilities. Leave the sigmoid out."
        if not close(value, right):
            return f"in its result, {name} is not what this step learned from. Keep what you had before the update."
    return None


def examine_handed_in(
    answer: Step,
    solution: Step,
    new_game: Callable[[], Game],
    other_loss: Step,
    where_else: str = "Lesson 4 hands in another.",
) -> str | None:
    """Whether a step uses the loss and the update that it is given."""
    used = set()

    def listening_loss(*logits: Tensor) -> Tensor:
        used.add("loss")
        return other_loss(*logits)

    def listening_update(loss: Tensor, optimiser: Optimizer) -> None:
        used.add("update")
        update(loss, optimiser)

    game, right = new_game(), new_game()
    game.play(answer, loss=listening_loss, update=listening_update)
    right.play(solution, loss=other_loss)
    if "loss" not in used or not close(game.weights(game.mover), right.weights(game.mover)):
        return f"it ignores the loss it is given and always takes the same one. {where_else}"
    if "update" not in used:
        return (
            "it ignores the update it is given. Call update(loss, optimiser) instead of the three lines: on a GPU "
            "another one is handed in, which scales the loss."
        )
    return None
