"""Whole-body predictions that MMPose's own tools recorded as JSON, read as 133 keypoints of the signer."""

import json
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.skeleton import WHOLEBODY_POINTS
from signscale.keypoints.people import Signer


def read_mmpose_json(path: Path | str) -> np.ndarray:
    """float32 (T, 133, 3): pixels and confidence; zeros where the signer, see `people`, is not in view.

    The file holds a list of frames, or a mapping with that list under `instance_info`. Raises SignScaleError if it is
    absent or of another shape.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        frames = content["instance_info"] if isinstance(content, dict) else content
        signer = Signer()
        return np.array([_points(frame["instances"], signer) for frame in frames], np.float32)
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such file") from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SignScaleError(f"{path}: not whole-body predictions of MMPose ({error!r}); record it again") from error


def _points(instances: list[dict], signer: Signer) -> np.ndarray:
    """The signer's (133, 3) among a frame's people."""
    boxes = np.array([np.ravel(person["bbox"])[:4] for person in instances], np.float64).reshape(-1, 4)
    box = signer.among(boxes)
    if box is None:
        return np.zeros((WHOLEBODY_POINTS, 3), np.float32)
    person = instances[int((boxes == box).all(axis=1).argmax())]
    points = np.column_stack([person["keypoints"], person["keypoint_scores"]]).astype(np.float32)
    if points.shape != (WHOLEBODY_POINTS, 3):
        raise ValueError(f"{len(points)} points a person, expected {WHOLEBODY_POINTS}")
    points[:, 2] = points[:, 2].clip(0, 1)
    points[points[:, 2] == 0] = 0
    return points
