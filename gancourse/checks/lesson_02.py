"""Checks of lesson 2."""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, normalize

from gancourse.checks.layers import (
    Layer,
    arrows,
    convolutions_of,
    count_weights,
    examine_activations,
    examine_start,
    is_followed_by_norm,
    slope_between,
    trace_layers,
)
from gancourse.checks.verdict import verdict
from gancourse.errors import CourseError
from gancourse.latents import slerp
from gancourse.metrics import kernel_distance
from gancourse.networks import DCGANDiscriminator, DCGANGenerator, conv_size, deconv_size

Distance = Callable[[Tensor, Tensor], Tensor]
Walk = Callable[[Tensor, Tensor, float], Tensor]


def _close(value: Tensor, other: Tensor) -> bool:
    return value.shape == other.shape and torch.allclose(value, other.to(value), rtol=1e-3, atol=1e-4)


# E2.1 ----------------------------------------------------------------------------------------------------------------


def check_conv_size(answer: Callable[[int, int, int, int], int]) -> Callable[[int, int, int, int], int]:
    """Exercise E2.1: how many pixels a convolution makes of how many."""
    return verdict(answer, conv_size, _examine_conv_size)


# (size, kernel_size, stride, padding); in the second and the last two the window does not end at the border.
SIZES = [(64, 4, 2, 1), (30, 5, 3, 2), (4, 4, 1, 0), (7, 3, 1, 1), (9, 4, 1, 1), (12, 5, 2, 0), (8, 4, 3, 0)]


def _examine_conv_size(answer: Callable[[int, int, int, int], int]) -> str | None:
    found = [answer(*case) for case in SIZES]
    misconceptions: dict[str, Callable[[int, int, int, int], float]] = {
        "you left the padding out. The window also moves over the pixels that padding adds.": (
            lambda size, kernel, stride, padding: (size - kernel) // stride + 1
        ),
        "you counted the padding once. It stands on both sides.": (
            lambda size, kernel, stride, padding: (size + padding - kernel) // stride + 1
        ),
        "one is missing. You counted the window's moves; it also stops where it starts, so add 1.": (
            lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride
        ),
        "the + 1 stands inside the division. It is the stop at the start, and no stride divides it: add it after.": (
            lambda size, kernel, stride, padding: (size + 2 * padding - kernel + 1) // stride
        ),
        "you rounded up. A window that does not fit any more makes no pixel: round down, `//`.": (
            lambda size, kernel, stride, padding: math.ceil((size + 2 * padding - kernel) / stride) + 1
        ),
        "`/` makes fractions, and there is no third of a pixel. A window that does not fit any more makes none: "
        "round down, `//`.": lambda size, kernel, stride, padding: (size + 2 * padding - kernel) / stride + 1,
        "you took kernel_size − 1 for the kernel. That term of torch's formula comes with another − 1, and together "
        "they are kernel_size.": (
            lambda size, kernel, stride, padding: (size + 2 * padding - (kernel - 1)) // stride + 1
        ),
        "you took kernel_size + 1 for the kernel. torch's formula says dilation · (kernel_size − 1) + 1, which is "
        "kernel_size for the ordinary dilation, 1.": (
            lambda size, kernel, stride, padding: (size + 2 * padding - kernel - 1) // stride + 1
        ),
        "you added the kernel. A larger window has less room to move: subtract it.": (
            lambda size, kernel, stride, padding: (size + 2 * padding + kernel) // stride + 1
        ),
        "it divides by the stride and looks at nothing else. That is right for 4/2/1 on an even size, and for few "
        "others: count where the window can stop.": lambda size, kernel, stride, padding: size // stride,
        "it always halves. 4/2/1 does; ask also for kernel 4, stride 1, no padding on 4 pixels.": (
            lambda size, kernel, stride, padding: size // 2
        ),
        "this is the size that a transposed convolution makes. A convolution divides by its stride.": deconv_size,
    }
    for sentence, wrong in misconceptions.items():
        if found == [wrong(*case) for case in SIZES]:
            return sentence
    for case, made in zip(SIZES, found, strict=True):
        if made != conv_size(*case):
            size, kernel, stride, padding = case
            return (
                f"for {size} pixels, kernel {kernel}, stride {stride} and padding {padding} it should give "
                f"{conv_size(*case)}; yours gives {made}. Draw the {size + 2 * padding} pixels and count where the "
                "window can stop."
            )
    if not all(isinstance(made, int) for made in found):
        return f"the numbers are right, but they are of type {type(found[0]).__name__}; pixels are counted in int."
    return None


# E2.2 and E2.3 -------------------------------------------------------------------------------------------------------


def check_generator(answer: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Exercise E2.2: DCGAN's generator.

    It is judged by what its layers are given and make in one pass, however they are named and held together.
    """
    return verdict(answer, DCGANGenerator, _examine_generator)


def check_discriminator(answer: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Exercise E2.3: DCGAN's discriminator, judged as the generator is."""
    return verdict(answer, DCGANDiscriminator, _examine_discriminator)


def _examine_generator(answer: Callable[..., nn.Module]) -> str | None:
    torch.default_generator.manual_seed(0)  # the processor's alone: a GPU's numbers go on
    network = answer(latent_size=10, image_size=32, width=8)
    try:
        trace, images = trace_layers(network, torch.randn(6, 10))
    except RuntimeError as error:
        return _about_a_crash(error)
    return (
        _examine_sizes(trace, images, nn.ConvTranspose2d, [1, 4, 8, 16, 32])
        or _examine_generator_channels(trace)
        or _examine_generator_norms(trace)
        or examine_activations(trace, 0.0, _about_generator_slope)
        or _examine_pictures(trace[-1].made, images)
        or examine_start(network)
        or _examine_count(network, DCGANGenerator(latent_size=10, image_size=32, width=8))
        or _examine_elsewhere(answer, DCGANGenerator, torch.randn(2, 6), latent_size=6, image_size=64, width=4)
    )


def _examine_discriminator(answer: Callable[..., nn.Module]) -> str | None:
    torch.default_generator.manual_seed(0)
    network = answer(image_size=32, width=8)
    images = torch.rand(6, 3, 32, 32) * 2 - 1
    try:
        trace, logits = trace_layers(network, images)
    except RuntimeError as error:
        return _about_a_crash(error)
    return (
        _examine_sizes(trace, logits, nn.Conv2d, [32, 16, 8, 4, 1])
        or _examine_discriminator_channels(trace)
        or _examine_discriminator_norms(trace)
        or examine_activations(trace, 0.2, _about_discriminator_slope)
        or _examine_logits(trace[-1].made.flatten(), logits)
        or _examine_one_logit(network, images[:1])
        or examine_start(network)
        or _examine_count(network, DCGANDiscriminator(image_size=32, width=8))
        or _examine_elsewhere(answer, DCGANDiscriminator, torch.randn(2, 3, 64, 64), image_size=64, width=4)
    )


def _about_a_crash(error: RuntimeError) -> str:
    if "(unbatched) or 4D (batched) input" in str(error):
        return (
            "a convolution was given something that is no batch of pictures. To it a latent is a picture of one pixel "
            "with latent_size channels: `latents[:, :, None, None]`."
        )
    if "channels" in str(error) or "running_mean" in str(error):
        return (
            "a layer hands on another number of channels than the next one takes: its out_channels have to be the next "
            f"one's in_channels. torch says: {error}"
        )
    raise error


def _examine_sizes(trace: list[Layer], output: Tensor, kind: type[nn.Module], pixels: list[int]) -> str | None:
    """What is wrong with the kind of the layers, or with the height of the map before and after each convolution."""
    grows = kind is nn.ConvTranspose2d
    if any(isinstance(layer.module, nn.Linear) for layer in trace):
        return (
            "it has a fully connected layer. A 4/1/0 transposed convolution makes the same 4x4 map of a latent, and "
            "initialise_weights knows it: deconv(latent_size, channels, stride=1, padding=0)."
            if grows
            else "it has a fully connected layer. A 4/1/0 convolution makes the same number of a 4x4 map, and "
            "initialise_weights knows it: conv(channels, 1, stride=1, padding=0, batch_norm=False)."
        )
    convolutions = convolutions_of(trace)
    if not convolutions:
        return "the pass through it meets no convolution. Build self.layers of conv or deconv."
    resized = any(before.made.shape != after.given.shape for before, after in pairwise(trace))
    if resized or trace[-1].made.numel() != output.numel():
        return (
            "the map changes its size where no convolution is: by upsampling or pooling. Guideline 1 leaves that to "
            "the convolutions, with stride 2, so that how it is done is learned too."
        )
    if not all(isinstance(layer.module, kind) for layer in convolutions):
        return f"one of its layers is no {kind.__name__}. All of them can be: build them with conv or deconv."
    sizes = [layer.given.shape[-1] for layer in convolutions] + [convolutions[-1].made.shape[-1]]
    if sizes != pixels:
        return f"for 32 px the map should go {arrows(pixels)}; yours goes {arrows(sizes)}. " + (
            "The first layer is 4/1/0 and all others 4/2/1; `image_size` says how many."
            if grows
            else "All layers are 4/2/1 but the last, 4/1/0; `image_size` says how many."
        )
    if any(layer.module.bias is not None for layer in convolutions):
        return (
            "a convolution has a bias. A batch norm subtracts it again with the mean, and the course leaves it out at "
            "the open ends too: `bias=False`, as in conv and deconv."
        )
    return None


def _examine_generator_channels(trace: list[Layer]) -> str | None:
    channels, right = [layer.channels for layer in convolutions_of(trace)], [32, 16, 8, 3]
    if channels == right:
        return None
    return f"for 32 px and width 8 the layers should make {arrows(right)} channels; yours make {arrows(channels)}. " + (
        "8 · width is the start for 64 px. For 32 px there is one halving less: start at 4 · width."
        if channels == [64, 32, 16, 3]
        else "They halve where the map doubles; `width` of them are left before the three of the picture."
    )


def _examine_discriminator_channels(trace: list[Layer]) -> str | None:
    channels, right = [layer.channels for layer in convolutions_of(trace)], [8, 16, 32, 1]
    if channels == right:
        return None
    return (
        f"for 32 px and width 8 the layers should make {arrows(right)} channels; yours make {arrows(channels)}. "
        "They start at `width` and double where the map halves; the last layer makes the logit."
    )


def _examine_generator_norms(trace: list[Layer]) -> str | None:
    if trace[0].is_norm:
        return "batch norm stands on the latents. They come from N(0, 1) and need none."
    if is_followed_by_norm(trace)[-1]:
        return (
            "batch norm stands on the output. Every batch of pictures would have the same mean colour and contrast. "
            "Guideline 3 leaves it out there: `batch_norm=False`."
        )
    return _examine_hidden_norms(trace, first=0)


def _examine_discriminator_norms(trace: list[Layer]) -> str | None:
    if trace[0].is_norm:
        return (
            "batch norm stands on the pictures themselves (at 64 px: 2,765,574 parameters). Their mean colour and "
            "contrast, by which a generator could be found out, are gone before the first layer sees them."
        )
    followed = is_followed_by_norm(trace)
    if followed[-1]:
        return (
            "batch norm stands on the logits. Every batch would have the same mean logit, a real one like a generated "
            "one, and nothing could tell them apart. Leave the last layer bare: `batch_norm=False`."
        )
    if followed[0] and any(followed[1:]):
        return (
            "batch norm stands behind the first convolution (at 64 px: 2,765,696 parameters). Guideline 3 leaves it "
            "out at the discriminator's input, where the paper saw it make the training swing: `batch_norm=False`."
        )
    return _examine_hidden_norms(trace, first=1)


def _examine_hidden_norms(trace: list[Layer], first: int) -> str | None:
    """Whether one batch norm stands behind each convolution from the `first` to the last but one."""
    followed, convolutions = is_followed_by_norm(trace), convolutions_of(trace)
    needed = range(first, len(convolutions) - 1)
    if not any(followed):
        return "there is no batch norm in it. Guideline 3: behind every convolution but those at the pictures."
    for number in needed:
        if not followed[number]:
            return (
                f"batch norm is missing behind the layer that makes {convolutions[number].channels} channels. "
                "Guideline 3 leaves it out only at the pictures and at the logit."
            )
    norms = [type(layer.module).__name__ for layer in trace if layer.is_norm]
    if len(norms) > len(needed):
        return "it normalises twice in a row. Once is enough: conv and deconv bring a batch norm along."
    for norm in norms:
        if norm != "BatchNorm2d":
            return f"its norm is {norm}. DCGAN's is BatchNorm2d; lesson 3 has a use for another."
    return None


def _about_generator_slope(slope: float | None, where: str) -> str:
    if slope == 1:
        return f"{where} stands no activation. Two linear layers in a row are one: put a ReLU between them."
    if slope is None:
        return f"what stands {where} is no ReLU. Guideline 4: ReLU in the generator, and Tanh only at its end."
    return f"{where} stands a LeakyReLU of slope {slope}. That is the discriminator's; the generator has ReLU."


def _about_discriminator_slope(slope: float | None, where: str) -> str:
    if slope == 1:
        return f"{where} stands no activation. Two linear layers in a row are one: put LeakyReLU(0.2) between them."
    if slope is None:
        return f"what stands {where} is no LeakyReLU. Guideline 5: LeakyReLU(0.2) throughout."
    if slope == 0:
        return (
            f"{where} stands a ReLU. Where it is 0 no gradient passes, and the generator learns from nothing but the "
            "gradient that passes here. Guideline 5: LeakyReLU(0.2)."
        )
    if slope == 0.01:
        return f"{where} the slope is 0.01, torch's own where LeakyReLU gets no number. Guideline 5: LeakyReLU(0.2)."
    return f"{where} the slope is {slope}. Guideline 5: LeakyReLU(0.2)."


def _examine_pictures(before: Tensor, images: Tensor) -> str | None:
    """What is wrong with what stands behind the generator's last layer."""
    if images.shape != before.shape:
        return f"six latents should make images (6, 3, 32, 32); yours have the shape {tuple(images.shape)}."
    if torch.allclose(images, before.tanh(), atol=1e-6):
        return None
    if slope_between(before, images) == 1:
        return "there is no Tanh at the end. Nothing keeps the pictures within [-1, 1], where the real ones are."
    if images.min() >= 0:
        return (
            "its pictures have no values below 0, and the real ones run from -1 to 1: the discriminator would need one "
            "look. End in Tanh, neither Sigmoid nor ReLU."
        )
    return "what stands at the end is no bare Tanh. Guideline 4: Tanh, and nothing behind it."


def _examine_logits(before: Tensor, logits: Tensor) -> str | None:
    """What is wrong with what stands behind the discriminator's last layer."""
    if logits.shape != before.shape:
        return f"six pictures should get logits (6,); yours have the shape {tuple(logits.shape)}. Flatten them."
    if torch.equal(logits, before):
        return None
    if torch.allclose(logits, before.sigmoid()):
        return (
            "a sigmoid stands at the end. A discriminator returns logits; the loss has the sigmoid in it, and two "
            "of them would keep D between 0.50 and 0.73."
        )
    return "something stands behind the last convolution. A logit is any number, above 0 for real: leave it as it is."


def _examine_one_logit(network: nn.Module, image: Tensor) -> str | None:
    shape = tuple(network(image).shape)
    if shape == (1,):
        return None
    return f"right, for six pictures; one gets the shape {shape}: squeeze() took the batch away too. Use flatten()."


def _examine_count(network: nn.Module, right: nn.Module) -> str | None:
    if count_weights(network) == count_weights(right):
        return None
    return (
        f"sizes and channels are right, but it has {count_weights(network):,} parameters, not "
        f"{count_weights(right):,}. Look at the kernels: every one is 4x4. And leave nothing in __init__ that forward "
        "does not use."
    )


def _examine_elsewhere(
    answer: Callable[..., nn.Module], solution: Callable[..., nn.Module], inputs: Tensor, **settings: int
) -> str | None:
    """Whether it is right with other settings too, and keeps them for those who ask."""
    network, right = answer(**settings), solution(**settings)
    try:
        alike = network(inputs).shape == right(inputs).shape and count_weights(network) == count_weights(right)
    except (RuntimeError, CourseError):
        alike = False
    if not alike:
        said = ", ".join(f"{name}={value}" for name, value in settings.items())
        return f"right at 32 px, but not with {said}. Some number stands there that one of these should give."
    for name in settings:
        if getattr(network, name, None) != settings[name]:
            return f"the network is right, but does not keep self.{name}. The training loop and the widgets ask for it."
    return None


# E2.4 ----------------------------------------------------------------------------------------------------------------


def check_kernel_distance(answer: Distance) -> Distance:
    """Exercise E2.4: the squared maximum mean discrepancy with the cubic kernel, unbiased."""
    return verdict(answer, kernel_distance, _examine_kernel_distance)


def _mean(kernels: Tensor) -> Tensor:
    return kernels.mean()


def _mean_of_different(kernels: Tensor) -> Tensor:
    return (kernels.sum() - kernels.trace()) / (len(kernels) * (len(kernels) - 1))


def _distance(
    features: Tensor,
    others: Tensor,
    kernel: Callable[[Tensor], Tensor] = lambda products: (products / 3 + 1) ** 3,
    within: Callable[[Tensor], Tensor] = _mean_of_different,
    across: Callable[[Tensor], Tensor] = _mean,
    share: float = 2,
) -> Tensor:
    """The kernel distance of features of size 3, with one thing done differently."""
    inside = within(kernel(features @ features.T)) + within(kernel(others @ others.T))
    return inside - share * across(kernel(features @ others.T))


def _examine_kernel_distance(answer: Distance) -> str | None:
    features = torch.tensor([[1, 2, 0], [3, 0, 1], [2, 2, 2], [0, 1, 3], [1, 1, 1]]).double()
    others = torch.tensor([[0, -1, 1], [2, 1, -2], [-1, 0, 1], [1, -2, 0]]).double()
    found = answer(features.clone(), others.clone())
    if not isinstance(found, Tensor):
        return f"it should return a tensor; yours returns {type(found).__name__}. Keep to torch's functions."
    if found.shape != ():
        return f"it should return one number; yours has the shape {tuple(found.shape)}. Take the means."
    right = kernel_distance(features, others)
    misconceptions = {
        "the diagonal is still in it. It compares each picture with itself, so a set looks closer to itself than it "
        "is, and the more so the fewer pictures there are.": _distance(features, others, within=_mean),
        "the diagonal is out of the sum, but the mean still counts it: N pictures make N (N − 1) pairs of different "
        "ones.": _distance(
            features, others, within=lambda kernels: (kernels.sum() - kernels.trace()) / kernels.numel()
        ),
        "the diagonal is left out between the sets too. Row i of one and row i of the other are different pictures: "
        "there it is a plain mean.": _distance(features, others, across=_mean_of_different),
        "you did not divide by the number of features. With 2,048 of them, the cube would leave nothing of the "
        "+ 1.": _distance(features, others, kernel=lambda products: (products + 1) ** 3),
        "you divided by the number of pictures, not of features. The kernel compares two rows, whoever else is in the "
        "set: divide by `ones.shape[1]`.": (
            _mean_of_different((features @ features.T / 5 + 1) ** 3)
            + _mean_of_different((others @ others.T / 4 + 1) ** 3)
            - 2 * ((features @ others.T / 5 + 1) ** 3).mean()
        ),
        "the + 1 is missing. With it the cube compares means, spreads and skews; without it skews alone.": _distance(
            features, others, kernel=lambda products: (products / 3) ** 3
        ),
        "the cube is missing. This kernel is linear, and sees no more than the two means.": _distance(
            features, others, kernel=lambda products: products / 3 + 1
        ),
        "you squared where the kernel has a cube. The square sees means and spreads, but no skew.": _distance(
            features, others, kernel=lambda products: (products / 3 + 1) ** 2
        ),
        "the pairs between the sets count once. Each of the two sets is compared with the other: take them "
        "twice.": _distance(features, others, share=1),
        "the pairs between the sets are added. What they have in common makes two sets near: subtract it.": _distance(
            features, others, share=-2
        ),
        "its sign is turned. Likeness within the sets counts for the distance, likeness between them against "
        "it.": -right,
        "you took sums. Then more pictures would be further apart; take means over pairs.": _distance(
            features, others, within=lambda kernels: kernels.sum() - kernels.trace(), across=Tensor.sum
        ),
        "you took sums, and the diagonal is in them. Take means over pairs of different pictures.": _distance(
            features, others, within=Tensor.sum, across=Tensor.sum
        ),
        "you took the root. This estimate of the square may lie below 0, and then there is none; leave it "
        "squared.": right.sqrt(),
        "only `features` are compared with each other. `others` have to be too, or their spread counts as "
        "distance.": _distance(features, others) - _mean_of_different((others @ others.T / 3 + 1) ** 3),
    }
    for sentence, wrong in misconceptions.items():
        if _close(found, wrong):
            return sentence
    if not _close(found, right):
        return (
            f"for five rows and four it should give {right.item():.4f}; yours gives {found.item():.4f}. Print the "
            "three means one by one, for two rows of one feature, where each is a number that you can do by hand."
        )
    near, below = answer(features, features + 0.01), kernel_distance(features, features + 0.01)
    if not _close(near, below):
        return (
            f"right, where the sets are far apart. Two that are nearly the same have {below.item():.2f}; yours gives "
            f"{near.item():.2f}. What is 0 on average lies below it half of the time: do not cut it off."
        )
    return None


# E2.5 ----------------------------------------------------------------------------------------------------------------


def check_slerp(answer: Walk) -> Walk:
    """Exercise E2.5: from one latent to another along the arc between them."""
    return verdict(answer, slerp, _examine_slerp)


def _arc(start: Tensor, end: Tensor, fraction: float, angle: Tensor) -> Tensor:
    return (((1 - fraction) * angle).sin() * start + (fraction * angle).sin() * end) / angle.sin()


def _examine_slerp(answer: Walk) -> str | None:
    start, end = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([-4.0, 0.0, 3.0])  # both of norm 5, 119° apart
    found = answer(start.clone(), end.clone(), 0.25)
    if not isinstance(found, Tensor):
        return f"it should return a tensor; yours returns {type(found).__name__}. Keep to torch's functions."
    if found.shape != start.shape:
        return f"between two latents of the shape (3,) lies one of that shape; yours has {tuple(found.shape)}."
    cosine = cosine_similarity(start, end, dim=0)
    angle = cosine.arccos()
    right, line = _arc(start, end, 0.25, angle), torch.lerp(start, end, 0.25)
    if not found.isfinite().all() or found.abs().max() > 1000:
        return (
            "arccos was asked for the angle of a number beyond -1 and 1, or of one cut off there. The dot product is "
            "the cosine only for latents of length 1: divide it by both norms."
        )
    misconceptions = {
        "this is the straight line. It cuts through the inside of the sphere: a quarter of the way, two latents of "
        f"norm 5 make one of norm {line.norm():.1f}, and N(0, 1) hardly ever draws so far inside.": line,
        "this is the straight line, pushed out to the sphere. The norm is right and the pace is not: a quarter of the "
        "way is not a quarter of the angle.": normalize(line, dim=0) * 5,
        "this is the straight line, made of length 1. Latents of norm 5 have to stay at 5.": normalize(line, dim=0),
        "you left out the division by sin(angle). Without it the ends are not met.": right * angle.sin(),
        "fraction is turned round: 0 has to give `start`, and 1 `end`.": _arc(end, start, 0.25, angle),
        "the angle is in degrees. sin takes radians, which is what arccos gives.": _arc(
            start, end, 0.25, angle.rad2deg()
        ),
        "you took the cosine for the angle. Its arccos is the angle.": _arc(start, end, 0.25, cosine),
        "the direction is right, but the length is 1. Divide by the norms for the cosine only, and mix the latents "
        "themselves.": right / 5,
        "the norms are divided out of the cosine twice. Either normalise both latents or divide by the norms.": _arc(
            start, end, 0.25, (cosine / 25).arccos()
        ),
    }
    for sentence, wrong in misconceptions.items():
        if _close(found, wrong):
            return sentence
    if not _close(found, right):
        return (
            f"a quarter of the way from (3, 4, 0) to (-4, 0, 3) lies {_point(right)}; yours gives {_point(found)}. "
            "Each latent's share is a sine: of what is left of the angle for `start`, of what is done for `end`."
        )
    unequal = answer(start, 2 * end, 0.0), answer(start, 2 * end, 1.0)
    if not (_close(unequal[0], start) and _close(unequal[1], 2 * end)):
        return (
            "right for latents of one length. From one of norm 5 to one of norm 10 it has to meet both ends too: "
            f"it starts at {_point(unequal[0])}, not {_point(start)}, or ends at {_point(unequal[1])}, not "
            f"{_point(2 * end)}."
        )
    parallel = answer(start, 2 * start, 0.5)
    if not _close(parallel, 1.5 * start) or not answer(start, -start, 0.5).isfinite().all():
        return (
            "right, until both latents lie on one line: there the angle is 0 or 180°, its sine 0, and the division "
            "gives nan or nonsense. Take the straight line there, with torch.where."
        )
    return _examine_slerp_of_batches(answer)


def _point(latent: Tensor) -> str:
    return f"({', '.join(f'{value:.2f}' for value in latent.tolist())})"


def _examine_slerp_of_batches(answer: Walk) -> str | None:
    starts = torch.tensor([[3.0, 4.0, 0.0], [0.0, 5.0, 0.0], [1.0, 2.0, 2.0]])
    ends = torch.tensor([[-4.0, 0.0, 3.0], [0.0, 4.0, 3.0], [2.0, 2.0, -1.0]])
    right = torch.stack([slerp(start, end, 0.25) for start, end in zip(starts, ends, strict=True)])
    rowwise = "sum over the last dimension and keep it: `(start * end).sum(dim=-1, keepdim=True)`, and the norms alike."
    try:
        found = answer(starts.clone(), ends.clone(), 0.25)
    except RuntimeError as error:
        return (
            f"right for one pair of latents, but not for a batch (3, 3): {error}. For each row its own angle: {rowwise}"
        )
    whole = cosine_similarity(starts.flatten(), ends.flatten(), dim=0).arccos()
    if _close(found, _arc(starts, ends, 0.25, whole)):
        return f"in a batch (N, latent_size) it takes one angle for all pairs. Every row has its own: {rowwise}"
    if _close(found, _arc(starts, ends, 0.25, cosine_similarity(starts, ends, dim=-1).arccos())):
        return f"in a batch, the angle of row i was used for column i of every row. Keep the dimension: {rowwise}"
    if not _close(found, right):
        return f"right for one pair of latents, but not for a batch (N, latent_size). For each row its own: {rowwise}"
    return None
