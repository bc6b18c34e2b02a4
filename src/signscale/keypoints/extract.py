"""One extraction job: the rows of its part of a manifest in, one keypoint shard and its list of set-aside clips out.

A clip that cannot be read is set aside and counted, the rest goes on. Clips kept are stored as they are; the quality
gates come later, in `pack`, so that changing a gate never extracts again. Videos and folders of frames are one kind of
source, resumable clip by clip: each finished clip lies under scratch/keypoints until its shard is whole. Recorded
skeletons (.pose files, OpenPose episodes) are only read.

MMPose and InterWild take many clips at once, so all that no earlier run finished are estimated ahead of the reading,
each into its file under scratch as soon as its last frame is done; what a killed job loses is the clips whose frames
shared the last batches.
"""

import hashlib
import json
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from signscale.corpora import load_corpus
from signscale.corpora.sample import Sample, read_manifest
from signscale.errors import SignScaleError
from signscale.files import sha256
from signscale.keypoints import openpose, pose_files
from signscale.keypoints.environment import environment_of
from signscale.keypoints.estimator import PoseEstimator
from signscale.keypoints.frames import open_frames
from signscale.keypoints.scale import scaled
from signscale.keypoints.video import Video, open_video
from signscale.params import KeypointsParams, Params
from signscale.progress import Progress
from signscale.store.set_aside import SetAside, beside, write_set_aside
from signscale.store.shard import Clip, Shard, check_clip, write_shard

SCRATCH = Path("scratch/keypoints")


@dataclass(frozen=True, slots=True)
class _Source:
    """How the clips of one kind of corpus are read, and whose keypoints they are. prepare: comes before the reading."""

    estimator: str
    version: str
    read: Callable[[Sample], Clip]
    prepare: Callable[[], None] = lambda: None


def extract_shard(params: Params, corpus: str, manifest: Path, shard: int, out: Path) -> None:
    """Write the keypoints of job `shard` of a manifest to `out`, and beside it the clips set aside.

    Job k takes the rows [k * clips_per_shard, (k + 1) * clips_per_shard). Raises SignScaleError if there are none, or
    if clips of the corpus's kind have no extraction.
    """
    size = params.keypoints.clips_per_shard
    rows = read_manifest(manifest)[shard * size : (shard + 1) * size]
    if not rows:
        raise SignScaleError(f"{manifest}: job {shard} of {size} clips has no rows; run its stage again")
    scratch = SCRATCH / params.preset / corpus / f"{shard:05d}"
    source = _source(params, corpus, rows, scratch)
    source.prepare()
    aside: list[SetAside] = []
    kept = write_shard(out, _clips(rows, source, aside), source.estimator, source.version)
    write_set_aside(beside(out), aside)
    if scratch.is_dir():
        shutil.rmtree(scratch)
    print(f"keypoints: {corpus} {shard:05d}: {kept} clips kept, {len(aside)} set aside", file=sys.stderr)


def _source(params: Params, corpus: str, rows: list[Sample], scratch: Path) -> _Source:
    raw, facts = Path(params.acquire.raw) / corpus, load_corpus(corpus)
    kind = facts.kind
    if kind == "pose":
        return _Source(pose_files.ESTIMATOR, pose_files.ESTIMATOR_VERSION, lambda row: _pose_clip(row, raw))
    if kind == "openpose":
        episodes = openpose.Episodes(raw, rows)
        return _Source(
            openpose.ESTIMATOR,
            openpose.ESTIMATOR_VERSION,
            lambda row: Clip(row.sample_id, episodes.points(row), facts.picture, row.fps),
        )
    if kind in ("video", "frames"):
        pictures = Pictures(raw, getattr(facts, "longest_side", 0), params.keypoints, scratch)
        environment = environment_of(params.keypoints, facts)
        if environment:
            return _together(pictures, rows, environment)
        from signscale.keypoints.mediapipe import MediaPipeEstimator  # takes seconds, and only pictures need it

        estimator = MediaPipeEstimator(params.keypoints.mediapipe)
        return _Source(estimator.name, estimator.version, lambda row: _resumable_clip(row, pictures, estimator))
    raise SignScaleError(f"corpus {corpus}: clips of kind {kind!r} cannot be extracted; they are made of others")


def _clips(rows: list[Sample], source: _Source, aside: list[SetAside]) -> Iterator[Clip]:
    """The clips of the rows in order; rows that fail go to `aside`."""
    for row in Progress(rows, desc=f"keypoints {rows[0].corpus}", unit="clip"):
        try:
            clip = source.read(row)
            check_clip(clip)
        except SignScaleError as error:
            aside.append(SetAside(row.sample_id, "keypoints", str(error)))
        else:
            yield clip


def _pose_clip(row: Sample, raw: Path) -> Clip:
    points, size, fps = pose_files.read_pose(raw / row.clip, row.start, row.end)
    return Clip(row.sample_id, points, size, fps)


def _together(pictures: "Pictures", rows: list[Sample], environment: str) -> _Source:
    """The estimators whose clips share batches: MMPose for its own view, with InterWild's hands for the other."""
    from signscale.keypoints.mmpose import MMPoseEstimator  # its environment alone has what this needs

    views: dict[str, Any] = {"mmpose": MMPoseEstimator(pictures.settings.mmpose)}
    if environment == "interwild":
        from signscale.keypoints.interwild import InterWildEstimator

        views["interwild"] = InterWildEstimator(views["mmpose"], pictures.settings.interwild)
    failures: dict[str, SignScaleError] = {}

    def prepare() -> None:
        for view, estimator in views.items():
            _estimate_together([row for row in rows if row.view == view], pictures, estimator, failures)

    def read(row: Sample) -> Clip:
        if row.sample_id in failures:
            raise failures[row.sample_id]
        return _resumable_clip(row, pictures, views[row.view])

    versions = "; ".join(estimator.version for estimator in views.values())
    return _Source("+".join(views), versions, read, prepare)


def _estimate_together(
    rows: list[Sample], pictures: "Pictures", estimator: Any, failures: dict[str, SignScaleError]
) -> None:
    """Leave a finished clip under scratch for every row that has none; rows that fail go to `failures`."""
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

    def __init__(self, row: Sample, pictures: "Pictures"):
        self.row, self._pictures = row, pictures
        self.piece: Path | None = None

    def frames(self, estimator: PoseEstimator) -> Iterator[np.ndarray]:
        """The frames; none if an earlier run finished the clip."""
        piece = self._pictures.piece(self.row, estimator)
        if _read_piece(piece) is not None:
            return
        self.piece = piece
        with self._pictures.opened(self.row) as video:
            self._size, self._fps = video.size, video.fps
            yield from video.frames

    def clip(self, points: np.ndarray) -> Clip:
        """The finished clip."""
        return Clip(self.row.sample_id, points, self._size, self._fps)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The videos and folders of frames of a corpus, and what is done with them. Each file is hashed once a job."""

    raw: Path
    longest_side: int
    settings: KeypointsParams
    scratch: Path
    _seen: dict[Path, str] = field(default_factory=dict)

    @contextmanager
    def opened(self, row: Sample) -> Iterator[Video]:
        """The row's part of a folder of frames or of a video, scaled as the corpus wants it."""
        path = self.raw / row.clip
        part = open_frames(path, row.fps, row.start, row.end) if path.is_dir() else open_video(path, row.start, row.end)
        with part as video:
            yield scaled(video, self.longest_side)

    def piece(self, row: Sample, estimator: PoseEstimator) -> Path:
        """Where the row's clip lies once it is finished, named by what its keypoints depend on.

        The number of clips a job is not part of it. Raises SignScaleError if its source is absent.
        """
        path = self.raw / row.clip
        if not path.exists():
            raise SignScaleError(f"{path}: no such file or folder; acquire its corpus again")
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        content = [[file.name, self._sha256(file)] for file in files if file.is_file()]
        identity = [
            row.sample_id, row.start, row.end, row.fps, content, self.longest_side,
            estimator.name, estimator.version, self.settings.model_dump(exclude={"clips_per_shard"}),
        ]  # fmt: skip
        return self.scratch / f"{hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]}.h5"

    def _sha256(self, file: Path) -> str:
        if file not in self._seen:
            self._seen[file] = sha256(file)
        return self._seen[file]


def _resumable_clip(row: Sample, pictures: Pictures, estimator: PoseEstimator) -> Clip:
    """The clip of a video or of frames, from scratch if an earlier run of the job finished it.

    Fresh clips too are read back from scratch, so that an interrupted job gives the same bytes as one that ran through.
    """
    piece = pictures.piece(row, estimator)
    kept = _read_piece(piece)
    if kept is None:
        with pictures.opened(row) as video:
            clip = Clip(row.sample_id, estimator.estimate(video.frames), video.size, video.fps)
        write_shard(piece, [clip], estimator.name, estimator.version)
        with Shard(piece) as shard:
            return shard.clip(0)
    return kept


def _read_piece(piece: Path) -> Clip | None:
    """The finished clip in a scratch file; None if there is none, or if a power cut left it torn: then it is redone."""
    if not piece.is_file():
        return None
    try:
        with Shard(piece) as shard:
            return shard.clip(0)
    except SignScaleError:
        return None
