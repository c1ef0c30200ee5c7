"""The networks are the paper's: counts, shapes, layers, starting weights."""

from itertools import product

import pytest
import torch
from torch import nn

from gancourse.errors import CourseError
from gancourse.networks import (
    ConditionalPlaneGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    PlaneDiscriminator,
    PlaneGenerator,
    conv,
    conv_size,
    deconv,
    deconv_size,
    initialise_weights,
)


def parameters(network):
    return sum(weight.numel() for weight in network.parameters())


def layers(network, *kinds):
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def test_parameter_counts_at_64_pixels():
    assert parameters(DCGANGenerator()) == 3_576_704
    assert parameters(DCGANDiscriminator()) == 2_765_568


@pytest.mark.parametrize("image_size", [16, 32, 64, 128])
def test_sizes_and_range(image_size):
    images = DCGANGenerator(latent_size=10, image_size=image_size, width=4)(3 * torch.randn(5, 10))
    assert images.shape == (5, 3, image_size, image_size)
    assert images.min() >= -1
    assert images.max() <= 1
    assert images.min() < 0 < images.max()
    assert DCGANDiscriminator(image_size=image_size, width=4)(images).shape == (5,)


def test_the_map_doubles_from_4_to_64():
    sizes = []
    generator = DCGANGenerator(width=4)
    for layer in layers(generator, nn.ConvTranspose2d):
        layer.register_forward_hook(lambda _, __, output: sizes.append(tuple(output.shape[1:])))
    generator(torch.randn(2, 100))
    assert sizes == [(32, 4, 4), (16, 8, 8), (8, 16, 16), (4, 32, 32), (3, 64, 64)]


def test_at_32_pixels_the_generator_starts_at_four_widths():
    assert layers(DCGANGenerator(image_size=32, width=64), nn.ConvTranspose2d)[0].out_channels == 256


GRID = list(product((1, 2, 3, 4, 5, 7), (1, 2, 3), (0, 1, 2)))  # kernel size, stride, padding


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), GRID)
def test_conv_size_is_torchs(kernel_size, stride, padding):
    layer = nn.Conv2d(1, 1, kernel_size, stride, padding)
    for size in range(max(1, kernel_size - 2 * padding), 13):
        made = layer(torch.empty(1, 1, size, size))
        assert made.shape[-1] == conv_size(size, kernel_size, stride, padding), size


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), GRID)
def test_deconv_size_is_torchs_and_turns_conv_size_round(kernel_size, stride, padding):
    for output_padding in range(stride):
        layer = nn.ConvTranspose2d(1, 1, kernel_size, stride, padding, output_padding)
        for size in range(1, 8):
            large = deconv_size(size, kernel_size, stride, padding, output_padding)
            if large < 1:  # nothing is left of it
                continue
            assert layer(torch.empty(1, 1, size, size)).shape[-1] == large, size
            assert conv_size(large, kernel_size, stride, padding) == size


def test_conv_and_deconv_as_they_stand():
    images, pixel = torch.zeros(2, 5, 8, 8), torch.zeros(2, 5, 1, 1)
    for make, kind, size in ((conv, nn.Conv2d, 4), (deconv, nn.ConvTranspose2d, 16)):
        block = make(5, 7)
        assert isinstance(block, nn.Sequential)
        assert [type(layer) for layer in block] == [kind, nn.BatchNorm2d]
        assert block[0].bias is None
        assert block(images).shape == (2, 7, size, size)
        (alone,) = make(5, 7, batch_norm=False)
        assert isinstance(alone, kind)
        assert alone.bias is None
    assert deconv(5, 7, stride=1, padding=0)(pixel).shape == (2, 7, 4, 4)
    assert conv(5, 7, stride=1, padding=0)(images[:, :, :4, :4]).shape == (2, 7, 1, 1)


# The five guidelines (Radford et al. 2016, §3) ------------------------------------------------------------------------


def breaches(generator, discriminator):
    """Which of the guidelines a generator and a discriminator of 64 px, 64 wide, break."""
    held = {1: True, 2: True}
    for network in (generator, discriminator):
        names = [type(layer).__name__ for layer in network.modules()]
        held[1] &= not any("Pool" in name or "Upsample" in name for name in names)
        held[2] &= "Linear" not in names
    strides = [layer.stride for layer in layers(discriminator, nn.Conv2d)]
    strides += [layer.stride for layer in reversed(layers(generator, nn.ConvTranspose2d))]
    held[1] &= strides == ([(2, 2)] * 4 + [(1, 1)]) * 2
    held[3] = [norm.num_features for norm in layers(generator, nn.BatchNorm2d)] == [512, 256, 128, 64]
    held[3] &= [norm.num_features for norm in layers(discriminator, nn.BatchNorm2d)] == [128, 256, 512]
    activations = [type(layer) for layer in layers(generator, nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh)]
    held[4] = activations == [nn.ReLU] * 4 + [nn.Tanh]
    held[5] = [layer.negative_slope for layer in layers(discriminator, nn.LeakyReLU)] == [0.2] * 4
    held[5] &= not layers(discriminator, nn.ReLU, nn.Sigmoid, nn.Tanh)  # logits
    return [guideline for guideline, true in held.items() if not true]


def test_the_five_guidelines_hold():
    generator, discriminator = DCGANGenerator(), DCGANDiscriminator()
    assert breaches(generator, discriminator) == []
    for network in (generator, discriminator):
        assert all(layer.bias is None for layer in layers(network, nn.Conv2d, nn.ConvTranspose2d))
    assert isinstance(generator.layers[-1], nn.Tanh)


def pooled(generator, discriminator):
    discriminator.layers[2] = nn.Sequential(conv(64, 128, 3, stride=1), nn.MaxPool2d(2))


def upsampled(generator, discriminator):
    generator.layers[2] = nn.Sequential(nn.Upsample(scale_factor=2), conv(512, 256, 3, stride=1))


def linear_head(generator, discriminator):
    discriminator.layers[-1] = nn.Sequential(nn.Flatten(), nn.Linear(512 * 4 * 4, 1))


def norm_after_the_first_convolution(generator, discriminator):
    discriminator.layers[0] = conv(3, 64)
    assert parameters(discriminator) == 2_765_696


def norm_on_the_input(generator, discriminator):
    discriminator.layers[0] = nn.Sequential(nn.BatchNorm2d(3), *discriminator.layers[0])
    assert parameters(discriminator) == 2_765_574


def norm_on_the_output(generator, discriminator):
    generator.layers[-2] = deconv(64, 3)


def norm_forgotten(generator, discriminator):
    generator.layers[2] = deconv(512, 256, batch_norm=False)


def sigmoid_on_the_output(generator, discriminator):
    generator.layers[-1] = nn.Sigmoid()


def leaky_generator(generator, discriminator):
    generator.layers[1] = nn.LeakyReLU(0.2)


def torchs_own_slope(generator, discriminator):
    discriminator.layers[1] = nn.LeakyReLU()


def probabilities(generator, discriminator):
    discriminator.layers.append(nn.Sigmoid())


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (pooled, [1]),
        (upsampled, [1]),
        (linear_head, [1, 2]),
        (norm_after_the_first_convolution, [3]),
        (norm_on_the_input, [3]),
        (norm_on_the_output, [3]),
        (norm_forgotten, [3]),
        (sigmoid_on_the_output, [4]),
        (leaky_generator, [4]),
        (torchs_own_slope, [5]),
        (probabilities, [5]),
    ],
)
def test_a_broken_guideline_is_noticed(spoil, broken):
    generator, discriminator = DCGANGenerator(), DCGANDiscriminator()
    spoil(generator, discriminator)
    assert generator(torch.randn(2, 100)).shape == (2, 3, 64, 64)
    assert discriminator(torch.randn(2, 3, 64, 64)).shape == (2,)
    assert breaches(generator, discriminator) == broken


# Starting weights ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [DCGANGenerator(), DCGANDiscriminator()], ids=["generator", "discriminator"])
def test_starting_weights_as_built(network):
    for layer in layers(network, nn.Conv2d, nn.ConvTranspose2d):
        if layer.weight.numel() > 100_000:
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert layer.weight.mean().item() == pytest.approx(0, abs=0.001)
    for norm in layers(network, nn.BatchNorm2d):
        assert norm.weight.mean().item() == pytest.approx(1, abs=0.02)
        assert norm.weight.std().item() == pytest.approx(0.02, rel=0.5)
        assert not norm.bias.any()


def test_initialise_weights_takes_the_std_and_zeroes_biases():
    layer = nn.Conv2d(64, 64, 4)
    initialise_weights(layer, std=0.5)
    assert layer.weight.std().item() == pytest.approx(0.5, rel=0.05)
    assert not layer.bias.any()


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_size", [0, 8, 48, 65, -64])
def test_impossible_sizes_are_refused(image_size):
    with pytest.raises(CourseError, match="power of two"):
        DCGANGenerator(image_size=image_size)
    with pytest.raises(CourseError, match="power of two"):
        DCGANDiscriminator(image_size=image_size)


@pytest.mark.parametrize("shape", [(4, 99), (100,), (4, 100, 1, 1)])
def test_latents_of_the_wrong_shape_are_refused(shape):
    with pytest.raises(CourseError, match=r"takes \(N, 100\)"):
        DCGANGenerator(width=4)(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(4, 3, 32, 32), (4, 1, 64, 64), (3, 64, 64)])
def test_images_of_the_wrong_shape_are_refused(shape):
    with pytest.raises(CourseError, match=r"takes \(N, 3, 64, 64\)"):
        DCGANDiscriminator(width=4)(torch.zeros(shape))


# Networks for the plane ----------------------------------------------------------------------------------------------


def test_plane_networks():
    points = PlaneGenerator(latent_size=3)(torch.randn(7, 3))
    assert points.shape == (7, 2)
    assert PlaneDiscriminator()(points).shape == (7,)


def test_the_conditional_generator_passes_its_condition_along():
    latents = torch.cat([torch.randn(7, 3), torch.eye(7)], dim=1)
    generator = ConditionalPlaneGenerator(classes=7, latent_size=3)
    points = generator(latents)
    assert points.shape == (7, 9)
    assert torch.equal(points[:, 2:], torch.eye(7))
    assert PlaneDiscriminator(inputs=9)(points).shape == (7,)
    for column in (0, 9):  # both the noise and the condition move the points
        moved = latents.clone()
        moved[:, column] += 1
        assert not torch.equal(generator(moved)[:, :2], points[:, :2])
