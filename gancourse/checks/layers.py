"""What the checks of networks share: the layers as one pass meets them, whatever they are called and however held."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu


class Layer(NamedTuple):
    """A layer with weights, or a norm: what it was given and what it made of it."""

    module: nn.Module
    given: Tensor
    made: Tensor

    @property
    def is_norm(self) -> bool:
        return "Norm" in type(self.module).__name__

    @property
    def channels(self) -> int:
        return self.made.shape[1]


def trace_layers(network: nn.Module, inputs: Tensor) -> tuple[list[Layer], Tensor]:
    """The layers in the order in which the inputs pass them, and the output.

    What has no weights shows in the difference between what one layer made and the next was given, so it does not
    matter whether an activation is a module or a function.
    """
    passed: list[Layer] = []

    def remember(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        passed.append(Layer(module, given[0].clone(), made.clone()))  # an activation in place would change them

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) or "Norm" in type(module).__name__:
            module.register_forward_hook(remember)
    with torch.no_grad():
        output = network(inputs)
    return passed, output


def convolutions_of(trace: list[Layer]) -> list[Layer]:
    return [layer for layer in trace if not layer.is_norm]


def is_followed_by_norm(trace: list[Layer]) -> list[bool]:
    """One for each convolution."""
    return [
        number + 1 < len(trace) and trace[number + 1].is_norm for number, layer in enumerate(trace) if not layer.is_norm
    ]


def slope_between(before: Tensor, after: Tensor) -> float | None:
    """The slope below 0 of what stands between: 0 for a ReLU, 1 for nothing at all, None for no kind of ReLU."""
    slope = (after.min() / before.min()).item()
    return round(slope, 3) if torch.allclose(after, leaky_relu(before, slope), atol=1e-6) else None


def examine_activations(trace: list[Layer], wanted: float, sentence: Callable[[float | None, str], str]) -> str | None:
    """What is wrong with what stands before each convolution but the first."""
    for before, after in pairwise(trace):
        slope = slope_between(before.made, after.given)
        where = f"behind the layer that makes {before.channels} channels"
        if after.is_norm:
            if slope != 1:
                return f"{where} batch norm comes after the activation. It belongs before it."
        elif slope != wanted:
            return sentence(slope, where)
    return None


def examine_start(network: nn.Module) -> str | None:
    """What is wrong with the starting weights."""
    modules = list(network.modules())
    convolutions = [layer.weight for layer in modules if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    std = torch.cat([weight.flatten() for weight in convolutions]).std().item()
    if abs(std - 0.02) > 0.002:
        return f"its weights start with the std {std:.3f}, not 0.02. End __init__ with initialise_weights(self)."
    scales = torch.cat([layer.weight for layer in modules if isinstance(layer, nn.BatchNorm2d)])
    if abs(scales.mean().item() - 1) > 0.05:
        return f"the scales of its batch norms start around {scales.mean():.1f}, not 1. Use initialise_weights(self)."
    return None


def count_weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def arrows(numbers: list[int]) -> str:
    return " → ".join(map(str, numbers))
