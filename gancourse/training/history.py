"""What a run measured, step by step, and what it drew on the way."""

import csv
import itertools
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from gancourse.errors import CourseError
from gancourse.steps import DiscriminatorResult, GeneratorResult, PairedGeneratorResult


@dataclass
class History:
    """What a run measured, and what it drew on the way.

    values[name]  one float a step: discriminator_loss, generator_loss, real_probability (the mean of D(x)),
                  fake_probability (of D(G(z)), seen in the discriminator's step), accuracy (of the discriminator);
                  where pairs are learned from, pixel_loss too, and without a discriminator nothing else; of a
                  CycleGAN the losses alone: adversarial, cycle, identity (both directions each, not weighted),
                  monet_discriminator, photo_discriminator
    samples       (step, outputs) pairs: what the generator made of the same latents after that many steps
    interrupted   whether the run was stopped before its last step
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    samples: list[tuple[int, Tensor]] = field(default_factory=list)
    interrupted: bool = False
    _unread: list[dict[str, Tensor]] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        """Steps recorded."""
        return len(next(iter(self.values.values()), [])) + len(self._unread)

    def record(self, measures: dict[str, Tensor]) -> None:
        """Keep one step's scalars, unread."""
        self._unread.append(measures)

    def read(self) -> None:
        """Bring all unread scalars over in one transfer.  Raises CourseError if one of them is not finite."""
        if not self._unread:
            return
        names = list(self._unread[0])
        table = torch.stack([torch.stack([row[name].float() for name in names]) for row in self._unread]).cpu()
        done = len(self) - len(self._unread)
        self._unread.clear()
        if not table.isfinite().all():
            row, column = (~table.isfinite()).nonzero()[0].tolist()
            raise CourseError(
                f"The {names[column].replace('_', ' ')} is {table[row, column]} at step {done + row + 1}: the training "
                "has blown up. Try a smaller learning rate, or precision float32. Earlier checkpoints are untouched."
            )
        for name, column_values in zip(names, table.T.tolist(), strict=True):
            self.values.setdefault(name, []).extend(column_values)

    def write_csv(self, path: Path) -> None:
        """One line a step, with a header."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["step", *self.values])
            writer.writerows(zip(itertools.count(1), *self.values.values(), strict=False))


def measures(
    discriminator: DiscriminatorResult, generator: GeneratorResult | PairedGeneratorResult
) -> dict[str, Tensor]:
    """One step's scalars, still on the device; `History` says what they are."""
    right = torch.cat([discriminator.real_logits > 0, discriminator.fake_logits <= 0])
    return {
        "discriminator_loss": discriminator.loss,
        "generator_loss": generator.loss,
        "real_probability": discriminator.real_logits.sigmoid().mean(),
        "fake_probability": discriminator.fake_logits.sigmoid().mean(),
        "accuracy": right.float().mean(),
    }
