"""One extraction job: the rows of its part of a manifest in, one keypoint shard and its list of set-aside clips out.

A clip that cannot be read is set aside and counted, the rest goes on. Clips kept are stored as they are; the quality
gates come later, in `pack`, so that changing a gate never extracts again. Videos are resumable clip by clip: each
finished clip lies under scratch/keypoints until its shard is whole.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.sample import Sample, read_manifest
from signscale.errors import SignScaleError
from signscale.files import sha256
from signscale.keypoints import pose_files
from signscale.keypoints.estimator import PoseEstimator
from signscale.keypoints.video import open_video
from signscale.params import KeypointsParams, Params
from signscale.progress import Progress
from signscale.store.set_aside import SetAside, beside, write_set_aside
from signscale.store.shard import Clip, Shard, check_clip, write_shard

SCRATCH = Path("scratch/keypoints")


@dataclass(frozen=True, slots=True)
class _Source:
    """How the clips of one kind of corpus are read, and whose keypoints they are."""

    estimator: str
    version: str
    read: Callable[[Sample], Clip]


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
    source = _source(params, corpus, scratch)
    aside: list[SetAside] = []
    kept = write_shard(out, _clips(rows, source, aside), source.estimator, source.version)
    write_set_aside(beside(out), aside)
    if scratch.is_dir():
        shutil.rmtree(scratch)
    print(f"keypoints: {corpus} {shard:05d}: {kept} clips kept, {len(aside)} set aside", file=sys.stderr)


def _source(params: Params, corpus: str, scratch: Path) -> _Source:
    raw, kind = Path(params.acquire.raw) / corpus, load_corpus(corpus).kind
    if kind == "pose":
        return _Source(pose_files.ESTIMATOR, pose_files.ESTIMATOR_VERSION, lambda row: _pose_clip(row, raw))
    if kind == "video":
        from signscale.keypoints.mediapipe import MediaPipeEstimator  # takes seconds, and only videos need it

        estimator = MediaPipeEstimator(params.keypoints.mediapipe)
        return _Source(
            estimator.name,
            estimator.version,
            lambda row: _resumable_clip(row, raw, estimator, params.keypoints, scratch),
        )
    raise SignScaleError(f"corpus {corpus}: clips of kind {kind!r} cannot be extracted; supported are pose and video")


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


def _resumable_clip(row: Sample, raw: Path, estimator: PoseEstimator, settings: KeypointsParams, scratch: Path) -> Clip:
    """A video's clip, from scratch if an earlier run of the job finished it.

    Fresh clips too are read back from scratch, so that an interrupted job gives the same bytes as one that ran through.
    """
    video = raw / row.clip
    piece = scratch / f"{_fingerprint(row, video, estimator, settings)}.h5"
    kept = _read_piece(piece)
    if kept is None:
        with open_video(video, row.start, row.end) as opened:
            clip = Clip(row.sample_id, estimator.estimate(opened.frames), opened.size, opened.fps)
        write_shard(piece, [clip], estimator.name, estimator.version)
        with Shard(piece) as shard:
            return shard.clip(0)
    return kept


def _fingerprint(row: Sample, video: Path, estimator: PoseEstimator, settings: KeypointsParams) -> str:
    """What a clip's keypoints depend on, as hex; the number of clips a job is not part of it."""
    if not video.is_file():
        raise SignScaleError(f"{video}: no such file; acquire its corpus again")
    identity = [
        row.sample_id, row.start, row.end, sha256(video),
        estimator.name, estimator.version, settings.mediapipe.model_dump(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def _read_piece(piece: Path) -> Clip | None:
    """The finished clip in a scratch file; None if there is none, or if a power cut left it torn: then it is redone."""
    if not piece.is_file():
        return None
    try:
        with Shard(piece) as shard:
            return shard.clip(0)
    except SignScaleError:
        return None
