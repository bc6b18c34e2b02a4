"""Rows added to a corpus's ledger while its sources come in one after another."""

from collections.abc import Iterable
from pathlib import Path

from signscale.acquire.ledger import LedgerRow, day_of, read_ledger, write_ledger

LEDGER = "ledger.csv"


def recorded(folder: Path) -> dict[str, LedgerRow]:
    """The rows of a corpus's ledger by source id."""
    return {row.source_id: row for row in read_ledger(folder / LEDGER)}


def record(folder: Path, rows: Iterable[LedgerRow]) -> None:
    """Put rows into the ledger of a corpus's folder; a row of the same source is replaced; sorted by source id."""
    merged = recorded(folder) | {row.source_id: row for row in rows}
    write_ledger(folder / LEDGER, [merged[name] for name in sorted(merged)])


def presence(folder: Path, clip: str, url: str) -> LedgerRow:
    """The row of a clip that came inside an archive or by hand: ok or missing; its bytes, 0 for a folder of frames.

    No sha256: the archive has one, and corpora of hundreds of gigabytes are not read twice.
    """
    path = folder / clip
    if not path.exists():
        return LedgerRow(clip, url, "", "missing", 0, "")
    return LedgerRow(clip, url, day_of(path), "ok", path.stat().st_size if path.is_file() else 0, "")
