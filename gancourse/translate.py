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
from gancourse.networks import UNetGenerator
from gancourse.progress import progress_bar
from gancourse.training import translate


def translate_files(
    generator: UNetGenerator,
    source: Path,
    target: Path,
    prepare: Callable[[Image.Image], Image.Image] = lambda picture: picture,
    train_statistics: bool = False,
    progress: bool = True,
) -> tuple[int, list[str]]:
    """Translate the picture `source` to `target`, or every picture of a folder to a PNG of its name in another.

    The generator takes one size: a picture is squeezed or stretched to that, and its translation is given the
    picture's own size again.  `prepare` comes first; `train_statistics` is as in `gancourse.training.translate`.

    Returns how many were translated, and of a folder's pictures why some were not: those are left out.  Raises
    CourseError for a single picture that cannot be read, and where there is nothing or nowhere to write.
    """
    hardware = Hardware(precision="float32")
    hardware.place(generator)

    def translate_one(content: Path, result: Path) -> None:
        picture = prepare(open_image(content))
        size = (generator.image_size, generator.image_size)
        pixels = torch.from_numpy(np.array(picture.resize(size, Image.Resampling.BILINEAR))).permute(2, 0, 1)
        made = translate(generator, hardware.send(to_float(pixels)[None]), train_statistics)
        photo = Image.fromarray(to_uint8(made)[0].permute(1, 2, 0).numpy())
        result.parent.mkdir(parents=True, exist_ok=True)
        photo.resize(picture.size, Image.Resampling.BICUBIC).save(result)

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
