"""From what a pose model gives to points, by MMPose's own codec: the work of processes that need no detector."""

from typing import Any, NamedTuple

import numpy as np


class Window(NamedTuple):
    """How a crop lies in its picture: size of the crop; centre and size of its window, in pixels."""

    crop: np.ndarray
    center: np.ndarray
    scale: np.ndarray


def window(crop: dict[str, Any]) -> Window:
    """The window of a crop made by `PoseModel.crop`."""
    meta = crop["data_samples"].metainfo
    return Window(*(np.asarray(meta[key]) for key in ("input_size", "input_center", "input_scale")))


def decoded(codec: Any, output: tuple[np.ndarray, ...], place: Window) -> np.ndarray:
    """One crop's output as float32 (133, 3): pixels of the picture and confidence, by MMPose's own codec."""
    keypoints, scores = codec.decode(*output)
    scores = scores[0] if isinstance(scores, tuple) else scores
    positions = keypoints[0, :, :2] / place.crop * place.scale + place.center - 0.5 * place.scale
    points = np.concatenate([positions, scores[0, :, None]], axis=-1).astype(np.float32)
    points[..., 2] = points[..., 2].clip(0, 1)
    points[points[..., 2] == 0] = 0
    return points
