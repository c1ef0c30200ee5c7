"""Picture files through a translator: one, or a folder of them, of any size."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gancourse.data import open_image, to_float, to_uint8
from gancourse.data.files import SUFFIXES, open_pictures
from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.networks import ResNetGenerator, UNetGenerator
from gancourse.progress import progress_bar
from gancourse.training import translate


def translate_files(
    generator: UNetGenerator | ResNetGenerator,
    source: Path,
    target: Path,
    size: int,
    prepare: Callable[[Image.Image], Image.Image] = lambda picture: picture,
    train_statistics: bool = False,
    progress: bool = True,
) -> tuple[int, list[str]]:
    """Translate the picture `source` to `target`, or every picture of a folder to a PNG of its name in another.

    size  of what the generator sees, in px.  A U-Net takes squares of the one size that it has: a picture is squeezed
          or stretched.  A ResNet takes any: a picture's shorter side is brought to `size`, and the longer in proportion

    The translation is given the picture's own size again.  `prepare` comes first; `train_statistics` is as in
    `gancourse.training.translate`.

    Returns how many were translated, and of a folder's pictures why some were not: those are left out.  Raises
    CourseError for a single picture that cannot be read, where there is nothing or nowhere to write, and for a size
    that the generator does not take.
    """
    hardware = Hardware(precision="float32")
    hardware.place(generator)
    if isinstance(generator, UNetGenerator) and size != generator.image_size:
        raise CourseError(f"This U-Net takes pictures of {generator.image_size} px and no others, not of {size} px.")

    def translate_one(content: Path, result: Path) -> None:
        picture = prepare(open_image(content))
        seen = picture.resize(size_seen(generator, picture.size, size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(seen)).permute(2, 0, 1)
        made = translate(generator, hardware.send(to_float(pixels)[None]), train_statistics)
        translation = Image.fromarray(to_uint8(made)[0].permute(1, 2, 0).numpy())
        result.parent.mkdir(parents=True, exist_ok=True)
        translation.resize(picture.size, Image.Resampling.BICUBIC).save(result)

    if not source.exists():
        raise CourseError(f"There is no {source}. Give a picture, or a folder of pictures.")
    if source.resolve() == target.resolve():
        raise CourseError(f"{source} would be overwritten; give another place for the translations.")
    if source.is_file():
        if target.is_dir():
            target = target / f"{source.stem}.png"
        if target.suffix.lower() not in SUFFIXES:
            raise CourseError(f"{target} has no picture's ending; give one of {', '.join(sorted(SUFFIXES))}.")
        translate_one(source, target)
        return 1, []

    if target.is_file():
        raise CourseError(f"{source} is a folder and {target} is a file; give a folder for the translations.")
    names, refused = open_pictures(source).names, []
    for name in progress_bar(names, progress, desc="translating", unit="picture"):
        try:
            translate_one(source / name, (target / name).with_suffix(".png"))
        except CourseError as error:
            refused.append(str(error))
    return len(names) - len(refused), refused


def size_seen(generator: UNetGenerator | ResNetGenerator, picture_size: tuple[int, int], size: int) -> tuple[int, int]:
    """Width and height at which a generator sees a picture of (width, height), as `translate_files` says.

    A ResNet's sides are the nearest ones that halve evenly as often as it has downsamplings.
    """
    if isinstance(generator, UNetGenerator):
        return size, size
    factor = 2**generator.downsamplings
    scale = size / min(picture_size) / factor
    width, height = (factor * max(1, round(side * scale)) for side in picture_size)
    return width, height
