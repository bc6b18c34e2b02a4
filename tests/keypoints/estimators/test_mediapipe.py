"""The estimator on made pictures and on real signers."""

import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.keypoints.estimators.mediapipe import MediaPipeParams
from signscale.keypoints.estimators.mediapipe.estimate import MediaPipeEstimator
from signscale.keypoints.readers.video import open_video
from signscale.params import Params


@pytest.fixture(scope="module")
def estimator(params: Params) -> MediaPipeEstimator:
    return MediaPipeEstimator(params.keypoints.mediapipe)


def test_nobody_in_the_picture_is_confidence_0_everywhere(estimator: MediaPipeEstimator) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (3, 120, 160, 3), np.uint8)
    points = estimator.estimate([*noise, np.zeros((120, 160, 3), np.uint8)])
    assert points.shape == (4, 133, 3)
    assert points.dtype == np.float32
    assert not points.any()


def test_no_frames_give_no_keypoints(estimator: MediaPipeEstimator) -> None:
    assert estimator.estimate([]).shape == (0, 133, 3)


def test_a_model_outside_the_wheel_is_refused_not_downloaded() -> None:
    settings = MediaPipeParams(model_complexity=2, min_detection_confidence=0.5, min_tracking_confidence=0.5)
    with pytest.raises(SignScaleError, match=r"model_complexity: 2 needs pose_landmark_heavy\.tflite"):
        MediaPipeEstimator(settings)


def test_a_failing_video_passes_through_and_the_next_clip_is_unharmed(estimator: MediaPipeEstimator) -> None:
    def torn():
        yield np.zeros((48, 64, 3), np.uint8)
        raise SignScaleError("torn.mp4: cut short")

    with pytest.raises(SignScaleError, match=r"torn\.mp4"):
        estimator.estimate(torn())
    assert len(estimator.estimate([np.zeros((48, 64, 3), np.uint8)])) == 1


def test_its_chatter_is_held_back_and_other_lines_are_not(estimator: MediaPipeEstimator, capfd) -> None:
    def frames():
        yield np.zeros((48, 64, 3), np.uint8)
        print("something new", file=sys.stderr)

    estimator.estimate(frames())
    assert capfd.readouterr().err == "something new\n"


def frames_of(path: Path) -> list[np.ndarray]:
    with open_video(path) as video:
        return list(video.frames)


def test_one_clip_leaves_no_trace_in_the_next(estimator: MediaPipeEstimator, shared: Path) -> None:
    """Equal frames give equal bytes, whatever was estimated before."""
    signer = frames_of(shared / "pose_reference/FOOTBALL.mp4")[20:28]
    alone = estimator.estimate(signer)
    estimator.estimate(frames_of(next((shared / "videos/karsl70/01-test-mp4s").glob("*.mp4")))[:5])
    assert np.array_equal(estimator.estimate(signer), alone)


@pytest.mark.parametrize("number", ["0001", "0004"])
def test_real_signs_are_seen_in_nearly_every_frame(estimator: MediaPipeEstimator, shared: Path, number: str) -> None:
    (path,) = (shared / "videos/karsl70/01-train-mp4s").glob(f"01_01_{number}_*.mp4")
    frames = frames_of(path)
    points = estimator.estimate(chain(frames))
    seen = points[..., 2] > 0.1
    assert len(points) == len(frames) >= 13
    assert seen[:, skeleton.BODY].any(axis=1).mean() == 1
    assert seen[:, skeleton.JAW].any(axis=1).mean() == 1
    hands = np.concatenate([skeleton.LEFT_HAND, skeleton.RIGHT_HAND])
    assert seen[:, hands].any(axis=1).mean() >= 0.8
    height, width = frames[0].shape[:2]
    body = points[:, skeleton.BODY[:7], :2]
    assert (body >= 0).all()
    assert (body <= [width, height]).all()
