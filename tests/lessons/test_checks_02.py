"""Lesson 2: every check accepts right answers written differently, and names the misconception in wrong ones."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

from gancourse.checks.layers import examine_start
from gancourse.latents import slerp
from gancourse.metrics import kernel_distance
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    conv,
    conv_size,
    deconv,
    deconv_size,
    initialise_weights,
)

# E2.1 ----------------------------------------------------------------------------------------------------------------


def counted(size, kernel_size, stride, padding):
    """Every place where the window can stop, one by one."""
    stops = 0
    left = 0
    while left + kernel_size <= size + 2 * padding:
        stops += 1
        left += stride
    return stops


CONV_SIZES = [
    conv_size,
    counted,
    lambda size, kernel_size, stride, padding: len(range(0, size + 2 * padding - kernel_size + 1, stride)),
    lambda size, kernel_size, stride, padding: math.floor((size + 2 * padding - kernel_size) / stride + 1),
    lambda size, k, s, p: nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, size, size)).shape[-1],
]
WRONG_CONV_SIZES = [
    (lambda size, k, s, p: (size - k) // s + 1, "left the padding out"),
    (lambda size, k, s, p: (size + p - k) // s + 1, "counted the padding once"),
    (lambda size, k, s, p: (size + 2 * p - k) // s, "so add 1"),
    (lambda size, k, s, p: (size + 2 * p - k + 1) // s, r"\+ 1 stands inside the division"),
    (lambda size, k, s, p: math.ceil((size + 2 * p - k) / s) + 1, "rounded up"),
    (lambda size, k, s, p: -(-(size + 2 * p - k) // s) + 1, "rounded up"),
    (lambda size, k, s, p: (size + 2 * p - k) / s + 1, "no third of a pixel"),
    (lambda size, k, s, p: (size + 2 * p - (k - 1)) // s + 1, "took kernel_size − 1"),
    (lambda size, k, s, p: (size + 2 * p - k - 1) // s + 1, r"dilation · \(kernel_size − 1\) \+ 1"),
    (lambda size, k, s, p: (size + 2 * p + k) // s + 1, "added the kernel"),
    (lambda size, k, s, p: size // s, "divides by the stride and looks at nothing else"),
    (lambda size, k, s, p: size // 2, "always halves"),
    (deconv_size, "a transposed convolution makes"),
    (lambda size, k, s, p: round((size + 2 * p - k) / s) + 1, "for 30 pixels.*should give 10; yours gives 11"),
    (lambda size, k, s, p: conv_size(size, k, s, p) if s > 1 else size, "for 4 pixels.*should give 1; yours gives 4"),
    (lambda size, k, s, p: (size + 2 * p - k) // s + 1.0, "of type float"),
    (lambda size, k, s, p: torch.tensor(conv_size(size, k, s, p)), "of type Tensor"),
    (lambda size, k, s, p: None, "yours gives None"),
    (lambda size: size, "raised TypeError"),
]

# E2.2 ----------------------------------------------------------------------------------------------------------------
# Each wrong network is the right one with one thing done differently, which is what the keywords say.


def generator_variant(
    *,
    doubling=deconv,
    activation=nn.ReLU,
    first=lambda latent_size, channels: deconv(latent_size, channels, stride=1, padding=0),
    last=lambda channels: nn.Sequential(deconv(channels, 3, batch_norm=False), nn.Tanh()),
    start=lambda width, image_size: width * image_size // 8,
    fewer=lambda channels, width: channels // 2,
    initialise=initialise_weights,
    reshape=lambda latents: latents[:, :, None, None],
    keeps=("latent_size", "image_size", "width"),
):
    """A generator that keeps its layers elsewhere, and draws what it is told to."""

    class Variant(nn.Module):
        def __init__(self, latent_size=100, image_size=64, width=64):
            super().__init__()
            settings = {"latent_size": latent_size, "image_size": image_size, "width": width}
            for name in keeps:
                setattr(self, name, settings[name])
            channels = start(width, image_size)
            self.opening = nn.Sequential(first(latent_size, channels), activation())
            self.doublings = nn.ModuleList()
            for _ in range(int(math.log2(image_size)) - 3):
                self.doublings.append(nn.Sequential(doubling(channels, fewer(channels, width)), activation()))
                channels = fewer(channels, width)
            self.closing = last(channels)
            initialise(self)

        def forward(self, latents):
            maps = self.opening(reshape(latents))
            for layer in self.doublings:
                maps = layer(maps)
            return self.closing(maps)

    return Variant


class GeneratorOfFunctions(nn.Module):
    """Layers without activations, which stand in forward, one of them in place."""

    def __init__(self, latent_size=100, image_size=64, width=64):
        super().__init__()
        self.latent_size, self.image_size, self.width = latent_size, image_size, width
        doublings = image_size.bit_length() - 3
        channels = [latent_size, *(width * 2**power for power in reversed(range(doublings))), 3]
        self.convolutions = nn.ModuleList(
            nn.ConvTranspose2d(one, other, 4, 2 if number else 1, 1 if number else 0, bias=False)
            for number, (one, other) in enumerate(pairwise(channels))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(one) for one in channels[1:-1])
        initialise_weights(self)

    def forward(self, latents):
        maps = latents.view(-1, self.latent_size, 1, 1)
        for convolution, norm in zip(self.convolutions, self.norms, strict=False):
            maps = functional.relu(norm(convolution(maps)), inplace=True)
        return torch.tanh(self.convolutions[-1](maps))


class Upsampling(nn.Sequential):
    def __init__(self, channels, fewer):
        super().__init__(nn.Upsample(scale_factor=2), conv(channels, fewer, 3, stride=1))


class Projection(nn.Module):
    """The paper's own way, as its figure 1 draws it."""

    def __init__(self, latent_size, channels):
        super().__init__()
        self.project, self.norm = nn.Linear(latent_size, channels * 16, bias=False), nn.BatchNorm2d(channels)

    def forward(self, latents):
        return self.norm(self.project(latents.flatten(1)).unflatten(1, (-1, 4, 4)))


def closed_by(*activations, **options):
    return lambda channels: nn.Sequential(deconv(channels, 3, **{"batch_norm": False, **options}), *activations)


def without_norm(channels, fewer, **options):
    return deconv(channels, fewer, **options, batch_norm=False)


def without_norm_at_16(channels, fewer):
    return deconv(channels, fewer, batch_norm=fewer != 16)


def with_bias(channels, fewer):
    return nn.Sequential(nn.ConvTranspose2d(channels, fewer, 4, 2, 1), nn.BatchNorm2d(fewer))


def with_instance_norm(channels, fewer):
    return nn.Sequential(deconv(channels, fewer, batch_norm=False), nn.InstanceNorm2d(fewer))


def with_two_norms(channels, fewer):
    return nn.Sequential(deconv(channels, fewer), nn.BatchNorm2d(fewer))


def norm_behind_relu(channels, fewer):
    return nn.Sequential(deconv(channels, fewer, batch_norm=False), nn.ReLU(), nn.BatchNorm2d(fewer))


def with_five_by_five(channels, fewer):
    return nn.Sequential(
        nn.ConvTranspose2d(channels, fewer, 5, 2, 2, output_padding=1, bias=False), nn.BatchNorm2d(fewer)
    )


def scales_around_0(network):
    initialise_weights(network)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)


class RectifiedPixels(nn.Module):
    def forward(self, images):
        return (images.tanh() + 1) / 2


GENERATORS = [DCGANGenerator, generator_variant(), GeneratorOfFunctions]
WRONG_GENERATORS = [
    (generator_variant(last=closed_by()), "there is no Tanh at the end"),
    (generator_variant(last=closed_by(nn.Sigmoid())), "no values below 0.*neither Sigmoid nor ReLU"),
    (generator_variant(last=closed_by(nn.ReLU())), "no values below 0.*neither Sigmoid nor ReLU"),
    (generator_variant(last=closed_by(RectifiedPixels())), "no values below 0"),
    (generator_variant(last=closed_by(nn.Tanh(), nn.Tanh())), "no bare Tanh"),
    (generator_variant(last=closed_by(nn.Tanh(), nn.Flatten())), r"should make images \(6, 3, 32, 32\).*\(6, 3072\)"),
    (generator_variant(last=closed_by(nn.Tanh(), batch_norm=True)), "batch norm stands on the output"),
    (
        generator_variant(doubling=without_norm, first=lambda n, c: without_norm(n, c, stride=1, padding=0)),
        "there is no batch norm in it",
    ),
    (generator_variant(doubling=without_norm_at_16), "missing behind the layer that makes 16 channels"),
    (
        generator_variant(first=lambda n, c: without_norm(n, c, stride=1, padding=0)),
        "missing behind the layer that makes 32 channels",
    ),
    (
        generator_variant(
            first=lambda n, c: nn.Sequential(nn.BatchNorm2d(n), deconv(n, c, kernel_size=4, stride=1, padding=0))
        ),
        "batch norm stands on the latents",
    ),
    (generator_variant(doubling=with_two_norms), "twice in a row"),
    (generator_variant(doubling=with_instance_norm), "InstanceNorm2d"),
    (generator_variant(doubling=norm_behind_relu), "batch norm comes after the activation"),
    (generator_variant(activation=lambda: nn.LeakyReLU(0.2)), "LeakyReLU of slope 0.2. That is the discriminator's"),
    (generator_variant(activation=nn.Identity), "stands no activation"),
    (generator_variant(activation=nn.Tanh), "is no ReLU. Guideline 4"),
    (generator_variant(activation=nn.ELU), "is no ReLU. Guideline 4"),
    (generator_variant(doubling=with_bias), "a convolution has a bias"),
    (generator_variant(first=Projection), "fully connected layer. A 4/1/0 transposed convolution"),
    (generator_variant(doubling=Upsampling), "by upsampling or pooling. Guideline 1"),
    (
        generator_variant(
            doubling=lambda c, f: nn.Sequential(deconv(c, 4 * f, 3, stride=1), nn.PixelShuffle(2)),
        ),
        "by upsampling or pooling. Guideline 1",
    ),
    (
        generator_variant(doubling=lambda c, f: nn.Sequential(deconv(c, f), conv(f, f, 3, stride=1))),
        "no ConvTranspose2d",
    ),
    (generator_variant(first=deconv), "1 → 4 → 8 → 16 → 32; yours goes 1 → 2 → 4 → 8 → 16"),
    (generator_variant(fewer=lambda channels, width: channels), "yours make 32 → 32 → 32 → 3.*They halve"),
    (generator_variant(start=lambda width, image_size: 8 * width), "yours make 64 → 32 → 16 → 3.*start at 4 · width"),
    (generator_variant(start=lambda width, image_size: 256), "yours make 256 → 128 → 64 → 3.*They halve"),
    (generator_variant(start=lambda width, image_size: 4 * width), "not with latent_size=6, image_size=64, width=4"),
    (generator_variant(doubling=with_five_by_five), "Look at the kernels"),
    (generator_variant(initialise=lambda network: None), "not 0.02. End __init__ with initialise_weights"),
    (generator_variant(initialise=scales_around_0), "start around -?0.0, not 1"),
    (generator_variant(reshape=lambda latents: latents), "latents.:, :, None, None"),
    (generator_variant(last=lambda channels: closed_by(nn.Tanh())(2 * channels)), "another number of channels than"),
    (
        generator_variant(first=lambda n, c: nn.Sequential(without_norm(n, c, stride=1, padding=0), nn.BatchNorm2d(n))),
        "another number of channels than.*running_mean",
    ),
    (generator_variant(keeps=("image_size", "width")), "does not keep self.latent_size"),
    (lambda latent_size, image_size, width: nn.Identity(), "meets no convolution"),
    (
        lambda latent_size, image_size, width: DCGANGenerator(latent_size, 64, width),
        "yours goes 1 → 4 → 8 → 16 → 32 → 64",
    ),
    (lambda latent_size: None, "raised TypeError"),
    (generator_variant(reshape=lambda latents: latents.nothing), "raised AttributeError"),
    (generator_variant(reshape=lambda latents: latents @ latents), "raised RuntimeError"),
]

# E2.3 ----------------------------------------------------------------------------------------------------------------


def discriminator_variant(
    *,
    first=lambda channels: conv(3, channels, batch_norm=False),
    halving=conv,
    activation=lambda: nn.LeakyReLU(0.2),
    last=lambda channels: conv(channels, 1, stride=1, padding=0, batch_norm=False),
    more=lambda channels: 2 * channels,
    initialise=initialise_weights,
    result=torch.flatten,
    keeps=("image_size", "width"),
):
    """A discriminator that keeps its layers elsewhere, and judges as it is told to."""

    class Variant(nn.Module):
        def __init__(self, image_size=64, width=64):
            super().__init__()
            settings = {"image_size": image_size, "width": width}
            for name in keeps:
                setattr(self, name, settings[name])
            channels = width
            self.opening = nn.Sequential(first(channels), activation())
            self.halvings = nn.ModuleList()
            for _ in range(int(math.log2(image_size)) - 3):
                self.halvings.append(nn.Sequential(halving(channels, more(channels)), activation()))
                channels = more(channels)
            self.closing = last(channels)
            initialise(self)

        def forward(self, images):
            maps = self.opening(images)
            for layer in self.halvings:
                maps = layer(maps)
            return result(self.closing(maps))

    return Variant


class DiscriminatorOfFunctions(nn.Module):
    """Layers without activations, which stand in forward."""

    def __init__(self, image_size=64, width=64):
        super().__init__()
        self.image_size, self.width = image_size, width
        channels = [3, *(width * 2**power for power in range(image_size.bit_length() - 3)), 1]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(one, other, 4, 2, 1, bias=False) for one, other in pairwise(channels[:-1])
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(one) for one in channels[2:-1])
        self.judge = nn.Conv2d(channels[-2], 1, 4, bias=False)
        initialise_weights(self)

    def forward(self, images):
        maps = functional.leaky_relu(self.convolutions[0](images), 0.2)
        for convolution, norm in zip(self.convolutions[1:], self.norms, strict=True):
            maps = functional.leaky_relu(norm(convolution(maps)), 0.2, inplace=True)
        return self.judge(maps)[:, 0, 0, 0]


def pooling(channels, more):
    return nn.Sequential(conv(channels, more, 3, stride=1), nn.MaxPool2d(2))


def linear_head(channels):
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * 16, 1))


def plain_halving(channels, more):
    return conv(channels, more, batch_norm=False)


DISCRIMINATORS = [
    DCGANDiscriminator,
    discriminator_variant(),
    discriminator_variant(result=lambda logits: logits.mean(dim=(1, 2, 3))),
    DiscriminatorOfFunctions,
]
WRONG_DISCRIMINATORS = [
    (discriminator_variant(first=lambda channels: conv(3, channels)), "2,765,696"),
    (
        discriminator_variant(first=lambda channels: nn.Sequential(nn.BatchNorm2d(3), *conv(3, channels)[:1])),
        "2,765,574",
    ),
    (
        discriminator_variant(last=lambda channels: conv(channels, 1, stride=1, padding=0)),
        "the same mean logit",
    ),
    (discriminator_variant(halving=plain_halving), "there is no batch norm in it"),
    (
        discriminator_variant(halving=lambda c, m: conv(c, m, batch_norm=m != 16)),
        "missing behind the layer that makes 16 channels",
    ),
    (discriminator_variant(last=linear_head), "fully connected layer. A 4/1/0 convolution"),
    (discriminator_variant(result=lambda logits: logits.flatten().sigmoid()), "a sigmoid stands at the end"),
    (discriminator_variant(result=lambda logits: logits.flatten().tanh()), "something stands behind the last"),
    (discriminator_variant(activation=nn.ReLU), "stands a ReLU. Where it is 0 no gradient passes"),
    (discriminator_variant(activation=nn.LeakyReLU), "the slope is 0.01, torch's own"),
    (discriminator_variant(activation=lambda: nn.LeakyReLU(0.1)), "the slope is 0.1. Guideline 5"),
    (discriminator_variant(activation=nn.PReLU), "the slope is 0.25. Guideline 5"),
    (discriminator_variant(activation=nn.Identity), "stands no activation"),
    (discriminator_variant(activation=nn.Tanh), "is no LeakyReLU"),
    (discriminator_variant(halving=pooling), "by upsampling or pooling. Guideline 1"),
    (
        discriminator_variant(halving=lambda c, m: conv(c, m, 3, stride=1)),
        "32 → 16 → 8 → 4 → 1; yours goes 32 → 16 → 16 → 16 → 13",
    ),
    (discriminator_variant(last=lambda c: conv(c, 1, batch_norm=False)), "yours goes 32 → 16 → 8 → 4 → 2"),
    (discriminator_variant(result=lambda logits: logits), r"have the shape \(6, 1, 1, 1\). Flatten"),
    (discriminator_variant(result=lambda logits: logits.flatten(1)), r"have the shape \(6, 1\). Flatten"),
    (discriminator_variant(result=lambda logits: logits.mean()), "by upsampling or pooling"),
    (discriminator_variant(result=torch.squeeze), r"one gets the shape \(\): squeeze"),
    (
        discriminator_variant(
            halving=lambda c, m: nn.Sequential(nn.Conv2d(c, m, 4, 2, 1), nn.BatchNorm2d(m)),
        ),
        "a convolution has a bias",
    ),
    (discriminator_variant(more=lambda channels: channels), "yours make 8 → 8 → 8 → 1"),
    (
        discriminator_variant(
            first=lambda c: conv(3, 64, batch_norm=False),
            halving=lambda c, m: conv(8 * c, 8 * m),
            last=lambda c: conv(8 * c, 1, stride=1, padding=0, batch_norm=False),
        ),
        "yours make 64 → 128 → 256 → 1",
    ),
    (discriminator_variant(last=lambda c: conv(2 * c, 1, batch_norm=False)), "another number of channels than"),
    (discriminator_variant(last=lambda c: deconv(c, 1, stride=1, padding=3, batch_norm=False)), "no Conv2d"),
    (discriminator_variant(initialise=lambda network: None), "not 0.02. End __init__ with"),
    (discriminator_variant(initialise=scales_around_0), "not 1. Use initialise_weights"),
    (lambda image_size, width: DCGANDiscriminator(32, width), "not with image_size=64, width=4"),
    (discriminator_variant(keeps=()), "does not keep self.image_size"),
    (lambda image_size: None, "raised TypeError"),
]

# E2.4 ----------------------------------------------------------------------------------------------------------------


def kernel_distance_pair_by_pair(features, others):
    """As the formula says it."""

    def mean_over(pairs):
        kernels = [(sum(a * b for a, b in zip(one, other, strict=True)) / len(one) + 1) ** 3 for one, other in pairs]
        return sum(kernels) / len(kernels)

    def different(rows):
        return [(one, other) for i, one in enumerate(rows) for j, other in enumerate(rows) if i != j]

    across = [(one, other) for one in features for other in others]
    return mean_over(different(features)) + mean_over(different(others)) - 2 * mean_over(across)


def kernel_distance_of_half_the_pairs(features, others):
    """Each pair of a set once, from the triangle above the diagonal, and in float32."""
    features, others = features.float(), others.float()

    def kernel(ones, twos):
        return (torch.einsum("nf,mf->nm", ones, twos) / ones.shape[1] + 1).pow(3)

    def within(rows):
        above = torch.triu_indices(len(rows), len(rows), offset=1)
        return kernel(rows, rows)[above[0], above[1]].mean()

    return within(features) + within(others) - 2 * kernel(features, others).mean()


def cubic(ones, twos):
    return (ones @ twos.T / ones.shape[1] + 1) ** 3


def different(kernels):
    return (kernels.sum() - kernels.trace()) / (len(kernels) * (len(kernels) - 1))


def kernel_variant(*, kernel=cubic, within=different, across=torch.mean, times=2):
    def distance(features, others):
        inside = within(kernel(features, features)) + within(kernel(others, others))
        return inside - times * across(kernel(features, others))

    return distance


KERNEL_DISTANCES = [
    kernel_distance,
    kernel_variant(),
    kernel_distance_pair_by_pair,
    kernel_distance_of_half_the_pairs,
    kernel_variant(within=lambda kernels: kernels.fill_diagonal_(0).sum() / (len(kernels) * (len(kernels) - 1))),
]
WRONG_KERNEL_DISTANCES = [
    (kernel_variant(within=torch.mean), "the diagonal is still in it"),
    (kernel_variant(within=lambda k: k.fill_diagonal_(0).mean()), "the mean still counts it"),
    (kernel_variant(across=different), "Row i of one and row i of the other"),
    (kernel_variant(kernel=lambda ones, twos: (ones @ twos.T + 1) ** 3), "did not divide by the number of features"),
    (
        kernel_variant(kernel=lambda ones, twos: (ones @ twos.T / len(ones) + 1) ** 3),
        "divided by the number of pictures",
    ),
    (kernel_variant(kernel=lambda ones, twos: (ones @ twos.T / 3) ** 3), r"the \+ 1 is missing"),
    (kernel_variant(kernel=lambda ones, twos: ones @ twos.T / 3 + 1), "the cube is missing"),
    (kernel_variant(kernel=lambda ones, twos: (ones @ twos.T / 3 + 1) ** 2), "squared where the kernel has a cube"),
    (kernel_variant(times=1), "count once"),
    (kernel_variant(times=-2), "are added"),
    (lambda features, others: -kernel_distance(features, others), "its sign is turned"),
    (
        kernel_variant(within=lambda k: k.sum() - k.trace(), across=torch.sum),
        "you took sums. Then more pictures would be further apart",
    ),
    (kernel_variant(within=torch.sum, across=torch.sum), "the diagonal is in them"),
    (lambda features, others: kernel_distance(features, others).sqrt(), "you took the root"),
    (
        lambda features, others: different(cubic(features, features)) - 2 * cubic(features, others).mean(),
        "only `features` are compared",
    ),
    (lambda features, others: kernel_distance(features, others).clamp(min=0), "do not cut it off"),
    (lambda features, others: kernel_distance(features, others).abs(), "do not cut it off"),
    (lambda features, others: kernel_distance(features, others).item(), "returns float"),
    (lambda features, others: cubic(features, others), r"shape \(5, 4\)"),
    (
        lambda features, others: torch.cdist(features, others).mean(),
        "for five rows and four it should give",
    ),
    (lambda features, others: (features @ others).mean(), "raised RuntimeError"),
    (lambda features: 0, "raised TypeError"),
]

# E2.5 ----------------------------------------------------------------------------------------------------------------


def slerp_by_a_second_axis(start, end, fraction):
    """Turn from `start` towards the part of `end` that stands upright on it; lengths mixed apart."""
    long, other = start.norm(dim=-1, keepdim=True), end.norm(dim=-1, keepdim=True)
    along, towards = start / long, end / other
    cosine = (along * towards).sum(dim=-1, keepdim=True).clamp(-1, 1)
    upright = functional.normalize(towards - cosine * along, dim=-1)
    angle = fraction * cosine.arccos()
    return ((1 - fraction) * long + fraction * other) * (angle.cos() * along + angle.sin() * upright)


def slerp_with_a_guard(start, end, fraction):
    cosine = (functional.normalize(start, dim=-1) * functional.normalize(end, dim=-1)).sum(-1, keepdim=True)
    angle = torch.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
    mixed = torch.sin((1 - fraction) * angle) * start + torch.sin(fraction * angle) * end
    return mixed / torch.sin(angle)


def slerp_variant(*, cosine=None, angle=torch.arccos, divide=True, line=True, dim=-1, keepdim=True):
    """The arc, with one thing done differently."""

    def walk(start, end, fraction):
        value = torch.cosine_similarity(start, end, dim=dim) if cosine is None else cosine(start, end)
        value = value.unsqueeze(-1) if keepdim and value.ndim else value
        between = angle(value)
        mixed = torch.sin((1 - fraction) * between) * start + torch.sin(fraction * between) * end
        arc = mixed / between.sin() if divide else mixed
        return torch.where(between.sin().abs() < 1e-3, torch.lerp(start, end, fraction), arc) if line else arc

    return walk


def of_directions(start, end, fraction):
    return slerp(functional.normalize(start, dim=-1), functional.normalize(end, dim=-1), fraction)


def nlerp(start, end, fraction):
    return functional.normalize(torch.lerp(start, end, fraction), dim=-1) * start.norm(dim=-1, keepdim=True)


def one_pair_only(start, end, fraction):
    angle = torch.arccos(start @ end / (start.norm() * end.norm()))
    if angle.sin() < 1e-3:
        return torch.lerp(start, end, fraction)
    return (torch.sin((1 - fraction) * angle) * start + torch.sin(fraction * angle) * end) / angle.sin()


def one_angle_for_all(start, end, fraction):
    return one_pair_only(start.flatten(), end.flatten(), fraction).view_as(start)


def first_row_for_all(start, end, fraction):
    if start.ndim == 1:
        return slerp(start, end, fraction)
    return slerp_variant(cosine=lambda *_: torch.cosine_similarity(start[:1], end[:1], dim=-1))(start, end, fraction)


def of_the_starts_length(start, end, fraction):
    return slerp(start, functional.normalize(end, dim=-1) * start.norm(dim=-1, keepdim=True), fraction)


SLERPS = [slerp, slerp_by_a_second_axis, slerp_with_a_guard, slerp_variant()]
WRONG_SLERPS = [
    (torch.lerp, "this is the straight line. It cuts through the inside"),
    (nlerp, "the pace is not"),
    (lambda s, e, f: functional.normalize(torch.lerp(s, e, f), dim=-1), "made of length 1"),
    (slerp_variant(divide=False), r"left out the division by sin\(angle\)"),
    (lambda s, e, f: slerp(e, s, f), "fraction is turned round"),
    (slerp_variant(angle=lambda cosine: cosine.arccos().rad2deg()), "in degrees"),
    (slerp_variant(angle=lambda cosine: cosine), "took the cosine for the angle"),
    (of_directions, "the direction is right, but the length is 1"),
    (slerp_variant(cosine=lambda s, e: (s * e).sum(-1)), "divide it by both norms"),
    (slerp_variant(cosine=lambda s, e: (s * e).sum(-1).clamp(-1, 1), line=False), "divide it by both norms"),
    (slerp_variant(cosine=lambda s, e: torch.cosine_similarity(s, e, dim=-1) / 25), "divided out of the cosine twice"),
    (slerp_variant(angle=lambda cosine: cosine.arccos() / 2), "a quarter of the way from"),
    (of_the_starts_length, "it has to meet both ends too"),
    (slerp_variant(line=False), "until both latents lie on one line"),
    (one_pair_only, r"not for a batch \(3, 3\)"),
    (one_angle_for_all, "takes one angle for all pairs"),
    (slerp_variant(keepdim=False), "angle of row i was used for column i"),
    (first_row_for_all, r"not for a batch \(N, latent_size\)"),
    (lambda s, e, f: s @ e, r"yours has \(\)"),
    (lambda s, e, f: s.tolist(), "returns list"),
    (lambda s, e: s, "raised TypeError"),
]

# All of them ---------------------------------------------------------------------------------------------------------

EXERCISES = {
    "check_conv_size": (conv_size, CONV_SIZES, WRONG_CONV_SIZES),
    "check_generator": (DCGANGenerator, GENERATORS, WRONG_GENERATORS),
    "check_discriminator": (DCGANDiscriminator, DISCRIMINATORS, WRONG_DISCRIMINATORS),
    "check_kernel_distance": (kernel_distance, KERNEL_DISTANCES, WRONG_KERNEL_DISTANCES),
    "check_slerp": (slerp, SLERPS, WRONG_SLERPS),
}


@pytest.mark.slow
@pytest.mark.parametrize("network", [generator_variant, discriminator_variant])
def test_the_start_of_right_weights_is_never_doubted(network):
    for seed in range(50):
        torch.manual_seed(seed)
        assert examine_start(network()(image_size=32, width=8)) is None
