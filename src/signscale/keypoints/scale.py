"""Frames scaled to a longest side before estimation (PAPER, Keypoints: WLASL and MS-ASL to 256, aspect kept)."""

import numpy as np
from PIL import Image

from signscale.keypoints.readers.video import Video


def scaled_size(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """Width and height with the longer of them `longest_side` pixels, aspect kept to the nearest whole pixel."""
    width, height = (max(1, round(side * longest_side / max(size))) for side in size)
    return width, height


def scaled(video: Video, longest_side: int) -> Video:
    """The video with frames of that longest side, larger or smaller than before; 0 leaves it as it is.

    Keypoints found on it are in pixels of the scaled picture, whose size the clip then carries.
    """
    if longest_side in (0, max(video.size)):
        return video
    size = scaled_size(video.size, longest_side)
    return Video(size, video.fps, (_resized(frame, size) for frame in video.frames))


def _resized(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # Pillow's bilinear filter averages over all pixels it shrinks, so nothing flickers.
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR))
