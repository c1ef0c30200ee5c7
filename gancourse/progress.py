"""Progress bars, all alike."""

import os
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def progress_bar(iterable: Iterable[Any] | None = None, show: bool = True, **options: Any) -> tqdm:
    """A tqdm bar: for a terminal or for a notebook, as it finds itself.

    Appears after two seconds, so that short work stays quiet; never where GANCOURSE_PROGRESS=0.
    """
    hidden = not show or os.environ.get("GANCOURSE_PROGRESS") == "0"
    return tqdm(iterable, disable=hidden, delay=2, dynamic_ncols=True, **options)
