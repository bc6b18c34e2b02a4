"""Videos and folders of frames to keypoints, clip by clip: each finished clip lies as a piece in scratch.

A piece is a keypoint shard of one clip, named by all that decides its keypoints. A clip whose piece is there is not
estimated again, so a killed job continues where it was. Every clip is read back from its piece, so that an
interrupted job gives the same bytes as one that ran through.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.formats.files import sha256_once
from signscale.formats.sample import Sample
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.keypoints import workers
from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.choice import deciding, for_view, running
from signscale.keypoints.estimators.estimation import estimated
from signscale.keypoints.readers.frames import open_frames
from signscale.keypoints.readers.video import Video, open_video
from signscale.keypoints.scale import scaled
from signscale.params import KeypointsParams
from signscale.progress import Progress


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one job. names: of the estimators. raw: folder of the corpus.

    longest_side: pixels that frames are scaled to, 0 leaves them. scratch: folder of the pieces.
    """

    settings: KeypointsParams
    names: tuple[str, ...]
    raw: Path
    longest_side: int
    scratch: Path


def one_by_one(pictures: Pictures, estimators: dict[str, PoseEstimator]) -> Callable[[Sample], Clip]:
    """A function from a row to its clip, estimated in this process. The function raises SignScaleError for a bad
    clip."""
    return lambda row: read_whole(_made(row, pictures, estimators))


def shared_out(rows: list[Sample], pictures: Pictures, processes: int) -> Callable[[Sample], Clip]:
    """The same function, made once that many processes have estimated all rows."""
    made: dict[str, Path | SignScaleError] = {}
    with Progress(total=len(rows), desc=f"keypoints {rows[0].corpus}", unit="clip") as progress:
        for index, outcome in workers.each(piece_maker, (pictures,), rows, processes):
            made[rows[index].sample_id] = outcome
            progress.update()

    def read(row: Sample) -> Clip:
        outcome = made[row.sample_id]
        if isinstance(outcome, SignScaleError):
            raise outcome
        return read_whole(outcome)

    return read


def piece_maker(pictures: Pictures) -> Callable[[Sample], Path]:
    """A function that makes the piece of a row, with estimators of its own: the work of one process."""
    estimators = running(pictures.settings, pictures.names)
    return lambda row: _made(row, pictures, estimators)


def _made(row: Sample, pictures: Pictures, estimators: dict[str, PoseEstimator]) -> Path:
    """The piece of a row, made now if it is missing or damaged."""
    estimator = for_view(estimators, pictures.settings, row.view)
    piece = piece_of(row, pictures, estimator)
    if not is_whole(piece):
        with opened(row, pictures) as video:
            clip = estimated(row.sample_id, video, estimator)
        write_shard(piece, [clip], estimator.name, estimator.version)
    return piece


@contextmanager
def opened(row: Sample, pictures: Pictures) -> Iterator[Video]:
    """The row's part of a folder of frames or of a video, scaled as the corpus wants it."""
    path = pictures.raw / row.clip
    part = open_frames(path, row.fps, row.start, row.end) if path.is_dir() else open_video(path, row.start, row.end)
    with part as video:
        yield scaled(video, pictures.longest_side)


def piece_of(row: Sample, pictures: Pictures, estimator: PoseEstimator) -> Path:
    """Where the row's piece lies once it is finished, named by what its keypoints depend on.

    The number of clips a job is not part of it. Raises SignScaleError if its source is absent.
    """
    path = pictures.raw / row.clip
    if not path.exists():
        raise SignScaleError(f"{path}: no such file or folder; acquire its corpus again")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    content = [[file.name, sha256_once(file)] for file in files if file.is_file()]
    identity = [
        row.sample_id, row.start, row.end, row.fps, content, pictures.longest_side,
        estimator.name, estimator.version, deciding(pictures.settings, pictures.names),
    ]  # fmt: skip
    name = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
    return pictures.scratch / f"{name}.h5"


def is_whole(piece: Path) -> bool:
    """Whether a piece is there and whole; a power cut can damage it."""
    if not piece.is_file():
        return False
    try:
        read_whole(piece)
    except SignScaleError:
        return False
    return True


def read_whole(piece: Path) -> Clip:
    """The clip of a piece; raises SignScaleError if it is damaged."""
    with Shard(piece) as shard:
        return shard.clip(0)
