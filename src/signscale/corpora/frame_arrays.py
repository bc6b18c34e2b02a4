"""Repositories of MediaPipe Holistic's landmarks, an array a frame, made into one archive of recorded clips.

There: MP_Data/<word>/<clip>/<frame>.npy, frames numbered from 0, each of 258 numbers: 33 pose landmarks of x, y, z and
visibility, then 21 of the left hand and 21 of the right of x, y and z; x and y in 0..1 of the picture. All 0 is a part
that was not found. There is no face.

The archive has the layout of signscale.formats.array_file, and beside that where it is from: source, the address of
what was read; aside: (K, 2), folder and reason of the clips left out. Equal frames give equal bytes.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from signscale.corpora.tables import Fault, RowError
from signscale.errors import SignScaleError
from signscale.formats.files import written_whole
from signscale.formats.wholebody import wholebody
from signscale.progress import Progress

FOLDER, SUFFIX = "MP_Data", ".npy"
_POSE, _HAND, _FACE = 33, 21, 468  # landmarks
_NUMBERS = _POSE * 4 + 2 * _HAND * 3


def write_archive(clone: Path, frames: int, source: str, path: Path) -> None:
    """Write the archive of a repository's clips of `frames` frames each, by word, then clip; whole or not at all.

    A clip with another number of frames, or with one that is torn, is left out, which the archive itself says. Raises
    SignScaleError if none is left.
    """
    points, names, aside = [], [], []
    for name in Progress(list(_names(clone / FOLDER)), desc=f"reading {clone.name}", unit="clip"):
        try:
            points.append(_points(_read(clone / FOLDER / name, frames)))
            names.append(name)
        except RowError as reason:
            aside.append((f"{FOLDER}/{name}", str(reason)))
    if not names:
        first = f" ({': '.join(aside[0])})" if aside else ""
        raise SignScaleError(f"{clone / FOLDER}: no clip of {frames} frames{first}; move {clone} away, clone it again")
    words = sorted({name.split("/")[0] for name in names})
    arrays = {
        "kp": np.stack(points),
        "y": np.array([words.index(name.split("/")[0]) for name in names]),
        "classes": np.array(words),
        "ids": np.array(names),
        "source": np.array(source),
        "aside": np.array(aside, str).reshape(-1, 2),
    }
    with written_whole(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_origin(path: Path) -> tuple[str, list[Fault]]:
    """The source an archive says it is from, and the clips left out of it; "" and none if it was not made here."""
    with np.load(path, allow_pickle=False) as file:
        if not {"source", "aside"} <= set(file.files):
            return "", []
        return str(file["source"]), [Fault(folder, 0, reason) for folder, reason in file["aside"].tolist()]


def _names(folder: Path) -> Iterator[str]:
    """`<word>/<clip>` of every clip, sorted by word, then by the clip's number."""
    for word in sorted(path for path in folder.iterdir() if path.is_dir()):
        clips = [path.name for path in word.iterdir() if path.is_dir()]
        yield from (f"{word.name}/{clip}" for clip in sorted(clips, key=lambda clip: (len(clip), clip)))


def _read(clip: Path, frames: int) -> np.ndarray:
    """The arrays of a clip, (T, 258). Raises RowError if one is missing, too many, or not what it should be."""
    wanted, found = [f"{k}{SUFFIX}" for k in range(frames)], {path.name for path in clip.glob(f"*{SUFFIX}")}
    if wrong := sorted(found.symmetric_difference(wanted), key=lambda name: (len(name), name)):
        raise RowError(f"{len(found)} frames in place of {frames}, see {wrong[0]}")
    return np.stack([_frame(clip / name) for name in wanted])


def _frame(path: Path) -> np.ndarray:
    try:
        frame = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RowError(f"{path.name} is torn: {error}") from None
    if not isinstance(frame, np.ndarray) or frame.shape != (_NUMBERS,) or frame.dtype.kind != "f":
        raise RowError(f"{path.name} is {getattr(frame, 'shape', 'an archive')}, not {_NUMBERS} numbers")
    if not np.isfinite(frame).all():
        raise RowError(f"{path.name} has numbers that are not finite")
    return frame


def _points(frames: np.ndarray) -> np.ndarray:
    """(T, 258) to the 133 points (T, 133, 3), float16: x and y in shares of the picture, confidence."""
    pose, left, right = np.split(frames, [_POSE * 4, _POSE * 4 + _HAND * 3], axis=1)
    body, face = pose.reshape(-1, _POSE, 4)[..., [0, 1, 3]], np.zeros((len(frames), _FACE, 3))
    return wholebody(body, face, _hand(left), _hand(right)).astype(np.float16)


def _hand(numbers: np.ndarray) -> np.ndarray:
    """A hand's (T, 63) as (T, 21, 3): its depth makes way for confidence, 1 where the hand was found, 0 where not."""
    points = numbers.reshape(-1, _HAND, 3).copy()
    points[..., 2] = numbers.any(axis=1)[:, None]
    return points
