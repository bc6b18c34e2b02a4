"""MediaPipe Holistic: a substitute for the paper's estimators that runs on a CPU, with models inside its own wheel."""

from typing import Literal

from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params.section import Section, Share


class MediaPipeParams(Section):
    """MediaPipe Holistic's own options."""

    model_complexity: Literal[0, 1, 2]
    min_detection_confidence: Share
    min_tracking_confidence: Share


def build(settings: MediaPipeParams) -> PoseEstimator:
    """The estimator itself; imports MediaPipe."""
    from signscale.keypoints.estimators.mediapipe.estimate import MediaPipeEstimator

    return MediaPipeEstimator(settings)


ESTIMATOR = Estimator(
    "mediapipe", MediaPipeParams, build, stands_in="MediaPipe stands in for HRNet + DARK and InterWild"
)
