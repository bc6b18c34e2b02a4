"""Published clips for the rows of a corpus: found by name, in pixels, and checked against what the corpus says.

Scores above 1, which RTMPose and OpenPose give now and then, are cut to 1; points of score 0 or less are missing. A
clip with NaN, of another number of frames than its annotation states, or with coordinates that cannot lie in its
picture is refused.
"""

from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip
from signscale.keypoints.readers.frames import numbered
from signscale.keypoints.readers.published import open_reader
from signscale.keypoints.readers.published.names import Names
from signscale.keypoints.readers.published.reader import Recorded
from signscale.keypoints.readers.video import allowed_to_miss
from signscale.params import PublishedParams

_RATES = {"wlasl": (25.0,), "how2sign": (24.0, 30.0, 50.0, 60.0)}
"""Frames a second of what was published of corpora whose rows do not say it; of several, a clip's length tells which.

How2Sign's are those of the numbers of frames in longtaojiang/SEDS, data_h2/test.pkl, over the sentences' times.
"""
_SURPLUS = 3
"""Frames by which a clip may be longer: cut at whole frames, both ends and one more included (FangyunWei/SLRT,
CiCo/data_preparation/reaglined_and_crop.py)."""
_SURE = 0.3
_OUTSIDE, _MARGIN = 0.1, 0.25  # of the sure points, how many may lie further outside than this share of the picture


class PublishedClips:
    """The published clips of a corpus; estimator and version as shards keep them, the source named in the version."""

    def __init__(self, settings: PublishedParams, corpus: str, raw: Path):
        self._settings, self._corpus, self._raw = settings, corpus, raw
        self._path = Path(settings.path)
        self._reader = open_reader(settings.format, self._path, corpus)
        self._names = Names(self._reader.names)
        self.estimator = settings.estimator or self._reader.estimator
        self.version = f"{settings.source or self._reader.version}, published as {settings.format}"
        self._cut = 0  # clips with scores above 1

    def write_annotations(self, folder: Path) -> bool:
        """Write the annotation file that the published files stand for, if their format does; returns whether."""
        write = getattr(self._reader, "write_annotations", None)
        if write:
            write(folder)
        return write is not None

    def lacking(self, row: Sample) -> str:
        """Why the files have no clip of that row, in a line that says what was tried; "" if they have one."""
        try:
            self._names.find(row)
        except SignScaleError as error:
            return f"{self._path}: {error}"
        return ""

    def clip(self, row: Sample) -> Clip:
        """The clip of a row; raises SignScaleError, one line, if it is not there or not what the row says."""
        try:
            name = self._names.find(row)
        except SignScaleError as error:
            raise SignScaleError(f"{self._path}: {error}") from None
        found = self._reader.read(name)
        where = f"{self._path}: {name}"
        size = self._size(found)
        points = _in_pixels(found, size, where)
        rate = self._rate(row, len(points), where)
        fps = self._settings.fps or found.fps or rate
        if not fps:
            raise SignScaleError(
                f"{self._path}: frames a second are not known; give keypoints.published.{self._corpus}.fps"
            )
        self._cut += found.above_one or bool((points[..., 2] > 1).any())
        points[..., 2] = points[..., 2].clip(0, 1)
        points[points[..., 2] == 0] = 0
        return Clip(row.sample_id, points, size, fps)

    def note(self) -> str:
        """How many of the clips read so far had scores above 1, "" if none."""
        return f"{self._cut} clips have scores above 1, which are cut to 1" if self._cut else ""

    def _size(self, found: Recorded) -> tuple[int, int]:
        size = self._settings.size or found.size
        if size is None:
            raise SignScaleError(
                f"{self._path}: {self._settings.format} does not say the size of the picture; give "
                f"keypoints.published.{self._corpus}.size: [width, height]"
            )
        return size[0], size[1]

    def _rate(self, row: Sample, frames: int, where: str) -> float:
        """Frames a second by the row and its corpus, 0 if they do not say.

        Raises SignScaleError if the annotation, or the folder of frames if it is there, states another number of them.
        """
        rates = (row.fps,) if row.fps else _RATES.get(row.corpus, ())
        seconds, folder = row.end - row.start, self._raw / row.clip
        rate = rates[0] if len(rates) == 1 else 0.0
        if row.end != -1 and rates:
            rate = min(rates, key=lambda one: abs(frames - seconds * one))
            stated, by = round(seconds * rate), "the annotation"
        elif folder.is_dir():
            stated, by = len(numbered(folder)), str(folder)
        else:
            return rate
        allowed = allowed_to_miss(stated)
        if not -allowed - 0.5 <= frames - stated <= max(allowed, _SURPLUS) + 0.5:
            raise SignScaleError(f"{where}: {frames} frames, {stated} by {by}; it is of another release of the corpus")
        return rate


def _in_pixels(found: Recorded, size: tuple[int, int], where: str) -> np.ndarray:
    """The clip's points in pixels; raises SignScaleError on NaN, or if they cannot lie in a picture of that size."""
    points = found.points.astype(np.float32)
    if not np.isfinite(points).all():
        raise SignScaleError(f"{where}: NaN or infinity among its numbers; take the clip out")
    if found.shares:
        points[..., :2] *= np.array(size, np.float32)
    if found.turned:
        points[..., :2] *= np.array([size[0] / size[1], size[1] / size[0]], np.float32)
    sure = points[points[..., 2] > _SURE]
    if len(sure) == 0:
        return points
    if not found.shares and np.abs(sure[:, :2]).max() <= 2:
        raise SignScaleError(f"{where}: its coordinates are shares of a picture, not pixels; is it of another format?")
    low, high = -_MARGIN * np.array(size), (1 + _MARGIN) * np.array(size)
    outside = ((sure[:, :2] < low) | (sure[:, :2] > high)).any(axis=1).mean()
    if outside > _OUTSIDE:
        reach = sure[:, :2].max(axis=0)
        raise SignScaleError(
            f"{where}: points reach {reach[0]:.0f}, {reach[1]:.0f} in a picture of {size[0]}x{size[1]}; its frames had "
            "another size, say which with keypoints.published's size"
        )
    return points
