"""A video as a stream of RGB frames: upright, from a start to an end in seconds, one frame in memory at a time.

A video cut short is refused, not silently shortened: the frames must reach the end that its container promises. What
may be missing is 2 frames or 1 %, whichever is more: real, whole files promise 1 or 2 that their edit list hides.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from signscale.errors import SignScaleError

_MISSING_FRAMES, _MISSING_SHARE = 2, 0.01


def allowed_to_miss(frames: int) -> float:
    """How many frames may be missing at the end of a clip that has `frames`."""
    return max(_MISSING_FRAMES, _MISSING_SHARE * frames)


@dataclass(frozen=True, slots=True)
class Video:
    """An open video or folder of frames. size: width and height in pixels, upright. fps: its average rate.

    frames: uint8 (H, W, 3) RGB.
    """

    size: tuple[int, int]
    fps: float
    frames: Iterator[np.ndarray]


@contextmanager
def open_video(path: Path | str, start: float = 0.0, end: float = -1.0) -> Iterator[Video]:
    """Open the part [start, end) of a video, in seconds; end -1 is the end of the file.

    A frame belongs to the part if its time, rounded to whole frames, does. Raises SignScaleError, here or while frames
    are taken, if the file is absent, empty, not a video, damaged or cut short, or has no frame in the part.
    """
    if end != -1.0 and not 0 <= start < end:
        raise SignScaleError(f"{path}: no part from {start} to {end} s; correct the sample's start and end")
    try:
        container = av.open(str(path), metadata_errors="replace")
    except av.FFmpegError as error:
        raise SignScaleError(f"{path}: not a readable video ({error.strerror}); fetch it again") from error
    with container:
        if not container.streams.video or not container.streams.video[0].average_rate:
            raise SignScaleError(f"{path}: no video stream in it; fetch it again or take the clip out of the corpus")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"  # frames are decoded ahead while the estimator works
        frames = _frames(container, stream, path, start, end)
        first = next(frames, None)
        if first is None:
            raise SignScaleError(f"{path}: no frame from {start} to {end} s; correct the sample's start and end")
        yield Video((first.shape[1], first.shape[0]), float(stream.average_rate), itertools.chain([first], frames))


def _frames(
    container: InputContainer, stream: VideoStream, path: Path | str, start: float, end: float
) -> Iterator[np.ndarray]:
    """The frames of the part; raises SignScaleError at the end if too many are damaged or missing there."""
    fps, origin = float(stream.average_rate), stream.start_time or 0
    half, promised = 0.5 / fps, _promised_seconds(container, stream)
    last = promised if end == -1.0 else end if promised is None else min(end, promised)
    reached, taken, damaged = start, 0, 0
    try:
        if start > 0:
            container.seek(origin + int((start - half) / stream.time_base), stream=stream)
        for index, frame in enumerate(container.decode(stream)):
            time = index / fps if frame.pts is None else float((frame.pts - origin) * stream.time_base)
            if time < start - half:
                continue
            if end != -1.0 and time >= end - half:
                break
            reached, taken, damaged = time + 2 * half, taken + 1, damaged + frame.is_corrupt
            # One thread converts colours: several, racing, do not give the same pixels every time.
            yield np.rot90(frame.to_ndarray(format="rgb24", threads=1), round(frame.rotation / 90))
    except av.FFmpegError as error:
        raise SignScaleError(f"{path}: damaged after {reached:.2f} s ({error.strerror}); fetch it again") from error
    missing = damaged + (0 if last is None else (last - reached) * fps)
    if missing > allowed_to_miss(taken) + 0.5:
        raise SignScaleError(f"{path}: cut short or damaged: {missing:.0f} frames are missing; fetch it again")


def _promised_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds of video that the container says it holds; None if it makes no promise for this stream alone."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if "DURATION" in stream.metadata:  # Matroska and WebM: HH:MM:SS.fraction
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / av.time_base
    return None
