"""Files that appear whole or not at all, and their fingerprints."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from signscale.formats.reading import reading


@contextmanager
def written_whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`; sync it and rename it to `path` on success, remove it on any failure.

    A reader therefore never sees half a file, whatever kills the writer, a loss of power included.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        synced(partial)
        partial.replace(path)
        synced(path.parent)
    finally:
        partial.unlink(missing_ok=True)


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
    """The sha256 of a file that several clips share; read again in this process only if its size or time changed."""
    status = path.stat()
    return _sha256_of(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1 << 16)
def _sha256_of(path: Path, size: int, time_ns: int) -> str:
    return sha256(path)
