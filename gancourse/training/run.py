"""The loop around every training, and what it leaves on the disk; here no network and no loss has a name."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.utils import save_image

from gancourse.checkpoint import load_checkpoint, require_same_settings, save_checkpoint
from gancourse.errors import CourseError
from gancourse.progress import progress_bar
from gancourse.training.history import History

READ_EVERY = 50  # steps between two readings of the losses; each makes a GPU wait


class Run:
    """What a run leaves on the disk: checkpoint, history, sample grids.  Without a folder it leaves nothing."""

    def __init__(
        self, out: Path | None, settings: dict[str, Any], parts: dict[str, Any], history: History, tensorboard: bool
    ) -> None:
        self.out, self.settings, self.parts, self.history = out, settings, parts, history
        self._saved_at = time.monotonic()
        self._logged = 0
        self._writer = self._open_tensorboard() if tensorboard else None

    def _open_tensorboard(self) -> Any:
        if self.out is None:
            raise CourseError("TensorBoard needs a folder for its files: give `out` too.")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise CourseError("TensorBoard is not installed. Try: pip install tensorboard") from error
        return SummaryWriter(self.out / "tensorboard")

    @property
    def _checkpoint(self) -> Path | None:
        return self.out / "checkpoint.pt" if self.out else None

    def resume(self) -> int:
        """Take up the checkpoint, if there is one; the number of steps already done."""
        path = self._checkpoint
        if path is None or not path.exists():
            return 0
        state = load_checkpoint(path)
        require_same_settings(path, state["settings"], self.settings)
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state["parts"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CourseError(f"The checkpoint {path} does not fit these networks: {error}") from error
        torch.set_rng_state(state["rng"])
        self.history.values = {name: values.tolist() for name, values in state["history"].items()}
        self._logged = len(self.history)
        return int(state["step"])

    def save(self, step: int) -> None:
        """Write the checkpoint and the history, if the run has a folder."""
        self.history.read()
        path = self._checkpoint
        if path is not None:
            save_checkpoint(
                path,
                {
                    "step": step,
                    "settings": self.settings,
                    "parts": {name: part.state_dict() for name, part in self.parts.items()},
                    "rng": torch.get_rng_state(),  # for networks with dropout
                    "history": {
                        name: torch.tensor(values, dtype=torch.float64) for name, values in self.history.values.items()
                    },
                },
            )
            self.history.write_csv(path.with_name("history.csv"))
        if self._writer:
            for name, values in self.history.values.items():
                for offset, value in enumerate(values[self._logged :], start=self._logged + 1):
                    self._writer.add_scalar(name, value, offset)
            self._logged = step
            self._writer.flush()
        self._saved_at = time.monotonic()

    def go(
        self,
        first_step: int,
        steps: int,
        one_step: Callable[[int], dict[str, Tensor]],
        look: Callable[[int], None],
        sample_every: int | None,
        save_seconds: float,
        progress: bool,
    ) -> History:
        """The loop around every training: step, record, look now and then, save now and then, stop when asked to."""
        history = self.history
        sample_every = sample_every or max(1, steps // 20)
        look(first_step)
        bar = progress_bar(
            range(first_step, steps), progress, initial=first_step, total=steps, desc="training", unit="step"
        )
        with stop_gracefully() as stop:
            for step in bar:
                history.record(one_step(step))
                if (step + 1) % sample_every == 0 or step + 1 == steps:
                    look(step + 1)
                if (step + 1) % READ_EVERY == 0:
                    history.read()
                    bar.set_postfix(
                        {name: f"{values[-1]:.2f}" for name, values in history.values.items()}, refresh=False
                    )
                if self.seconds_since_save() >= save_seconds:
                    self.save(step + 1)
                if stop.is_set():
                    history.interrupted = step + 1 < steps
                    break

        self.save(len(history))
        if history.interrupted:
            kept = (
                f"saved in {self.out}; the same call goes on from there"
                if self.out
                else "nothing was saved: no `out` given"
            )
            bar.write(f"Stopped after {len(history)} of {steps} steps; {kept}.")
        return history

    def seconds_since_save(self) -> float:
        return time.monotonic() - self._saved_at if self.out else 0.0

    def keep_sample(self, step: int, outputs: Tensor, between: tuple[Tensor, Tensor] | None = None) -> None:
        """Remember outputs (N, ...); pictures also as a PNG grid in the folder, each between two others if given."""
        self.history.samples.append((step, outputs))
        if self.out is None or outputs.ndim != 4:
            return
        folder = self.out / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        columns = math.isqrt(len(outputs))
        if between:
            outputs = torch.stack([between[0], outputs, between[1]], dim=1).flatten(0, 1)
            columns = 6
        save_image(outputs, folder / f"step_{step:07d}.png", nrow=columns, normalize=True, value_range=(-1, 1))
        if self._writer:
            self._writer.add_images("samples", (outputs + 1) / 2, step)


def describe(network: nn.Module) -> str:
    """A network's name and settings, as its checkpoint remembers them."""
    return f"{type(network).__name__}({network.extra_repr()})"


@contextmanager
def stop_gracefully() -> Iterator[threading.Event]:
    """Within, Ctrl-C and SIGTERM set the event instead of ending the program; a second Ctrl-C ends it."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only the main thread may catch signals
        yield stop
        return

    def ask_to_stop(*_: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
