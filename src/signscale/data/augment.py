"""Random changes of a training clip, made on pixels before normalisation so that hands and body stay consistent."""

import numpy as np

from signscale.formats.skeleton import LEFT_HAND, RIGHT_HAND, WHOLEBODY_MIRROR
from signscale.params import AugmentParams


def _affine(params: AugmentParams, rng: np.random.Generator) -> np.ndarray:
    """A random 2 x 2 matrix: rotation (degrees), scale of each axis and shear, all uniform and symmetric."""
    angle = np.deg2rad(rng.uniform(-params.rotate, params.rotate))
    scale = 1 + rng.uniform(-params.scale, params.scale, 2)
    shear = rng.uniform(-params.shear, params.shear)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ np.array([[scale[0], shear], [0, scale[1]]])


def _lengths(frames: int, params: AugmentParams, rng: np.random.Generator) -> tuple[int, int]:
    """Frames kept of a clip whose ends are cropped, and how many frames they become at a random speed; two draws."""
    kept = max(1, round(frames * (1 - params.crop * rng.random())))
    return kept, max(1, round(kept * (1 + rng.uniform(-params.speed, params.speed))))


def resampled_length(frames: int, params: AugmentParams, rng: np.random.Generator) -> int:
    """Frames of a clip after `augment` with a generator in the same state."""
    return _lengths(frames, params, rng)[1]


def shortest_length(frames: int, params: AugmentParams) -> int:
    """The fewest frames that `augment` can make of a clip; rounded step by step as it does."""
    return max(1, round(max(1, round(frames * (1 - params.crop))) * (1 - params.speed)))


def resample(frames: int, params: AugmentParams, rng: np.random.Generator) -> np.ndarray:
    """Frame indices of a clip cropped by up to `crop` and played at a random speed in [1 - speed, 1 + speed]."""
    kept, count = _lengths(frames, params, rng)
    start = rng.integers(0, frames - kept + 1)
    if not params.speed:
        return np.arange(start, start + kept)
    moments = np.rint(np.linspace(0, kept - 1, count) + rng.uniform(-0.5, 0.5, count)).clip(0, kept - 1)
    return start + np.sort(moments).astype(int)


def mirror(keypoints: np.ndarray, width: int) -> np.ndarray:
    """The clip as a mirror shows it: (T, 133, 3) flipped left to right, sides exchanged; width in pixels."""
    flipped = keypoints[:, WHOLEBODY_MIRROR].copy()
    flipped[..., 0] = np.where(flipped[..., 2] > 0, width - flipped[..., 0], 0)
    return flipped


def _mapped(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(T, n, 2) points through a 2 x 2 matrix, as one product."""
    return (points.reshape(-1, 2) @ matrix.T.astype(np.float32)).reshape(points.shape)


def _origin(hand: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(T, 21, 2), (T, 21, 1) -> (T, 1, 2): the wrist, or the mean of the points seen where the wrist is missing."""
    mean = (hand * seen).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return np.where(seen[:, :1], hand[:, :1], mean).astype(np.float32)


def augment(
    keypoints: np.ndarray, size: tuple[int, int], params: AugmentParams, rng: np.random.Generator
) -> np.ndarray:
    """(T, 133, 3) in pixels of a picture of `size` -> (T', 133, 3).

    The clip is cropped and resampled in time. The whole picture, then each hand about its wrist, gets a random
    affine map; everything is shifted by a share of the picture; hand points jitter by a share of the hand's extent.
    The clip may be mirrored. Confidences stay; missing points stay missing.
    """
    points = keypoints[resample(len(keypoints), params, rng)].astype(np.float32)
    centre = np.array(size, np.float32) / 2
    shift = rng.uniform(-params.shift, params.shift, 2) * size
    xy = _mapped(points[..., :2] - centre, _affine(params, rng)) + (centre + shift).astype(np.float32)
    for hand in (LEFT_HAND, RIGHT_HAND):
        seen = points[:, hand, 2:] > 0
        origin = _origin(xy[:, hand], seen)
        local = _mapped(xy[:, hand] - origin, _affine(params, rng))
        extent = np.abs(np.where(seen, local, 0)).max(axis=(1, 2), keepdims=True)
        xy[:, hand] = origin + local + rng.normal(0, params.jitter or 0, local.shape).astype(np.float32) * extent
    points[..., :2] = np.where(points[..., 2:] > 0, xy, 0)
    return mirror(points, size[0]) if rng.random() < params.mirror else points
