"""The keypoints of any one video or folder of frames, without the workflow: as numbers, a .pose file, pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.files import written_whole
from signscale.formats.quality import Quality, measure
from signscale.formats.shard import Clip
from signscale.formats.video_file import write_video
from signscale.keypoints.drawing import overlay
from signscale.keypoints.estimators import ESTIMATORS
from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.choice import FIRST_VIEW, running
from signscale.keypoints.estimators.environment import enter
from signscale.keypoints.estimators.estimation import estimated
from signscale.keypoints.readers.frames import open_frames
from signscale.keypoints.readers.pose_files import write_pose
from signscale.keypoints.readers.video import Video, open_video
from signscale.params import KeypointsParams
from signscale.params.keypoints import PAPER


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of a clip; None is not made. fps: frames a second of a folder of frames, 0 for a video."""

    numbers: Path | None = None
    pose: Path | None = None
    overlay: Path | None = None
    sheet: Path | None = None
    fps: float = 0.0


def estimator_wanted(settings: KeypointsParams, name: str | None) -> PoseEstimator:
    """The estimator of that name; for None the one that the preset wants.

    One with an environment of its own runs there alone: elsewhere this starts the command again there and does not
    return. Raises SignScaleError on another name, or if that environment is not there.
    """
    name = name or (FIRST_VIEW if settings.estimator == PAPER else settings.estimator)
    environments = {one: ESTIMATORS.load(one).environment for one in ESTIMATORS.names()}
    if name not in environments:
        raise SignScaleError(f"--estimator {name}: no such estimator; say {' or '.join(environments)}")
    here = [one for one, environment in environments.items() if not environment]
    enter(environments[name], f"or say --estimator {' or '.join(here)}")
    return running(settings, [name])[name]


def look_at(estimator: PoseEstimator, source: Path, wanted: Wanted) -> Quality:
    """Estimate one clip and write what is wanted of it; returns its quality.

    Raises SignScaleError for a source that is no whole video or folder, or a name whose ending is not the file's kind.
    """
    _check_names(wanted)
    with _opened(source, wanted.fps) as video:
        clip = estimated(source.name, video, estimator)
    found = measure(clip)
    if wanted.numbers:
        _write_numbers(wanted.numbers, clip)
    if wanted.pose:
        write_pose(wanted.pose, clip)
    if wanted.overlay:
        with _opened(source, wanted.fps) as video:
            write_video(wanted.overlay, overlay.overlay_frames(video.frames, clip), clip.fps)
    if wanted.sheet:
        numbers = overlay.sheet_frames(len(clip.keypoints))
        with _opened(source, wanted.fps) as video:
            chosen = [
                overlay.drawn(frame, clip.keypoints[number])
                for number, frame in enumerate(video.frames)
                if number in set(numbers)
            ]
        overlay.write_sheet(wanted.sheet, chosen, numbers, clip, found)
    return found


def _check_names(wanted: Wanted) -> None:
    kinds = ((wanted.numbers, (".npz",)), (wanted.pose, (".pose",)), (wanted.sheet, (".png",)))
    for path, endings in (*kinds, (wanted.overlay, (".mp4",))):
        if path and path.suffix not in endings:
            raise SignScaleError(f"{path}: its name must end in {' or '.join(endings)}")


@contextmanager
def _opened(source: Path, fps: float) -> Iterator[Video]:
    if source.is_dir():
        if not fps > 0:
            raise SignScaleError(f"{source}: a folder of frames; give the frames per second with --fps")
        with open_frames(source, fps) as video:
            yield video
    else:
        with open_video(source) as video:
            yield video


def _write_numbers(path: Path, clip: Clip) -> None:
    """keypoints float32 (T, 133, 3), size (width, height) and fps."""
    with written_whole(path) as partial, partial.open("wb") as file:
        np.savez(file, keypoints=clip.keypoints, size=np.array(clip.size, np.int32), fps=np.float64(clip.fps))
