"""Which hand is dominant, and clips mirrored so that it is the right one (interpretation: the paper is silent)."""

from dataclasses import replace
from typing import Literal

import numpy as np

from signscale.data.augment import mirror
from signscale.formats.quality import SEEN
from signscale.formats.shard import Clip
from signscale.formats.skeleton import LEFT_HAND, RIGHT_HAND
from signscale.params.data import Handedness

Hand = Literal["left", "right"]

CLEARLY = 0.05
"""A hand seen in more frames than the other by over this share of the clip is dominant, else the one moving more."""


def dominant_hand(keypoints: np.ndarray) -> Hand:
    """The dominant hand of a whole clip (T, 133, 3) in pixels and confidence.

    It is the hand that is seen, by any of its points, in clearly more frames (CLEARLY); where both are seen about as
    often, the one whose middle travels further. Right if neither is ahead.
    """
    left, right = (_places(keypoints[:, hand]) for hand in (LEFT_HAND, RIGHT_HAND))
    ahead = int(_there(left).sum()) - int(_there(right).sum())
    if abs(ahead) > CLEARLY * len(keypoints):
        return "left" if ahead > 0 else "right"
    return "left" if _travel(left) > _travel(right) else "right"


def in_handedness(clip: Clip, handedness: Handedness) -> Clip:
    """The clip as it is, or under dominant_right, where its left hand is dominant, as a mirror shows it."""
    if handedness == "as_filmed" or dominant_hand(clip.keypoints) == "right":
        return clip
    return replace(clip, keypoints=mirror(clip.keypoints, clip.size[0]))


def _places(hand: np.ndarray) -> np.ndarray:
    """(T, 21, 3) -> (T, 2): the mean of the points seen in each frame, NaN where none is."""
    seen = hand[..., 2:] > SEEN
    count = seen.sum(axis=1)
    total = np.where(seen, hand[..., :2], 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _there(places: np.ndarray) -> np.ndarray:
    return ~np.isnan(places[:, 0])


def _travel(places: np.ndarray) -> float:
    """Pixels between neighbouring frames that both show the hand, summed."""
    return float(np.nansum(np.linalg.norm(np.diff(places, axis=0), axis=-1)))
