"""Recorded clips in one numpy archive (.npz), the layout of the pose sets that people drop in.

kp: (N, T, 133, 3) COCO-WholeBody points of N clips of T frames: x and y in 0..1 of the picture, confidence. y: (N,)
place of each clip's word in classes. classes: (W,) words. ids: (N,) a name for each clip. recorder: (N,) who recorded
each, in archives of several people or sessions. Nothing in it is unpickled.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.reading import reading
from signscale.formats.skeleton import WHOLEBODY_POINTS


@dataclass(frozen=True)
class RecordedClips:
    """What an archive says of its N clips, in its order: name and word of each."""

    names: list[str]
    words: list[str]


def _open(path: Path, arrays: tuple[str, ...]) -> list[np.ndarray]:
    """The named arrays; raises SignScaleError if the archive is absent, torn, pickled, or lacks one of them."""
    with (
        reading(path, "a whole archive of recorded clips", "drop it there again"),
        np.load(path, allow_pickle=False) as file,
    ):
        return [file[name] for name in arrays]


def read_words(path: Path) -> RecordedClips:
    """Names and words of an archive's clips. Raises SignScaleError if it cannot be read or its parts disagree."""
    places, words, names = _open(path, ("y", "classes", "ids"))
    if any(part.ndim != 1 for part in (places, words, names)) or {words.dtype.kind, names.dtype.kind} != {"U"}:
        raise SignScaleError(f"{path}: y, classes and ids are not lists of numbers and of text; drop it there again")
    if len(places) != len(names) or len(set(names.tolist())) != len(names):
        raise SignScaleError(f"{path}: {len(names)} ids for {len(places)} clips, or one twice; drop it there again")
    if places.dtype.kind not in "iu" or (len(places) and not 0 <= places.min() <= places.max() < len(words)):
        raise SignScaleError(f"{path}: its y names a class outside its {len(words)}; drop it there again")
    return RecordedClips([str(name) for name in names], [str(words[k]) for k in places])


def read_recorders(path: Path) -> list[str]:
    """Who recorded each clip. Raises SignScaleError if the archive cannot be read or does not say so of every clip."""
    recorders, names = _open(path, ("recorder", "ids"))
    if recorders.shape != names.shape or recorders.dtype.kind != "U":
        raise SignScaleError(f"{path}: recorder does not name one for each of {len(names)} clips; drop it there again")
    return [str(name) for name in recorders]


def read_points(path: Path) -> dict[str, np.ndarray]:
    """Clip name -> (T, 133, 3) as the archive has it. Raises SignScaleError if it cannot be read."""
    points, names = _open(path, ("kp", "ids"))
    if points.ndim != 4 or points.shape[2:] != (WHOLEBODY_POINTS, 3) or len(points) != len(names):
        raise SignScaleError(f"{path}: kp is {points.shape} for {len(names)} ids, not (N, T, 133, 3)")
    return dict(zip(map(str, names), points, strict=True))
