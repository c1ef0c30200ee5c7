"""How good unpaired translations are: beside the right answers where these are known, and beside what costs nothing."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from gancourse.data import DrawnLandscapes, UnpairedImages
from gancourse.data.unpaired import Pixels
from gancourse.errors import CourseError
from gancourse.evaluate.table import Table
from gancourse.metrics import (
    compare,
    hue_shift,
    l1_distance,
    match_statistics,
    recolour_with_answers,
    stroke_strength,
    structural_similarity,
)
from gancourse.weights import DIRECTIONS, Direction

Landscapes = DrawnLandscapes | UnpairedImages
Translator = Callable[[Tensor], Tensor]

BATCH = 50
STATISTICS_FROM = 1000  # pictures of each training domain, at most
FARTHEST = 3  # of a feature's deviations: where a reader is a stranger, a few odd pictures would be all that counts
ANSWERS, OTHERS, UNCHANGED = "the right answers", "others of that domain", "unchanged"
MATCHED, RECOLOURED = "statistics matched", "recoloured, fitted to the answers"


class JudgedLandscapes(NamedTuple):
    """What can be said of one set of translations: five means over the pictures, two distances of the sets.

    nan stands for what is not known: the first two where there are no right answers, `cycle` without a way back.
    """

    l1: float  # from the right answer, 0 to 1
    ssim: float  # to it, -1 to 1
    strokes: float  # as a share of the target domain's
    hue_shift: float  # from the input, 0 to 180 degrees
    cycle: float  # L1 from the input to what came back of it, 0 to 1
    frechet: float  # distance of the whole set to the target domain's pictures, over the reader's features
    kernel: float  # the same
    interval: tuple[float, float]  # 95 %, of the kernel distance


class LandscapeJudgement(Table[JudgedLandscapes]):
    """One row for each set of translations, by name; as text, a table.  `count` is N, pictures in each set."""

    row = JudgedLandscapes

    def __str__(self) -> str:
        wide = max(map(len, self), default=0)
        titles = f"{'L1':>6}  {'SSIM':>6}  {'strokes':>7}  {'hue':>5}  {'cycle':>6}  {'Fréchet':>7}  {'kernel':>8}"
        lines = [f"N = {self.count} pictures in each row", f"{'':{wide}}  {titles}  {'95 % interval':^20}"]
        for name, row in self.items():
            entries = [
                f"{name:{wide}}",
                _entry(row.l1, 6, 3),
                _entry(row.ssim, 6, 3),
                _entry(row.strokes, 7, 2),
                _entry(row.hue_shift, 5, 1),
                _entry(row.cycle, 6, 3),
                _entry(row.frechet, 7, 2),
                _entry(row.kernel, 8, 3),
            ]
            if not math.isnan(row.kernel):
                entries.append(f"{row.interval[0]:8.3f} to {row.interval[1]:8.3f}")
            lines.append("  ".join(entries))
        return "\n".join(lines)


class Reader(Protocol):
    """Whatever reads features (N, F) from pictures (N, 3, H, W) in [-1, 1]."""

    def features(self, pictures: Tensor, /) -> Tensor: ...


def judge_landscapes(
    translators: Iterable[tuple[str, Translator, Translator | None]],
    held_out: Landscapes,
    training: Landscapes,
    reader: Reader,
    direction: Direction = "photo_to_monet",
) -> LandscapeJudgement:
    """Each named translator's pictures of one held-out domain, beside those of the other, the target domain.

    translators  name, the way there, and the way back or None: networks in eval mode, or any functions, from pictures
                 (N, 3, H, W) in [-1, 1] to pictures; each is asked for when it is due, so a generator may load it then
    held_out     whether it has right answers, it says itself: `held_out.paired`
    direction    "photo_to_monet": photos are translated, and paintings are the target; "monet_to_photo": the reverse

    N is the number of pictures that both held-out domains have, and the training set's target domain.  Baselines stand
    first.  The right answers, where they are known, are what is aimed at.  Others of that domain, the first N of the
    training set, show how near a set can come that knows nothing of the inputs, and how far hues of unrelated pictures
    are apart.  Unchanged is doing nothing, to which no cycle loss objects.  Statistics matched is `match_statistics`
    between the training domains, at most 1,000 pictures of each.  The last is no rival but a bound: the best affine
    recolouring there is, `recolour_with_answers`, fitted to the very answers that it is judged by, and its way back to
    the very inputs.

    Raises CourseError for another direction, and for fewer than two pictures.
    """
    if direction not in DIRECTIONS:
        raise CourseError(f"direction is {direction!r}; it can be 'photo_to_monet' or 'monet_to_photo'.")

    def domains(landscapes: Landscapes) -> tuple[Pixels, Pixels]:  # the source, the target
        photos, monets = landscapes.photos, landscapes.monets
        return (photos, monets) if direction == "photo_to_monet" else (monets, photos)

    held_out_domains, (training_source, training_target) = domains(held_out), domains(training)
    count = min(map(len, [*held_out_domains, training_target]))
    sources, targets = (domain[:count] for domain in held_out_domains)
    learnt_sources, learnt_targets = training_source[:STATISTICS_FROM], training_target[:STATISTICS_FROM]

    @torch.no_grad()
    def features(pictures: Tensor) -> Tensor:
        read = torch.cat([reader.features(some) for some in pictures.split(BATCH)])
        return read.clamp(-FARTHEST, FARTHEST)

    wanted, target_strokes = features(targets), stroke_strength(targets).mean()

    def judge(name: str, made: Tensor, recovered: Tensor | None = None) -> JudgedLandscapes:
        return JudgedLandscapes(
            l1_distance(made, targets).mean().item() if held_out.paired else math.nan,
            structural_similarity(made, targets).mean().item() if held_out.paired else math.nan,
            (stroke_strength(made).mean() / target_strokes).item(),
            hue_shift(sources, made).mean().item(),
            math.nan if recovered is None else l1_distance(recovered, sources).mean().item(),
            *compare({name: features(made)}, wanted)[name],
        )

    judgement = LandscapeJudgement(count)
    if held_out.paired:
        # Between a set and itself the kernel distance, which leaves out a picture's likeness to itself, says nothing.
        judgement[ANSWERS] = judge(ANSWERS, targets)._replace(kernel=math.nan, interval=(math.nan, math.nan))
    judgement[OTHERS] = judge(OTHERS, training_target[:count])

    baselines: list[tuple[str, Translator, Translator | None]] = [
        (UNCHANGED, torch.clone, torch.clone),
        (
            MATCHED,
            partial(match_statistics, sources=learnt_sources, targets=learnt_targets),
            partial(match_statistics, sources=learnt_targets, targets=learnt_sources),
        ),
    ]
    if held_out.paired:
        fitted = partial(recolour_with_answers, sources=sources, answers=targets)
        fitted_back = partial(recolour_with_answers, sources=targets, answers=sources)
        baselines.append((RECOLOURED, fitted, fitted_back))
    for name, there, back in chain(baselines, translators):
        judgement[name] = judge(name, *travel(there, back, sources))
    return judgement


@torch.no_grad()
def travel(there: Translator, back: Translator | None, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
    """What pictures (N, 3, H, W) become, on the CPU, and what comes back of these very translations, if anything."""
    made, recovered = [], []
    for some in pictures.split(BATCH):
        fakes = there(some)
        made.append(fakes.float().cpu())
        if back:
            recovered.append(back(fakes).float().cpu())
    return torch.cat(made), torch.cat(recovered) if back else None


def _entry(value: float, width: int, digits: int) -> str:
    return f"{'–':>{width}}" if math.isnan(value) else f"{value:{width}.{digits}f}"
