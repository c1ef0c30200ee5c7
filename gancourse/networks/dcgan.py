"""DCGAN: a generator and a discriminator made of strided convolutions (Radford et al. 2016, §3 and figure 1)."""

from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.initialise import initialise_weights


def conv_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """The height, or width, in pixels, that a convolution makes of `size` pixels.

    A window of `kernel_size` can move along `size + 2 * padding` pixels by the difference of the two.  It stops once
    at the start, hence the + 1, and once after every `stride` pixels; what is left over is never looked at.
    """
    return (size + 2 * padding - kernel_size) // stride + 1


def deconv_size(size: int, kernel_size: int, stride: int, padding: int, output_padding: int = 0) -> int:
    """The height, or width, in pixels, that a transposed convolution makes of `size` pixels.

    `conv_size` solved for its input: the smallest one that a convolution would take to `size`.  Rounding down makes
    `stride` inputs equal, and `output_padding`, below `stride`, chooses among them.
    """
    return (size - 1) * stride - 2 * padding + kernel_size + output_padding


def conv(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 4,
    stride: int = 2,
    padding: int = 1,
    batch_norm: bool = True,
) -> nn.Sequential:
    """A convolution without bias, and a batch norm if asked for.  As it stands, 4/2/1, it halves height and width.

    No bias anywhere: a batch norm would subtract it again, and the paper's networks do without it elsewhere too.
    """
    layers: list[nn.Module] = [nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers)


def deconv(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 4,
    stride: int = 2,
    padding: int = 1,
    batch_norm: bool = True,
) -> nn.Sequential:
    """A transposed convolution without bias, and a batch norm if asked for.  4/2/1 doubles height and width."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers)


class DCGANGenerator(nn.Module):
    """Latents in, pictures out.

    latents (N, latent_size), drawn from N(0, 1)  ->  images (N, 3, image_size, image_size) in (-1, 1)

    The latent becomes a 4x4 map, and every further layer doubles it and halves its channels; the last but one has
    `width` of them.  Batch norm and ReLU everywhere but at the output, which is a bare Tanh.  `image_size` is a power
    of two from 16 up.  At 64 px and width 64: 3,576,704 parameters.  Raises CourseError for other sizes, and when
    called with latents of another shape.
    """

    def __init__(self, latent_size: int = 100, image_size: int = 64, width: int = 64) -> None:
        super().__init__()
        require_image_size(image_size)
        self.latent_size, self.image_size, self.width = latent_size, image_size, width
        channels = width * image_size // 8
        layers = [deconv(latent_size, channels, stride=1, padding=0), nn.ReLU()]  # 1 -> 4
        while channels > width:
            layers += [deconv(channels, channels // 2), nn.ReLU()]
            channels //= 2
        layers += [deconv(channels, 3, batch_norm=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        initialise_weights(self)

    def forward(self, latents: Tensor) -> Tensor:
        require_shape("latents", latents, (self.latent_size,))
        return self.layers(latents[:, :, None, None])

    def extra_repr(self) -> str:
        return f"latent_size={self.latent_size}, image_size={self.image_size}, width={self.width}"


class DCGANDiscriminator(nn.Module):
    """Pictures in, logits out.

    images (N, 3, image_size, image_size) in [-1, 1]  ->  logits (N,); above 0 means "more likely real"

    The generator's mirror image: every layer halves the picture, the first gives `width` channels and each further
    one doubles them, until a last convolution turns 4x4 into one number.  LeakyReLU 0.2 throughout; batch norm but on
    the first layer and the last.  At 64 px and width 64: 2,765,568 parameters.  Raises CourseError for sizes that are
    no power of two from 16 up, and when called with images of another size.
    """

    def __init__(self, image_size: int = 64, width: int = 64) -> None:
        super().__init__()
        require_image_size(image_size)
        self.image_size, self.width = image_size, width
        channels = width
        layers = [conv(3, channels, batch_norm=False), nn.LeakyReLU(0.2)]
        while channels < width * image_size // 8:
            layers += [conv(channels, channels * 2), nn.LeakyReLU(0.2)]
            channels *= 2
        layers += [conv(channels, 1, stride=1, padding=0, batch_norm=False)]  # 4 -> 1
        self.layers = nn.Sequential(*layers)
        initialise_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        require_shape("images", images, (3, self.image_size, self.image_size))
        return self.layers(images).flatten()

    def extra_repr(self) -> str:
        return f"image_size={self.image_size}, width={self.width}"


def require_image_size(image_size: int) -> None:
    """Raise CourseError unless a 4x4 map can double at least twice to become a square of `image_size` px."""
    if image_size < 16 or image_size & (image_size - 1):
        raise CourseError(
            f"A DCGAN cannot draw {image_size} px pictures; choose a power of two from 16 up: 32, 64, 128."
        )


def require_shape(what: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Raise CourseError unless `tensor`, called `what` in the sentence, is a batch of things of this shape."""
    if tensor.ndim != len(shape) + 1 or tensor.shape[1:] != shape:
        raise CourseError(
            f"These {what} have the shape {tuple(tensor.shape)}; this network takes (N, {', '.join(map(str, shape))})."
        )
