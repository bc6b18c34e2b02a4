"""`.pose` files (the library pose-format), versions 0.0 to 0.2: what pose_layouts knows in, COCO-WholeBody out.

Ours hold the 133 points as pose-format itself writes them for MMPose (BODY, FACE, LEFT_HAND, RIGHT_HAND), so that the
field's other tools read them; they come back as they were. The estimator of recorded Holistic landmarks is MediaPipe,
run by whoever recorded the file; it stands in for HRNet + DARK and InterWild.

Some recordings were smoothed and their gaps bridged by a cubic curve, which also bends the confidences out of 0..1.
Up to `_OVERSHOOT` that is smoothing: the confidence is cut to 0..1. Beyond it the curve runs far from any real hand:
nothing in such a frame was measured and the frame counts as missing. A hand bridged by itself keeps confidence 1 all
the way; it is known by a point further than `_REACH` from its arm, and counts as missing in that frame. (Of the 600
embedded clips 2 have both faults; in the others 99.9 % of the hands stay within .89.)
"""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderDimensions
from pose_format.utils.cocowholebody133_header import cocowholebody_components
from pose_format.utils.reader import BufferReader

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.files import written_whole
from signscale.formats.shard import Clip
from signscale.keypoints.readers.pose_layouts import HOLISTIC, layout_of, parts_of

_OVERSHOOT = 0.1
_REACH = 1.25  # shoulder widths from the arm's wrist to the furthest point of the hand

_VERSION = 0.2


def write_pose(path: Path | str, clip: Clip) -> None:
    """Write a clip's 133 keypoints as a .pose file, whole or not at all; equal clips give equal bytes."""
    header = PoseHeader(_VERSION, PoseHeaderDimensions(*clip.size, 0), cocowholebody_components())
    points = clip.keypoints[:, None].astype(np.float32)
    with written_whole(path) as partial, partial.open("wb") as file:
        Pose(header, NumPyPoseBody(clip.fps, points[..., :2], points[..., 2])).write(file)


def read_pose(path: Path | str, start: float = 0.0, end: float = -1.0) -> tuple[np.ndarray, tuple[int, int], float]:
    """Keypoints float32 (T, 133, 3) of the part [start, end) in seconds (end -1: all), (width, height), and the rate.

    Confidence is the file's own; what it masks has confidence 0 and coordinates 0. Raises SignScaleError if the file is
    absent, cut short, not a .pose file, of no layout known, not of exactly one person, or has no frame in the part.
    """
    pose = _read(Path(path))
    fps = float(pose.body.fps)
    if not (np.isfinite(fps) and fps > 0):
        raise SignScaleError(f"{path}: {fps} frames a second; fetch the file again")
    layout = layout_of(pose.header)
    try:
        parts = parts_of(pose, layout)
    except ValueError as error:
        raise SignScaleError(
            f"{path}: {error} of MediaPipe Holistic in it; record it with pose-format's holistic option"
        ) from None
    if not all(np.isfinite(part).all() for part in parts):
        raise SignScaleError(f"{path}: NaN or infinity among its numbers; fetch the file again")
    points = layout.placed(*parts)
    if layout is HOLISTIC:
        points[_invented(parts)] = 0
        _drop_detached_hands(points)
    # A frame belongs to the part if its time, rounded to whole frames, does: as in `video`.
    first = max(0, math.ceil(start * fps - 0.5))
    stop = len(points) if end == -1.0 else max(0, math.ceil(end * fps - 0.5))
    points = points[first:stop]
    if len(points) == 0:
        raise SignScaleError(f"{path}: no frame from {start} to {end} s; correct the sample's start and end")
    return points, (pose.header.dimensions.width, pose.header.dimensions.height), fps


def estimator_of(path: Path | str) -> tuple[str, str]:
    """Name and version of the estimator whose points a .pose file holds; raises SignScaleError as `read_pose` does."""
    with _faults_in_a_line(Path(path)) as content:
        layout = layout_of(PoseHeader.read(BufferReader(content)))
    return layout.name, layout.version


def _invented(parts: list[np.ndarray]) -> np.ndarray:
    """Frames, bool (T,), in which some confidence lies outside 0..1 by more than smoothing explains."""
    confidence = np.concatenate([part[..., 2] for part in parts], axis=1)
    return ((confidence < -_OVERSHOOT) | (confidence > 1 + _OVERSHOOT)).any(axis=1)


def _drop_detached_hands(points: np.ndarray) -> None:
    """Zero, in place, each frame's hand that has a point further than `_REACH` from the arm's wrist."""
    body = points[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER], :2]
    width = np.linalg.norm(body[:, 0] - body[:, 1], axis=-1)
    for wrist, hand in ((skeleton.LEFT_WRIST, skeleton.LEFT_HAND), (skeleton.RIGHT_WRIST, skeleton.RIGHT_HAND)):
        gap = np.linalg.norm(points[:, wrist, None, :2] - points[:, hand, :2], axis=-1).max(axis=1)
        detached = (points[:, wrist, 2] > 0) & (width > 0) & (gap > _REACH * width)
        points[np.ix_(detached, hand)] = 0


def _read(path: Path) -> Pose:
    """The file through pose-format, of one person."""
    with _faults_in_a_line(path) as content:
        people = _people_of_old_file(content)
        pose = Pose.read(content)
    if people is None:
        people = pose.body.data.shape[1] if pose.body.data.ndim == 4 else 0
    if people != 1:
        raise SignScaleError(f"{path}: holds {people} people, expected 1; cut out the signer first")
    return pose


@contextmanager
def _faults_in_a_line(path: Path) -> Iterator[bytes]:
    """The content of the file; whatever pose-format chokes on becomes one line."""
    if path.exists() and not path.is_file():
        raise SignScaleError(f"{path}: not a regular file; put the .pose file itself there")
    try:
        yield path.read_bytes()
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such file; acquire its corpus again") from None
    # pose-format has no exception of its own: these are what it raised on cut and foreign files.
    except (struct.error, ValueError, TypeError, KeyError, IndexError, ArithmeticError, MemoryError) as error:
        raise SignScaleError(f"{path}: not a whole .pose file ({error}); fetch it again") from error
    except NotImplementedError as error:
        raise SignScaleError(f"{path}: not a .pose file of a known version ({error}); fetch it again") from error


def _people_of_old_file(content: bytes) -> int | None:
    """How many people a file of version 0.0 or 0.1 holds at once, None for later ones; ValueError if it is cut short.

    pose-format takes of version 0.0 the first person alone, and of 0.1, whose 16 bits cannot count 65,536 frames, what
    frames the file's length allows: cut short, coordinates would be read as confidences.
    """
    reader = BufferReader(content)
    header = PoseHeader.read(reader)
    if header.version >= 0.15:
        return None
    _fps, frames = struct.unpack_from("<HH", content, reader.read_offset)
    at, most = reader.read_offset + 4, 1
    if header.version == 0:
        person = 2 + 4 * sum(len(component.points) * len(component.format) for component in header.components)
        for _ in range(frames):
            (people,) = struct.unpack_from("<H", content, at)
            at, most = at + 2 + people * person, max(most, people)
        if at != len(content):
            raise ValueError(f"{len(content)} bytes, its frames take {at}")
        return most
    (people,) = struct.unpack_from("<H", content, at)
    frame = 4 * people * header.total_points() * (header.num_dims() + 1)
    if (len(content) - at - 2) % frame or (len(content) - at - 2) // frame % (1 << 16) != frames:
        raise ValueError(f"{len(content)} bytes, not those of {frames} frames")
    return people
