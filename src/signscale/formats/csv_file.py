"""The small CSV tables that lie beside results: a header that is known, and whole rows."""

import csv
from collections.abc import Sequence
from pathlib import Path

from signscale.formats.reading import reading


def read_rows(path: Path | str, columns: Sequence[str], kind: str, remedy: str) -> list[dict[str, str]]:
    """The rows of a CSV with exactly these columns, by column. Raises SignScaleError if it cannot be read or is torn.

    kind and remedy: what the file should be and what to do about one that is not, for the line (reading).
    """
    with reading(path, kind, remedy, also=(csv.Error,)), Path(path).open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        if table.fieldnames != list(columns):
            raise ValueError(f"its first line is not {','.join(columns)}")
        rows = []
        for row in table:
            if None in row or None in row.values():
                raise ValueError(f"line {table.line_num} has another number of columns than its first")
            rows.append(row)
        return rows
