"""What can be measured about generated points and pictures, beside what the two losses say of each other."""

from gancourse.metrics.attributes import Coverage, attribute_coverage, readable_attributes
from gancourse.metrics.colours import hue_shift, match_statistics, recolour_with_answers
from gancourse.metrics.distances import (
    Comparison,
    Distances,
    compare,
    frechet_distance,
    kernel_distance,
    kernel_interval,
    require_features,
)
from gancourse.metrics.inception import inception_features
from gancourse.metrics.labels import Agreement, label_agreement, label_codes
from gancourse.metrics.pictures import l1_distance, sharpness, stroke_strength, structural_similarity
from gancourse.metrics.points import energy_distance, modes_covered

__all__ = [
    "Agreement",
    "Comparison",
    "Coverage",
    "Distances",
    "attribute_coverage",
    "compare",
    "energy_distance",
    "frechet_distance",
    "hue_shift",
    "inception_features",
    "kernel_distance",
    "kernel_interval",
    "l1_distance",
    "label_agreement",
    "label_codes",
    "match_statistics",
    "modes_covered",
    "readable_attributes",
    "recolour_with_answers",
    "require_features",
    "sharpness",
    "stroke_strength",
    "structural_similarity",
]
