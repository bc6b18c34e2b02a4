"""The dominant hand of each packed clip: the table hands.csv of a pack."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from signscale.formats.csv_file import read_rows, write_rows

FILE = "hands.csv"


@dataclass(frozen=True, slots=True)
class Hands:
    """dominant: left or right, as filmed; of a composed clip that of each part, joined by +."""

    sample_id: str
    dominant: str


def count_hands(rows: Iterable[Hands]) -> tuple[int, int]:
    """Clips, of composed ones parts, whose dominant hand is the left, and all of them."""
    hands = [hand for row in rows for hand in row.dominant.split("+")]
    return hands.count("left"), len(hands)


def write_hands(folder: Path | str, rows: Iterable[Hands]) -> None:
    """Write a pack's table, whole or not at all."""
    write_rows(Path(folder) / FILE, [field.name for field in fields(Hands)], map(astuple, rows))


def read_hands(folder: Path | str) -> list[Hands]:
    """Read a pack's table; raises SignScaleError if it is absent or torn."""
    rows = read_rows(Path(folder) / FILE, [field.name for field in fields(Hands)], "a table of hands", "run pack again")
    return [Hands(**row) for row in rows]
