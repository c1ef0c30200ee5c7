"""What can be measured about generated points and pictures, beside what the two losses say of each other."""

from gancourse.metrics.distances import frechet_distance, kernel_distance, require_features
from gancourse.metrics.points import energy_distance, modes_covered

__all__ = ["energy_distance", "frechet_distance", "kernel_distance", "modes_covered", "require_features"]
