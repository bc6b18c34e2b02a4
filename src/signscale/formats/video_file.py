"""Pictures written as an H.264 video that any player shows."""

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from signscale.formats.files import written_whole


def write_video(path: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Write one or more pictures, uint8 (H, W, 3) RGB, as an H.264 .mp4, whole or not at all.

    fps: frames per second. Odd sides lose their last row or column (4:2:0). Equal pictures give equal frames, and as a
    rule equal bytes: a flat block was once seen coded in other bits that decode to the same.
    """
    remaining = iter(pictures)
    first = next(remaining)
    height, width = (side // 2 * 2 for side in first.shape[:2])
    with (
        written_whole(path) as partial,
        av.open(str(partial), "w", format="mp4", options={"fflags": "+bitexact"}) as container,
    ):
        options = {"crf": "18", "threads": "1"}
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(30_000), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in itertools.chain([first], remaining):
            even = np.ascontiguousarray(picture[:height, :width])
            # On one thread: several, racing, now and then give another level at the seam of two slices.
            frame = av.VideoFrame.from_ndarray(even, format="rgb24").reformat(format="yuv420p", threads=1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
