"""The generators that a run kept on its way."""

from pathlib import Path

from gancourse.checkpoint import load_weights
from gancourse.errors import CourseError


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
