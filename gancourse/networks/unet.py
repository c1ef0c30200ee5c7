"""The U-Net generator of pix2pix (Isola et al. 2017, §3.2.1 and the appendix, §6.1.1)."""

import torch
from torch import Tensor, nn

from gancourse.errors import CourseError
from gancourse.networks.dcgan import require_shape
from gancourse.networks.initialise import initialise_weights
from gancourse.networks.normalise import needs_bias, normalise

DROPOUT_BLOCKS = 3  # of the decoder, counted from the bottleneck


class UNetGenerator(nn.Module):
    """Pictures in, pictures out: down to one pixel, and up again with a look across at every size.

    images (N, 3, image_size, image_size) in [-1, 1]  ->  images of the same shape in (-1, 1)

        256                                                256   Tanh
          128 ------------------------------------------ 128
             64 ------------------------------------- 64
                32 ------------------------------- 32           each line is a skip: what the encoder made there
                   16 ------------------------- 16              is laid beside what the decoder made
                       8 ------------------- 8     dropout
                          4 ------------- 4        dropout
                             2 ------- 2           dropout
                                  1                no norm: a batch norm of one pixel at batch 1 would be 0

    image_size   a power of two from 32 up: each halving is one block, so 8 blocks down for 256 px
    width        channels of the first block; they double until they are 8 times as many
    norm         "batch", "instance" or "none"
    skips        False leaves the lines out: a plain encoder-decoder

    At 256 px and width 64: 54,413,955 parameters.  Dropout is the only noise there is.  Raises CourseError for other
    sizes and norms, and when called with images of another shape.
    """

    def __init__(self, image_size: int = 256, width: int = 64, norm: str = "batch", skips: bool = True) -> None:
        super().__init__()
        if image_size < 32 or image_size & (image_size - 1):
            raise CourseError(f"A U-Net cannot take {image_size} px pictures; choose 32, 64, 128, 256 or 512.")
        self.image_size, self.width, self.norm, self.skips = image_size, width, norm, skips
        depth = image_size.bit_length() - 1
        channels = [width * min(2**level, 8) for level in range(depth)]

        self.down = nn.ModuleList()
        for level in range(depth):
            before = channels[level - 1] if level else 3
            here = norm if 0 < level < depth - 1 else "none"
            self.down.append(
                nn.Sequential(
                    *([nn.LeakyReLU(0.2)] if level else []),
                    nn.Conv2d(before, channels[level], 4, stride=2, padding=1, bias=needs_bias(norm)),
                    *normalise(here, channels[level]),
                )
            )
        self.up = nn.ModuleList()
        for level in reversed(range(depth)):
            beside = 2 if skips and level < depth - 1 else 1
            after = channels[level - 1] if level else 3
            last, from_bottleneck = level == 0, depth - 1 - level
            self.up.append(
                nn.Sequential(
                    nn.ReLU(),
                    nn.ConvTranspose2d(
                        beside * channels[level], after, 4, stride=2, padding=1, bias=last or needs_bias(norm)
                    ),
                    *(normalise("none" if last else norm, after)),
                    *([nn.Dropout(0.5)] if from_bottleneck < DROPOUT_BLOCKS else []),
                    *([nn.Tanh()] if last else []),
                )
            )
        initialise_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        require_shape("images", images, (3, self.image_size, self.image_size))
        made = []
        for block in self.down:
            images = block(images)
            made.append(images)
        images = made.pop()
        for block in self.up:
            images = block(images)
            if self.skips and made:
                images = torch.cat([images, made.pop()], dim=1)
        return images

    def extra_repr(self) -> str:
        return f"image_size={self.image_size}, width={self.width}, norm={self.norm}, skips={self.skips}"
