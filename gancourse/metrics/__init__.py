"""What can be measured about generated points and pictures, beside what the two losses say of each other."""

from gancourse.metrics.distances import (
    Comparison,
    Distances,
    compare,
    frechet_distance,
    kernel_distance,
    kernel_interval,
    require_features,
)
from gancourse.metrics.points import energy_distance, modes_covered

__all__ = [
    "Comparison",
    "Distances",
    "compare",
    "energy_distance",
    "frechet_distance",
    "kernel_distance",
    "kernel_interval",
    "modes_covered",
    "require_features",
]
