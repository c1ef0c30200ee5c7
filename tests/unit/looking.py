"""What the tests of widgets share: how a widget looks, and how long it takes to answer."""

import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from gancourse.widgets import Explorer


def least_seconds(act: Callable[[], object]) -> float:
    """Of ten runs the quickest, in time on the processor: the machine may be busy with other things."""
    seconds = []
    for _ in range(10):
        start = time.process_time()
        act()
        seconds.append(time.process_time() - start)
    return min(seconds)


def shown(explorer: Explorer) -> np.ndarray:
    """Its picture, uint8 (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(explorer.picture.value)).convert("RGB"))
