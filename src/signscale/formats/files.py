"""Files that appear whole or not at all, and their fingerprints."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.reading import one_line, reading


@contextmanager
def written_whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`; sync it and rename it to `path` on success, remove it on any failure.

    A reader therefore never sees half a file, whatever kills the writer, a loss of power included. Raises
    SignScaleError if the disk is full or the place cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        synced(partial)
        partial.replace(path)
        synced(path.parent)
    except BaseException as error:
        with suppress(OSError):  # report the first error
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK and _is_about(error, partial, path):
            raise unwritable(path, error) from error
        raise


@contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """Give a new folder beside `path`, which is absent or empty; rename it to `path` on success, else remove it.

    One that a killed process left is removed first. Raises SignScaleError if the place cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        partial.replace(path)
        synced(path.parent)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK and _is_about(error, partial, path):
            raise unwritable(path, error) from error
        raise


_OF_THE_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.EISDIR,
    errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG,
}  # fmt: skip


def _is_about(error: OSError, partial: Path, path: Path) -> bool:
    """Whether an error is about the file being written or a folder above it; errors of libraries name no file."""
    return error.filename is None or Path(os.fsdecode(error.filename)) in (partial, path, *path.parents)


def unwritable(path: Path, error: OSError) -> SignScaleError:
    """The line about a file that cannot be written."""
    reason = os.strerror(error.errno) if error.errno else one_line(error)
    return SignScaleError(f"{path}: cannot be written ({reason}); make room there, or write elsewhere")


def check_writable(path: Path) -> None:
    """Raise SignScaleError if `path` cannot be written: asked before long work whose result goes there.

    Leaves no file behind, but makes the folder.
    """
    with suppress(_NotWrittenError), written_whole(path) as partial:
        partial.touch()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise _NotWrittenError


class _NotWrittenError(Exception):
    """Ends a trial of writing, so that nothing is written."""


def check_room(path: Path, size: int) -> None:
    """Raise SignScaleError unless `size` bytes are free where `path` is to be.

    For HDF5, which a disk that fills up while it writes may end with a crash of the process.
    """
    if size > (free := shutil.disk_usage(path.parent).free):
        raise SignScaleError(
            f"{path}: cannot be written ({size / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free); "
            "make room there, or write elsewhere"
        )


def synced(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys (equal values give equal bytes); NaN is refused."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


SPARED = "move it away: it only spares reading files again"
"""Remedy for a file of remembered checksums."""


def read_json(path: Path | str, remedy: str = "make it again") -> Any:
    """Read a UTF-8 JSON file; raises SignScaleError, with the remedy, if it cannot be read or is not whole."""
    with reading(path, "whole JSON", remedy):
        return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256(path: Path | str) -> str:
    """Hex sha256 of a file's bytes, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hashed_tree(path: Path) -> str:
    """Hex sha256 of a file; of a folder, that of the names and sha256 of all files below it, in the order of names."""
    if path.is_file():
        return sha256(path)
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{sha256(file)}\n".encode())
    return digest.hexdigest()


def sha256_once(path: Path) -> str:
    """The sha256 of a file that several clips share; this process reads it again only if its size or time changed."""
    status = path.stat()
    return _sha256_of(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1 << 16)
def _sha256_of(path: Path, size: int, time_ns: int) -> str:
    return sha256(path)
