"""Checksums of raw data. A file is read once, by the job that fetches it; after that its size and time identify it.

They are cached in a file (`Place.memory`) with one entry per clip. For a file: bytes, time in ns, sha256. For a folder
of frames: the times of the folders in it, and one digest. So a plan looks at each clip, and never at the millions of
frames. Adding, removing or replacing a frame changes its folder's time. A frame that is overwritten in place is noticed
only when everything is read again (outputs.VERIFY).
"""

import json
import math
import os
from collections.abc import Callable, Iterable
from hashlib import sha256 as hashed
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import SPARED, read_json, sha256_once, write_text
from signscale.provenance.outputs import VERIFY

ABSENT = "absent"
MOST_PLANNED = 2e9
"""The most bytes of changed raw data that a plan reads by itself."""


class Allowance:
    """How many bytes of raw data a process may read; reading more raises SignScaleError with the remedy."""

    def __init__(self, left: float):
        self._left = left

    def read(self, path: str) -> str:
        """The sha256 of a file."""
        self._left -= os.stat(path).st_size  # noqa: PTH116
        if self._left < 0:
            raise SignScaleError(
                f"{path}: this and much more raw data has no checksum on this machine yet; "
                "run `signscale why keypoints` once, which reads it all, then start again"
            )
        return sha256_once(Path(path))


def of_a_plan() -> Allowance:
    """What the planning process may read: little, unless it was asked to read everything again."""
    return Allowance(math.inf if VERIFY in os.environ else MOST_PLANNED)


def files_in(memory: Path, folder: Path, tops: Iterable[str], read: Callable[[str], str]) -> dict[str, str]:
    """sha256 by path of each raw file, folders file by file; `ABSENT` for what is not there."""
    known, now = _remembered(memory), {}
    for top in tops:
        for file in _files(os.fspath(folder), top):
            now[file] = _file(_path(os.fspath(folder), file), known.get(file), read)
    _remember(memory, known, now)
    return {file: entry[-1] for file, entry in now.items()}


def digest_of(memory: Path, folder: Path, clips: Iterable[str], read: Callable[[str], str]) -> str:
    """One digest of the raw files and folders of clips."""
    known, now, top = _remembered(memory), {}, os.fspath(folder)
    for clip in clips:
        now[clip] = _clip(_path(top, clip), known.get(clip), read)
    _remember(memory, known, now)
    return hashed(json.dumps([[clip, entry[-1]] for clip, entry in now.items()]).encode()).hexdigest()


def _remembered(memory: Path) -> dict[str, list[Any]]:
    return read_json(memory, SPARED) if memory.is_file() and VERIFY not in os.environ else {}


def _remember(memory: Path, known: dict[str, list[Any]], now: dict[str, list[Any]]) -> None:
    if now != known:
        write_text(memory, json.dumps(now))


def _clip(path: str, known: list[Any] | None, read: Callable[[str], str]) -> list[Any]:
    """The entry of a raw file or folder; `known` itself if sizes and times are unchanged."""
    if (entry := _file(path, known, read)) is not None:
        return entry
    if known and isinstance(known[0], dict) and _times(path, known[0]) == known[0]:
        return known
    times = _times(path, [here[len(path) :] for here, _, _ in os.walk(path)])
    content = [[file, read(f"{path}/{file}")] for file in _files(path, ".")]
    return [times, hashed(json.dumps(content).encode()).hexdigest()]


def _times(path: str, folders: Iterable[str]) -> dict[str, int]:
    """The times of folders under a path, 0 for one that is gone."""
    found = {}
    for folder in folders:
        try:
            found[folder] = os.stat(path + folder).st_mtime_ns  # noqa: PTH116
        except FileNotFoundError:
            found[folder] = 0
    return found


def _file(path: str, known: list[Any] | None, read: Callable[[str], str]) -> list[Any] | None:
    """The entry of a raw file; `known` itself if size and time are unchanged. None for a folder."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return [0, 0, ABSENT]
    if S_ISDIR(status.st_mode):
        return None
    if known and known[:2] == [status.st_size, status.st_mtime_ns]:
        return known
    return [status.st_size, status.st_mtime_ns, read(path)]


def _files(folder: str, top: str) -> list[str]:
    """A raw file, or every file under a raw folder, sorted. Plain strings: there are millions."""
    start = _path(folder, top)
    if not os.path.isdir(start):  # noqa: PTH112
        return [top]
    return sorted(f"{top}{here[len(start) :]}/{name}" for here, _, names in os.walk(start) for name in names)


def _path(folder: str, file: str) -> str:
    """Published keypoints may lie outside the raw folder, so they can exist without it."""
    return os.path.normpath(f"{folder}/{file}") if file.startswith("../") else f"{folder}/{file}"
