"""A folder a clip with a `.npy` a frame: 1,662 numbers (with the face) or 258, MediaPipe Holistic in shares.

Many small projects keep `MP_Data/<word>/<clip>/<frame>.npy`: 33 points of the body with four numbers (x, y, z,
visibility), 468 of the face, 21 of the left and 21 of the right hand with three; a part that was not seen is zeros. In
which order the parts stand differs (one public set writes the face first), so it is found from the numbers: the tip of
the nose is in the body and in the face, each wrist in the body and in its hand.
"""

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.wholebody import wholebody
from signscale.keypoints.readers.published.reader import Recorded

_SIZES = {"pose": 132, "face": 1404, "left": 63, "right": 63}
_LENGTHS = {1662: tuple(_SIZES), 258: ("pose", "left", "right")}
_NOSE, _FACE_NOSE, _LEFT_WRIST, _RIGHT_WRIST = 0, 4, 15, 16
_NEAR = 0.1  # shares of the picture: more than the two finders of one point differ
_LOOKED_AT = 20  # clips


class _Reader:
    estimator, version = "mediapipe", "holistic (MP_Data)"

    def __init__(self, path: Path, corpus: str):
        folders = sorted({file.parent for file in path.rglob("*.npy")})
        self._folders = {folder.relative_to(path).as_posix(): folder for folder in folders}
        self.names = list(self._folders)
        sample = list(itertools.islice(_readable(folders), _LOOKED_AT))
        by_length = {length: [f for f in sample if f.shape[1] == length] for length in _LENGTHS}
        self._orders = {
            length: order_of(np.concatenate(frames), path) for length, frames in by_length.items() if frames
        }

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        frames = _frames(self._folders[name])
        if frames.shape[1] not in self._orders:
            raise SignScaleError(
                f"{self._folders[name]}: {frames.shape[1]} numbers a frame, its neighbours have others"
            )
        parts = _parts(frames, self._orders[frames.shape[1]])
        face = parts.get("face", np.zeros((len(frames), 468, 3), np.float32))
        body = wholebody(parts["pose"], face, parts["left"], parts["right"])
        return Recorded(body, shares=True, above_one=bool((parts["pose"][..., 2] > 1).any()))


def order_of(frames: np.ndarray, where: Path) -> tuple[str, ...]:
    """The order of the parts in frames (T, 1662 or 258); raises SignScaleError if the numbers do not show one."""
    costs = sorted((_cost(frames, order), order) for order in itertools.permutations(_LENGTHS[frames.shape[1]]))
    (best, order), (second, _) = costs[:2]
    if not best < _NEAR or not second > 2 * best:
        raise SignScaleError(f"{where}: the order of body, face and hands does not show in its numbers; leave it out")
    return order


def _cost(frames: np.ndarray, order: tuple[str, ...]) -> float:
    """How far apart, in shares, the points lie that two parts have in common; infinity if no frame has both."""
    parts = _parts(frames, order)
    pairs = [(_LEFT_WRIST, "left", 0), (_RIGHT_WRIST, "right", 0)]
    if "face" in parts:
        pairs.append((_NOSE, "face", _FACE_NOSE))
    gaps = []
    for body, part, point in pairs:
        both = (parts["pose"][:, body, :2] != 0).any(axis=1) & (parts[part][:, :, :2] != 0).any(axis=(1, 2))
        if both.any():
            gap = parts["pose"][both, body, :2] - parts[part][both, point, :2]
            gaps.append(float(np.median(np.linalg.norm(gap, axis=1))))
    return sum(gaps) / len(gaps) if gaps else float("inf")


def _parts(frames: np.ndarray, order: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Each part as float32 (T, points, 3): x, y and confidence, which is the visibility, or 1 if the part was seen."""
    ends = np.cumsum([_SIZES[name] for name in order])
    parts = {}
    for name, numbers in zip(order, np.split(frames, ends[:-1], axis=1), strict=True):
        points = numbers.reshape(len(frames), -1, 4 if name == "pose" else 3)
        seen = (points != 0).any(axis=(1, 2))
        confidence = points[..., 3] if name == "pose" else np.repeat(seen[:, None], points.shape[1], axis=1)
        parts[name] = np.concatenate([points[..., :2], confidence[..., None]], axis=-1, dtype=np.float32)
    return parts


def _frames(folder: Path) -> np.ndarray:
    """The frames of a clip in the order of their numbers, float32 (T, 1662 or 258)."""
    numbered = sorted((int(number[-1]), path) for path in folder.glob("*.npy") if (number := _numbers(path)))
    frames = []
    for place, (number, path) in enumerate(numbered):
        if number != numbered[0][0] + place:
            raise SignScaleError(f"{folder}: frame {numbered[0][0] + place} is missing or stands twice")
        try:
            frames.append(np.load(path, allow_pickle=False).astype(np.float32))
        except (OSError, ValueError, EOFError, TypeError) as error:
            raise SignScaleError(f"{path}: not an array of numbers ({error}); fetch it again") from error
        if frames[-1].shape != frames[0].shape or frames[-1].ndim != 1 or len(frames[-1]) not in _LENGTHS:
            raise SignScaleError(f"{path}: {frames[-1].shape} numbers, expected 1662 or 258, in all frames the same")
    if not frames:
        raise SignScaleError(f"{folder}: no numbered .npy in it")
    return np.stack(frames)


def _readable(folders: list[Path]) -> Iterator[np.ndarray]:
    """The frames of the clips that can be read and are numbers throughout."""
    for folder in folders:
        with contextlib.suppress(SignScaleError):  # reported when it is read
            if np.isfinite(frames := _frames(folder)).all():
                yield frames


def _numbers(path: Path) -> list[str]:
    return re.findall(r"\d+", path.stem)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
