"""A folder of pictures as a stream of RGB frames, in the order of their numbers: the same source as a video.

Names differ in one number only (images0001.png; ..._fn000012-0.png): that one counts the frames. A gap is damage: the
clip is refused rather than shortened. What may be missing at the end is as in videos, and as many pictures may be
broken, as some of CSL-Daily are: such a frame is left out and reported, and the clip stays.
"""

import itertools
import logging
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from signscale.errors import SignScaleError
from signscale.keypoints.readers.video import Video, allowed_to_miss

logger = logging.getLogger(__name__)

_SUFFIXES = (".png", ".jpg", ".jpeg")
_DIGITS = re.compile(r"\d+")


@contextmanager
def open_frames(folder: Path | str, fps: float, start: float = 0.0, end: float = -1.0) -> Iterator[Video]:
    """Open the part [start, end), in seconds at `fps` frames a second, of a folder of PNG or JPEG; end -1 is all.

    Raises SignScaleError, here or while frames are taken, if the folder is absent, has no pictures or a gap among them,
    ends before the part does, or if too many pictures cannot be read, or one is of another size than the first.
    """
    folder = Path(folder)
    if not fps > 0:
        raise SignScaleError(f"{folder}: {fps} frames a second; the corpus's rows must say the rate of its frames")
    pictures = numbered(folder)
    first = max(0, math.ceil(start * fps - 0.5))
    stop = len(pictures) if end == -1.0 else max(0, math.ceil(end * fps - 0.5))
    part = pictures[first:stop]
    if not part:
        raise SignScaleError(f"{folder}: no frame from {start} to {end} s; correct the sample's start and end")
    if (missing := stop - first - len(part)) > allowed_to_miss(len(part)):
        raise SignScaleError(f"{folder}: cut short: {missing} frames are missing at the end; fetch it again")
    frames = _read_all(part)
    if (opening := next(frames, None)) is None:
        raise SignScaleError(f"{folder}: none of its pictures can be read; fetch it again")
    yield Video((opening.shape[1], opening.shape[0]), fps, itertools.chain([opening], frames))


def numbered(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their numbers; raises SignScaleError on a gap or a name that differs."""
    if not folder.is_dir():
        raise SignScaleError(f"{folder}: no such folder of frames; acquire its corpus again")
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not pictures:
        raise SignScaleError(f"{folder}: no PNG or JPEG in it; fetch it again")
    words = {_DIGITS.sub("#", path.stem) for path in pictures}
    numbers = [[int(digits) for digits in _DIGITS.findall(path.stem)] for path in pictures]
    counting = [column for column in zip(*numbers, strict=False) if len(set(column)) > 1]
    if len(words) > 1 or len(counting) > 1 or not numbers[0]:
        names = f"{pictures[0].name}, {pictures[-1].name}"
        raise SignScaleError(f"{folder}: names do not count frames by one number ({names}); take out what is no frame")
    if not counting:
        counting = [tuple(range(len(pictures)))]
    ordered = sorted(zip(counting[0], pictures, strict=True))
    for (number, _), (following, picture) in itertools.pairwise(ordered):
        if following == number:
            raise SignScaleError(f"{picture}: frame {number} stands there twice; take one of the two out")
        if following != number + 1:
            raise SignScaleError(f"{folder}: frame {number + 1} is missing; fetch it again")
    return [picture for _, picture in ordered]


def _read_all(pictures: list[Path]) -> Iterator[np.ndarray]:
    """The pictures that can be read as uint8 (H, W, 3) RGB, all of the first one's size."""
    shape, broken = None, 0
    for path in pictures:
        try:
            with Image.open(path) as picture:
                frame = np.asarray(picture.convert("RGB"))
        # Pillow raises SyntaxError and ValueError too on torn files.
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            broken += 1
            if broken > allowed_to_miss(len(pictures)):
                raise SignScaleError(
                    f"{path}: not a readable picture ({error}), nor are {broken - 1} before it; fetch the folder again"
                ) from error
            logger.warning(f"{path}: not a readable picture; this frame is left out")
            continue
        if shape not in (None, frame.shape):
            raise SignScaleError(f"{path}: {frame.shape[1]}x{frame.shape[0]}, the first frame {shape[1]}x{shape[0]}")
        shape = frame.shape
        yield frame
