"""The discriminator of pix2pix and CycleGAN: a map of logits, one for each patch (Isola et al. 2017, §3.2.2)."""

from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.normalise import needs_bias, normalise


class PatchDiscriminator(nn.Module):
    """Pictures in, a map of logits out; each sees a patch of the picture, and the patches overlap.

    images (N, in_channels, H, W) in [-1, 1]  ->  logits (N, 1, h, w): 30x30 of 256 px with three layers

    in_channels  3, or 6 where a picture comes with its condition
    layers       halvings, 0 to 5; each logit sees `receptive_field(layers)` px.  0 is the 1x1 PixelGAN
    width        channels of the first layer; they double until they are 8 times as many
    norm         "batch", "instance" or "none"; never on the first layer and the last

    Raises CourseError for other layers and norms, and for pictures too small for a single logit.
    """

    def __init__(self, in_channels: int = 3, layers: int = 3, width: int = 64, norm: str = "instance") -> None:
        super().__init__()
        if not 0 <= layers <= 5:
            raise CourseError(f"A PatchGAN of {layers} layers was asked for; choose 0 (single pixels) to 5.")
        self.in_channels, self.layers, self.width, self.norm = in_channels, layers, width, norm
        bias = needs_bias(norm)
        blocks: list[nn.Module]
        if layers == 0:
            blocks = [nn.Conv2d(in_channels, width, 1), nn.LeakyReLU(0.2)]
            blocks += [nn.Conv2d(width, 2 * width, 1, bias=bias), *normalise(norm, 2 * width), nn.LeakyReLU(0.2)]
            blocks += [nn.Conv2d(2 * width, 1, 1, bias=bias)]
        else:
            blocks = [nn.Conv2d(in_channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            channels = width
            for layer in range(1, layers + 1):
                after, stride = width * min(2**layer, 8), 2 if layer < layers else 1
                blocks += [nn.Conv2d(channels, after, 4, stride, padding=1, bias=bias)]
                blocks += [*normalise(norm, after), nn.LeakyReLU(0.2)]
                channels = after
            blocks += [nn.Conv2d(channels, 1, 4, stride=1, padding=1)]
        self.blocks = nn.Sequential(*blocks)
        initialise_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            raise CourseError(
                f"These images have the shape {tuple(images.shape)}; this discriminator takes (N, {self.in_channels}, "
                "height, width)."
            )
        smallest = smallest_image(self.layers)
        if min(images.shape[2:]) < smallest:
            raise CourseError(
                f"Pictures of {images.shape[3]}x{images.shape[2]} px leave no logit after {self.layers} layers, "
                f"which need {smallest} px; take larger pictures, or fewer layers."
            )
        return self.blocks(images)

    def extra_repr(self) -> str:
        return f"in_channels={self.in_channels}, layers={self.layers}, width={self.width}, norm={self.norm}"


def receptive_field(layers: int) -> int:
    """How many px, each way, one logit of a PatchDiscriminator of so many layers sees: 70 for three.

    Backwards from one logit: a kernel of 4 that moves by s sees (field - 1) * s + 4 px of what it reads.
    """
    field = 1
    for stride in strides(layers):
        field = (field - 1) * stride + 4
    return field


def patch_box(row: int, column: int, layers: int, image_size: int) -> tuple[int, int, int, int]:
    """The pixels that the logit at (row, column) sees, as (top, left, bottom, right), the last two exclusive.

    Cut off where the patch reaches over the edge of a square picture of `image_size` px, into the padding.
    """
    (top, bottom), (left, right) = patch_span(row, layers), patch_span(column, layers)
    return max(top, 0), max(left, 0), min(bottom, image_size), min(right, image_size)


def patch_span(cell: int, layers: int) -> tuple[int, int]:
    """The first pixel that a row or column of logits sees, and the one behind the last; in the padding below 0."""
    start = cell
    for stride in strides(layers):
        start = start * stride - 1  # each layer pads by one
    return start, start + receptive_field(layers)


def strides(layers: int) -> list[int]:
    """Of the convolutions with a kernel of 4, from the logits back to the picture; none in a PixelGAN."""
    return [1, 1, *[2] * layers] if layers else []


def smallest_image(layers: int) -> int:
    """The least px that leave one logit."""
    size = 1
    for stride in strides(layers):
        size = (size - 1) * stride + 2
    return size
