"""Judgements kept as CSV: one named row for each set of translations, its last entry an interval."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def write_rows(path: Path, columns: Sequence[str], rows: Mapping[str, tuple[Any, ...]], count: int) -> None:
    """One line a row, with a header: its name, `count`, and its numbers under `columns`, the interval under two."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["pictures", "count", *columns])
        writer.writerows([name, count, *row[:-1], *row[-1]] for name, row in rows.items())


def read_rows(path: Path, columns: Sequence[str], make: Callable[..., Row]) -> tuple[dict[str, Row], int]:
    """What `write_rows` wrote: each row made of its numbers by column, the last two as `interval`; and the count."""
    with path.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    rows = {}
    for line in lines:
        *numbers, low, high = (float(line[column]) for column in columns)
        rows[line["pictures"]] = make(*numbers, interval=(low, high))
    return rows, int(lines[0]["count"])
