"""Tar and zip archives unpacked safely: nothing outside the folder, no links out, no devices, no bombs; whole."""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from signscale.errors import SignScaleError

LARGEST_MEMBER = 64 << 30
"""Bytes of one file; How2Sign's longest videos are a few hundred MB."""
LARGEST_TOTAL = 2 << 40
"""Bytes of all files; the largest archive of ours unpacks to about 300 GB."""
MOST_MEMBERS = 5_000_000
"""Files in an archive; Phoenix14 has about one million pictures."""


def unpack(archive: Path, folder: Path, strip: int = 0) -> None:
    """Unpack a .zip, .tar or .tar.gz into `folder`, leaving off `strip` leading folders of each name.

    Everything is unpacked beside first and then moved in, so a killed run leaves nothing half there; what is in
    `folder` already under the same name stays. Raises SignScaleError on a torn archive or a member that is not safe.
    """
    beside = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(beside, ignore_errors=True)  # left by a run that was killed
    beside.mkdir(parents=True)
    members = _zip_members if zipfile.is_zipfile(archive) else _tar_members
    total = 0
    try:
        for count, (name, size, source) in enumerate(members(archive), start=1):
            total += size
            _check_limits(archive, name, size, total, count)
            if target := _place(archive, name, beside, strip):
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
        _move_in(beside, folder)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise SignScaleError(f"{archive}: not a whole archive ({error}); delete it and fetch it again") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _tar_members(archive: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    """(name, bytes, content) of the files of a tar, streamed; raises SignScaleError on links and devices."""
    with tarfile.open(archive, "r|*") as tar:
        for member in tar:
            if member.isdir():
                continue
            if not member.isfile():
                raise SignScaleError(f"{archive}: member {member.name!r} is a link or a device; do not trust it")
            yield member.name, member.size, tar.extractfile(member)


def _zip_members(archive: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    """(name, bytes, content) of the files of a zip; raises SignScaleError on links."""
    with zipfile.ZipFile(archive) as whole:
        for info in whole.infolist():
            if info.is_dir():
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise SignScaleError(f"{archive}: member {info.filename!r} is a link or a device; do not trust it")
            with whole.open(info) as content:
                yield info.filename, info.file_size, content


def _check_limits(archive: Path, name: str, size: int, total: int, count: int) -> None:
    if size > LARGEST_MEMBER or total > LARGEST_TOTAL or count > MOST_MEMBERS:
        raise SignScaleError(
            f"{archive}: unpacks to more than allowed at {name!r} ({size} bytes, {total} in all, {count} files); "
            "do not trust it"
        )


def _place(archive: Path, name: str, folder: Path, strip: int) -> Path | None:
    """Where a member goes, None if it lies above the stripped folders; raises SignScaleError if it would leave."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0] or "\0" in name:
        raise SignScaleError(f"{archive}: member {name!r} points outside its folder; do not trust it")
    kept = path.parts[strip:]
    return folder.joinpath(*kept) if kept else None


def _move_in(beside: Path, folder: Path) -> None:
    """Move the top entries of `beside` into `folder`; an entry that is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in sorted(beside.iterdir()):
        if not (folder / entry.name).exists():
            entry.replace(folder / entry.name)
