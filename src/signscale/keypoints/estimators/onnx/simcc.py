"""Crops of a person for a SimCC model, and its two vectors a point back to pixels (as rtmlib does both)."""

from typing import NamedTuple

import cv2
import numpy as np

_MARGIN = 1.25  # of a crop around its box
_MEAN, _STD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
_BINS = 2.0  # cells of a vector, a pixel of the crop
NORMALISED = ((np.arange(256)[:, None] - _MEAN) / _STD).astype(np.float32)[:, None]
"""(256, 1, 3): what the network is shown for each value of each colour."""


class Window(NamedTuple):
    """Where a crop lies in its picture, in pixels: centre (x, y) and size (width, height)."""

    centre: np.ndarray
    size: np.ndarray


def window_of(box: np.ndarray, width: int, height: int) -> Window:
    """The window of a box (left, top, right, bottom), with a margin, in the shape of a crop of that size."""
    centre, size = (box[:2] + box[2:]) * 0.5, (box[2:] - box[:2]) * _MARGIN
    shape = width / height
    wide = size[0] > size[1] * shape
    return Window(centre, np.array([size[0], size[0] / shape] if wide else [size[1] * shape, size[1]], box.dtype))


def crop(frame: np.ndarray, window: Window, width: int, height: int) -> np.ndarray:
    """The window of a frame uint8 (H, W, 3) as the network is shown it, float32 (3, height, width)."""
    cut = cv2.warpAffine(frame, _affine(window, width, height), (width, height), flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(cv2.LUT(cut, NORMALISED).transpose(2, 0, 1))


def _affine(window: Window, width: int, height: int) -> np.ndarray:
    """The matrix (2, 3) from picture to crop, by three points of each: centre, above it, and to the left of that."""
    points = []
    for centre, across in ((window.centre, window.size[0]), (np.array([width * 0.5, height * 0.5]), width)):
        above = centre - np.array([0.0, across * 0.5])
        three = np.array([centre, above, above], np.float32)
        three[2, 0] -= three[0, 1] - three[1, 1]
        points.append(three)
    return cv2.getAffineTransform(*points)


def positions(along_x: np.ndarray, along_y: np.ndarray) -> np.ndarray:
    """The vectors (n, 133, cells) of each axis to float64 (n, 133, 3): x, y in pixels of the crop, and score.

    A position is where the vector is largest; the score is the mean of both maxima.
    """
    places = [vectors.argmax(axis=-1) / _BINS for vectors in (along_x, along_y)]
    score = 0.5 * (along_x.max(axis=-1) + along_y.max(axis=-1))
    return np.stack([*places, score], axis=-1)


def in_picture(found: np.ndarray, window: Window, width: int, height: int) -> np.ndarray:
    """One crop's points (133, 3) in pixels of its picture, float32; what has no score is 0, confidence at most 1."""
    at = found[:, :2] / (width, height) * window.size + window.centre - window.size / 2
    points = np.concatenate([at, found[:, 2:].clip(0, 1)], axis=-1).astype(np.float32)
    points[points[:, 2] == 0] = 0
    return points
