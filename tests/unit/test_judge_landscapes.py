"""Unpaired translations judged: what is better stands nearer, and what is not known is said to be unknown."""

import math

import pytest
import torch
from torch import nn

from gancourse.data import DrawnLandscapes, UnpairedImages
from gancourse.errors import CourseError
from gancourse.evaluate import LandscapeJudgement, judge_landscapes
from gancourse.evaluate.landscapes import ANSWERS, MATCHED, OTHERS, RECOLOURED, UNCHANGED
from gancourse.metrics import hue_shift, kernel_distance, l1_distance, match_statistics, stroke_strength

pytestmark = pytest.mark.filterwarnings("ignore:.*rank-deficient")


class MeanColours:
    """Reads the mean and the deviation of each colour: features enough for a distance."""

    def features(self, pictures):
        assert len(pictures) <= 50, "a network gets them in batches"
        return torch.cat([pictures.mean(dim=(2, 3)), pictures.std(dim=(2, 3))], dim=1)


class Answers(nn.Module):
    """A translator that knows every scene's other side by heart."""

    def __init__(self, sources, targets):
        super().__init__()
        self.sources, self.targets = sources, targets

    def forward(self, pictures):
        found = [(self.sources - picture).abs().mean(dim=(1, 2, 3)).argmin() for picture in pictures]
        return self.targets[torch.stack(found)]


def darker(pictures):
    return pictures - 0.2


def lighter(pictures):
    return pictures + 0.2


@pytest.fixture(scope="module")
def drawn():
    return DrawnLandscapes(100, 32, "validation", progress=False), DrawnLandscapes(150, 32, progress=False)


@pytest.fixture(scope="module")
def judged(drawn):
    held_out, training = drawn
    photos, monets = held_out.photos[:], held_out.monets[:]
    there, back = Answers(photos, monets), Answers(monets, photos)
    translators = [("by heart", there, back), ("one way", there, None), ("shades", darker, lighter)]
    reader = MeanColours()
    return {
        "photo_to_monet": judge_landscapes(translators, held_out, training, reader),
        "monet_to_photo": judge_landscapes([("by heart", back, there)], held_out, training, reader, "monet_to_photo"),
    }


@pytest.fixture(scope="module")
def unpaired(drawn):
    """The drawn scenes as real sets are: more photos than paintings, and no answers."""
    held_out, training = drawn
    real = UnpairedImages.__new__(UnpairedImages)
    real.photos, real.monets = held_out.photos, held_out.monets[:30]
    return judge_landscapes([("shades", darker, lighter)], real, training, MeanColours())


@pytest.mark.parametrize("direction", ["photo_to_monet", "monet_to_photo"])
def test_what_knows_more_comes_nearer(judged, direction):
    judgement = judged[direction]
    assert list(judgement)[:5] == [ANSWERS, OTHERS, UNCHANGED, MATCHED, RECOLOURED]
    best, others, nothing, matched, recoloured, *_ = judgement.values()
    assert best.l1 == 0
    assert recoloured.l1 < matched.l1 - 0.004
    assert matched.l1 < nothing.l1 - 0.01
    assert nothing.l1 < others.l1 - 0.02
    assert recoloured.l1 > 0.05, "no recolouring is the answer"
    assert best.ssim == pytest.approx(1)
    assert min(nothing.ssim, matched.ssim, recoloured.ssim) > others.ssim + 0.1
    assert best.frechet == pytest.approx(0, abs=1e-6)
    assert math.isnan(best.kernel)  # a set has no distance to itself
    assert others.kernel < 0.1 * nothing.kernel
    assert matched.kernel < 0.5 * nothing.kernel


@pytest.mark.parametrize("direction", ["photo_to_monet", "monet_to_photo"])
def test_the_answers_by_heart_are_right_there_and_back(judged, direction):
    row = judged[direction]["by heart"]
    assert row.l1 == row.cycle == 0
    assert row.ssim == pytest.approx(1)
    assert row.strokes == pytest.approx(1)
    assert row.hue_shift == pytest.approx(judged[direction][ANSWERS].hue_shift)
    assert row.frechet == pytest.approx(0, abs=1e-6)


def test_strokes_are_a_share_of_the_target_domains(judged, drawn):
    photos, monets = (stroke_strength(images[:]).mean().item() for images in (drawn[0].photos, drawn[0].monets))
    assert judged["photo_to_monet"][UNCHANGED].strokes == pytest.approx(photos / monets)
    assert judged["monet_to_photo"][UNCHANGED].strokes == pytest.approx(monets / photos)
    assert photos < 0.75 * monets
    for name in (MATCHED, RECOLOURED):
        assert judged["photo_to_monet"][name].strokes < 0.75, "recolouring makes no strokes"


def test_hues_are_compared_with_the_inputs(judged, drawn):
    judgement = judged["photo_to_monet"]
    assert judgement[UNCHANGED].hue_shift == 0
    turned = hue_shift(drawn[0].photos[:], drawn[0].monets[:]).mean().item()
    assert judgement[ANSWERS].hue_shift == pytest.approx(turned)
    assert judgement["shades"].hue_shift == pytest.approx(0, abs=0.05)


def test_the_way_back_starts_from_the_very_translation(judged):
    judgement = judged["photo_to_monet"]
    assert judgement[UNCHANGED].cycle == 0
    assert judgement["shades"].cycle == pytest.approx(0, abs=1e-6)
    assert judgement["shades"].l1 > 0.05
    assert 0 < judgement[MATCHED].cycle < 0.01
    for name in (ANSWERS, OTHERS, "one way"):
        assert math.isnan(judgement[name].cycle)


def test_statistics_are_those_of_the_training_sets(judged, drawn):
    held_out, training = drawn
    matched = match_statistics(held_out.photos[:], training.photos[:], training.monets[:])
    error = l1_distance(matched, held_out.monets[:]).mean().item()
    assert judged["photo_to_monet"][MATCHED].l1 == pytest.approx(error, abs=1e-6)


def test_sets_are_compared_with_the_target_domain_over_the_readers_features(judged, drawn):
    held_out, training = drawn
    others, answers = (MeanColours().features(images[:50]) for images in (training.monets, held_out.monets))
    fifty = DrawnLandscapes(50, 32, "validation", progress=False)
    row = judge_landscapes([], fifty, training, MeanColours())[OTHERS]
    assert row.kernel == pytest.approx(kernel_distance(others, answers).item(), abs=1e-6)
    low, high = row.interval
    assert low < row.kernel < high


def test_where_there_are_no_answers_nothing_is_measured_by_them(unpaired):
    assert list(unpaired) == [OTHERS, UNCHANGED, MATCHED, "shades"]
    for row in unpaired.values():
        assert math.isnan(row.l1)
        assert math.isnan(row.ssim)
        assert row.strokes > 0
        assert not math.isnan(row.kernel)
    assert unpaired["shades"].cycle == pytest.approx(0, abs=1e-6)


def test_every_row_has_as_many_pictures_as_all_sides_have(judged, unpaired, drawn):
    assert judged["photo_to_monet"].count == 100
    assert unpaired.count == 30
    few = DrawnLandscapes(12, 32, progress=False)
    assert judge_landscapes([], drawn[0], few, MeanColours()).count == 12


def test_translators_are_asked_for_one_after_the_other(drawn):
    few = DrawnLandscapes(4, 32, "validation", progress=False)
    alive = []

    def load():
        for step in (1, 2):
            alive.append(step)
            yield f"step {step}", lambda pictures: pictures * len(alive) / 2, None

    judgement = judge_landscapes(load(), few, drawn[1], MeanColours())
    assert judgement["step 1"].strokes == pytest.approx(0.5 * judgement["step 2"].strokes)
    assert judgement["step 2"].l1 == judgement[UNCHANGED].l1


def test_no_gradient_is_kept(drawn):
    few = DrawnLandscapes(2, 32, "validation", progress=False)
    weight = torch.ones((), requires_grad=True)
    seen = []

    def there(pictures):
        seen.append(pictures * weight)
        return seen[-1]

    judge_landscapes([("there", there, there)], few, drawn[1], MeanColours())
    assert len(seen) == 2
    assert not any(pictures.requires_grad for pictures in seen)


def test_the_table_survives_its_file(judged, unpaired, tmp_path):
    for judgement in (judged["photo_to_monet"], unpaired):
        judgement.write_csv(tmp_path / "table.csv")
        again = LandscapeJudgement.read_csv(tmp_path / "table.csv")
        assert again.count == judgement.count
        assert str(again) == str(judgement)
        assert f"N = {judgement.count} pictures in each row" in str(again)
    assert "nan" not in str(unpaired)


def test_another_direction_is_a_sentence(drawn):
    with pytest.raises(CourseError, match="direction is 'AtoB'; it can be 'photo_to_monet' or 'monet_to_photo'"):
        judge_landscapes([], *drawn, MeanColours(), "AtoB")
