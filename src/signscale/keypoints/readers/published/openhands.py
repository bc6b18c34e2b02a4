"""A folder with a pickle a clip: "keypoints" (T, 75, 3) and "confidences" (T, 75), without the size of the picture.

OpenHands (WLASL, MS-ASL, AUTSL, GSL, INCLUDE, LSA64), scripts/mediapipe_extract.py: MediaPipe's 33 points of the body,
21 of the left hand, 21 of the right; some of its versions keep the face between body and hands (543 points), some
write pixels rather than shares of the picture: no share is beyond 2, no clip in pixels is all within.
"""

from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.wholebody import wholebody
from signscale.keypoints.readers.published.pickles import read_pickle
from signscale.keypoints.readers.published.reader import Recorded, files_by_name

_COUNTS = (75, 543)
_LARGEST_SHARE = 2


class _Reader:
    estimator, version = "mediapipe", "holistic (OpenHands)"

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".pkl")
        self.names = list(self._files)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path = self._files[name]
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
        points = np.concatenate([places[..., :2], confidence[..., None]], axis=-1)
        face = points[:, 33:-42] if points.shape[1] == 543 else np.zeros((len(points), 468, 3), np.float32)
        shares = bool(np.abs(points[points[..., 2] > 0][:, :2]).max(initial=0) <= _LARGEST_SHARE)
        return Recorded(wholebody(points[:, :33], face, points[:, -42:-21], points[:, -21:]), shares=shares)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
