"""Clips recorded in a numpy archive (signscale.formats.array_file) as 133 keypoints in pixels.

The archives hold shares of a picture whose size they do not say: the corpus says what it is taken as. Points beyond the
picture are kept up to one picture further; confidences are cut to 0..1. Who recorded them used MediaPipe, which stands
in for HRNet + DARK and InterWild.
"""

from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.array_file import read_points
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip

ESTIMATOR, ESTIMATOR_VERSION = "mediapipe", "recorded"


class RecordedArchives:
    """The clips of a corpus's archives, each read when its first clip is asked for. picture: its sides in pixels."""

    def __init__(self, folder: Path, picture: tuple[int, int]):
        self._folder, self._picture = folder, picture
        self._points: dict[str, dict[str, np.ndarray]] = {}

    def clip(self, row: Sample) -> Clip:
        """The clip of a sample `<corpus>/<name in the archive>`; raises SignScaleError if it is not there or torn."""
        path, name = self._folder / row.clip, row.sample_id.partition("/")[2]
        if row.clip not in self._points:
            self._points[row.clip] = read_points(path)
        if name not in self._points[row.clip]:
            raise SignScaleError(f"{path}: no clip {name}; the archive is another than was acquired; run again")
        points, size = self._points[row.clip][name].astype(np.float32), np.array(self._picture, np.float32)
        points[..., :2] = np.clip(points[..., :2] * size, -size, 2 * size)
        points[..., 2] = np.clip(points[..., 2], 0, 1)
        return Clip(row.sample_id, points, self._picture, row.fps)
