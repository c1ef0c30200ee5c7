"""What judgements have in common: a named row of numbers for each set of pictures, kept as CSV."""

import csv
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

Row = TypeVar("Row", bound=tuple[Any, ...])


class Table(dict[str, Row], Generic[Row]):
    """One row for each set of translations, by name.  `count` is N, pictures in each set.

    A subclass says which named tuple its rows are; the last entry of each is the interval of the kernel distance.
    """

    row: ClassVar[type[Any]]

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def write_csv(self, path: Path) -> None:
        """One line a row, with a header."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["pictures", "count", *self.row._fields[:-1], "kernel_low", "kernel_high"])
            writer.writerows([name, self.count, *row[:-1], *row[-1]] for name, row in self.items())

    @classmethod
    def read_csv(cls, path: Path) -> Self:
        """What `write_csv` wrote."""
        with path.open(encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        table = cls(int(lines[0]["count"]))
        for line in lines:
            numbers = [float(line[column]) for column in cls.row._fields[:-1]]
            interval = float(line["kernel_low"]), float(line["kernel_high"])
            table[line["pictures"]] = cls.row(*numbers, interval)
        return table
