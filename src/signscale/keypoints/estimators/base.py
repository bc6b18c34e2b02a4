"""What every pose estimator offers: frames in, 133 points a frame out. One estimator object serves many clips."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from signscale.formats.shard import Clip
from signscale.keypoints.estimators.prefetch import ahead
from signscale.keypoints.readers.video import Video
from signscale.params import MediaPipeParams, MMPoseParams

FRAMES_AHEAD = 8
"""Frames decoded and waiting; of 4K video 200 MB."""


class PoseEstimator(Protocol):
    """An estimator of the 133 COCO-WholeBody points of one person.

    name, version: written into every shard it fills; the version changes whenever its numbers may.
    """

    name: str
    version: str

    def estimate(self, frames: Iterable[np.ndarray]) -> np.ndarray:
        """Keypoints of one clip: frames uint8 (H, W, 3) RGB, all of one size, to float32 (T, 133, 3).

        The three numbers are x and y in pixels and confidence in 0..1. A person or part that is not seen has confidence
        0 and coordinates 0, never an invented position. Clips do not influence each other: nothing is carried from one
        call to the next.
        """


def new_estimator(settings: MediaPipeParams | MMPoseParams) -> PoseEstimator:
    """The estimator of these settings; MMPose's can be had in its environment alone."""
    if isinstance(settings, MMPoseParams):
        from signscale.keypoints.estimators.mmpose.estimate import MMPoseEstimator

        return MMPoseEstimator(settings)
    from signscale.keypoints.estimators.mediapipe.estimate import (
        MediaPipeEstimator,
    )

    return MediaPipeEstimator(settings)


def estimated(sample_id: str, video: Video, estimator: PoseEstimator) -> Clip:
    """The keypoints of an open video as a clip; frames are decoded ahead of the estimator."""
    with ahead(video.frames, FRAMES_AHEAD) as frames:
        return Clip(sample_id, estimator.estimate(frames), video.size, video.fps)
