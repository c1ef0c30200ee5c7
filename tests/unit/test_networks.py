"""The networks are the paper's: counts, shapes, layers, starting weights."""

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


def test_the_five_guidelines():
    generator, discriminator = DCGANGenerator(), DCGANDiscriminator()
    for network in (generator, discriminator):
        names = {type(layer).__name__ for layer in network.modules()}
        assert not any("Pool" in name or name == "Linear" for name in names)
        assert all(layer.bias is None for layer in layers(network, nn.Conv2d, nn.ConvTranspose2d))
    assert [layer.stride for layer in layers(discriminator, nn.Conv2d)] == [(2, 2)] * 4 + [(1, 1)]
    assert len(layers(generator, nn.BatchNorm2d)) == 4
    assert [norm.num_features for norm in layers(discriminator, nn.BatchNorm2d)] == [128, 256, 512]  # none at the input
    assert len(layers(generator, nn.ReLU)) == 4
    assert isinstance(generator.layers[-1], nn.Tanh)
    assert [layer.negative_slope for layer in layers(discriminator, nn.LeakyReLU)] == [0.2] * 4
    assert not layers(discriminator, nn.Sigmoid)  # logits


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
