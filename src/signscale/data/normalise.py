"""From stored keypoints to what the network sees: the paper's 79 points, in coordinates independent of the resolution.

Each hand is measured by its own cropped box, every other part by the picture's width and height. Both are centred:
0 is the middle of the box or picture and -0.5..0.5 spans it, so a point that is missing or zeroed sits in the middle.
"""

import numpy as np

from signscale.formats.skeleton import NODE_LEFT_HAND, NODE_RIGHT_HAND, NODES, SELECTED

HAND_BOX_SCALE = 2.2
"""Side of a hand's box in units of its larger extent (habit of the same group's MASA and SEDS code)."""

SEEN = 0.1
"""Confidence above which a hand's point counts for its box (same source)."""

LIMIT = 2.0
"""Normalised coordinates are limited to this distance from the middle, so that an estimator's far miss does not
dominate."""


_COLUMNS = (SELECTED[:, None] * 3 + np.arange(3)).ravel()
_HANDS = slice(int(NODE_LEFT_HAND[0]) * 3, (int(NODE_RIGHT_HAND[-1]) + 1) * 3)
"""Where the 79 points lie in a flat frame of 133, and the hands, one after the other, in a flat frame of 79."""

_AXIS = np.arange(3 * NODES) % 3
_MIDDLE = np.array([0.5, 0.5, 0], np.float32)[_AXIS]


def hand_boxes(hand: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Crop box of one hand in each frame: (..., 21, 3) pixels -> (..., 4) as left, top, right, bottom in pixels.

    A square of side 2.2 x the hand's larger extent over points with confidence above 0.1, centred on the hand and
    clipped to the picture of `size` (width, height). A frame without such points gets the whole picture.
    """
    picture = np.array([0, 0, *size], hand.dtype)
    seen = hand[..., 2] > SEEN
    low = np.where(seen[..., None], hand[..., :2], np.inf).min(axis=-2)
    high = np.where(seen[..., None], hand[..., :2], -np.inf).max(axis=-2)
    empty = low[..., 0] > high[..., 0]
    low[empty], high[empty] = picture[:2], picture[2:]
    centre = (low + high) / 2
    half = np.maximum((high - low).max(axis=-1, keepdims=True) * HAND_BOX_SCALE / 2, 1.0)
    boxes = np.concatenate([centre - half, centre + half], axis=-1)
    boxes[empty] = picture
    clipped = np.clip(boxes, 0, np.tile(picture[2:], 2))
    # A hand wholly outside the picture has no clipped box: its own square is used.
    lost = (clipped[..., 2:] - clipped[..., :2]).min(axis=-1) < 1
    clipped[lost] = boxes[lost]
    return clipped


def normalise(keypoints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(T, 133, 3) pixels and confidence -> float32 (T, 79, 3) centred coordinates and confidence.

    size: width and height of the picture in pixels. Points with confidence 0 become (0, 0, 0).
    """
    frames = len(keypoints)
    flat = keypoints.reshape(frames, -1).take(_COLUMNS, axis=1).astype(np.float32, copy=False)
    # Frames last in memory: what follows runs along them, where the points of a hand are few.
    hands = flat[:, _HANDS].T.copy().reshape(2, -1, 3, frames).transpose(0, 3, 1, 2)
    boxes = hand_boxes(hands, size)[:, :, None]
    hands[..., :2] -= boxes[..., :2]
    hands[..., :2] /= boxes[..., 2:] - boxes[..., :2]
    flat *= np.array([1 / size[0], 1 / size[1], 1], np.float32)[_AXIS]
    flat[:, _HANDS] = hands.transpose(0, 2, 3, 1).reshape(-1, frames).T
    flat -= _MIDDLE
    np.clip(flat, -LIMIT, LIMIT, out=flat)
    np.copyto(flat, 0, where=np.repeat(flat[:, 2::3] <= 0, 3, axis=1))
    return flat.reshape(frames, NODES, 3)
