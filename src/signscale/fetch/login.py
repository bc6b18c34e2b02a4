"""Files behind an HTTP login (BOBSL). Name and password come from the environment or a netrc file.

They go into the request and nowhere else: no log, no ledger, no params file, no command line.
"""

import logging
import netrc
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from signscale.errors import SignScaleError
from signscale.fetch.http import download, row_of
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.place import place
from signscale.fetch.record import record
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

ADDRESS, NAME, PASSWORD = "SIGNSCALE_BOBSL_URL", "SIGNSCALE_BOBSL_USER", "SIGNSCALE_BOBSL_PASSWORD"

HOW = (
    "BOBSL needs a licence from the BBC: ask for it at https://www.robots.ox.ac.uk/~vgg/data/bobsl/, then drop its "
    f"files there or set {ADDRESS} to the address they sent, with the login in {NAME} and {PASSWORD} or in ~/.netrc"
)


def credentials(address: str) -> tuple[str, str]:
    """Name and password for an address: from the environment, else from netrc. Raises SignScaleError if in neither."""
    if os.environ.get(NAME) and os.environ.get(PASSWORD):
        return os.environ[NAME], os.environ[PASSWORD]
    try:
        found = netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(address).hostname or "")
    except FileNotFoundError:
        found = None
    except netrc.NetrcParseError as error:
        raise SignScaleError(f"{error.filename}, line {error.lineno}: not a netrc file; correct that line") from None
    if not found:
        raise SignScaleError(
            f"no login for {urlsplit(address).hostname}: set {NAME} and {PASSWORD}, or add it to ~/.netrc"
        )
    return found[0], found[2] or ""


def has_address() -> bool:
    """Whether the user named the address of the files; if not, the files are put in place by hand."""
    return bool(os.environ.get(ADDRESS))


def _is_safe(address: str) -> bool:
    """Whether a login may be sent there: by https, or to this very machine; and the address holds no login itself."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        return False
    if parts.username or parts.password or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1"))


def fetch_login(folder: Path, paths: list[str], settings: AcquireParams, part: Part = WHOLE) -> None:
    """Download the files `paths` of the address that `folder` lacks; each gets a row in the part's ledger.

    Raises SignScaleError if the address or the login is of no use.
    """
    missing = [path for path in paths if not place(folder, path).is_file()]
    if not missing:
        return
    address = os.environ[ADDRESS].rstrip("/")
    if not _is_safe(address):
        raise SignScaleError(f"{ADDRESS}: expected an https address without a name or password in it")
    login = credentials(address)
    for path in missing:
        url = f"{address}/{quote(path)}"
        fetched = download(url, folder / path, settings, login)
        if fetched.reason == "HTTP 401":
            raise SignScaleError(
                f"{urlsplit(address).hostname} refuses the login; check {NAME} and {PASSWORD}, or netrc"
            )
        row: LedgerRow = row_of(folder, folder / path, url, fetched)
        record(folder, [row], part)
        if fetched.outcome != "ok":
            logger.warning(f"{path}: {fetched.reason} ({fetched.outcome})")
