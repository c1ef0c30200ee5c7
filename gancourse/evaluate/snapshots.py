"""What a run left: the generators that it kept on its way, and the discriminator of its end."""

from pathlib import Path
from typing import Any

from torch import nn

from gancourse.checkpoint import load_checkpoint, load_weights, read_settings
from gancourse.errors import CourseError
from gancourse.networks import DCGANDiscriminator, PatchDiscriminator


def find_snapshots(run: Path) -> dict[int, Path]:
    """Step -> the generator's weights after it, in order.  Raises CourseError where the run kept none."""
    found = {int(path.stem.removeprefix("step_")): path for path in run.glob("snapshots/step_*.safetensors")}
    if not found:
        raise CourseError(
            f"There are no snapshots in {run}. Train with --snapshots, which keeps the generator with each grid: "
            f"python -m gancourse train ... --snapshots --out {run}"
        )
    return dict(sorted(found.items()))


def network_of(snapshots: dict[int, Path]) -> str:
    """What kind of generator the snapshots hold: "DCGANGenerator" or "UNetGenerator"."""
    return load_weights(next(iter(snapshots.values())))[1]["network"]


def load_discriminator(run: Path) -> nn.Module:
    """The discriminator as the run left it.  Raises CourseError where the run has no checkpoint, or had none."""
    checkpoint = load_checkpoint(run / "checkpoint.pt")
    if "discriminator" not in checkpoint["parts"]:
        raise CourseError(f"{run} was trained without a discriminator.")
    described = checkpoint["settings"]["discriminator"]
    settings: dict[str, Any] = dict(read_settings(described))
    settings |= {name: int(value) for name, value in settings.items() if value.isdigit()}
    kind = PatchDiscriminator if described.startswith("PatchDiscriminator") else DCGANDiscriminator
    discriminator = kind(**settings)
    discriminator.load_state_dict(checkpoint["parts"]["discriminator"])
    return discriminator
