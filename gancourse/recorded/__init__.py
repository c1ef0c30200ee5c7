"""Short games in the plane, recorded: what happened, to look at without playing.

Kept as float16 safetensors.  Each file's header names the command that records it, `tools/record_runs.py`.
"""

from pathlib import Path

from safetensors.torch import load_file

from gancourse.errors import CourseError
from gancourse.training import History

FOLDER = Path(__file__).parent


def load_run(name: str) -> History:
    """A recorded game on the ring: "healthy" is one that went well; "A", "B", "C" and "D" are yours to name.

    Raises CourseError for another name.
    """
    names = sorted(path.stem for path in FOLDER.glob("*.safetensors"))
    if name not in names:
        raise CourseError(f"There is no recorded run {name!r}. There are {', '.join(names)}.")
    tensors = load_file(FOLDER / f"{name}.safetensors")
    steps, samples = tensors.pop("steps").tolist(), tensors.pop("samples").float()
    values = {measure: recorded.tolist() for measure, recorded in sorted(tensors.items())}
    return History(values, list(zip(steps, samples, strict=True)))
