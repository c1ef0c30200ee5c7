"""The generator of CycleGAN (Zhu et al. 2017, §4 and the appendix, §7.2; after Johnson et al. 2016)."""

from itertools import pairwise

from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.normalise import needs_bias, normalise


class ResNetGenerator(nn.Module):
    """Pictures in, pictures out: smaller, a chain of small changes, larger again.

    images (N, 3, H, W) in [-1, 1]  ->  images of the same shape in (-1, 1)

        c7s1-64   a convolution of 7x7 to `width` channels
        d128 d256     halve the size, double the channels, `downsamplings` times
        R256 ...          residual blocks: what goes in, plus what two convolutions make of it
        u128 u64      double the size, halve the channels
        c7s1-3    a convolution of 7x7 to a picture, and Tanh

    blocks         residual ones; the paper takes 6 up to 128 px and 9 from 256 px up
    width          channels at full size
    downsamplings  2 in the paper; fewer leave small pictures more places to work on
    norm           "batch", "instance" or "none"
    resize         enlarge by repeating pixels and convolving, in place of a transposed convolution, whose kernel of 3
                   and stride of 2 touch neighbouring pixels unequally often (Odena et al. 2016)

    Edges are continued by reflection, so that no dark frame is learned.  With 9 blocks 11,378,179 parameters, with 6
    7,837,699.  Raises CourseError for settings that make no network, and for pictures whose sides do not halve evenly.
    """

    def __init__(
        self, blocks: int = 9, width: int = 64, downsamplings: int = 2, norm: str = "instance", resize: bool = False
    ) -> None:
        super().__init__()
        if blocks < 1 or width < 1 or not 0 <= downsamplings <= 4:
            raise CourseError(
                f"blocks={blocks}, width={width} and downsamplings={downsamplings} were asked for; give at least one "
                "block and one channel, and 0 to 4 downsamplings."
            )
        self.block_count, self.width, self.downsamplings = blocks, width, downsamplings
        self.norm, self.resize = norm, resize
        bias = needs_bias(norm)
        widths = [width * 2**level for level in range(downsamplings + 1)]

        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7, bias=bias)]
        layers += [*normalise(norm, width), nn.ReLU()]
        for narrow, wide in pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=bias), *normalise(norm, wide), nn.ReLU()]
        layers += [ResidualBlock(widths[-1], norm) for _ in range(blocks)]
        for wide, narrow in pairwise(reversed(widths)):
            if resize:
                layers += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), nn.Conv2d(wide, narrow, 3, bias=bias)]
            else:
                layers += [nn.ConvTranspose2d(wide, narrow, 3, stride=2, padding=1, output_padding=1, bias=bias)]
            layers += [*normalise(norm, narrow), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        initialise_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        factor = 2**self.downsamplings
        smallest = max(4, 2 * factor)  # what reflection needs, at full size and at the smallest
        if (
            images.ndim != 4
            or images.shape[1] != 3
            or any(side % factor or side < smallest for side in images.shape[2:])
        ):
            raise CourseError(
                f"These images have the shape {tuple(images.shape)}; this generator takes (N, 3, height, width) with "
                f"sides that are multiples of {factor}, {smallest} px or more."
            )
        return self.layers(images)

    def extra_repr(self) -> str:
        return (
            f"blocks={self.block_count}, width={self.width}, downsamplings={self.downsamplings}, norm={self.norm}, "
            f"resize={self.resize}"
        )


class ResidualBlock(nn.Module):
    """What goes in, (N, channels, H, W), plus a change that two convolutions of 3x3 compute; nothing after the sum."""

    def __init__(self, channels: int, norm: str = "instance") -> None:
        super().__init__()
        bias = needs_bias(norm)
        self.change = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            *normalise(norm, channels),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            *normalise(norm, channels),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.change(maps)
