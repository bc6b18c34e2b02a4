"""An open video as a clip of keypoints."""

from signscale.formats.shard import Clip
from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.prefetch import prefetched
from signscale.keypoints.readers.video import Video

FRAMES_AHEAD = 8
"""Frames decoded and waiting; of 4K video 200 MB."""


def estimated(sample_id: str, video: Video, estimator: PoseEstimator) -> Clip:
    """The keypoints of an open video as a clip; frames are decoded ahead of the estimator."""
    with prefetched(video.frames, FRAMES_AHEAD) as frames:
        return Clip(sample_id, estimator.estimate(frames), video.size, video.fps)
