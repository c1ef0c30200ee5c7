"""Lesson 3: every check accepts right answers written differently, and names the misconception in wrong ones."""

import copy
import random

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import interpolate, softplus
from torch.optim import SGD
from torchvision.transforms.functional import crop

from gancourse import checks
from gancourse.checks import lesson_03
from gancourse.data import jitter
from gancourse.losses import generator_bce_loss, generator_saturating_loss, l1_loss, l2_loss
from gancourse.networks import (
    PatchDiscriminator,
    UNetGenerator,
    initialise_weights,
    patch_box,
    receptive_field,
)
from gancourse.networks.normalise import needs_bias, normalise
from gancourse.steps import PairedGeneratorResult, beside, frozen, paired_generator_step, update

# E3.1 ----------------------------------------------------------------------------------------------------------------
# Each wrong jitter is the right one with one thing done differently, which is what the keywords say.


def bicubic(images, larger):
    return interpolate(images, (larger, larger), mode="bicubic").clamp(-1, 1)


def places(count, last, rng):
    return torch.randint(last + 1, (count, 2), generator=rng)


def coins(count, rng):
    return torch.rand(count, generator=rng) < 0.5


def jitter_variant(
    *,
    enlarge=bicubic,
    larger=lambda size: round(size * 286 / 256),
    draw_places=places,
    draw_coins=coins,
    cut=lambda image, top, left, size: image[:, top : top + size, left : left + size],
    turn=lambda image: image.flip(-1),
    coins_first=False,
    apart=(),
    result=lambda labels, photos: (labels, photos),
):
    """Pair by pair.  What is named in `apart`, "places" or "coins", is drawn for the photos once more."""

    def jittered(labels, photos, rng):
        count, size = len(labels), labels.shape[-1]
        last = larger(size) - size
        if coins_first:
            turned = draw_coins(count, rng)
        at = draw_places(count, last, rng)
        if not coins_first:
            turned = draw_coins(count, rng)
        sides = []
        for side in (labels, photos):
            windows = []
            for image, (top, left), flip in zip(enlarge(side, last + size), at.tolist(), turned.tolist(), strict=True):
                window = cut(image, top, left, size)
                windows.append(turn(window) if flip else window)
            sides.append(torch.stack(windows))
            at = draw_places(count, last, rng) if "places" in apart else at
            turned = draw_coins(count, rng) if "coins" in apart else turned
        return result(*sides)

    return jittered


def jitter_by_a_grid(labels, photos, rng):
    """Enlarging, cutting and mirroring in one: where each pixel of the result is read."""
    count, _, size, _ = labels.shape
    larger = round(size * 286 / 256)
    share = size / larger
    shift = (torch.randint(larger - size + 1, (2, count), generator=rng) * 2 - (larger - size)) / larger
    sign = 1 - 2 * torch.randint(2, (count,), generator=rng)
    zero = torch.zeros(count)
    theta = torch.stack(
        [torch.stack([share * sign, zero, shift[0]], 1), torch.stack([zero, share + zero, shift[1]], 1)], 1
    )
    grid = functional.affine_grid(theta, list(labels.shape), align_corners=False)
    sample = {"padding_mode": "border", "align_corners": False}
    return functional.grid_sample(labels, grid, **sample), functional.grid_sample(photos, grid, **sample)


def jitter_cut_first(labels, photos, rng):
    """The window first, and then the window enlarged: nearly the same pixels, at once for the whole batch."""
    size = labels.shape[-1]
    small = round(size * 256 / 286)
    both = torch.cat([labels, photos], 1)
    tops, lefts = torch.randint(size - small + 1, (2, len(both)), generator=rng)
    flip = torch.randint(2, (len(both), 1), generator=rng).bool()
    along = torch.arange(small)
    columns = torch.where(flip, lefts[:, None] + along.flip(0), lefts[:, None] + along)
    rows = tops[:, None] + along
    cut = both[torch.arange(len(both))[:, None, None, None], torch.arange(6)[:, None, None], rows[:, None, :, None],
               columns[:, None, None, :]]  # fmt: skip
    return interpolate(cut, (size, size), mode="bilinear", antialias=True).split(3, 1)


def bilinear(images, larger):
    return interpolate(images, (larger, larger), mode="bilinear", align_corners=True)


def nearest(images, larger):
    return interpolate(images, (larger, larger))


def padded(images, larger):
    edge = (larger - images.shape[-1]) // 2
    return functional.pad(images, (edge, edge, edge, edge), mode="reflect")


def one_for_the_batch(draw):
    return lambda count, *rest: draw(1, *rest).expand(count, *draw(1, *rest).shape[1:])


def photos_alone(labels, photos, rng):
    return labels, jitter(labels, photos, rng)[1]


def from_python(count, last, rng):
    return torch.tensor([[random.randint(0, last), random.randint(0, last)] for _ in range(count)])


def with_its_own_source(labels, photos, rng):
    return jitter(labels, photos, torch.Generator().manual_seed(7))


def writes(labels, photos, rng):
    made = jitter(labels, photos, rng)
    labels.copy_(made[0])
    return labels, made[1]


def turned_a_little(labels, photos, rng):
    turn = torch.tensor([[0.94, -0.34, 0], [0.34, 0.94, 0]]).expand(len(labels), 2, 3)
    grid = functional.affine_grid(turn, list(labels.shape), align_corners=False)
    return jitter(
        *(functional.grid_sample(side, grid, padding_mode="border", align_corners=False) for side in (labels, photos)),
        rng,
    )


def shuffled(labels, photos, rng):
    order = torch.randperm(len(labels), generator=rng)
    return jitter(labels[order], photos[order], rng)


def twice_one_number(count, last, rng):
    return torch.randint(last + 1, (count, 1), generator=rng).expand(count, 2)


JITTERS = [
    jitter,
    jitter_variant(),
    jitter_variant(enlarge=bilinear, coins_first=True, result=lambda *sides: list(sides)),
    jitter_variant(enlarge=nearest, cut=lambda image, top, left, size: crop(image, top, left, size, size)),
    jitter_by_a_grid,
    jitter_cut_first,
]
WRONG_JITTERS = [
    (jitter_variant(apart=("places",)), "cut out at different places"),
    (jitter_variant(apart=("coins",)), "two coins were thrown"),
    (jitter_variant(apart=("places", "coins")), "jittered each for itself"),
    (photos_alone, "the labels stay as they were"),
    (lambda labels, photos, rng: (jitter(labels, photos, rng)[0], photos), "the photos stay as they were"),
    (jitter_variant(draw_coins=one_for_the_batch(coins)), "mirrored as a whole or not at all"),
    (jitter_variant(draw_places=one_for_the_batch(places)), "all pairs of a batch are cut out at the same place"),
    (jitter_variant(draw_coins=lambda count, rng: torch.zeros(count)), "nothing is ever mirrored"),
    (jitter_variant(draw_coins=lambda count, rng: torch.ones(count)), "everything is mirrored"),
    (jitter_variant(draw_coins=lambda count, rng: torch.rand(count, generator=rng) < 0.1), "% were mirrored"),
    (jitter_variant(turn=lambda image: image.flip(-2)), "stand on their heads"),
    (jitter_variant(turn=lambda image: image.flip(-1, -2)), "stand on their heads"),
    (jitter_variant(turn=lambda image: image.rot90(2, (-2, -1))), "stand on their heads"),
    (turned_a_little, "no enlarging, cutting and mirroring puts them"),
    (jitter_variant(turn=lambda image: image.transpose(-1, -2)), "no enlarging, cutting and mirroring puts them"),
    (jitter_variant(enlarge=padded), "not enlarged"),
    (lambda labels, photos, rng: (labels, photos), "not enlarged"),
    (jitter_variant(enlarge=lambda images, larger: images), "not every window is as large"),
    (jitter_variant(larger=lambda size: size + 30), "from 32 to about 62 px; it should be 36"),
    (jitter_variant(larger=lambda size: 286), "from 32 to about 28[0-9] px"),
    (jitter_variant(larger=lambda size: size + 4), "From 128 px it should make 143, and yours makes 132"),
    (jitter_variant(larger=lambda size: size * 9 // 8), "From 128 px it should make 143, and yours makes 144"),
    (
        jitter_variant(enlarge=lambda images, larger: interpolate(images, (larger, larger), mode="bicubic")),
        "Bicubic interpolation overshoots",
    ),
    (jitter_variant(result=lambda labels, photos: (photos, labels)), "the photos come back first"),
    (jitter_variant(result=lambda labels, photos: torch.cat([labels, photos], 1)), r"\(64, 6, 32, 32\)"),
    (
        jitter_variant(result=lambda labels, photos: (labels, photos.numpy())),
        "yours returns a tuple of Tensor, ndarray",
    ),
    (lambda labels, photos, rng: None, "yours returns nothing"),
    (lambda labels, photos, rng: (bicubic(labels, 36), bicubic(photos, 36)), r"come back as \(64, 3, 36, 36\)"),
    (jitter_variant(result=lambda *sides: [side[..., 2:-2] for side in sides]), r"come back as \(64, 3, 32, 28\)"),
    (jitter_variant(result=lambda *sides: [side * 0.8 for side in sides]), "colours changed"),
    (shuffled, "changed their place in the batch"),
    (jitter_variant(draw_places=lambda count, last, rng: places(count, last, None)), "numbers are drawn elsewhere"),
    (jitter_variant(draw_coins=lambda count, rng: coins(count, None)), "numbers are drawn elsewhere"),
    (jitter_variant(draw_places=from_python), "or from Python's"),
    (with_its_own_source, "whatever the rng"),
    (jitter_variant(draw_places=lambda count, last, rng: places(count, last - 1, rng)), "top edge.*never.*the last"),
    (jitter_variant(draw_places=lambda count, last, rng: 1 + places(count, last - 1, rng)), "never.*the first"),
    (jitter_variant(draw_places=lambda count, last, rng: places(count, last + 1, rng)), "not every window is as large"),
    (
        jitter_variant(
            draw_places=lambda count, last, rng: places(count, last + 2, rng),
            cut=lambda image, top, left, size: crop(image, top, left, size, size),
        ),
        "reach over the edge of the larger picture. Their places",
    ),
    (
        jitter_variant(draw_places=lambda count, last, rng: places(count, last, rng) * torch.tensor([0, 1])),
        "the top edge of the window is always at the same place",
    ),
    (jitter_variant(draw_places=twice_one_number), "lies on the diagonal"),
    (writes, "writes into the pictures"),
    (lambda labels, photos: (labels, photos), "raised TypeError"),
    (lambda labels, photos, rng: labels @ torch.rand(3, 3), "raised RuntimeError"),
]

# E3.2 ----------------------------------------------------------------------------------------------------------------


def unet_variant(
    *,
    remember=lambda before, after: after,
    remembered=lambda made: made[:-1],
    take=lambda skips: skips.pop(),
    join=lambda images, skip: torch.cat([images, skip], dim=1),
    start=lambda made, given: made[-1],
    joins=lambda network: network.skips,
    end=lambda pictures, network, images: pictures,
    **defaults,
):
    """The course's layers with another way through them."""

    class Variant(UNetGenerator):
        def forward(self, images):
            labels, made, given = images, [], []
            for block in self.down:
                given.append(images)
                images = block(images)
                made.append(remember(given[-1], images))
            skips, images = remembered(made), start(made, given)
            for number, block in enumerate(self.up):
                images = block(images)
                if joins(self) and number < len(self.up) - 1:
                    images = join(images, take(skips))
            return end(images, self, labels)

    return Variant


class ByRecursion(UNetGenerator):
    """From the outside in: each level asks the one below it."""

    def forward(self, images):
        return self.level(images, 0)

    def level(self, images, number):
        made = self.down[number](images)
        if number + 1 < len(self.down):
            below = self.level(made, number + 1)
            made = torch.cat((below, made), 1) if self.skips else below
        return self.up[-1 - number](made)


class Before(UNetGenerator):
    """The skip is laid beside before a block, not after one; the blocks bear another name."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.encoder, self.decoder = self.down, self.up
        del self.down, self.up

    def forward(self, images):
        made = []
        for block in self.encoder:
            made.append(block(made[-1] if made else images))
        images, across = made[-1], [None, *reversed(made[:-1])]
        for block, skip in zip(self.decoder, across, strict=True):
            images = block(images if skip is None or not self.skips else torch.hstack([images, skip]))
        return images


class RunsEmpty(UNetGenerator):
    def forward(self, images):
        made = []
        for block in self.down:
            images = block(images)
            made.append(images)
        images = made.pop()
        for block in self.up:
            images = torch.cat([block(images), made.pop()], dim=1)
        return images


class BesideItself(UNetGenerator):
    def forward(self, images):
        made = []
        for block in self.down:
            images = block(images)
            made.append(images)
        for block in self.up:
            images = block(torch.cat([images, made.pop()], dim=1))
        return images


class PictureLast(UNetGenerator):
    """Remembers what each block was given, the picture too."""

    def forward(self, images):
        given = []
        for block in self.down:
            given.append(images)
            images = block(images)
        for block in self.up:
            images = torch.cat([block(images), given.pop()], dim=1)
        return images


class OtherLayers(UNetGenerator):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.up[-1] = nn.Sequential(nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1), nn.Upsample(scale_factor=2), nn.Tanh())


class Forgetful(UNetGenerator):
    def __init__(self, image_size=256, width=64, norm="batch", skips=True):
        super().__init__(image_size, width, norm, skips)
        del self.width


class OneDown(UNetGenerator):
    def forward(self, images):
        return self.up[0](self.down[1](images))


def dropped(always):
    return lambda pictures, network, images: functional.dropout(pictures, 0.1, training=always or network.training)


UNETS = [
    UNetGenerator,
    unet_variant(),
    unet_variant(take=lambda skips: skips.pop(-1), join=lambda images, skip: torch.concat((images, skip), 1)),
    unet_variant(remembered=lambda made: made[-2::-1], take=lambda skips: skips.pop(0)),
    ByRecursion,
    Before,
]
WRONG_UNETS = [
    (unet_variant(join=torch.add), "the two maps were added: 32 channels stay 32"),
    (unet_variant(take=lambda skips: skips.pop(0)), "a 16x16 map was to go with a 2x2 one.*taken first"),
    (unet_variant(join=torch.add, take=lambda skips: skips.pop(0)), "a 16x16 map was to go with a 2x2.*taken first"),
    (unet_variant(join=lambda images, skip: torch.cat([skip, images], dim=1)), "the skip is laid first"),
    (BesideItself, "the bottleneck is laid beside itself"),
    (unet_variant(remembered=lambda made: made), "the bottleneck is still in the list"),
    (unet_variant(joins=lambda network: False), "only what the block before it made: 32 channels, where it takes 64"),
    (unet_variant(joins=lambda network: True), "With skips=False, self.up.1. is still given something else"),
    (unet_variant(join=lambda images, skip: torch.cat([images, images], 1)), "was not given what self.up.0. made"),
    (unet_variant(join=lambda images, skip: torch.cat([images, skip], 0)), "was not given what self.up.0. made"),
    (
        unet_variant(remember=lambda before, after: before, start=lambda made, given: made[-1]),
        "remember what each block was given, not what it made",
    ),
    (PictureLast, r"come back as \(2, 6, 32, 32\). Nothing is laid beside"),
    (RunsEmpty, "ran empty. Behind the last block"),
    (unet_variant(end=lambda pictures, *_: pictures.tanh()), "Tanh is taken twice"),
    (unet_variant(end=lambda pictures, network, images: pictures + images), "something happens behind the last block"),
    (unet_variant(end=dropped(always=True)), "two pictures of the same labels"),
    (unet_variant(end=dropped(always=False)), "right in eval mode. In training something else is drawn"),
    (unet_variant(join=lambda images, skip: torch.cat([images, skip.detach()], 1)), "a wall stands in a way back"),
    (unet_variant(end=lambda pictures, *_: pictures.detach()), "no gradient comes back"),
    (unet_variant(end=lambda pictures, *_: None), "yours returns NoneType"),
    (OneDown, "self.down.0., was not used"),
    (OtherLayers, "its layers are not those"),
    (Forgetful, "does not keep self.width"),
    (lambda image_size, width, norm, skips: UNetGenerator(32, 4, "batch", skips), "right at 32 px. At 64 px"),
    (lambda image_size: None, "raised TypeError"),
    (unet_variant(end=lambda pictures, *_: pictures.nothing), "raised AttributeError"),
]

# E3.3 ----------------------------------------------------------------------------------------------------------------


def patch_variant(
    *,
    opening=lambda channels, width: [nn.Conv2d(channels, width, 4, 2, 1)],
    hidden=lambda before, after, stride, norm: [
        nn.Conv2d(before, after, 4, stride, 1, bias=needs_bias(norm)),
        *normalise(norm, after),
    ],
    closing=lambda channels, norm: [nn.Conv2d(channels, 1, 4, 1, 1)],
    activation=lambda: nn.LeakyReLU(0.2),
    stride=lambda layer, layers: 2 if layer < layers else 1,
    times=lambda layer: min(2**layer, 8),
    count=lambda layers: layers,
    first=lambda in_channels: in_channels,
    norm_of=lambda norm: norm,
    initialise=initialise_weights,
    result=lambda logits: logits,
    keeps=("in_channels", "layers", "width", "norm"),
):
    """A PatchGAN that keeps its layers elsewhere, and one thing is done differently."""

    class Variant(nn.Module):
        def __init__(self, in_channels=3, layers=3, width=64, norm="instance"):
            super().__init__()
            settings = {"in_channels": in_channels, "layers": layers, "width": width, "norm": norm}
            for name in keeps:
                setattr(self, name, settings[name])
            norm = norm_of(norm)
            if layers == 0:
                self.everything = PatchDiscriminator(in_channels, 0, width, norm).blocks
                return
            self.opening = nn.Sequential(*opening(first(in_channels), width), activation())
            channels, self.middle = width, nn.ModuleList()
            for layer in range(1, count(layers) + 1):
                after = width * times(layer)
                self.middle.append(nn.Sequential(*hidden(channels, after, stride(layer, layers), norm), activation()))
                channels = after
            self.closing = nn.Sequential(*closing(channels, norm))
            initialise(self)

        def forward(self, images):
            if self.layers == 0:
                return self.everything(images)
            maps = self.opening(images)
            for block in self.middle:
                maps = block(maps)
            return result(self.closing(maps))

    return Variant


class PatchesOfFunctions(nn.Module):
    """Layers without activations, which stand in forward, one of them in place."""

    def __init__(self, in_channels=3, layers=3, width=64, norm="instance"):
        super().__init__()
        self.in_channels, self.layers, self.width, self.norm = in_channels, layers, width, norm
        channels = [in_channels, *(min(width * 2**layer, 8 * width) for layer in range(layers + 1)), 1]
        if layers == 0:
            channels = [in_channels, width, 2 * width, 1]
        last = len(channels) - 2
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        for number in range(last + 1):
            inside = 0 < number < last
            bias = (not inside and not (layers == 0 and number == last)) or norm != "batch"
            window = (4, 2 if number < layers else 1, 1) if layers else (1,)
            self.convolutions.append(nn.Conv2d(channels[number], channels[number + 1], *window, bias=bias))
            if inside:
                self.norms.append(nn.Sequential(*normalise(norm, channels[number + 1])))
        initialise_weights(self)

    def forward(self, images):
        maps = functional.leaky_relu(self.convolutions[0](images), 0.2)
        for convolution, norm in zip(self.convolutions[1:-1], self.norms, strict=True):
            maps = functional.leaky_relu(norm(convolution(maps)), 0.2, inplace=True)
        return self.convolutions[-1](maps)


def window(**changed):
    """The hidden layers with another window."""

    def hidden(before, after, stride, norm):
        options = {"kernel_size": 4, "stride": stride, "padding": 1, **changed}
        return [nn.Conv2d(before, after, **options, bias=needs_bias(norm)), *normalise(norm, after)]

    return hidden


def norm_behind_activation(before, after, stride, norm):
    return [nn.Conv2d(before, after, 4, stride, 1, bias=False), nn.LeakyReLU(0.2), *normalise(norm, after)]


def missing_at_16(before, after, stride, norm):
    return [nn.Conv2d(before, after, 4, stride, 1, bias=False), *(normalise(norm, after) if after != 16 else [])]


def with_bias(before, after, stride, norm):
    return [nn.Conv2d(before, after, 4, stride, 1), *normalise(norm, after)]


PATCHES = [
    PatchDiscriminator,
    patch_variant(),
    PatchesOfFunctions,
    patch_variant(times=lambda layer: 2 ** min(layer, 3)),
]
WRONG_PATCHES = [
    (patch_variant(stride=lambda layer, layers: 2), "halves the map once more.*One logit sees 94 px, not 70.*15x15"),
    (patch_variant(count=lambda layers: layers - 1), "Yours has 4. One logit sees 46 px, not 70"),
    (patch_variant(count=lambda layers: layers + 1), "Yours has 6. One logit sees 94 px, not 70"),
    (patch_variant(hidden=window(kernel_size=3)), "yours are 4, 3, 3, 3, 4. One logit sees 56 px"),
    (patch_variant(hidden=window(padding=0)), "The strides are right and the padding is not"),
    (patch_variant(hidden=window(stride=1)), "yours goes 128 → 64 → 63 → 62 → 61 → 60. Three.* sees 28 px, not 70"),
    (
        patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 2, 1)]),
        "yours goes 128 → 64 → 32 → 16 → 15 → 7. Three layers move by 2, and the last two by 1.$",
    ),
    (
        patch_variant(opening=lambda channels, width: [nn.Conv2d(channels, width, 4, 2, 1), nn.BatchNorm2d(width)]),
        "a norm stands behind the first convolution",
    ),
    (
        patch_variant(
            opening=lambda channels, width: [nn.BatchNorm2d(channels), nn.Conv2d(channels, width, 4, 2, 1)],
        ),
        "a norm stands on the picture itself",
    ),
    (patch_variant(norm_of=lambda norm: "none"), "there is no norm in it"),
    (patch_variant(hidden=missing_at_16), "missing behind the layer that makes 16 channels"),
    (
        patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 1, 1), nn.BatchNorm2d(1)]),
        "a norm stands on the logits",
    ),
    (patch_variant(norm_of=lambda norm: "instance"), "should be BatchNorm2d; yours is InstanceNorm2d"),
    (patch_variant(norm_of=lambda norm: "batch"), "not with in_channels=3, layers=2, width=2, norm=.instance"),
    (patch_variant(norm_of=lambda norm: "batch" if norm == "none" else norm), "norm=.none"),
    (patch_variant(hidden=norm_behind_activation), "batch norm comes after the activation"),
    (patch_variant(hidden=with_bias), "a convolution before a batch norm has a bias"),
    (
        patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 1, 1, bias=False)]),
        "have a bias: no norm follows.*2,768,705",
    ),
    (patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 1, 1), nn.Sigmoid()]), "a sigmoid stands at the end"),
    (patch_variant(result=torch.sigmoid), "a sigmoid stands at the end"),
    (patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 1, 1), nn.ReLU()]), "an activation stands behind"),
    (
        patch_variant(closing=lambda c, norm: [nn.Conv2d(c, 1, 4, 1, 1), nn.LeakyReLU(0.2)]),
        "an activation stands behind",
    ),
    (patch_variant(result=torch.tanh), "something stands behind the last convolution"),
    (patch_variant(result=lambda logits: logits.mean(dim=(1, 2, 3))), "one number for the whole picture"),
    (patch_variant(result=lambda logits: logits.mean()), "one number for the whole picture"),
    (patch_variant(result=lambda logits: logits.flatten(1)), r"yours have the shape \(2, 196\)"),
    (patch_variant(result=torch.squeeze), r"yours have the shape \(2, 14, 14\)"),
    (patch_variant(closing=lambda c, norm: [nn.Flatten(), nn.LazyLinear(1)], initialise=lambda n: None), "fully"),
    (
        patch_variant(closing=lambda c, norm: [nn.AdaptiveAvgPool2d(4), nn.Conv2d(c, 1, 4)]),
        "changes its size where no convolution is",
    ),
    (patch_variant(times=lambda layer: 2**layer), "min.2..layer, 8"),
    (patch_variant(times=lambda layer: 1), "yours make 4 → 4 → 4 → 4 → 1. They start at"),
    (patch_variant(closing=lambda c, norm: [nn.Conv2d(c, c, 4, 1, 1)]), "→ 32. The last one makes the logit"),
    (patch_variant(first=lambda in_channels: 3), "first convolution does not take the 6 channels"),
    (patch_variant(closing=lambda c, norm: [nn.Conv2d(2 * c, 1, 4, 1, 1)]), "another number of channels than"),
    (patch_variant(activation=nn.ReLU), "stands a ReLU. Where it is 0"),
    (patch_variant(activation=nn.LeakyReLU), "the slope is 0.01, torch's own"),
    (patch_variant(activation=lambda: nn.LeakyReLU(0)), "stands a ReLU. Where it is 0"),
    (patch_variant(activation=lambda: nn.LeakyReLU(0.1)), "the slope is 0.1"),
    (patch_variant(activation=nn.Identity), "stands no activation"),
    (patch_variant(activation=nn.Tanh), "is no LeakyReLU"),
    (patch_variant(initialise=lambda network: None), "not 0.02"),
    (patch_variant(keeps=("in_channels", "layers", "norm")), "does not keep self.width"),
    (lambda in_channels, layers, width, norm: PatchDiscriminator(in_channels, 3, width, norm), "not with.*layers=5"),
    (
        lambda in_channels, layers, width, norm: PatchDiscriminator(in_channels, layers or 1, width, norm),
        "Leave the PixelGAN",
    ),
    (lambda in_channels, layers, width, norm: nn.Identity(), "should all be nn.Conv2d"),
    (lambda: None, "raised TypeError"),
]

# E3.4 ----------------------------------------------------------------------------------------------------------------


def field_forwards(layers):
    field, step = 1, 1
    for stride in [*[2] * layers, 1, 1] if layers else []:
        field += 3 * step
        step *= stride
    return field


def field_by_gradient(layers):
    """Which pixels the middle logit hangs on."""
    if layers > 4:
        return 286  # the same at 512 px, and slow
    network = PatchDiscriminator(1, layers, 1, "none")
    for weight in network.parameters():
        nn.init.constant_(weight, 1.0)
    images = torch.zeros(1, 1, 192, 192, requires_grad=True)
    logits = network(images)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    return int((images.grad[0, 0] != 0).any(dim=0).sum())


def field_of_strides(strides, kernel=4, start=1):
    def field(layers):
        sees = start
        for stride in strides(layers) if layers else []:
            sees = (sees - 1) * stride + kernel
        return sees

    return field


def field_without_overlap(layers):
    sees = 1
    for stride in [1, 1, *[2] * layers] if layers else []:
        sees = sees * stride + 4
    return sees


def step_doubled_early(layers):
    field, step = 1, 1
    for stride in [*[2] * layers, 1, 1]:
        step *= stride
        field += 3 * step
    return field


FIELDS = [
    receptive_field,
    field_forwards,
    field_by_gradient,
    lambda layers: 9 * 2**layers - 2 if layers else 1,
    lambda layers: 1 if not layers else 16 if layers == 1 else 2 * receptive_field(layers - 1) + 2,
]
WRONG_FIELDS = [
    (field_of_strides(lambda layers: [2] * layers), "the two layers at the end are missing"),
    (field_of_strides(lambda layers: [1, *[2] * layers]), "one layer is missing"),
    (field_of_strides(lambda layers: [2] * (layers + 2)), "moves by one pixel; you let it move by 2"),
    (field_of_strides(lambda layers: [*[2] * layers, 1, 1]), "with the formula for the way back"),
    (field_of_strides(lambda layers: [1, 1, *[2] * layers], kernel=3), "Each has 4"),
    (field_of_strides(lambda layers: [1, 1, *[2] * layers], start=0), "start at 1"),
    (field_without_overlap, "the − 1 is missing"),
    (lambda layers: 2**layers, "how far apart neighbouring logits look"),
    (lambda layers: 4**layers, "you multiplied the kernels. Neigh"),
    (lambda layers: 4 ** (layers + 2), "those of the last two layers too"),
    (lambda layers: 3 * layers + 7, "left the strides out"),
    (step_doubled_early, "double the step too early"),
    (lambda layers: 256 // 2**layers - 2, "height of the map of logits"),
    (lambda layers: receptive_field(layers) + 4, "always 4 too many"),
    (lambda layers: receptive_field(layers) - 1, "always 1 too few"),
    (lambda layers: receptive_field(layers - 1) if layers else 1, "one layer off"),
    (lambda layers: receptive_field(min(layers + 1, 5)), "one layer off"),
    (lambda layers: 10 * layers, "for layers=3 it should give 70; yours gives 30"),
    (lambda layers: 70, "for layers=1 it should give 16; yours gives 70"),
    (lambda layers: 9 * 2**layers - 2, "With layers=0 every kernel is 1x1.*yours says 7"),
    (lambda layers: receptive_field(layers) if layers else 4, "yours says 4"),
    (lambda layers: float(receptive_field(layers)), "of type float"),
    (lambda layers: torch.tensor(receptive_field(layers)), "of type Tensor"),
    (lambda layers: receptive_field(layers) if layers else True, "of type bool"),
    (lambda layers: str(receptive_field(layers)), "should give 70; yours gives '70'"),
    (lambda layers: None, "yours gives None"),
    (lambda: 70, "raised TypeError"),
]


@pytest.mark.parametrize("layers", [1, 3])
def test_the_course_s_field_is_the_one_that_is_taught(layers):
    top, left, bottom, right = patch_box(7, 7, layers, 256)
    assert (bottom - top, right - left) == (receptive_field(layers),) * 2


# E3.5 ----------------------------------------------------------------------------------------------------------------


def step_variant(
    *,
    show=beside,
    wall=lambda fake_photos: fake_photos,
    hold_still=True,
    compare=lambda pixel_loss, fake_photos, labels, photos: pixel_loss(fake_photos, photos),
    judge=lambda loss, fake_logits: loss(fake_logits),
    add=lambda adversarial, pixels, weight: adversarial + weight * pixels,
    make_again=lambda generator, fake_photos, labels: fake_photos,
    move=lambda loss, optimiser, update: update(loss, optimiser),
    put_back=True,
    result=lambda adversarial, pixels, logits: PairedGeneratorResult(
        adversarial.detach(), pixels.detach(), logits.detach()
    ),
):
    """The step written out, D held still by hand."""

    def step(
        generator,
        discriminator,
        optimiser,
        labels,
        photos,
        loss=generator_bce_loss,
        pixel_loss=l1_loss,
        pixel_weight=100.0,
        update=update,
    ):
        kept = copy.deepcopy(discriminator.state_dict())
        discriminator.requires_grad_(not hold_still)
        fake_photos = generator(labels)
        fake_logits = discriminator(show(labels, wall(fake_photos)))
        adversarial = judge(loss, fake_logits)
        pixels = compare(pixel_loss, make_again(generator, fake_photos, labels), labels, photos)
        move(add(adversarial, pixels, pixel_weight), optimiser, update)
        discriminator.requires_grad_(True)
        if put_back:
            discriminator.load_state_dict(kept)
        return result(adversarial, pixels, fake_logits)

    return step


def slope_first(
    generator,
    discriminator,
    optimiser,
    labels,
    photos,
    loss=generator_bce_loss,
    pixel_loss=l1_loss,
    pixel_weight=100.0,
    update=update,
):
    """The slope of the adversarial term at the photos first, by a copy of D; then one backward for both terms."""
    fake_photos = generator(labels)
    shown = fake_photos.detach().requires_grad_()
    fake_logits = copy.deepcopy(discriminator)(beside(labels, shown))
    adversarial, pixels = loss(fake_logits), pixel_loss(fake_photos, photos)
    (slope,) = torch.autograd.grad(adversarial, shown)
    update((slope * fake_photos).sum() + pixel_weight * pixels, optimiser)
    return PairedGeneratorResult(adversarial.detach(), pixels.detach(), fake_logits.detach())


def trains_the_discriminator_too(generator, discriminator, optimiser, labels, photos, **options):
    both = SGD([*generator.parameters(), *discriminator.parameters()], 0.25)
    return step_variant(hold_still=False, put_back=False)(generator, discriminator, both, labels, photos, **options)


def leaves_it_frozen(generator, discriminator, *rest, **options):
    made = paired_generator_step(generator, discriminator, *rest, **options)
    discriminator.requires_grad_(False)
    return made


def freezes_the_generator(generator, *rest, **options):
    with frozen(generator):
        return step_variant()(generator, *rest, **options)


def in_eval_mode(generator, discriminator, *rest, **options):
    discriminator.eval()
    made = paired_generator_step(generator, discriminator, *rest, **options)
    discriminator.train()
    return made


def left_in_eval_mode(generator, discriminator, *rest, **options):
    discriminator.eval()
    return paired_generator_step(generator, discriminator, *rest, **options)


def once_for_each_term(generator, discriminator, optimiser, labels, photos, loss=generator_bce_loss, **options):
    fake_photos = generator(labels)
    with frozen(discriminator):
        fake_logits = discriminator(beside(labels, fake_photos))
    adversarial, pixels = loss(fake_logits), l1_loss(fake_photos, photos)
    update(adversarial, optimiser)
    update(100 * pixels, optimiser)
    return PairedGeneratorResult(adversarial.detach(), pixels.detach(), fake_logits.detach())


def two_steps_one_after_the_other(generator, discriminator, optimiser, labels, photos, **options):
    update(100 * l1_loss(generator(labels), photos), optimiser)
    return paired_generator_step(generator, discriminator, optimiser, labels, photos, pixel_weight=0)


def no_zero_grad(loss, optimiser, update):
    loss.backward()
    optimiser.step()


def written_out(loss, optimiser, update):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def without_asking(generator, discriminator, optimiser, labels, photos, **options):
    pixels = l1_loss(generator(labels), photos)
    update(100 * pixels, optimiser)
    return PairedGeneratorResult(torch.tensor(0.0), pixels.detach(), torch.zeros(2, 1, 2, 2))


def as_floats(adversarial, pixels, logits):
    return PairedGeneratorResult(adversarial.item(), pixels.item(), logits.detach())


def apart(adversarial, pixels, logits):
    return PairedGeneratorResult(pixels.detach(), adversarial.detach(), logits.detach())


PAIRED_STEPS = [paired_generator_step, step_variant(), slope_first]
WRONG_PAIRED_STEPS = [
    (step_variant(compare=lambda _, fake, labels, photos: l2_loss(fake, photos)), "the square of the distance, L2"),
    (step_variant(compare=lambda _, fake, labels, photos: l1_loss(fake, photos)), "ignores the pixel_loss"),
    (step_variant(compare=lambda loss, fake, labels, photos: loss(fake, labels)), "compared with the labels"),
    (step_variant(compare=lambda loss, fake, labels, photos: loss(fake.detach(), photos)), "only the adversarial term"),
    (step_variant(add=lambda adversarial, pixels, weight: weight * adversarial + pixels), "stands at the wrong term"),
    (step_variant(add=lambda adversarial, pixels, weight: adversarial + pixels), "pixel_weight is forgotten"),
    (step_variant(add=lambda adversarial, pixels, weight: weight * (adversarial + pixels)), "multiplies both terms"),
    (step_variant(add=lambda adversarial, pixels, weight: adversarial + 100 * pixels), "ignores the pixel_weight"),
    (step_variant(add=lambda adversarial, pixels, weight: adversarial), "only the adversarial term taught"),
    (step_variant(add=lambda adversarial, pixels, weight: weight * pixels), "only the pixel loss taught"),
    (step_variant(add=lambda adversarial, pixels, weight: -adversarial - weight * pixels), "moved uphill"),
    (step_variant(add=lambda adversarial, pixels, weight: -adversarial + weight * pixels), "term has the wrong sign"),
    (step_variant(add=lambda adversarial, pixels, weight: adversarial - weight * pixels), "pixel loss has the wrong"),
    (step_variant(add=lambda adversarial, pixels, weight: (adversarial + weight * pixels) / 2), "the sum is halved"),
    (step_variant(add=lambda adversarial, pixels, weight: 3 * (adversarial + weight * pixels)), "not to where one"),
    (step_variant(judge=lambda _, fake: generator_saturating_loss(fake)), "the saturating loss"),
    (step_variant(judge=lambda _, fake: softplus(fake).mean()), "learns to be found out"),
    (step_variant(judge=lambda _, fake: generator_bce_loss(fake)), "ignores the loss it is given"),
    (step_variant(show=lambda labels, photos: photos), "three channels, one picture without its labels"),
    (step_variant(show=lambda labels, photos: beside(photos, labels)), "the photo first and the labels second"),
    (
        lambda g, d, o, labels, photos, **options: step_variant(show=lambda seen, _: beside(seen, photos))(
            g, d, o, labels, photos, **options
        ),
        "is shown the real photo",
    ),
    (step_variant(show=lambda labels, photos: beside(labels, labels)), "something else, of the shape"),
    (step_variant(show=lambda labels, photos: torch.cat([labels, photos])), r"of the shape \(4, 3, 2, 2\)"),
    (step_variant(wall=torch.Tensor.detach), "hangs on nothing"),
    (step_variant(judge=lambda loss, fake: loss(fake.detach())), "only the pixel loss taught"),
    (freezes_the_generator, "no gradient reached the generator"),
    (trains_the_discriminator_too, "it changed the discriminator"),
    (step_variant(hold_still=False), "leaves gradients in the discriminator's weights"),
    (leaves_it_frozen, "leaves the discriminator frozen"),
    (once_for_each_term, "moves once for each term"),
    (two_steps_one_after_the_other, "moves once for each term"),
    (step_variant(make_again=lambda generator, fake, labels: generator(labels)), "the generator is asked twice"),
    (step_variant(put_back=False), "their running averages moved"),
    (in_eval_mode, "judge by their running averages"),
    (left_in_eval_mode, "leaves a network in eval mode"),
    (step_variant(move=no_zero_grad), "gradients of an earlier step were still there"),
    (step_variant(move=lambda *_: None), "the generator did not move"),
    (step_variant(move=written_out), "ignores the update"),
    (without_asking, "only the pixel loss taught"),
    (step_variant(result=as_floats), "loss should be a tensor; it is float"),
    (step_variant(result=PairedGeneratorResult), "loss still hangs on the graph"),
    (step_variant(result=lambda *_: None), r"returns nothing.*PairedGeneratorResult\(loss, pixel_loss, fake_logits\)"),
    (step_variant(result=lambda *terms: tuple(term.detach() for term in terms)), "returns tuple"),
    (
        step_variant(result=lambda a, p, logits: PairedGeneratorResult(a.detach(), 100 * p.detach(), logits.detach())),
        "pixel_loss is already weighted",
    ),
    (
        step_variant(result=lambda a, p, logits: PairedGeneratorResult((a + 100 * p).detach(), p.detach(), logits)),
        "loss is the whole sum",
    ),
    (step_variant(result=apart), "stand in each other's place"),
    (
        step_variant(result=lambda a, p, s: PairedGeneratorResult(a.detach(), p.detach(), s.detach().sigmoid())),
        "fake_logits holds probabilities",
    ),
    (lambda generator, discriminator, optimiser, labels, photos: None, "the generator did not move"),
    (lambda generator, discriminator: None, "raised TypeError"),
]

# All of them ---------------------------------------------------------------------------------------------------------

EXERCISES = {
    "check_jitter": (jitter, JITTERS, WRONG_JITTERS),
    "check_unet": (UNetGenerator, UNETS, WRONG_UNETS),
    "check_patch_discriminator": (PatchDiscriminator, PATCHES, WRONG_PATCHES),
    "check_receptive_field": (receptive_field, FIELDS, WRONG_FIELDS),
    "check_paired_generator_step": (paired_generator_step, PAIRED_STEPS, WRONG_PAIRED_STEPS),
}


@pytest.mark.parametrize(("check", "solution"), [("check_unet", UNetGenerator)])
def test_a_class_with_a_hole_is_not_written_yet(check, solution, capsys):
    """As the assignment has it: layers given, the way through them left out."""

    class Stub(solution):
        def forward(self, images):
            raise NotImplementedError("it is yours to write.")

    assert getattr(checks, check)(Stub) is solution
    assert "not written yet." in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("answer", JITTERS)
def test_a_right_jitter_is_never_doubted(answer, monkeypatch):
    seeded = lesson_03._seeded
    for shift in range(0, 800, 20):
        monkeypatch.setattr(lesson_03, "_seeded", lambda seed, shift=shift: seeded(seed + shift))
        assert lesson_03._examine_jitter(answer) is None
