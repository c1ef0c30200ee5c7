"""Every decision about speed, in one room: device, precision, memory format, fused optimisers.

Lower precision apart, nothing here changes what is computed; `precision="float32"` gives the plain mathematics.
benchmarks/step_speed.py measures what each decision is worth.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from gancourse.errors import CourseError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

PLAIN_ON_CPU = ("UNetGenerator",)  # its maps get small and its weights many: channels-last takes a sixth longer
# On a CPU, PyTorch 2.11 computes wrong gradients of an InstanceNorm of one picture whose gradient is channels-last.
WRONG_IN_CHANNELS_LAST = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)

Network = TypeVar("Network", bound=nn.Module)


class Hardware:
    """A device and how to use it.

    device     "auto" takes the best there is: cuda, then mps, then cpu
    precision  "auto" takes bfloat16 on a GPU that computes in it, float16 on an older one (a T4), float32 elsewhere;
               a CPU may be asked for bfloat16

    Raises CourseError for an unknown word, and for a GPU that is not there.
    """

    def __init__(self, device: str = "auto", precision: str = "auto") -> None:
        self.device = _find_device(device)
        self.precision = _find_precision(precision, self.device)
        # float16 ends at 65,504 and at 6e-8: gradients are scaled up to stay inside, and scaled back before the step.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "float16")

    def __str__(self) -> str:
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type
        return f"{name}, {self.precision}"

    def place(self, network: Network) -> Network:
        """Move a network to the device, its convolutions in channels-last order where that is faster, and right."""
        plain = self.device.type == "cpu" and (
            type(network).__name__ in PLAIN_ON_CPU
            or any(isinstance(module, WRONG_IN_CHANNELS_LAST) for module in network.modules())
        )
        memory_format = torch.contiguous_format if plain else torch.channels_last
        return network.to(self.device, memory_format=memory_format)  # type: ignore[call-overload]

    def send(self, tensor: Tensor) -> Tensor:
        """Move a batch to the device without waiting for it, on a GPU with its pictures in channels-last order.

        On a CPU the first convolution brings them into the order of its weights.
        """
        if tensor.ndim == 4 and self.device.type != "cpu":
            return tensor.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        return tensor.to(self.device, non_blocking=True)

    def adam(self, weights: Iterable[nn.Parameter], learning_rate: float, betas: tuple[float, float]) -> Adam:
        """Adam as one fused kernel: the same arithmetic in fewer passes over the weights."""
        return Adam(weights, lr=learning_rate, betas=betas, fused=True)

    def autocast(self) -> AbstractContextManager[Any]:
        """Within, convolutions compute in the chosen precision.  Losses stay in float32."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=PRECISIONS[self.precision])

    def update(self, loss: Tensor, optimiser: Optimizer) -> None:
        """`gancourse.steps.update`, with the gradients scaled where the precision asks for it."""
        optimiser.zero_grad()
        with torch.autocast(self.device.type, enabled=False):  # backward repeats the forward pass's precision by itself
            self.scaler.scale(loss).backward()
        self.scaler.step(optimiser)
        self.scaler.update()


def _find_device(device: str) -> torch.device:
    if device not in DEVICES:
        raise CourseError(f"There is no device {device!r}; it can be {', '.join(DEVICES)}.")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(name for name, here in present.items() if here))
    if not present[device]:
        raise CourseError(
            f"No {device} GPU can be used here. Leave the device at auto, or choose cpu; "
            "`python -m gancourse doctor` says what PyTorch sees."
        )
    return torch.device(device)


def _find_precision(precision: str, device: torch.device) -> str:
    if precision not in (*PRECISIONS, "auto"):
        raise CourseError(f"There is no precision {precision!r}; it can be auto, {', '.join(PRECISIONS)}.")
    if precision == "auto":
        if device.type != "cuda":
            return "float32"
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if precision == "float16" and device.type == "cpu":
        raise CourseError("A CPU gains nothing from float16; choose float32, or bfloat16 on a recent one.")
    return precision
