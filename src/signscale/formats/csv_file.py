"""The small CSV tables that lie beside results: a header that is known, whole rows, and no cell that is a formula.

A spreadsheet runs text such as `=cmd|...`, and names in annotations are strangers' text. Such a cell is written with an
apostrophe in front, as OWASP advises ("CSV Injection"), and read without it.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from signscale.formats.files import written_whole
from signscale.formats.reading import reading

_FORMULA, _WRITTEN = re.compile(r"'*[=+\-@\t\r]"), re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def plain_cell(value: object) -> object:
    """A cell of CSV as it is written. Text that is a number, such as "-3.5" or "+1.2", stays."""
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def cell_as_it_was(text: str) -> str:
    """What `plain_cell` was given."""
    return text[1:] if _WRITTEN.match(text) else text


def write_rows(path: Path | str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV with a header, whole or not at all; lines end in a line feed."""
    with written_whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(plain_cell, row) for row in rows)


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
            rows.append({name: cell_as_it_was(cell) for name, cell in row.items()})
        return rows
