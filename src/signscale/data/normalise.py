"""From stored keypoints to what the network sees: the paper's 79 points in coordinates free of resolution.

Each hand is measured by its own cropped box, every other part by the picture's width and height. Both are centred:
0 is the middle of the box or picture and -0.5..0.5 spans it, so a point that is missing or zeroed sits in the middle.
"""

import numpy as np

from signscale.skeleton import NODE_LEFT_HAND, NODE_RIGHT_HAND, NODES, SELECTED

HAND_BOX_SCALE = 2.2
"""Side of a hand's box in units of its larger extent (habit of the same group's MASA and SEDS code)."""

SEEN = 0.1
"""Confidence above which a hand's point counts for its box (same source)."""

LIMIT = 2.0
"""Normalised coordinates are held within this distance of the middle: an estimator's far miss must not dominate."""


def hand_boxes(hand: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Crop box of one hand in each frame: (T, 21, 3) pixels -> (T, 4) as left, top, right, bottom in pixels.

    A square of side 2.2 x the hand's larger extent over points with confidence above 0.1, centred on the hand and
    clipped to the picture of `size` (width, height). A frame without such points gets the whole picture.
    """
    width, height = size
    seen = hand[..., 2] > SEEN
    low = np.where(seen[..., None], hand[..., :2], np.inf).min(axis=1)
    high = np.where(seen[..., None], hand[..., :2], -np.inf).max(axis=1)
    empty = ~seen.any(axis=1)
    low[empty], high[empty] = (0, 0), (width, height)
    centre = (low + high) / 2
    half = np.maximum((high - low).max(axis=1, keepdims=True) * HAND_BOX_SCALE / 2, 1.0)
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    boxes[empty] = (0, 0, width, height)
    clipped = np.clip(boxes, 0, (width, height, width, height))
    # A hand wholly outside the picture has no clipped box: its own square stands in.
    lost = (clipped[:, 2] - clipped[:, 0] < 1) | (clipped[:, 3] - clipped[:, 1] < 1)
    clipped[lost] = boxes[lost]
    return clipped


def normalise(keypoints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(T, 133, 3) pixels and confidence -> float32 (T, 79, 3) centred coordinates and confidence.

    size: width and height of the picture in pixels. Points with confidence 0 become (0, 0, 0).
    """
    out = keypoints[:, SELECTED].astype(np.float32)
    hands = [(where, out[:, where]) for where in (NODE_LEFT_HAND, NODE_RIGHT_HAND)]
    xy = out[..., :2]
    xy /= np.array(size, np.float32)
    for where, hand in hands:
        box = hand_boxes(hand, size).astype(np.float32)[:, None]
        xy[:, where] = (hand[..., :2] - box[..., :2]) / (box[..., 2:] - box[..., :2])
    xy -= 0.5
    np.clip(xy, -LIMIT, LIMIT, out=xy)
    out[out[..., 2] <= 0] = 0
    assert out.shape[1] == NODES
    return out
