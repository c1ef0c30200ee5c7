"""The ResNet generator is the paper's: counts, shapes, order of layers, and what it does at the edges."""

import pytest
import torch
from torch import nn

from gancourse.errors import CourseError
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.networks.resnet import ResidualBlock


def count(*networks):
    return sum(weight.numel() for network in networks for weight in network.parameters())


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({}, 11_378_179),
        ({"blocks": 6}, 7_837_699),
        ({"norm": "batch"}, 11_383_427),
        ({"blocks": 6, "norm": "batch"}, 7_841_411),
    ],
)
def test_it_has_the_papers_parameters(settings, parameters):
    with torch.device("meta"):
        assert count(ResNetGenerator(**settings)) == parameters


def test_a_whole_cyclegan_has_the_papers_parameters():
    with torch.device("meta"):
        networks = [make() for make in (ResNetGenerator, ResNetGenerator, PatchDiscriminator, PatchDiscriminator)]
    assert count(*networks) == 28_285_832


def test_layers_stand_in_the_papers_order():
    with torch.device("meta"):
        network = ResNetGenerator(blocks=6)
    kinds = {nn.Conv2d: "c", nn.ConvTranspose2d: "u", ResidualBlock: "R", nn.ReflectionPad2d: "p", nn.Tanh: "t"}
    order = "".join(kinds.get(type(layer), "") for layer in network.layers)
    assert order == "pc" + "cc" + "RRRRRR" + "uu" + "pct"
    widths = [layer.out_channels for layer in network.layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert widths == [64, 128, 256, 128, 64, 3]
    norms = [isinstance(layer, nn.InstanceNorm2d) for layer in network.modules()]
    assert sum(norms) == 1 + 2 + 2 * 6 + 2  # all convolutions but the last
    for block in network.layers:
        if isinstance(block, ResidualBlock):
            kept = [type(layer).__name__ for layer in block.change]
            half = ["ReflectionPad2d", "Conv2d", "InstanceNorm2d"]
            assert kept == [*half, "ReLU", *half]


@pytest.mark.parametrize("resize", [False, True])
@pytest.mark.parametrize(("downsamplings", "shape"), [(0, (8, 12)), (1, (16, 10)), (2, (32, 20)), (3, (32, 48))])
def test_it_keeps_the_size_and_the_range(resize, downsamplings, shape):
    torch.manual_seed(0)
    network = ResNetGenerator(blocks=1, width=4, downsamplings=downsamplings, resize=resize)
    images = network(torch.rand(2, 3, *shape) * 2 - 1)
    assert images.shape == (2, 3, *shape)
    assert -1 < images.min() < 0 < images.max() < 1


def test_resize_convolution_has_no_transposed_one():
    kinds = {type(layer) for layer in ResNetGenerator(blocks=1, width=4, resize=True).modules()}
    assert nn.ConvTranspose2d not in kinds
    assert nn.Upsample in kinds
    for resize in (False, True):
        torch.manual_seed(0)
        network = ResNetGenerator(blocks=1, width=4, downsamplings=1, norm="none", resize=resize)
        with torch.no_grad():
            for weight in network.parameters():
                weight *= 10
            made = network(torch.full((1, 3, 64, 64), 0.5))[..., 20:-20, 20:-20]  # clear of the padding
        unevenness = made.std(dim=(2, 3)).mean() / made.abs().mean()
        # A transposed convolution makes a pattern of a flat picture, before anything is learned.
        assert (unevenness > 1e-3) != resize


def test_a_block_whose_change_is_zero_passes_everything_on():
    block = ResidualBlock(4, norm="none")
    for weight in block.parameters():
        nn.init.zeros_(weight)
    maps = torch.randn(1, 4, 8, 8)
    assert torch.equal(block(maps), maps)


def test_pictures_do_not_depend_on_their_company():
    torch.manual_seed(0)
    network, images = ResNetGenerator(blocks=1, width=4), torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(network(images)[:1], network(images[:1]), atol=1e-6, rtol=1e-4)


def test_wrong_settings_and_shapes_are_refused():
    for make, sentence in (
        (lambda: ResNetGenerator(blocks=0), "at least one block"),
        (lambda: ResNetGenerator(downsamplings=5), "0 to 4 downsamplings"),
        (lambda: ResNetGenerator(norm="group"), "no norm 'group'"),
        (lambda: ResNetGenerator(1, 4)(torch.zeros(1, 3, 30, 32)), "multiples of 4, 8 px or more"),
        (lambda: ResNetGenerator(1, 4)(torch.zeros(1, 3, 4, 4)), "multiples of 4, 8 px or more"),
        (lambda: ResNetGenerator(1, 4)(torch.zeros(1, 6, 32, 32)), r"takes \(N, 3"),
    ):
        with pytest.raises(CourseError, match=sentence):
            make()
    assert ResNetGenerator(1, 4)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)
