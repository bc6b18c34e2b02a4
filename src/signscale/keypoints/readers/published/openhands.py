"""A folder with a pickle a clip, or a `.npy` a clip, of MediaPipe Holistic, without the size of the picture.

OpenHands (WLASL, MS-ASL, AUTSL, GSL, INCLUDE, LSA64), scripts/mediapipe_extract.py. Its pickles, what it hands out,
have "keypoints" (T, 75, 3) and "confidences" (T, 75): 33 points of the body, 21 of the left hand, 21 of the right, in
shares of the picture (commit 5e750c6 and later) or in pixels (15beee6). Pickles with the face between body and hands
(543 points) are read too. Its script of June 2021 (ab28bc9) wrote arrays (T, 543, 4) instead, x, y, z and confidence,
and took the picture's height for its width: x is a share times the height, y a share times the width.
"""

from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.wholebody import wholebody
from signscale.keypoints.readers.published.pickles import read_pickle
from signscale.keypoints.readers.published.reader import Recorded, files_by_name

_COUNTS = (75, 543)
_LARGEST_SHARE = 2
"""Half of a clip's coordinates lie within it if they are shares; legs below the picture may lie beyond."""


class _Reader:
    estimator, version = "mediapipe", "holistic (OpenHands)"

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".npy") | files_by_name(path, ".pkl")
        self.names = list(self._files)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path = self._files[name]
        if path.suffix == ".npy":
            return _recorded(_of_array(path), turned=True)
        points = _of_pickle(path)
        places = np.abs(points[points[..., 2] > 0][:, :2])
        return _recorded(points, shares=not len(places) or bool(np.median(places) <= _LARGEST_SHARE))


def _recorded(points: np.ndarray, shares: bool = False, turned: bool = False) -> Recorded:
    """Points float32 (T, 75 or 543, 3) as a clip."""
    face = points[:, 33:-42] if points.shape[1] == 543 else np.zeros((len(points), 468, 3), np.float32)
    body = wholebody(points[:, :33], face, points[:, -42:-21], points[:, -21:])
    return Recorded(body, shares=shares, turned=turned, above_one=bool((points[..., 2] > 1).any()))


def _of_pickle(path: Path) -> np.ndarray:
    """x, y and confidence, float32 (T, 75 or 543, 3), of a pickle."""
    content = read_pickle(path)
    if not isinstance(content, dict) or not {"keypoints", "confidences"} <= set(content):
        raise SignScaleError(f"{path}: no keypoints and confidences in it; is it of another format?")
    try:
        places = np.asarray(content["keypoints"], np.float32)
        confidence = np.asarray(content["confidences"], np.float32)
    except (ValueError, TypeError) as error:
        raise SignScaleError(f"{path}: its numbers are no array ({error}); fetch it again") from error
    if places.ndim != 3 or places.shape[1] not in _COUNTS or confidence.shape != places.shape[:2]:
        raise SignScaleError(
            f"{path}: keypoints {places.shape} and confidences {confidence.shape}, expected 75 or 543 points"
        )
    return np.concatenate([places[..., :2], confidence[..., None]], axis=-1)


def _of_array(path: Path) -> np.ndarray:
    """x, y and confidence, float32 (T, 543, 3), of an array (T, 543, 4)."""
    try:
        numbers = np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise SignScaleError(f"{path}: not an array of numbers ({error}); fetch it again") from error
    if numbers.ndim != 3 or numbers.shape[1:] != (543, 4):
        raise SignScaleError(f"{path}: an array {numbers.shape}, expected (T, 543, 4); is it of another format?")
    return numbers[..., [0, 1, 3]]


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
