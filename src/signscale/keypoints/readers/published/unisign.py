"""A folder with a pickle a clip: "keypoints", a list of (people, 133, 2) in shares of the picture, and "scores".

Uni-Sign (CSL-Daily, WLASL, How2Sign and others; demo/pose_extraction.py, datasets.py): RTMPose through rtmlib. The clip
is the frames from "start" up to "end" where these stand there. Of several people the first is taken, as Uni-Sign does;
a frame without anybody is missing. Scores are those of RTMPose, which may pass 1.
"""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.folder import FolderReader
from signscale.keypoints.readers.published.reader import Recorded


class _Reader(FolderReader):
    estimator, version = "rtmpose", "COCO-WholeBody (Uni-Sign)"
    sizes: ClassVar = {"csl_daily": (512, 512), "how2sign": (1280, 720)}
    keys = ("keypoints", "scores")

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path, content = self.content(name)
        keypoints, scores = content["keypoints"], content["scores"]
        if len(keypoints) != len(scores):
            raise SignScaleError(f"{path}: {len(keypoints)} frames of keypoints, {len(scores)} of scores")
        start, end = int(content.get("start", 0)), int(content.get("end", len(keypoints)))
        if not 0 <= start < end <= len(keypoints):
            raise SignScaleError(f"{path}: frames {start} to {end} of {len(keypoints)}; fetch it again")
        try:
            points = [_first(keypoints[k], scores[k]) for k in range(start, end)]
        except (ValueError, TypeError, IndexError) as error:
            raise SignScaleError(f"{path}: a frame is not (people, 133, 2) with its scores ({error})") from error
        return Recorded(np.stack(points), shares=True, size=self._size)


def _first(keypoints: Any, scores: Any) -> np.ndarray:
    """(people, 133, 2) and (people, 133) to the first one's float32 (133, 3)."""
    places, confidence = np.asarray(keypoints, np.float32), np.asarray(scores, np.float32)
    if places.size == 0:
        return np.zeros((133, 3), np.float32)
    return np.concatenate([places.reshape(-1, 133, 2)[0], confidence.reshape(-1, 133, 1)[0]], axis=-1)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
