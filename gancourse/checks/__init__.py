"""One check for each exercise.  `name = check_name(name)` says what is wrong, in the words of the misconception."""

from gancourse.checks.lesson_01 import (
    check_discriminator_step,
    check_failures,
    check_generator_bce_loss,
    check_generator_step,
    check_modes_covered,
    check_optimal_discriminator,
)
from gancourse.checks.lesson_02 import (
    check_conv_size,
    check_discriminator,
    check_generator,
    check_kernel_distance,
    check_slerp,
)
from gancourse.checks.lesson_03 import (
    check_jitter,
    check_paired_generator_step,
    check_patch_discriminator,
    check_receptive_field,
    check_unet,
)
from gancourse.checks.lesson_04 import (
    check_cycle_generators_step,
    check_diagnoses,
    check_discriminator_lsgan_loss,
    check_generator_lsgan_loss,
    check_image_pool,
    check_linear_decay,
    check_unpaired_batches,
)
from gancourse.checks.verdict import assert_correct

__all__ = [
    "assert_correct",
    "check_conv_size",
    "check_cycle_generators_step",
    "check_diagnoses",
    "check_discriminator",
    "check_discriminator_lsgan_loss",
    "check_discriminator_step",
    "check_failures",
    "check_generator",
    "check_generator_bce_loss",
    "check_generator_lsgan_loss",
    "check_generator_step",
    "check_image_pool",
    "check_jitter",
    "check_kernel_distance",
    "check_linear_decay",
    "check_modes_covered",
    "check_optimal_discriminator",
    "check_paired_generator_step",
    "check_patch_discriminator",
    "check_receptive_field",
    "check_slerp",
    "check_unet",
    "check_unpaired_batches",
]
