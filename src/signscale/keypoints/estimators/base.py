"""What every pose estimator does: frames in, 133 points a frame out. One object serves many clips."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from signscale.errors import SignScaleError


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


class SharingEstimator(PoseEstimator, Protocol):
    """An estimator that puts frames of several clips in one batch."""

    def estimate_clips(self, clips: Iterable[Iterable[np.ndarray]]) -> Iterator[np.ndarray | SignScaleError]:
        """The points (T, 133, 3) of each clip in order; the error of a clip whose frames raise SignScaleError."""
