"""Rows added to a corpus's ledger while its sources come in one after another, by one job or by several."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.fetch.archives import ArchiveError, unpack
from signscale.fetch.ledger import LedgerRow, day_of, read_ledger, write_ledger
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.watch import SLACK, NoVideoError, is_page, seconds_of

logger = logging.getLogger(__name__)


def recorded(folder: Path, part: Part = WHOLE) -> dict[str, LedgerRow]:
    """By source id, the rows of a corpus's ledger, under those of the part's own."""
    paths = dict.fromkeys([WHOLE.ledger(folder), part.ledger(folder)])
    return {row.source_id: row for path in paths for row in read_ledger(path)}


def record(folder: Path, rows: Iterable[LedgerRow], part: Part = WHOLE) -> None:
    """Put rows into a part's ledger of a corpus's folder; a row of the same source is replaced; sorted by source id."""
    path = part.ledger(folder)
    merged = {row.source_id: row for row in read_ledger(path)} | {row.source_id: row for row in rows}
    write_ledger(path, [merged[name] for name in sorted(merged)])


def merge(folder: Path, count: int) -> None:
    """Put the rows of all `count` parts into the corpus's ledger, whole and sorted.

    The parts' ledgers stay until `forget_parts`; if there are none they were merged before. Raises SignScaleError if
    some are there and others not.
    """
    parts = [Part(index, count) for index in range(count)]
    missing = [part for part in parts if not part.ledger(folder).is_file()]
    if missing and len(missing) < count:
        raise SignScaleError(f"{missing[0].ledger(folder)}: no such ledger; that part was not fetched, run snakemake")
    record(folder, [row for part in parts for row in read_ledger(part.ledger(folder))])


def forget_parts(folder: Path) -> None:
    """Remove the ledgers of all parts, and their provenance records, once the corpus's own ledger has their rows."""
    parts = (folder / "ledger-parts").glob("*-of-*.*")
    for path in parts:
        path.unlink()


def unpack_recorded(folder: Path, archive: Path, into: Path, strip: int = 0) -> None:
    """Unpack an archive of a corpus's folder; a damaged or unsafe one is `refused` in the ledger.

    Raises SignScaleError, as `unpack` does.
    """
    name = archive.relative_to(folder).as_posix()
    try:
        unpack(archive, into, strip)
    except ArchiveError:
        row = recorded(folder).get(name) or availability(folder, name, "")
        record(folder, [replace(row, outcome="refused")])
        raise


def unpack_or_tell(folder: Path, archive: Path, into: Path, strip: int = 0) -> bool:
    """As `unpack_recorded`, but a bad archive only prints a line on stderr, so that the others are unpacked.

    Returns whether it was unpacked.
    """
    try:
        unpack_recorded(folder, archive, into, strip)
    except ArchiveError as error:
        logger.warning(str(error))
        return False
    return True


def availability(folder: Path, clip: str, url: str, seconds: float = 0.0, fps: float = 0.0) -> LedgerRow:
    """The row of a clip that came inside an archive or by hand; its bytes, 0 for a folder of frames.

    seconds: the last moment any annotation needs, 0 if none is named. fps: of a folder of frames. Outcome ok, missing,
    too short, or dead for a page in place of a video. No sha256: the archive has one, and corpora of hundreds of
    gigabytes are not read twice.
    """
    path = folder / clip
    if not path.exists():
        return LedgerRow(clip, url, "", "missing", 0, "")
    outcome = "ok"
    try:
        if is_page(path) or (seconds > 0 and 0 < seconds_of(path, fps) < seconds - SLACK):
            outcome = "dead" if is_page(path) else "too short"
    except NoVideoError:
        outcome = "dead"
    return LedgerRow(clip, url, day_of(path), outcome, path.stat().st_size if path.is_file() else 0, "")
