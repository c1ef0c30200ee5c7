"""What is kept of a picture that was looked at: enough to tell its form, its copies, and a pair side by side."""

import hashlib
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gancourse.data import files
from gancourse.data.files import Pictures, open_image, read_file
from gancourse.data.pairs import flatness

# In levels of 255, the mean over two fingerprints: no further apart are copies of one picture.  JPEG at quality 25, and
# half or a third of the size, move pictures of 64 px and more by 2.4 at most.  The nearest two of 1,500 drawn faces are
# 3.3 apart, of 1,500 photographed ones 9.0.
ALIKE = 2.5
# So many times as strong as elsewhere is the change of colour where two pictures meet: at least 3.9 in 500 facades.  Of
# one picture's middle that may be true, but not of most in a set: half of 3,000 faces and landscapes are below 1.1.
SEAM = 3.0
ENOUGH = 256  # px a side; of a larger picture its middle says how flat it is
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held

# --- One picture ------------------------------------------------------------------------------------------------------


class CheckedPicture(NamedTuple):
    """What is kept of a picture that could be read."""

    size: tuple[int, int]  # width and height, upright
    mode: str  # as it is stored, in Pillow's words: RGB, L for grey, P for a palette, I;16 for grey of 16 bits
    format: str
    turned: bool  # by its EXIF tag
    transparent: bool
    content: bytes  # a digest of the file
    fingerprint: NDArray[np.uint8]
    flatness: tuple[float, float] = (0.0, 0.0)  # of its left and right halves, of wide pictures and those of pairs
    seam: float = 0.0  # of wide pictures

    @property
    def shape(self) -> str:
        """Square, wide or upright."""
        width, height = self.size
        return "square" if width == height else "wide" if width > height else "upright"

    @property
    def can_be_cut(self) -> bool:
        """Whether it has two equal halves that are no strips, as a pair side by side has."""
        return self.shape == "wide" and self.size[0] % 2 == 0

    @property
    def grey(self) -> bool:
        """Whether it shows no colour, however it is stored."""
        return int(np.ptp(self.fingerprint.astype(np.int16), axis=2).max()) <= 2

    @property
    def deep(self) -> bool:
        """Whether it is stored with more than 8 bits a channel."""
        return self.mode.startswith("I")


def fingerprint(image: Image.Image) -> NDArray[np.uint8]:
    """What is left of an RGB picture at any size and quality: 8 by 8 pixels, uint8 (8, 8, 3)."""
    return np.asarray(image.resize((8, 8), Image.Resampling.BILINEAR))


def seam(image: Image.Image) -> float:
    """The change of colour from the left half to the right one, by the usual change from a column to the next.

    About 1 in one picture, and many times that where two stand side by side.
    """
    changes = np.abs(np.diff(np.asarray(image, np.int16), axis=1)).mean(axis=(0, 2))
    return float(changes[len(changes) // 2] / max(np.median(changes), 1.0))


def check_picture(pictures: Pictures, name: str, of_a_pair: bool) -> CheckedPicture:
    """What is to be known of one picture, and of one `of_a_pair` how flat it is, whatever its shape.

    Raises UnreadablePicture as `read_picture` does.
    """
    content, called = read_file(pictures, name)
    image = open_image(io.BytesIO(content), called)
    with Image.open(io.BytesIO(content), formats=files.FORMATS) as stored:
        picture = CheckedPicture(
            size=image.size,
            mode=stored.mode,
            format=str(stored.format),
            turned=stored.getexif().get(ORIENTATION, 1) in range(2, 9),
            transparent=stored.has_transparency_data,
            content=hashlib.blake2b(content, digest_size=16).digest(),
            fingerprint=fingerprint(image),
        )
    half = image.width // 2
    if picture.can_be_cut and image.height > 1:
        halves = (image.crop((left, 0, left + half, image.height)) for left in (0, half))
        left, right = (flatness(_middle(side)) for side in halves)
        return picture._replace(flatness=(left, right), seam=seam(_middle(image)))
    if of_a_pair and min(image.size) > 1:
        return picture._replace(flatness=(flatness(_middle(image)),) * 2)
    return picture


def _middle(image: Image.Image) -> Image.Image:
    """Its middle, at most ENOUGH pixels a side: a large picture takes no longer than a small one."""
    width, height = (min(side, ENOUGH - side % 2) for side in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


# --- Copies -----------------------------------------------------------------------------------------------------------


def find_copies(fingerprints: NDArray[np.uint8]) -> list[list[int]]:
    """Which of the fingerprints (N, ...) are of one picture: groups of two positions or more, each in order.

    Two are, where they differ by no more than ALIKE on average.
    """
    if len(fingerprints) < 2:
        return []
    rows, places = np.unique(fingerprints.reshape(len(fingerprints), -1), axis=0, return_inverse=True)
    order = rows.mean(axis=1).argsort(kind="stable")
    rows, places = rows[order].astype(np.int16), order.argsort()[places.reshape(-1)]
    # The means of parts differ by no more than their pixels do on average.  So whole fingerprints need to be compared
    # only where twelve such means are near each other, and those only where the brightness is.
    means = rows.reshape(len(rows), 12, -1).mean(axis=2, dtype=np.float32)
    brightness = means.mean(axis=1)
    group = np.arange(len(rows))
    for further in range(1, len(rows)):
        (first,) = np.nonzero(brightness[further:] - brightness[:-further] <= ALIKE)
        if not len(first):
            break
        for numbers in (means, rows):
            first = first[np.abs(numbers[first + further] - numbers[first]).mean(axis=1) <= ALIKE]
        for one in first:
            group[group == group[one + further]] = group[one]
    members: dict[int, list[int]] = {}
    for position, number in enumerate(group[places]):
        members.setdefault(int(number), []).append(position)
    return sorted(some for some in members.values() if len(some) > 1)
