"""`.pose` files (the library pose-format): MediaPipe Holistic landmarks or COCO-WholeBody in, COCO-WholeBody out.

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
from pathlib import Path

import numpy as np
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderDimensions
from pose_format.utils.cocowholebody133_header import cocowholebody_components

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.files import written_whole
from signscale.formats.shard import Clip
from signscale.formats.wholebody import wholebody

ESTIMATOR, ESTIMATOR_VERSION = "mediapipe", "holistic (recorded)"

_OVERSHOOT = 0.1
_REACH = 1.25  # shoulder widths from the arm's wrist to the furthest point of the hand

# Component name -> how many points it may have: the face mesh comes with and without the irises.
_COMPONENTS = {
    "POSE_LANDMARKS": (33,),
    "FACE_LANDMARKS": (468, 478),
    "LEFT_HAND_LANDMARKS": (21,),
    "RIGHT_HAND_LANDMARKS": (21,),
}
# The same of COCO-WholeBody, in the order of the 133.
_WHOLEBODY = {"BODY": (23,), "FACE": (68,), "LEFT_HAND": (21,), "RIGHT_HAND": (21,)}
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
    absent, cut short, not a .pose file, neither MediaPipe Holistic nor COCO-WholeBody, not of exactly one person, or
    has no frame in the part.
    """
    pose = _read(Path(path))
    fps = float(pose.body.fps)
    if not (np.isfinite(fps) and fps > 0):
        raise SignScaleError(f"{path}: {fps} frames a second; fetch the file again")
    ours = [component.name for component in pose.header.components] == list(_WHOLEBODY)
    parts = [_component(pose, name, path, sizes) for name, sizes in (_WHOLEBODY if ours else _COMPONENTS).items()]
    if not all(np.isfinite(part).all() for part in parts):
        raise SignScaleError(f"{path}: NaN or infinity among its numbers; fetch the file again")
    invented = _invented(parts)
    # Version 0.1 does not say how many frames it holds: cut short, its coordinates are read as confidences.
    if invented.any() and pose.header.version < 0.15:
        raise SignScaleError(f"{path}: confidence outside 0..1, the file is cut short; fetch it again")
    points = np.concatenate(parts, axis=1) if ours else _landmarks_repaired(parts, invented)
    # A frame belongs to the part if its time, rounded to whole frames, does: as in `video`.
    first = max(0, math.ceil(start * fps - 0.5))
    stop = len(points) if end == -1.0 else max(0, math.ceil(end * fps - 0.5))
    points = points[first:stop]
    if len(points) == 0:
        raise SignScaleError(f"{path}: no frame from {start} to {end} s; correct the sample's start and end")
    return points, (pose.header.dimensions.width, pose.header.dimensions.height), fps


def _landmarks_repaired(parts: list[np.ndarray], invented: np.ndarray) -> np.ndarray:
    """Recorded Holistic landmarks as 133 points, without what a curve invented."""
    points = wholebody(*parts)
    points[invented] = 0
    _drop_detached_hands(points)
    return points


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
    """The file through pose-format; whatever it chokes on becomes one line."""
    try:
        pose = Pose.read(path.read_bytes())
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such file; acquire its corpus again") from None
    # pose-format has no exception of its own: these are what it raised on cut and foreign files.
    except (struct.error, ValueError, TypeError, KeyError, IndexError, ArithmeticError, MemoryError) as error:
        raise SignScaleError(f"{path}: not a whole .pose file ({error}); fetch it again") from error
    except NotImplementedError as error:
        raise SignScaleError(f"{path}: not a .pose file of a known version ({error}); fetch it again") from error
    if pose.body.data.ndim != 4 or pose.body.data.shape[1] != 1:
        raise SignScaleError(f"{path}: holds {pose.body.data.shape[1]} people, expected 1; cut out the signer first")
    return pose


def _component(pose: Pose, name: str, path: Path | str, sizes: tuple[int, ...]) -> np.ndarray:
    """One component's points as float32 (T, points, 3): pixels and confidence, 0 where masked."""
    first = 0
    for component in pose.header.components:
        count = len(component.points)
        if component.name == name and count in sizes:
            confidence = np.asarray(pose.body.confidence[:, 0, first : first + count], np.float32)
            data = pose.body.data[:, 0, first : first + count, :2]
            masked = np.ma.getmaskarray(data).any(axis=-1)
            landmarks = np.concatenate([np.ma.filled(data, 0), confidence[..., None]], axis=-1, dtype=np.float32)
            landmarks[masked] = 0
            return landmarks
        first += count
    raise SignScaleError(f"{path}: no {name} of MediaPipe Holistic in it; record it with pose-format's holistic option")
