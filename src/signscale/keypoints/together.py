"""MMPose and InterWild over the clips of one job, many at once: clips share batches, each ends as a piece of its own.

All that no earlier run finished is estimated before the first clip is read. A piece is written at the latest once one
batch more than the one with its clip's last frame is computed, so a killed job loses the clips with frames in its last
two batches, however many clips these hold, and no other.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip, write_shard
from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.pictures import Pictures, is_whole, opened, piece_of, read_whole
from signscale.params import KeypointsParams
from signscale.progress import Progress


def estimators_of(settings: KeypointsParams, environment: str) -> dict[str, Any]:
    """The estimator of each view of a clip: MMPose for its own, with InterWild's hands for the other."""
    from signscale.keypoints.estimators.mmpose.estimate import (
        MMPoseEstimator,
    )

    estimators: dict[str, Any] = {"mmpose": MMPoseEstimator(settings.mmpose)}
    if environment == "interwild":
        from signscale.keypoints.estimators.interwild.estimate import InterWildEstimator

        estimators["interwild"] = InterWildEstimator(estimators["mmpose"], settings.interwild)
    return estimators


def names(estimators: dict[str, Any]) -> tuple[str, str]:
    """The estimators' names and their versions, as a shard keeps them."""
    return "+".join(estimators), "; ".join(estimator.version for estimator in estimators.values())


def sharing_batches(rows: list[Sample], pictures: Pictures, estimators: dict[str, Any]) -> Callable[[Sample], Clip]:
    """What gives the clip of a row, after all rows are estimated; it raises SignScaleError for a bad clip."""
    failures: dict[str, SignScaleError] = {}
    for view, estimator in estimators.items():
        _estimate([row for row in rows if row.view == view], pictures, estimator, failures)

    def read(row: Sample) -> Clip:
        if row.sample_id in failures:
            raise failures[row.sample_id]
        return read_whole(piece_of(row, pictures, estimators[row.view]))

    return read


def _estimate(rows: list[Sample], pictures: Pictures, estimator: Any, failures: dict[str, SignScaleError]) -> None:
    """Leave a piece for every row that has none; rows that fail go to `failures`."""
    begun: deque[_Reading] = deque()

    def clips() -> Iterator[Iterable[np.ndarray]]:
        for row in rows:
            reading = _Reading(row, pictures)
            begun.append(reading)
            yield reading.frames(estimator)

    for points in Progress(estimator.estimate_clips(clips()), desc="estimating", unit="clip", total=len(rows)):
        reading = begun.popleft()
        if isinstance(points, SignScaleError):
            failures[reading.row.sample_id] = points
        elif reading.piece is not None:
            write_shard(reading.piece, [reading.clip(points)], estimator.name, estimator.version)


class _Reading:
    """A row's clip while its frames are being taken. piece: where it will lie; None if it lies there already."""

    def __init__(self, row: Sample, pictures: Pictures):
        self.row, self._pictures = row, pictures
        self.piece: Path | None = None

    def frames(self, estimator: PoseEstimator) -> Iterator[np.ndarray]:
        """The frames; none if an earlier run finished the clip."""
        piece = piece_of(self.row, self._pictures, estimator)
        if is_whole(piece):
            return
        self.piece = piece
        with opened(self.row, self._pictures) as video:
            self._size, self._fps = video.size, video.fps
            yield from video.frames

    def clip(self, points: np.ndarray) -> Clip:
        """The finished clip."""
        return Clip(self.row.sample_id, points, self._size, self._fps)
