"""Translations judged: each measure puts what is good before what is bad, and baselines stand beside."""

import math

import pytest
import torch

from gancourse.data import DrawnFacades
from gancourse.evaluate import Judgement, judge_translations
from gancourse.evaluate.facades import MEAN, OTHERS, THEMSELVES, UNCHANGED
from gancourse.metrics import l1_distance
from gancourse.weights import load_facade_reader

pytestmark = pytest.mark.filterwarnings("ignore:.*rank-deficient")


@pytest.fixture(scope="module")
def judged():
    others, pairs = DrawnFacades(24, 32, progress=False), DrawnFacades(12, 32, "validation", progress=False)
    _, photos = pairs[torch.arange(12)]
    noise = torch.randn(photos.shape, generator=torch.Generator().manual_seed(0))
    near = (photos + 0.2 * noise).clamp(-1, 1)
    judgement = judge_translations([("near", near), ("few", near[:7])], pairs, others, load_facade_reader())
    return judgement, photos, near, others


def test_the_photos_themselves_are_what_is_aimed_at(judged):
    judgement, *_ = judged
    best = judgement[THEMSELVES]
    assert best.l1 == 0
    assert best.ssim == pytest.approx(1)
    assert best.sharpness == pytest.approx(1)
    assert best.frechet == pytest.approx(0, abs=1e-6)
    assert math.isnan(best.kernel)  # a set has no distance to itself
    assert all(best.agreement >= row.agreement for row in judgement.values())


def test_photos_of_others_are_sharp_and_near_as_a_set_but_of_other_labels(judged):
    judgement, *_ = judged
    assert judgement[OTHERS].sharpness == pytest.approx(1, abs=0.3)
    assert judgement[OTHERS].kernel < judgement[UNCHANGED].kernel
    assert judgement[OTHERS].frechet < judgement[UNCHANGED].frechet
    assert judgement[OTHERS].agreement < judgement["near"].agreement
    assert judgement[OTHERS].l1 > judgement["near"].l1


def test_the_mean_photo_is_that_of_the_training_set(judged):
    judgement, photos, _, others = judged
    mean_photo = others[torch.arange(24)][1].mean(dim=0).expand_as(photos)
    assert judgement[MEAN].l1 == pytest.approx(l1_distance(mean_photo, photos).mean().item(), abs=1e-5)
    assert judgement[MEAN].sharpness < 0.5


def test_translations_are_judged_by_their_own_photos(judged):
    judgement, photos, near, _ = judged
    assert judgement["near"].l1 == pytest.approx(l1_distance(near, photos).mean().item())
    assert judgement["few"].l1 == pytest.approx(l1_distance(near[:7], photos[:7]).mean().item())
    assert judgement["near"].sharpness > 1  # noise is sharp too
    low, high = judgement["near"].interval
    assert low <= judgement["near"].kernel <= high


def test_the_table_survives_its_file(judged, tmp_path):
    judgement, *_ = judged
    judgement.write_csv(tmp_path / "table.csv")
    again = Judgement.read_csv(tmp_path / "table.csv")
    assert again.count == 12
    assert str(again) == str(judgement)
    assert "N = 12 pictures in each row" in str(again)
