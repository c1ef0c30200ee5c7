"""What a run left: the generators that it kept on its way, and the discriminator of its end."""

from collections.abc import Sized
from pathlib import Path
from typing import Any

from torch import nn

from gancourse.checkpoint import load_checkpoint, load_weights, read_settings
from gancourse.errors import CourseError
from gancourse.networks import DCGANDiscriminator, PatchDiscriminator
from gancourse.weights import DIRECTIONS


def find_snapshots(run: Path) -> dict[int, Path]:
    """Step -> the generator's weights after it, in order.

    Raises CourseError where the run kept none, and for a CycleGAN's, which has two generators.
    """
    if is_cycle_run(run):
        raise CourseError(f"{run} is a CycleGAN's, with two generators for each step: ask find_cycle_snapshots.")
    found = _by_step(run / "snapshots")
    _require_any(run, found)
    return found


def find_cycle_snapshots(run: Path) -> dict[int, tuple[Path, Path]]:
    """Step -> the weights of photo_to_monet and of monet_to_photo after it, in order; only steps that have both.

    Raises CourseError where the run kept none.
    """
    there, back = (_by_step(run / "snapshots" / direction) for direction in DIRECTIONS)
    found = {step: (path, back[step]) for step, path in there.items() if step in back}
    _require_any(run, found)
    return found


def is_cycle_run(run: Path) -> bool:
    """Whether a CycleGAN has kept snapshots in this folder."""
    return any((run / "snapshots" / direction).is_dir() for direction in DIRECTIONS)


def _by_step(folder: Path) -> dict[int, Path]:
    found = {int(path.stem.removeprefix("step_")): path for path in folder.glob("step_*.safetensors")}
    return dict(sorted(found.items()))


def _require_any(run: Path, found: Sized) -> None:
    if not found:
        raise CourseError(
            f"There are no snapshots in {run}. Train with --snapshots, which keeps the generator with each grid: "
            f"python -m gancourse train ... --snapshots --out {run}"
        )


def network_of(snapshots: dict[int, Path]) -> str:
    """What kind of generator the snapshots hold: "DCGANGenerator" or "UNetGenerator"."""
    return load_weights(next(iter(snapshots.values())))[1]["network"]


def load_discriminator(run: Path, name: str = "discriminator") -> nn.Module:
    """The discriminator as the run left it; a CycleGAN's has the name monet_discriminator or photo_discriminator.

    Raises CourseError where the run has no checkpoint, or no such discriminator.
    """
    checkpoint = load_checkpoint(run / "checkpoint.pt")
    if name not in checkpoint["parts"]:
        others = [part for part in checkpoint["parts"] if part.endswith("discriminator")]
        raise CourseError(f"{run} was trained without a {name}; it has {' and '.join(others) or 'none'}.")
    described = checkpoint["settings"][name]
    settings: dict[str, Any] = dict(read_settings(described))
    settings |= {key: int(value) for key, value in settings.items() if value.isdigit()}
    kind = PatchDiscriminator if described.startswith("PatchDiscriminator") else DCGANDiscriminator
    discriminator = kind(**settings)
    discriminator.load_state_dict(checkpoint["parts"][name])
    return discriminator
