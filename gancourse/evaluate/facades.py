"""How good translated labels are: beside the photos they should be, and beside what costs nothing."""

import math
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from gancourse.evaluate.table import Table
from gancourse.metrics import (
    frechet_distance,
    kernel_distance,
    kernel_interval,
    l1_distance,
    label_agreement,
    label_codes,
    sharpness,
    structural_similarity,
)
from gancourse.networks import PixelReader
from gancourse.training import Pairs

BATCH = 50
THEMSELVES, OTHERS, UNCHANGED, MEAN = "the photos themselves", "photos of others", "labels unchanged", "the mean photo"


class Judged(NamedTuple):
    """What can be said of one set of translations: four means over the pictures, and two distances of the sets."""

    l1: float  # from the photo of the same labels, 0 to 1
    ssim: float  # to it, -1 to 1
    sharpness: float  # as a share of the photos'
    agreement: float  # of the labels that the reader reads back, the share of pixels that are right
    frechet: float  # distance of the whole set to the photos, over the reader's features
    kernel: float  # the same
    interval: tuple[float, float]  # 95 %, of the kernel distance


class Judgement(Table[Judged]):
    """One row for each set of translations, by name; as text, a table.  `count` is N, pictures in each set."""

    row = Judged

    def __str__(self) -> str:
        wide = max(map(len, self), default=0)
        titles = f"{'L1':>6}  {'SSIM':>6}  {'sharpness':>9}  {'labels':>6}  {'Fréchet':>7}  {'kernel':>8}"
        lines = [f"N = {self.count} pictures in each row", f"{'':{wide}}  {titles}  {'95 % interval':^20}"]
        for name, row in self.items():
            line = f"{name:{wide}}  {row.l1:6.3f}  {row.ssim:6.3f}  {row.sharpness:9.2f}  {row.agreement:6.3f}"
            line += f"  {row.frechet:7.2f}"
            if not math.isnan(row.kernel):
                line += f"  {row.kernel:8.3f}  {row.interval[0]:8.3f} to {row.interval[1]:8.3f}"
            lines.append(line)
        return "\n".join(lines)


def judge_translations(
    translations: Iterable[tuple[str, Tensor]], pairs: Pairs, others: Pairs, reader: PixelReader
) -> Judgement:
    """Each named set of translations of the pairs' labels, (N, 3, H, W) in [-1, 1], beside the pairs' photos.

    `others` are pairs of the training set; N is that of the pairs.  Four baselines stand first.  The photos themselves
    are what is aimed at; how far the reader reads *their* labels back says how far to trust that column.  Photos of
    others, the first N of the training set, show how near a set can come that knows nothing of the labels.  Labels
    unchanged is doing nothing.  The mean photo of the training set is the one answer to everything.
    """
    labels, photos = (torch.cat(sides) for sides in zip(*in_batches(pairs), strict=True))
    codes = label_codes(labels)
    count = len(photos)
    mean_photo = sum(some.sum(dim=0) for _, some in in_batches(others)) / len(others) * torch.ones_like(photos)
    _, few_others = others[torch.arange(min(count, len(others)))]

    @torch.no_grad()
    def features(pictures: Tensor) -> Tensor:
        return torch.cat([reader.features(some) for some in pictures.split(BATCH)])

    wanted, real_sharpness = features(photos), sharpness(photos).mean()

    def judge(made: Tensor) -> Judged:
        known, seen = slice(len(made)), features(made)
        return Judged(
            l1_distance(made, photos[known]).mean().item(),
            structural_similarity(made, photos[known]).mean().item(),
            (sharpness(made).mean() / real_sharpness).item(),
            label_agreement(made, codes[known], reader).pixel,
            frechet_distance(seen, wanted).item(),
            kernel_distance(seen, wanted).item(),
            kernel_interval(seen, wanted),
        )

    judgement = Judgement(count)
    baselines = {THEMSELVES: photos, OTHERS: few_others, UNCHANGED: labels, MEAN: mean_photo}
    for name, made in chain(baselines.items(), translations):
        judgement[name] = judge(made)
    # Between a set and itself the kernel distance, which leaves out each picture's likeness to itself, says nothing.
    judgement[THEMSELVES] = judgement[THEMSELVES]._replace(kernel=math.nan, interval=(math.nan, math.nan))
    return judgement


def in_batches(pairs: Pairs) -> Iterable[tuple[Tensor, Tensor]]:
    return (pairs[some] for some in torch.arange(len(pairs)).split(BATCH))
