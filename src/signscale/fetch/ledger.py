"""The ledger: what was fetched from where, when, and with what outcome. One CSV beside each corpus's raw data.

A ledger tells a reader which sources were still alive; no later stage reads its dates, so equal raw data give equal
results whenever they were fetched.
"""

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.formats.csv_file import plain_cell, read_rows
from signscale.formats.files import write_text
from signscale.formats.reading import reading

OUTCOMES = (
    "ok",
    "dead",  # gone for good
    "failed",  # no answer, or the downloader lacks something; the source may still be there; the next run tries again
    "private",
    "geo-blocked",
    "rate-limited",
    "too short",
    "missing",  # was fetched once, is gone from the raw folder
    "checksum changed",  # other bytes than were promised, or than were fetched
    "refused",  # a damaged or unsafe archive, or a name that leads out of the corpus's folder
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One source. source_id: unique within the corpus. url: where from, `pypi:<package>==<version>!<path>` for a member
    of a wheel. date: the UTC day its bytes were really fetched, YYYY-MM-DD, "" if never. outcome: one of OUTCOMES.
    bytes, sha256: of the file as it lies there; 0 and "" if there is none.
    """

    source_id: str
    url: str
    date: str
    outcome: str
    bytes: int
    sha256: str


COLUMNS = [field.name for field in fields(LedgerRow)]


def day_of(path: Path) -> str:
    """The UTC day a file was last written, YYYY-MM-DD."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()


def read_ledger(path: Path | str) -> list[LedgerRow]:
    """The rows of a ledger, none if there is no such file; raises SignScaleError if it is not a ledger."""
    if not os.path.lexists(path):
        return []
    table = "a ledger", "move it away and acquire the corpus again"
    rows = read_rows(path, COLUMNS, *table)
    with reading(path, *table):
        return [LedgerRow(**(row | {"bytes": int(row["bytes"])})) for row in rows]


def write_ledger(path: Path | str, rows: Iterable[LedgerRow]) -> list[LedgerRow]:
    """Write rows in the order given, whole or not at all, and return them as written.

    A source that lies there as the present ledger says keeps that ledger's date. Nothing is written when nothing
    changed. Raises SignScaleError on a repeated source id or an unknown outcome.
    """
    known = {row.source_id: row for row in read_ledger(path)}
    rows = [_with_known_date(row, known.get(row.source_id)) for row in rows]
    if len({row.source_id for row in rows}) != len(rows):
        raise SignScaleError(f"{path}: a source id stands twice; ids must be distinct")
    for row in rows:
        if row.outcome not in OUTCOMES:
            raise SignScaleError(f"{path}: {row.source_id}: outcome {row.outcome!r} is none of {', '.join(OUTCOMES)}")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: plain_cell(cell) for name, cell in asdict(row).items()} for row in rows)
    if not (Path(path).is_file() and Path(path).read_bytes() == text.getvalue().encode()):
        write_text(path, text.getvalue())
    return rows


def _with_known_date(row: LedgerRow, known: LedgerRow | None) -> LedgerRow:
    """The row, with the date of the known one if both have the same bytes from the same place."""
    if known and (row.url, row.outcome, row.sha256) == (known.url, known.outcome, known.sha256):
        return replace(row, date=known.date)
    return row
