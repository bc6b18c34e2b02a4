"""MMPose 1.x, the paper's whole-body estimator, in the environment of `make env-mmpose`."""

from typing import Literal

from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params.section import Count, Section, Share
from signscale.params.weights import WeightsParams


class DetectorParams(Section):
    """The person detector in front of MMPose."""

    config: str
    weights: WeightsParams
    min_score: Share


class MMPoseParams(Section):
    """MMPose, top-down."""

    config: str
    weights: WeightsParams
    detector: DetectorParams
    flip_test: bool
    precision: Literal["fp32", "bf16", "fp16"]
    batch_size: Count


def build(settings: MMPoseParams) -> PoseEstimator:
    """The estimator itself; imports MMPose and MMDetection."""
    from signscale.keypoints.estimators.mmpose.estimate import MMPoseEstimator

    return MMPoseEstimator(settings)


def weights(settings: MMPoseParams) -> tuple[WeightsParams, ...]:
    """The files that it reads."""
    return settings.weights, settings.detector.weights


ESTIMATOR = Estimator(
    "mmpose",
    MMPoseParams,
    build,
    environment="mmpose",
    weights=weights,
    gpu=True,
    shares_batches=True,
    speed_only=frozenset({"batch_size"}),
)
