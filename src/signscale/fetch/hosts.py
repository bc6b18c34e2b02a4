"""One request at a time a host, and a pause after each, across the threads and jobs of this machine.

A host has a lock file under scratch/hosts/<machine>, which holds when it was asked last and until when it wants to be
left alone. The machine's name is in the path since a cluster shares the folder: how many machines fetch at once is
limited by Snakemake's resource `fetching`.
"""

import fcntl
import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from signscale.errors import SignScaleError

FOLDER = Path("scratch/hosts")
REST = 900.0
"""Seconds for which a host that keeps refusing is left alone, by every job."""


@contextmanager
def alone_with(host: str, pause: float) -> Iterator[None]:
    """Hold the host for the time of the block; entered when nobody else holds it and `pause` seconds after the last.

    Raises SignScaleError where the file system knows no locks.
    """
    with _locked(host) as file:
        wait = min(_read(file).get("asked", 0.0) + pause - time.time(), pause)  # at most, whatever the clock did
        if wait > 0:
            time.sleep(wait)
        try:
            yield
        finally:
            _write(file, _read(file) | {"asked": time.time()})


def leave_alone(host: str) -> None:
    """Note that the host keeps refusing, so that nobody asks it for REST seconds."""
    with _locked(host) as file:
        _write(file, _read(file) | {"rests_until": time.time() + REST})


def rests(host: str) -> bool:
    """Whether the host is to be left alone now."""
    path = _path(host)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return 0 < _read(file).get("rests_until", 0.0) - time.time() <= REST


def _path(host: str) -> Path:
    return FOLDER / platform.node() / (quote(host, safe="") or "nowhere")


@contextmanager
def _locked(host: str) -> Iterator[BinaryIO]:
    """The host's file, open and locked; a killed holder's lock goes with it."""
    path = _path(host)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            raise SignScaleError(
                f"{path}: its file system has no locks ({error.strerror}); make scratch/hosts a link to a local folder"
            ) from None
        yield file


def _read(file: BinaryIO) -> dict[str, Any]:
    """What is known of the host; nothing if its file is new or was damaged when a job was killed."""
    file.seek(0)
    try:
        return dict(json.loads(file.read()))
    except ValueError:
        return {}


def _write(file: BinaryIO, known: dict[str, Any]) -> None:
    file.truncate(0)  # opened for appending: what is written next stands alone
    file.write(json.dumps(known).encode())
    file.flush()
