"""The reader of landscapes: it reads regions from photos and from paintings, and its distances see what is wrong."""

import pytest
import torch
from torchvision.transforms.functional import gaussian_blur

from gancourse.data import to_float
from gancourse.data.drawn_landscapes import FIELD, FIRST_VALIDATION, REGIONS, SKY, TREE, draw_scenes
from gancourse.errors import CourseError
from gancourse.metrics import frechet_distance, kernel_distance, label_agreement
from gancourse.weights import load_landscape_reader

COUNT = 120


def drawn(count, image_size=64, first=0, seed=1):
    """Photos and paintings in [-1, 1], and their regions, of scenes that the reader never saw."""
    photos, paintings, regions = draw_scenes(count, image_size, seed, FIRST_VALIDATION + first)
    return to_float(torch.from_numpy(photos)), to_float(torch.from_numpy(paintings)), torch.from_numpy(regions).long()


@pytest.fixture(scope="module")
def reader():
    return load_landscape_reader()


@pytest.fixture(scope="module")
def held_out():
    return drawn(COUNT)


@pytest.fixture(scope="module")
def others():
    """Other scenes than those of `held_out`."""
    return drawn(COUNT, first=COUNT)


@torch.no_grad()
def features(reader, pictures):
    return reader.features(pictures)


def agreement(pictures, regions, reader):
    return label_agreement(pictures, regions, reader, classes=REGIONS)


# Reading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("image_size", "count"), [(32, COUNT), (64, COUNT), (128, 40)])
def test_the_header_tells_the_truth_about_scenes_never_seen(reader, image_size, count):
    photos, paintings, regions = drawn(count, image_size)
    for name, pictures in {"photos": photos, "paintings": paintings}.items():
        found, promised = agreement(pictures, regions, reader), reader.accuracy[f"{image_size} px {name}"]
        assert found.pixel == pytest.approx(promised["pixel"], abs=0.02), name
        assert found.iou == pytest.approx(promised["iou"], abs=0.05), name
        assert found.pixel > 0.9
        assert found.per_class > 0.75
        assert found.iou > 0.65
        assert list(found.shares) == list(REGIONS)


def test_agreement_falls_when_pictures_lose_what_the_regions_say(reader, held_out):
    photos, paintings, regions = held_out
    for pictures in (photos, paintings):
        right = agreement(pictures, regions, reader)
        blurred = [agreement(gaussian_blur(pictures, [13, 13], [sigma]), regions, reader) for sigma in (0.5, 2, 4)]
        assert blurred[0].iou > right.iou - 0.08, "a little blur is no fault of the regions"
        assert right.iou > blurred[1].iou > blurred[2].iou
        assert agreement(pictures.roll(1, dims=0), regions, reader).iou < right.iou / 2


@pytest.mark.parametrize("painted", [0.25, 0.5, 0.75])
def test_half_translated_pictures_are_read_as_well(reader, held_out, painted):
    photos, paintings, regions = held_out
    assert agreement(torch.lerp(photos, paintings, painted), regions, reader).pixel > 0.9


@pytest.mark.parametrize("shape", [(3, 64, 64), (2, 1, 64, 64), (2, 3, 24, 64), (2, 3, 64, 60)])
def test_other_shapes_are_a_sentence(reader, shape):
    for read in (reader, reader.features):
        with pytest.raises(CourseError, match="the reader takes"):
            read(torch.zeros(shape))


# Distances over its features ------------------------------------------------------------------------------------------


def test_features_have_mean_0_and_variance_1_over_the_sizes_learnt(reader, others):
    sets = [*others[:2], *drawn(COUNT, 32)[:2]]
    read = torch.cat([features(reader, pictures) for pictures in sets])
    assert read.mean(dim=0).abs().mean() < 0.2
    assert 0.6 < read.var(dim=0).mean() < 1.5


def test_photos_are_far_from_paintings_and_paintings_near_other_paintings(reader, held_out, others):
    photos, paintings = (features(reader, pictures) for pictures in held_out[:2])
    other_photos, other_paintings = (features(reader, pictures) for pictures in others[:2])
    apart = frechet_distance(photos, other_paintings)
    assert apart > 8 * frechet_distance(photos, other_photos)
    assert apart > 8 * frechet_distance(paintings, other_paintings)
    assert kernel_distance(photos, other_paintings) > 1
    assert kernel_distance(photos, other_photos).abs() < 0.1
    assert kernel_distance(paintings, other_paintings).abs() < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_it_is_so_for_every_seed(reader, seed):
    here, there = drawn(COUNT, seed=seed), drawn(COUNT, first=COUNT, seed=seed)
    test_photos_are_far_from_paintings_and_paintings_near_other_paintings(reader, here, there)
    for pictures in here[:2]:
        assert agreement(pictures, here[2], reader).pixel > 0.93


def test_distances_fall_as_photos_become_paintings(reader, held_out, others):
    photos, paintings, _ = others
    reference = features(reader, held_out[1])
    half_way = [features(reader, torch.lerp(photos, paintings, painted)) for painted in (0, 0.3, 0.6, 1)]
    for distance in (frechet_distance, kernel_distance):
        left = [distance(one, reference).item() for one in half_way]
        assert left == sorted(left, reverse=True), (distance.__name__, left)


def swapped(pictures, regions, one, other):
    """The mean colours of two regions exchanged; of the whole picture it stays as it was."""
    masks = [(regions == place)[:, None].float() for place in (one, other)]
    means = [(mask * pictures).sum((2, 3), True) / mask.sum((2, 3), True).clamp(min=1) for mask in masks]
    both = (masks[0].amax((2, 3), True) * masks[1].amax((2, 3), True)) > 0
    changed = pictures + both * (masks[0] - masks[1]) * (means[1] - means[0])
    return changed + (pictures - changed).mean((2, 3), True)


def some(pictures, changed, share):
    """So much of the set is changed."""
    count = int(share * len(pictures))
    return torch.cat([changed[:count], pictures[count:]])


def spoilt(paintings, regions, how):
    rng = torch.Generator().manual_seed(0)
    red = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None]
    if how == "strokes smoothed away":
        return [gaussian_blur(paintings, [7, 7], [sigma]) for sigma in (0.5, 0.8, 1.5)]
    if how == "noise":
        return [paintings + amount * torch.randn(paintings.shape, generator=rng) for amount in (0.1, 0.2, 0.4)]
    if how == "colour cast":
        return [paintings + amount * red for amount in (0.2, 0.4, 0.8)]
    if how == "collapse":
        return [paintings[: len(paintings) // few].repeat(few, 1, 1, 1) for few in (5, 20, 60)]
    changed = {
        "upside down": paintings.flip(2),
        "sky and field swapped": swapped(paintings, regions, SKY, FIELD),
        "field and trees swapped": swapped(paintings, regions, FIELD, TREE),
    }[how]
    return [some(paintings, changed, share) for share in (0.4, 0.7, 1)]


PLACES = ("upside down", "sky and field swapped", "field and trees swapped")  # the same colours, elsewhere


@pytest.mark.parametrize("how", ["strokes smoothed away", "noise", "colour cast", "collapse", *PLACES])
def test_both_distances_grow_with_what_is_wrong(reader, held_out, others, how):
    _, paintings, regions = others
    reference = features(reader, held_out[1])
    sets = [features(reader, pictures.clamp(-1, 1)) for pictures in (paintings, *spoilt(paintings, regions, how))]
    for distance in (frechet_distance, kernel_distance):
        grown = [distance(one, reference).item() for one in sets]
        assert grown == sorted(grown), (how, distance.__name__, grown)
        assert grown[-1] > 3 * max(grown[0], 0.05), (how, distance.__name__, grown)
