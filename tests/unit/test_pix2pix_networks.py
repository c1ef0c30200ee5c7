"""U-Net and PatchGAN are the paper's: counts, shapes, fields, and where the norms and the dropout stand."""

import pytest
import torch
from torch import nn

from gancourse.errors import CourseError
from gancourse.networks import PatchDiscriminator, UNetGenerator, patch_box, receptive_field
from gancourse.networks.patchgan import smallest_image


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({}, 54_413_955),
        ({"norm": "instance"}, 54_409_603),
        ({"image_size": 128}, 41_828_995),
        ({"image_size": 128, "norm": "instance"}, 41_825_667),
    ],
)
def test_unet_has_the_papers_parameters(settings, parameters):
    with torch.device("meta"):
        assert count(UNetGenerator(**settings)) == parameters


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        *zip(
            [{"in_channels": 6, "norm": "batch", "layers": layers} for layers in range(6)],
            [9_024, 139_585, 666_433, 2_768_705, 6_964_033, 11_159_361],
            strict=True,
        ),
        ({"in_channels": 6}, 2_767_809),
        ({}, 2_764_737),
        ({"norm": "batch"}, 2_765_633),
        ({"layers": 0}, 8_705),
    ],
)
def test_patchgan_has_the_papers_parameters(settings, parameters):
    with torch.device("meta"):
        assert count(PatchDiscriminator(**settings)) == parameters


@pytest.mark.parametrize("image_size", [32, 64, 128])
@pytest.mark.parametrize("skips", [True, False])
def test_unet_keeps_the_size_and_the_range(image_size, skips):
    torch.manual_seed(0)
    network = UNetGenerator(image_size, width=4, skips=skips)
    images = network(torch.rand(2, 3, image_size, image_size) * 2 - 1)
    assert images.shape == (2, 3, image_size, image_size)
    assert -1 < images.min() < 0 < images.max() < 1


def test_unet_has_seven_skips_a_bare_bottleneck_and_three_dropouts():
    with torch.device("meta"):
        network, plain = UNetGenerator(), UNetGenerator(skips=False)
    widths = [block[1].in_channels for block in network.up]
    assert widths == [512, 1024, 1024, 1024, 1024, 512, 256, 128]
    assert [block[1].in_channels for block in plain.up] == [512, 512, 512, 512, 512, 256, 128, 64]
    has_norm = [any(isinstance(layer, nn.BatchNorm2d) for layer in block) for block in (*network.down, *network.up)]
    assert has_norm == [False, *[True] * 6, False, *[True] * 7, False]
    dropouts = [any(isinstance(layer, nn.Dropout) for layer in block) for block in network.up]
    assert dropouts == [*[True] * 3, *[False] * 5]


def test_without_its_skips_a_unet_sees_the_picture_through_one_pixel_only():
    """Batch-free: what the encoder made at the first size reaches the output only where there is a skip."""
    torch.manual_seed(0)
    for skips in (True, False):
        network = UNetGenerator(32, width=4, norm="none", skips=skips).eval()
        nn.init.zeros_(network.down[-1][1].weight)
        nn.init.zeros_(network.down[-1][1].bias)
        one, other = torch.rand(2, 1, 3, 32, 32)
        assert torch.equal(network(one), network(other)) != skips


def test_dropout_is_the_only_noise():
    torch.manual_seed(0)
    network, images = UNetGenerator(32, width=4, norm="none"), torch.rand(1, 3, 32, 32)
    assert not torch.equal(network(images), network(images))
    assert torch.equal(network.eval()(images), network(images))


FIELDS = [1, 16, 34, 70, 142, 286]
GRIDS = {128: [128, 62, 30, 14, 6, 2], 256: [256, 126, 62, 30, 14, 6], 512: [512, 254, 126, 62, 30, 14]}


def test_receptive_fields_by_formula():
    assert [receptive_field(layers) for layers in range(6)] == FIELDS


@pytest.mark.parametrize("layers", range(6))
def test_grid_and_field_are_what_the_gradient_says(layers):
    torch.manual_seed(0)
    network = PatchDiscriminator(layers=layers, width=2, norm="none")
    for size, grids in GRIDS.items():
        with torch.no_grad():
            assert network(torch.zeros(1, 3, size, size)).shape == (1, 1, grids[layers], grids[layers])
    image = torch.rand(1, 3, 512, 512, requires_grad=True)
    logits = network(image)
    middle = logits.shape[-1] // 2
    for row, column in ((middle, middle - 1), (0, middle)):
        (slope,) = torch.autograd.grad(logits[0, 0, row, column], image, retain_graph=True)
        rows, columns = slope[0].abs().sum(0).nonzero().T
        box = (rows.min().item(), columns.min().item(), rows.max().item() + 1, columns.max().item() + 1)
        assert patch_box(row, column, layers, 512) == box
    top, left, bottom, right = patch_box(middle, middle, layers, 512)
    assert (bottom - top, right - left) == (FIELDS[layers], FIELDS[layers])


@pytest.mark.parametrize("layers", range(6))
def test_the_smallest_picture_leaves_one_logit_and_a_smaller_one_is_refused(layers):
    network, smallest = PatchDiscriminator(layers=layers, width=2, norm="none"), smallest_image(layers)
    assert network(torch.zeros(1, 3, smallest, smallest)).shape == (1, 1, 1, 1)
    if smallest > 1:
        with pytest.raises(CourseError, match=f"need {smallest} px"):
            network(torch.zeros(1, 3, smallest - 1, smallest))


def test_wrong_settings_and_shapes_are_refused():
    for make, sentence in (
        (lambda: UNetGenerator(100), "choose 32"),
        (lambda: UNetGenerator(16), "choose 32"),
        (lambda: UNetGenerator(32, norm="group"), "no norm 'group'"),
        (lambda: PatchDiscriminator(layers=6), "choose 0"),
        (lambda: PatchDiscriminator()(torch.zeros(1, 6, 64, 64)), r"takes \(N, 3"),
        (lambda: UNetGenerator(32, width=2)(torch.zeros(1, 3, 64, 64)), r"takes \(N, 3, 32, 32\)"),
    ):
        with pytest.raises(CourseError, match=sentence):
            make()
