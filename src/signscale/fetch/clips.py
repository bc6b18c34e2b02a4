"""Downloads many source clips of a corpus, each from its own site: one request at a time to each host, several hosts at
once.

Several jobs may share them, a part each; a host then still has one request at a time (signscale.fetch.hosts).

Files that are there stay, so a stopped run continues where it was. The next run tries again what failed; the ledger
says what became of each clip.
"""

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from signscale.fetch import hosts, http, youtube
from signscale.fetch.http import Fetched, row_of, settle
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.place import OutsideError, place
from signscale.fetch.record import record, recorded
from signscale.fetch.watch import SLACK, NoVideoError, seconds_of
from signscale.params import AcquireParams
from signscale.progress import Progress

logger = logging.getLogger(__name__)

HOSTS_AT_ONCE = 8
REFUSALS = 3
"""Rate-limited sources in a row after which a host is left alone for a while, by this job and every other."""
_WRITE_EVERY = 50


@dataclass(frozen=True, slots=True)
class Source:
    """A source video. clip: its place below the corpus's folder. seconds: the last moment any annotation needs."""

    clip: str
    url: str
    seconds: float


def fetch_clips(folder: Path, sources: Iterable[Source], settings: AcquireParams, part: Part = WHOLE) -> None:
    """Fetch the part's sources that are not there yet, and write its ledger; never raises for errors of the servers. If
    it is interrupted, the files so far stay, and the next call continues from there.
    """
    wanted, refused = _inside(folder, part.of(_distinct(sources)))
    queues = _by_host(wanted)
    ledger = _Ledger(folder, part)
    for row in refused:
        ledger.add(row)
    total = sum(len(queue) for queue in queues.values())
    stopped = threading.Event()
    with Progress(total=total, desc=folder.name, unit="clip") as bar, ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        running = [
            pool.submit(_fetch_host, host, queue, ledger, settings, bar, stopped) for host, queue in queues.items()
        ]
        try:
            for host in running:
                host.result()
        finally:  # after Ctrl-C or a fault every host stops at its next clip
            stopped.set()
    ledger.write()
    there = sum(row.outcome in ("ok", "too short") for row in ledger.rows)
    logger.info(f"{folder.name}: {there} of {total} source clips are there; see {part.ledger(folder)}")


def _distinct(sources: Iterable[Source]) -> list[Source]:
    """The sources in the order given, each clip once: with its first address, and the last moment that is needed."""
    wanted: dict[str, Source] = {}
    for source in sources:
        first = wanted.get(source.clip, source)
        wanted[source.clip] = replace(first, seconds=max(first.seconds, source.seconds))
    return list(wanted.values())


def _inside(folder: Path, sources: list[Source]) -> tuple[list[Source], list[LedgerRow]]:
    """The sources whose file stays in the corpus's folder; of the others a line each, and their ledger rows."""
    wanted, refused = [], []
    for source in sources:
        try:
            place(folder, source.clip)
        except OutsideError as outside:
            logger.warning(str(outside))
            refused.append(LedgerRow(ascii(source.clip[:80]), source.url, "", "refused", 0, ""))
        else:
            wanted.append(source)
    return wanted, refused


def _by_host(sources: list[Source]) -> dict[str, list[Source]]:
    """Sources by host, in the order given."""
    queues: dict[str, list[Source]] = {}
    for source in sources:
        host = youtube.HOST if youtube.is_youtube(source.url) else _host(source.url)
        queues.setdefault(host, []).append(source)
    return queues


def _host(url: str) -> str:
    """The host of an address; "" for one that is none, which the download then says."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


class _Ledger:
    """The ledger rows of all threads, written from time to time so that a killed run loses few."""

    def __init__(self, folder: Path, part: Part):
        self.folder, self.part, self.known = folder, part, recorded(folder, part)
        self.rows: list[LedgerRow] = []
        self._lock = threading.Lock()

    def add(self, row: LedgerRow) -> None:
        with self._lock:
            self.rows.append(row)
            if len(self.rows) % _WRITE_EVERY == 0:
                record(self.folder, self.rows, self.part)

    def write(self) -> None:
        record(self.folder, self.rows, self.part)


def _fetch_host(
    host: str, queue: list[Source], ledger: _Ledger, settings: AcquireParams, bar: Progress, stopped: threading.Event
) -> None:
    """The sources of one host, one after another; a host that keeps refusing is left alone."""
    refusals = 0
    for source in queue:
        if stopped.is_set():
            return
        target = place(ledger.folder, source.clip)
        known = ledger.known.get(source.clip)
        if target.is_file() and known and known.bytes == target.stat().st_size:
            row = known
        elif target.is_file():  # the run that fetched it was killed before it wrote the ledger
            row = row_of(ledger.folder, target, source.url, _watched(target, source))
        elif hosts.rests(host):
            row = row_of(ledger.folder, target, source.url, Fetched("rate-limited"))
        else:
            row = _fetch(source, target, ledger.folder, settings, known.sha256 if known else "")
            refusals = refusals + 1 if row.outcome == "rate-limited" else 0
            if refusals >= REFUSALS:
                hosts.leave_alone(host)
        ledger.add(row)
        bar.update()


def _fetch(source: Source, target: Path, folder: Path, settings: AcquireParams, wanted: str) -> LedgerRow:
    bring = youtube.download if youtube.is_youtube(source.url) else http.download
    fetched = bring(source.url, target, settings)
    if fetched.outcome == "ok":
        fetched = _watched(target, source)
    if fetched.reason:
        logger.warning(f"{source.clip}: {fetched.reason} ({fetched.outcome})")
    return settle(folder, target, source.url, fetched, wanted)


def _watched(video: Path, source: Source) -> Fetched:
    """Whether a file is a video as long as its annotations say; what is no video is thrown away."""
    try:
        seconds = seconds_of(video, 0.0)
    except NoVideoError:
        video.unlink()
        return Fetched("dead", "what came is not a video")
    if 0 < seconds < source.seconds - SLACK:
        return Fetched("too short", f"{seconds:.2f} s, its annotation needs {source.seconds:.2f} s")
    return Fetched("ok")
