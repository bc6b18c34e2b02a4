"""Whole-body models of RTMW, DWPose and RTMPose as ONNX files, through onnxruntime: no MMPose, no other environment."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params.section import Count, Section, Share
from signscale.params.weights import WeightsParams

BAD_WEIGHTS = {
    "e2635599f6d14152af4bb3e97f90881a782b003857514c76cc341794364ffbdd",  # the archive
    "b2dd00cce207d3c1503e35cc77a82ecd7092dcbdfe4a3c692ec4cdc3cf40c804",  # the model in it
}
"""RTMW-x of 2023-09-25: a fault of its training put a keypoint in a wrong place (its author, Tau-J/rtmlib issue 36)."""


def _not_bad(weights: WeightsParams) -> WeightsParams:
    name = weights.source.lower()
    if ("rtmw" in name and "20230925" in name) or any(bad.startswith(weights.sha256) for bad in BAD_WEIGHTS):
        raise ValueError("RTMW of 2023-09-25 has a wrong keypoint; name one of 2023-11-22 or later")
    return weights


class OnnxDetectorParams(Section):
    """The person detector in front of it; its file says whether it has non-maximum suppression in it."""

    kind: Literal["yolox", "rtmdet"]
    weights: WeightsParams
    min_score: Share


class OnnxParams(Section):
    """A pose model and its detector. weights: .onnx files, or archives (.zip) with one in them."""

    weights: Annotated[WeightsParams, AfterValidator(_not_bad)]
    colours: Literal["bgr", "rgb"]
    detector: OnnxDetectorParams
    batch_size: Count


def build(settings: OnnxParams) -> PoseEstimator:
    """The estimator itself; imports onnxruntime."""
    from signscale.keypoints.estimators.onnx.estimate import OnnxEstimator

    return OnnxEstimator(settings)


def weights(settings: OnnxParams) -> tuple[WeightsParams, ...]:
    """The files that it reads."""
    return settings.weights, settings.detector.weights


ESTIMATOR = Estimator(
    "onnx",
    OnnxParams,
    build,
    weights=weights,
    gpu=True,
    shares_batches=True,
    speed_only=frozenset({"batch_size"}),
    stands_in="a model in ONNX (RTMW, DWPose) stands in for HRNet + DARK and InterWild",
)
