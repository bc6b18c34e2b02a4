"""Downloads by HTTP(S): resumed where they broke off, retried with growing pauses, checked, and never left incomplete.

A file grows as `.<name>.part` beside its place, with the server's validator (ETag or date) in `.<name>.part.json`; it
is resumed only under If-Range, so a file that changed in between starts anew. A host is asked for one file at a time,
by whatever job, and `PAUSE` seconds after the one before (signscale.fetch.hosts).
"""

import email.utils
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from signscale import __version__
from signscale.errors import SignScaleError
from signscale.fetch.hosts import alone_with
from signscale.fetch.ledger import LedgerRow, day_of
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.place import place
from signscale.fetch.record import record, recorded
from signscale.fetch.watch import is_page
from signscale.formats import files
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two requests to the same host."""
FIRST_WAIT = 1.0
"""Seconds before the second try; doubled for each further one."""
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more (Retry-After) is left alone in this run: rate-limited."""
BLOCK = 1 << 20

_FINAL = {401: "private", 403: "private", 404: "dead", 410: "dead", 451: "geo-blocked"}
_BROKEN = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a source. outcome: a ledger outcome. reason: a line for people, "" if ok."""

    outcome: str
    reason: str = ""


class _RetryError(Exception):
    """A try failed, but the next one may succeed. outcome: the ledger's word if none does. wait: seconds the server
    asked for, 0 for none."""

    def __init__(self, outcome: str, reason: str, wait: float = 0.0):
        super().__init__(reason)
        self.outcome, self.reason, self.wait = outcome, reason, wait


def download(url: str, target: Path, settings: AcquireParams, auth: tuple[str, str] | None = None) -> Fetched:
    """Download `url` to `target`, whole or not at all; never raises for errors of the server.

    settings.timeout: seconds without a byte before a try is given up. settings.attempts: tries in a row that bring no
    new byte. auth: name and password; without it the user's netrc is asked. A page in place of a file is dead.
    """
    part = target.with_name(f".{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        host = urlsplit(url).netloc
    except ValueError as error:
        return Fetched("dead", f"not an address that can be asked ({error})")
    with alone_with(host, PAUSE):  # also while it waits to try again: other requests would only add to the load
        outcome = _persist(url, part, settings, auth)
    if outcome.outcome != "ok":
        return outcome
    if is_page(part) and target.suffix not in (".html", ".htm", ".xml", ".vtt"):
        _forget(part)
        return Fetched("dead", "a web page came in place of the file")
    part.replace(target)
    _validator_file(part).unlink(missing_ok=True)
    return outcome


def _persist(url: str, part: Path, settings: AcquireParams, auth: tuple[str, str] | None) -> Fetched:
    """Try, with growing pauses, until `part` is whole or the answer is final."""
    failures = 0
    while True:
        before = _size(part)
        try:
            return _attempt(url, part, settings.timeout, auth)
        except _RetryError as failed:
            failures = 1 if _size(part) > before else failures + 1
            if failures >= settings.attempts or failed.wait > LONGEST_WAIT:
                return Fetched(failed.outcome, failed.reason)
            time.sleep(failed.wait or min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT))


def _attempt(url: str, part: Path, timeout: float, auth: tuple[str, str] | None) -> Fetched:
    """One request; what it brings is added to `part`. Raises _RetryError on what may pass."""
    have, validator = _size(part), _validator(part)
    headers = {"User-Agent": f"signscale/{__version__}", "Accept-Encoding": "identity"}
    if have and validator:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout, auth=auth) as answer:
            if answer.status_code in _FINAL:
                return Fetched(_FINAL[answer.status_code], f"HTTP {answer.status_code}")
            if answer.headers.get("Content-Encoding", "identity") != "identity" and ".gz." not in part.name:
                return Fetched("failed", "the server compresses the file though asked not to")
            _check_status(answer, part, have)
            _receive(answer, part, have if answer.status_code == 206 else 0)
    except requests.exceptions.SSLError:
        return Fetched("failed", "its TLS certificate cannot be verified; name the missing ones by REQUESTS_CA_BUNDLE")
    except _BROKEN as error:
        raise _RetryError("failed", f"the connection failed ({_short(error)})") from None
    except requests.RequestException as error:
        return Fetched("dead", f"not an address that can be asked ({_short(error)})")
    return Fetched("ok")


def _check_status(answer: requests.Response, part: Path, have: int) -> None:
    """Raise _RetryError unless the answer carries the file from its start (200) or from byte `have` (206)."""
    status = answer.status_code
    if status == 416 or (status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")):
        _forget(part)
        raise _RetryError("failed", f"HTTP {status}: the server cannot go on from byte {have}; started anew")
    if status in (429, 503):
        raise _RetryError("rate-limited", f"HTTP {status}", _retry_after(answer.headers.get("Retry-After", "")))
    if status not in (200, 206):
        raise _RetryError("failed", f"HTTP {status}")


def _receive(answer: requests.Response, part: Path, have: int) -> None:
    """Write the body to `part` from byte `have` on; raises _RetryError if it is shorter than announced."""
    validator = answer.headers.get("ETag", "")
    if not validator or validator.startswith("W/"):
        validator = answer.headers.get("Last-Modified", "")
    files.write_json(_validator_file(part), {"validator": validator})
    announced = answer.headers.get("Content-Length")
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        while block := answer.raw.read1(BLOCK):  # what came so far, so that a broken connection loses none of it
            file.write(block)
        file.truncate()
        received = file.tell() - have
    if announced is not None and announced.isdecimal() and received != int(announced):
        raise _RetryError("failed", f"{received} of {announced} bytes came")


def _retry_after(value: str) -> float:
    """Seconds of a Retry-After header, given in seconds or as a date; 0 if there is none to understand."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def _validator_file(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _validator(part: Path) -> str:
    try:
        return str(json.loads(_validator_file(part).read_text(encoding="utf-8"))["validator"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # nothing to resume by: the file starts anew


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_file(part).unlink(missing_ok=True)


def _short(error: Exception) -> str:
    """The name of a library error: its text holds addresses of objects and, behind a login, perhaps more."""
    return type(error).__name__


def row_of(folder: Path, target: Path, url: str, fetched: Fetched) -> LedgerRow:
    """The ledger row of a source whose file, if it came, is at `target` below the corpus's folder."""
    name = target.relative_to(folder).as_posix()
    if not target.is_file():
        return LedgerRow(name, url, datetime.now(UTC).date().isoformat(), fetched.outcome, 0, "")
    return LedgerRow(name, url, day_of(target), fetched.outcome, target.stat().st_size, files.sha256(target))


def settle(folder: Path, target: Path, url: str, fetched: Fetched, wanted: str) -> LedgerRow:
    """The row of a source just fetched; a file of another sha256 than `wanted` (unless "") is thrown away."""
    row = row_of(folder, target, url, fetched)
    if row.outcome == "ok" and wanted and row.sha256 != wanted:
        target.unlink()
        return LedgerRow(row.source_id, url, row.date, "checksum changed", row.bytes, wanted)
    return row


def fetch_file(url: str, target: Path, settings: AcquireParams, sha256: str = "", folder: Path | None = None) -> Path:
    """A single file a corpus cannot do without, at `target`, fetched unless it lies there; its ledger row is written.

    sha256: what it must hash to, if known beforehand; else the ledger's first sha256 is held on to.
    folder: the corpus's folder, by default that of the file. Raises SignScaleError naming the remedy.
    """
    folder = folder or target.parent
    target = place(folder, target.relative_to(folder).as_posix())
    if target.is_file():
        return target
    logger.info(f"fetching {url}")
    return record_or_raise(folder, target, url, download(url, target, settings), sha256)


def record_or_raise(
    folder: Path, target: Path, url: str, fetched: Fetched, sha256: str = "", part: Part = WHOLE
) -> Path:
    """Write the ledger row of a file a corpus cannot do without; raises SignScaleError unless it came as promised."""
    known = recorded(folder, part).get(target.relative_to(folder).as_posix())
    before = known.sha256 if known and known.outcome != "refused" else ""
    row = settle(folder, target, url, fetched, sha256 or before)
    record(folder, [row], part)
    if row.outcome == "checksum changed":
        raise SignScaleError(
            f"{url}: not the bytes expected (sha256 {row.sha256}), thrown away; "
            f"if the publisher changed the file, drop it at {target} by hand and take its row out of the ledger"
        )
    if row.outcome != "ok":
        raise SignScaleError(f"{url}: {fetched.reason} ({row.outcome}); try again later, or drop the file at {target}")
    return target
