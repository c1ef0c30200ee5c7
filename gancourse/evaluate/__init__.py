"""Which moment of a training was the best: every kept generator against pictures that it never saw."""

from gancourse.evaluate.facades import Judged, Judgement, judge_translations
from gancourse.evaluate.faces import (
    REAL,
    UNTRAINED,
    best_snapshot,
    evaluate_snapshots,
    steps_of,
)
from gancourse.evaluate.landscapes import JudgedLandscapes, LandscapeJudgement, judge_landscapes
from gancourse.evaluate.snapshots import (
    find_cycle_snapshots,
    find_snapshots,
    is_cycle_run,
    load_discriminator,
    network_of,
)

__all__ = [
    "REAL",
    "UNTRAINED",
    "Judged",
    "JudgedLandscapes",
    "Judgement",
    "LandscapeJudgement",
    "best_snapshot",
    "evaluate_snapshots",
    "find_cycle_snapshots",
    "find_snapshots",
    "is_cycle_run",
    "judge_landscapes",
    "judge_translations",
    "load_discriminator",
    "network_of",
    "steps_of",
]
