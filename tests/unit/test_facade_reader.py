"""The reader of facades and what it is for: label agreement by hand, and distances that grow with what is wrong."""

import io

import pytest
import torch
from PIL import Image
from torchvision.transforms.functional import gaussian_blur, pil_to_tensor, to_pil_image

from gancourse.data import to_float
from gancourse.data.drawn_facades import CLASSES, FIRST_VALIDATION, colour_labels, draw_facades
from gancourse.errors import CourseError
from gancourse.metrics import frechet_distance, kernel_distance, label_agreement, label_codes
from gancourse.networks import PixelReader
from gancourse.weights import load_facade_reader

COUNT = 120


def drawn(count, image_size=64, first=0, look=0):
    """Photos in [-1, 1] and the codes of their labels."""
    codes, photos = draw_facades(count, image_size, seed=1, first=FIRST_VALIDATION + first, look=look)
    return to_float(torch.from_numpy(photos)), torch.from_numpy(codes).long()


@pytest.fixture(scope="module")
def reader():
    return load_facade_reader()


@pytest.fixture(scope="module")
def held_out():
    return drawn(COUNT)


@pytest.fixture(scope="module")
def others():
    """Photos of other facades than those of `held_out`."""
    return drawn(COUNT, first=COUNT)[0]


# Label agreement ------------------------------------------------------------------------------------------------------


def reads(codes, classes=12):
    """A reader that reads exactly these codes (N, H, W), in the order of the photos."""
    left = list(torch.nn.functional.one_hot(codes, classes).permute(0, 3, 1, 2).float())
    return lambda photos: torch.stack([left.pop(0) for _ in photos])


def test_the_three_scores_by_hand():
    codes = torch.tensor([[[0, 0], [1, 2]]])
    found = label_agreement(torch.zeros(1, 3, 2, 2), codes, reads(torch.tensor([[[0, 1], [1, 1]]])))
    assert found.pixel == pytest.approx(2 / 4)
    assert found.per_class == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert found.iou == pytest.approx((1 / 2 + 1 / 3 + 0) / 3)  # read as 1: three pixels, of which one is
    assert found.shares == {"background": (0.5, 0.5), "facade": (0.25, 1.0), "window": (0.25, 0.0)}


def test_pixels_are_counted_over_all_photos_and_absent_classes_left_out():
    codes = torch.tensor([[[3, 3], [3, 3]], [[3, 7], [7, 7]], [[3, 3], [3, 3]]])
    read = torch.tensor([[[3, 3], [3, 3]], [[5, 7], [7, 7]], [[3, 3], [3, 5]]])  # 5 is nowhere in the labels
    for batch_size in (1, 2, 50):
        found = label_agreement(torch.zeros(3, 3, 2, 2), codes, reads(read), batch_size)
        assert found[:3] == pytest.approx((10 / 12, (7 / 9 + 1) / 2, (7 / 9 + 1) / 2))
        assert list(found.shares) == ["door", "blind"]


def test_agreement_is_1_when_all_is_read_right_and_shows_itself_as_a_table():
    codes = torch.arange(12).reshape(1, 3, 4)
    found = label_agreement(torch.zeros(1, 3, 3, 4), codes.to(torch.uint8), reads(codes))
    assert found[:3] == (1, 1, 1)
    lines = str(found).splitlines()
    assert lines[0] == "per pixel 1.000, per class 1.000, class IoU 1.000"
    assert [line.split()[0] for line in lines[2:]] == list(CLASSES)


def test_classes_may_be_others_if_the_reader_tells_as_many_apart():
    codes = torch.tensor([[[0, 1], [2, 2]]])
    found = label_agreement(torch.zeros(1, 3, 2, 2), codes, reads(codes, 3), classes=("sky", "sea", "land"))
    assert found.shares == {"sky": (0.25, 1), "sea": (0.25, 1), "land": (0.5, 1)}
    with pytest.raises(CourseError, match="tells 7 classes apart, and `classes` names 12"):
        label_agreement(torch.zeros(1, 3, 2, 2), codes, reads(codes, 7))


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (torch.zeros(2, 4, 4).long(), "one code for each pixel"),
        (torch.zeros(1, 4, 5).long(), "one code for each pixel"),
        (torch.zeros(1, 3, 4, 4).long(), "one code for each pixel"),
        (torch.zeros(1, 4, 4), "whole numbers"),
        (torch.full((1, 4, 4), 12), "from 0 to 11"),
        (torch.full((1, 4, 4), -1), "from 0 to 11"),
    ],
)
def test_codes_that_are_none_are_a_sentence(codes, sentence):
    with pytest.raises(CourseError, match=sentence):
        label_agreement(torch.zeros(1, 3, 4, 4), codes, reads(torch.zeros(1, 4, 4).long()))


# Codes from colours ---------------------------------------------------------------------------------------------------


def test_colours_become_codes_again():
    codes = torch.arange(12).reshape(1, 3, 4).repeat(2, 1, 1)
    codes[1] = codes[1].flip(0)
    labels = to_float(torch.from_numpy(colour_labels(codes.numpy())))
    assert torch.equal(label_codes(labels), codes)
    assert label_codes(labels).dtype == torch.int64
    noise = 0.1 * torch.randn(labels.shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(label_codes(labels + noise), codes)
    with pytest.raises(CourseError, match="label pictures"):
        label_codes(labels[:, :1])


def test_jpeg_does_not_change_the_codes_inside_regions():
    codes = drawn(6, image_size=128)[1]
    encoded = []
    for picture in torch.from_numpy(colour_labels(codes.numpy())):
        file = io.BytesIO()
        to_pil_image(picture).save(file, "jpeg", quality=75)
        encoded.append(to_float(pil_to_tensor(Image.open(file))))
    read = label_codes(torch.stack(encoded))
    # Inside: all nine pixels around are of one class, and so was what JPEG halved the colours of.
    around = codes[:, None].float()
    most = torch.nn.functional.max_pool2d(around, 3, 1, 1)
    inside = (most == -torch.nn.functional.max_pool2d(-around, 3, 1, 1))[:, 0]
    assert inside.float().mean() > 0.5
    assert (read == codes)[inside].float().mean() > 0.97


# The network ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (40, 72)])
def test_every_pixel_gets_logits_at_any_size(height, width):
    reader = PixelReader(width=4).eval()
    photos = torch.zeros(2, 3, height, width)
    assert reader(photos).shape == (2, 12, height, width)
    assert reader.features(photos).shape == (2, 64)


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 1, 32, 32), (2, 3, 24, 32), (2, 3, 32, 36)])
def test_other_shapes_are_a_sentence(shape):
    for read in (PixelReader(width=4), PixelReader(width=4).features):
        with pytest.raises(CourseError, match="the reader takes"):
            read(torch.zeros(shape))


def test_the_reader_is_small():
    assert 100_000 < sum(weights.numel() for weights in PixelReader().parameters()) < 300_000


# The trained reader ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("image_size", "count"), [(64, COUNT), (128, 40)])
def test_the_header_tells_the_truth_about_facades_never_seen(reader, image_size, count):
    found, promised = label_agreement(*drawn(count, image_size), reader), reader.accuracy[f"{image_size} px"]
    for name in ("pixel", "per_class", "iou"):
        assert getattr(found, name) == pytest.approx(promised[name], abs=0.03), name
    assert found.pixel > 0.86
    assert found.per_class > 0.75
    assert found.iou > 0.62


def test_another_look_of_the_same_labels_is_read_as_well(reader, held_out):
    photos, codes = drawn(COUNT, look=1)
    assert torch.equal(codes, held_out[1])
    again, first = label_agreement(photos, codes, reader), label_agreement(*held_out, reader)
    assert again[:3] == pytest.approx(first[:3], abs=0.03)


def test_agreement_falls_when_photos_lose_what_the_labels_say(reader, held_out):
    photos, codes = held_out
    right = label_agreement(photos, codes, reader)
    blurred = [label_agreement(gaussian_blur(photos, [13, 13], [sigma]), codes, reader) for sigma in (0.5, 2, 4)]
    assert blurred[0].iou > right.iou - 0.08, "a little blur is no fault of the labels"
    assert right.iou > blurred[1].iou > blurred[2].iou
    others = label_agreement(photos.roll(1, dims=0), codes, reader)  # good photos of other facades
    assert others.iou < right.iou / 2
    assert label_agreement(photos.mean(dim=0).expand_as(photos), codes, reader).iou < right.iou / 2


# Distances over its features ------------------------------------------------------------------------------------------


@torch.no_grad()
def features(reader, photos):
    return reader.features(photos)


def test_features_have_mean_0_and_variance_1(reader, others):
    read = features(reader, others)
    assert read.mean(dim=0).abs().mean() < 0.2
    assert 0.6 < read.var(dim=0).mean() < 1.5


def spoilt(photos, how):
    rng = torch.Generator().manual_seed(0)
    red = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None]
    yield from {
        "blur": [gaussian_blur(photos, [7, 7], [sigma]) for sigma in (0.5, 0.8, 1.5)],
        "noise": [photos + amount * torch.randn(photos.shape, generator=rng) for amount in (0.1, 0.2, 0.4)],
        "colour cast": [photos + amount * red for amount in (0.2, 0.4, 0.8)],
        "collapse": [photos[: len(photos) // few].repeat(few, 1, 1, 1) for few in (5, 20, 60)],
    }[how]


@pytest.mark.parametrize("how", ["blur", "noise", "colour cast", "collapse"])
def test_both_distances_grow_with_what_is_wrong(reader, held_out, others, how):
    reference = features(reader, held_out[0])
    sets = [features(reader, photos.clamp(-1, 1)) for photos in (others, *spoilt(others, how))]
    for distance in (frechet_distance, kernel_distance):
        grown = [distance(one, reference).item() for one in sets]
        assert grown == sorted(grown), (how, distance.__name__, grown)
        assert grown[-1] > 4 * max(grown[0], 0.02)
