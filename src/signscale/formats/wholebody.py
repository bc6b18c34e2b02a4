"""MediaPipe Holistic's and OpenPose's points as the 133 points of COCO-WholeBody (tables in skeleton.py)."""

from collections.abc import Iterable

import numpy as np

from signscale.formats import skeleton


def wholebody(pose: np.ndarray, face: np.ndarray, left_hand: np.ndarray, right_hand: np.ndarray) -> np.ndarray:
    """Landmarks (T, 33, 3), (T, 468 or 478, 3), (T, 21, 3), (T, 21, 3) to float32 (T, 133, 3).

    Each row is x and y in pixels and confidence. Left and right are the signer's own. Points that MediaPipe lacks (the
    two small toes) and points of confidence 0 are all zero; confidence is cut to 0..1.
    """
    points = np.zeros((len(pose), skeleton.WHOLEBODY_POINTS, 3), np.float32)
    _place(points, pose, skeleton.MEDIAPIPE_POSE_TO_WHOLEBODY.items())
    _place(points, face, skeleton.MEDIAPIPE_FACE_TO_WHOLEBODY.items())
    points[:, skeleton.LEFT_HAND] = left_hand
    points[:, skeleton.RIGHT_HAND] = right_hand
    points[..., 2] = points[..., 2].clip(0, 1)
    points[points[..., 2] == 0] = 0
    return points


def wholebody_of_openpose(people: np.ndarray) -> np.ndarray:
    """BODY_25 + face + hands (..., 137, 3) to float32 (..., 133, 3); pixels and confidence, which is cut to 0..1.

    Points of confidence 0 are all zero, as are the hips, legs and feet.
    """
    points = np.zeros((*people.shape[:-2], skeleton.WHOLEBODY_POINTS, 3), np.float32)
    source, target = zip(*skeleton.OPENPOSE_TO_WHOLEBODY.items(), strict=True)
    points[..., list(target), :] = people[..., list(source), :]
    points[..., 2] = points[..., 2].clip(0, 1)
    points[points[..., 2] == 0] = 0
    return points


def _place(points: np.ndarray, landmarks: np.ndarray, table: Iterable[tuple[int, int]]) -> None:
    """Copy the landmarks a table names to their places among the 133, in place."""
    source, target = zip(*table, strict=True)
    points[:, list(target)] = landmarks[:, list(source)]
