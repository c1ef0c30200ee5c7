"""DCGAN: a generator and a discriminator made of strided convolutions (Radford et al. 2016, §3 and figure 1)."""

from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.initialise import initialise_weights


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
        self.latent_size, self.image_size, self.width = latent_size, image_size, width
        channels = width * 2 ** (doublings(image_size) - 1)
        layers = [deconv(latent_size, channels, kernel_size=4, stride=1, padding=0), nn.ReLU()]  # 1 -> 4
        while channels > width:
            layers += [deconv(channels, channels // 2), nn.ReLU()]
            channels //= 2
        layers += [deconv(channels, 3, batch_norm=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        initialise_weights(self)

    def forward(self, latents: Tensor) -> Tensor:
        if latents.ndim != 2 or latents.shape[1] != self.latent_size:
            raise CourseError(
                f"These latents have the shape {tuple(latents.shape)}; this generator takes (N, {self.latent_size})."
            )
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
        self.image_size, self.width = image_size, width
        channels = width
        layers = [conv(3, channels, batch_norm=False), nn.LeakyReLU(0.2)]
        for _ in range(doublings(image_size) - 1):
            layers += [conv(channels, channels * 2), nn.LeakyReLU(0.2)]
            channels *= 2
        layers += [conv(channels, 1, kernel_size=4, stride=1, padding=0, batch_norm=False)]  # 4 -> 1
        self.layers = nn.Sequential(*layers)
        initialise_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        expected = (3, self.image_size, self.image_size)
        if images.ndim != 4 or images.shape[1:] != expected:
            raise CourseError(
                f"These images have the shape {tuple(images.shape)}; this discriminator takes (N, 3, "
                f"{self.image_size}, {self.image_size})."
            )
        return self.layers(images).flatten()

    def extra_repr(self) -> str:
        return f"image_size={self.image_size}, width={self.width}"


def doublings(image_size: int) -> int:
    """How often a 4x4 map must double to become a picture: 4 times for 64 px."""
    if image_size < 16 or image_size & (image_size - 1):
        raise CourseError(
            f"A DCGAN cannot draw {image_size} px pictures; choose a power of two from 16 up: 32, 64, 128."
        )
    return image_size.bit_length() - 3
