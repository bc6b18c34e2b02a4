"""One extraction job: the rows of its part of a manifest in, one keypoint shard and its list of set-aside clips out.

A clip that cannot be read is set aside and counted, the rest goes on. Clips kept are stored as they are; the quality
gates come later, in `pack`, so that changing a gate never extracts again. Videos and folders of frames are one kind of
source, resumable clip by clip: each finished clip lies under scratch/keypoints until its shard is whole. Recorded
skeletons (.pose files, OpenPose episodes) are only read.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.sample import Sample, read_manifest
from signscale.errors import SignScaleError
from signscale.files import sha256_once
from signscale.keypoints import openpose, pose_files
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
    source = _source(params, corpus, rows, scratch)
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
        from signscale.keypoints.mediapipe import MediaPipeEstimator  # takes seconds, and only pictures need it

        estimator, longest_side = MediaPipeEstimator(params.keypoints.mediapipe), getattr(facts, "longest_side", 0)
        return _Source(
            estimator.name,
            estimator.version,
            lambda row: _resumable_clip(row, raw, longest_side, estimator, params.keypoints, scratch),
        )
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


def _opened(path: Path, row: Sample) -> AbstractContextManager[Video]:
    """The row's part of a folder of frames or of a video."""
    if path.is_dir():
        return open_frames(path, row.fps, row.start, row.end)
    return open_video(path, row.start, row.end)


def _resumable_clip(
    row: Sample, raw: Path, longest_side: int, estimator: PoseEstimator, settings: KeypointsParams, scratch: Path
) -> Clip:
    """The clip of a video or of frames, from scratch if an earlier run of the job finished it.

    Fresh clips too are read back from scratch, so that an interrupted job gives the same bytes as one that ran through.
    """
    path = raw / row.clip
    piece = scratch / f"{_fingerprint(row, path, longest_side, estimator, settings)}.h5"
    kept = _read_piece(piece)
    if kept is None:
        with _opened(path, row) as opened:
            video = scaled(opened, longest_side)
            clip = Clip(row.sample_id, estimator.estimate(video.frames), video.size, video.fps)
        write_shard(piece, [clip], estimator.name, estimator.version)
        with Shard(piece) as shard:
            return shard.clip(0)
    return kept


def _fingerprint(
    row: Sample, path: Path, longest_side: int, estimator: PoseEstimator, settings: KeypointsParams
) -> str:
    """What a clip's keypoints depend on, as hex; the number of clips a job is not part of it."""
    if not path.exists():
        raise SignScaleError(f"{path}: no such file or folder; acquire its corpus again")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    content = [[file.name, sha256_once(file)] for file in files if file.is_file()]
    identity = [
        row.sample_id, row.start, row.end, row.fps, content, longest_side,
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
