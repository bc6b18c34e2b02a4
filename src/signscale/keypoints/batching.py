"""Runs an estimator that shares batches over many clips of one job at once. Each finished clip is saved as a piece.

All clips that no earlier run finished are estimated before the first one is read back. A piece is written at the latest
once one batch more than the one with its clip's last frame is computed, so a killed job loses the clips with frames in
its last two batches, however many clips these hold, and no other.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip, write_shard
from signscale.keypoints.estimators.base import PoseEstimator, SharingEstimator
from signscale.keypoints.estimators.choice import estimator_of, for_view
from signscale.keypoints.pictures import Pictures, is_whole, opened, piece_of, read_whole
from signscale.progress import Progress


def sharing_batches(
    rows: list[Sample], pictures: Pictures, estimators: dict[str, SharingEstimator]
) -> Callable[[Sample], Clip]:
    """A function from a row to its clip, made once all rows are estimated. The function raises SignScaleError for a bad
    clip."""
    failures: dict[str, SignScaleError] = {}
    parts: dict[str, list[Sample]] = {}
    for row in rows:
        parts.setdefault(estimator_of(pictures.settings, row.view).name, []).append(row)
    for name, estimator in estimators.items():
        _estimate(parts.get(name, []), pictures, estimator, failures)

    def read(row: Sample) -> Clip:
        if row.sample_id in failures:
            raise failures[row.sample_id]
        return read_whole(piece_of(row, pictures, for_view(estimators, pictures.settings, row.view)))

    return read


def _estimate(
    rows: list[Sample], pictures: Pictures, estimator: SharingEstimator, failures: dict[str, SignScaleError]
) -> None:
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
