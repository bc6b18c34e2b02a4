"""Unpacks tar and zip archives safely: nothing is written outside the folder, there are no links out of it, no devices,
a limited size, and every file is whole. A killed run continues with the file it was at. A zip may come in parts
(signscale.fetch.split_zip).
"""

import hashlib
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from signscale.errors import SignScaleError
from signscale.fetch import split_zip
from signscale.formats.files import written_whole
from signscale.formats.reading import FROM_LIBRARIES, reading

LARGEST_MEMBER = 64 << 30
"""Bytes of one file; How2Sign's longest videos are a few hundred MB."""
LARGEST_TOTAL = 2 << 40
"""Bytes of all files; the largest archive of ours unpacks to about 300 GB."""
MOST_MEMBERS = 5_000_000
"""Files in an archive; Phoenix14 has about one million pictures."""


class ArchiveError(SignScaleError):
    """The archive itself is damaged or not safe."""


def unpack(archive: Path, folder: Path, strip: int = 0) -> None:
    """Unpack a .zip, .tar or .tar.gz into `folder`, leaving off `strip` leading folders of each name.

    Everything is first unpacked beside the folder, each file whole or not at all, and then moved in. So a killed run
    leaves no half a file, and continues if the archive is still the same. Files that are already in `folder` stay.
    Raises ArchiveError if the archive is damaged or a member is not safe.
    """
    with reading(archive, "an archive", "fetch it again"):
        identity = _identity(archive)
    beside = folder.with_name(f".{folder.name}.{identity}.unpacking")
    for other in folder.parent.glob(f".{folder.name}.*unpacking"):  # left by a killed run, of another archive
        if other != beside:
            shutil.rmtree(other)
    beside.mkdir(parents=True, exist_ok=True)
    try:
        _unpack_beside(archive, beside, strip)
        _move_in(beside, folder)
    except ArchiveError:
        shutil.rmtree(beside)
        raise
    except (*FROM_LIBRARIES, tarfile.TarError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's fault: what is unpacked so far is kept
            raise SignScaleError(f"{beside}: {archive.name} cannot be unpacked there ({error.strerror})") from None
        shutil.rmtree(beside)
        raise ArchiveError(f"{archive}: not a whole archive ({error}); move it away and fetch it again") from None


def _identity(archive: Path) -> str:
    """What identifies an archive's file: size and time, those of its other parts included."""
    parts = sorted(archive.parent.glob(f"{archive.stem}.z*"))
    known = [(part.name, part.stat().st_size, part.stat().st_mtime_ns) for part in parts or [archive]]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:12]


def _unpack_beside(archive: Path, beside: Path, strip: int) -> None:
    """Unpack every file of the archive into `beside`; one that an earlier run unpacked stays."""
    for half in list(beside.rglob(".*.partial")):
        half.unlink()
    count = total = 0
    for count, (name, size, source) in enumerate(_members(archive), start=1):
        total += size
        _check_limits(archive, name, size, total, count)
        target = _place(archive, name, beside, strip)
        if target is None or (target.is_file() and target.stat().st_size == size):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with source() as content, written_whole(target) as half, half.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
    if not count:
        raise ArchiveError(f"{archive}: an archive without a file in it; fetch it again")


def _members(archive: Path) -> Iterator[tuple[str, int, Callable[[], BinaryIO]]]:
    """(name, bytes, how to open it) of the files of an archive."""
    with split_zip.opened(archive) as file:
        if zipfile.is_zipfile(file):
            yield from _zip_members(archive, file)
            return
    yield from _tar_members(archive)


def _tar_members(archive: Path) -> Iterator[tuple[str, int, Callable[[], BinaryIO]]]:
    """The members of the files of a tar, streamed; raises ArchiveError on links and devices."""
    with tarfile.open(archive, "r|*") as tar:
        for member in tar:
            if member.isdir():
                continue
            if not member.isfile():
                raise ArchiveError(f"{archive}: member {member.name!r} is a link or a device; do not trust it")
            yield member.name, member.size, partial(tar.extractfile, member)


def _zip_members(archive: Path, file: BinaryIO) -> Iterator[tuple[str, int, Callable[[], BinaryIO]]]:
    """The members of a zip; raises ArchiveError on links."""
    with zipfile.ZipFile(file) as whole:
        for info in whole.infolist():
            if info.is_dir():
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise ArchiveError(f"{archive}: member {info.filename!r} is a link or a device; do not trust it")
            yield info.filename, info.file_size, partial(whole.open, info)


def _check_limits(archive: Path, name: str, size: int, total: int, count: int) -> None:
    if size > LARGEST_MEMBER or total > LARGEST_TOTAL or count > MOST_MEMBERS:
        raise ArchiveError(
            f"{archive}: unpacks to more than allowed at {name!r} ({size} bytes, {total} in all, {count} files); "
            "do not trust it"
        )


def _place(archive: Path, name: str, folder: Path, strip: int) -> Path | None:
    """Where a member goes, None if it lies above the stripped folders; raises ArchiveError if it would leave."""
    path = PurePosixPath(name)
    if (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or ":" in path.parts[0]
        or "\0" in name
    ):
        raise ArchiveError(f"{archive}: member {name!r} points outside its folder; do not trust it")
    kept = path.parts[strip:]
    return folder.joinpath(*kept) if kept else None


def _move_in(beside: Path, folder: Path) -> None:
    """Rename `beside` to the folder. If that folder exists, move in what it lacks, folder by folder."""
    if not folder.exists():
        beside.replace(folder)
        return
    for entry in sorted(beside.iterdir()):
        target = folder / entry.name
        if entry.is_dir() and target.is_dir():
            _move_in(entry, target)
        elif not target.exists():
            entry.replace(target)
    shutil.rmtree(beside)
