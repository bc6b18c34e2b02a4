"""A video as a stream of RGB frames: upright, from a start to an end in seconds, one frame in memory at a time.

A video cut short is refused, not silently shortened: the frames must reach the end that its container promises. What
may be missing is 2 frames or 1 %, whichever is more: real, whole files promise 1 or 2 that their edit list hides.
Times count from the first frame, wherever the container's own clock begins.
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

# FFmpeg also reads playlists and scripts, which name other files, whatever their own name. Only these kinds are opened:
# containers, bare streams of a codec, still pictures; of sound those that hold pictures too, to say what is missing.
_FORMATS = (
    "mov", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "swf", "asf", "ogg", "nut", "mxf", "rm",
    "dv", "ivf", "h264", "hevc", "m4v", "obu", "av1", "vc1", "mjpeg", "yuv4mpegpipe", "gif", "apng", "wav", "mp3",
    "jpeg_pipe", "png_pipe", "bmp_pipe", "tiff_pipe", "webp_pipe",
)  # fmt: skip
_OPTIONS = {"format_whitelist": ",".join(_FORMATS), "protocol_whitelist": "file"}


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
    are taken, if the file is absent, no regular file, empty, not a video, damaged or cut short, if its picture changes
    size within the part, or if it has no frame in the part.
    """
    if end != -1.0 and not 0 <= start < end:
        raise SignScaleError(f"{path}: no part from {start} to {end} s; correct the sample's start and end")
    with _opened(path) as container:
        if not container.streams.video:
            raise SignScaleError(f"{path}: no video stream in it; fetch it again or take the clip out of the corpus")
        stream = container.streams.video[0]
        fps = float(stream.average_rate) if stream.average_rate else _rate_of_times(path)
        stream.thread_type = "AUTO"  # frames are decoded ahead while the estimator works
        frames = _frames(container, stream, fps, path, start, end)
        first = next(frames, None)
        if first is None:
            raise SignScaleError(f"{path}: no frame from {start} to {end} s; correct the sample's start and end")
        yield Video((first.shape[1], first.shape[0]), fps, itertools.chain([first], frames))


def _opened(path: Path | str) -> InputContainer:
    """The container of a regular file; anything else (a pipe would be waited for without end) is refused unread."""
    if Path(path).exists() and not Path(path).is_file():
        raise SignScaleError(f"{path}: not a regular file; put the video itself there")
    try:
        return av.open(str(path), metadata_errors="replace", options=dict(_OPTIONS))
    except av.FFmpegError as error:
        raise SignScaleError(f"{path}: not a readable video ({error.strerror}); fetch it again") from error


def _rate_of_times(path: Path | str) -> float:
    """Frames a second by the time stamps of all frames: what browsers record states no rate. Decodes nothing."""
    with _opened(path) as container:
        stream = container.streams.video[0]
        try:
            times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
        except av.FFmpegError as error:
            raise SignScaleError(f"{path}: damaged ({error.strerror}); fetch it again") from error
        if len(times) < 2 or max(times) == min(times):
            raise SignScaleError(f"{path}: states no rate, and {len(times)} frames do not show one; fetch it again")
        return float((len(times) - 1) / ((max(times) - min(times)) * stream.time_base))


def _frames(
    container: InputContainer, stream: VideoStream, fps: float, path: Path | str, start: float, end: float
) -> Iterator[np.ndarray]:
    """The frames of the part; raises SignScaleError at the end if too many are damaged or missing there."""
    origin = stream.start_time or 0
    half, promised = 0.5 / fps, _promised_seconds(container, stream)
    last = promised if end == -1.0 else end if promised is None else min(end, promised)
    reached, taken, damaged, shape = start, 0, 0, None
    try:
        if start > 0:
            container.seek(origin + int((start - half) / stream.time_base), stream=stream)
        for index, frame in enumerate(container.decode(stream)):
            time = index / fps if frame.pts is None else float((frame.pts - origin) * stream.time_base)
            if time < start - half:
                continue
            if end != -1.0 and time >= end - half:
                break
            if shape not in (None, (frame.width, frame.height)):
                raise SignScaleError(
                    f"{path}: its picture changes from {shape[0]}x{shape[1]} to {frame.width}x{frame.height} "
                    f"at {time:.2f} s; encode it in one size, or cut the part out"
                )
            shape = frame.width, frame.height
            reached, taken, damaged = time + 2 * half, taken + 1, damaged + frame.is_corrupt
            # One thread converts colours: several, racing, do not give the same pixels every time.
            yield _upright(frame.to_ndarray(format="rgb24", threads=1), frame)
    except av.FFmpegError as error:
        raise SignScaleError(f"{path}: damaged after {reached:.2f} s ({error.strerror}); fetch it again") from error
    missing = damaged + (0 if last is None else (last - reached) * fps)
    if missing > allowed_to_miss(taken) + 0.5:
        raise SignScaleError(f"{path}: cut short or damaged: {missing:.0f} frames are missing; fetch it again")


def _upright(picture: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """The picture as its display matrix shows it: turned by quarters and mirrored; without a matrix as it is.

    The matrix holds nine int32, (a, b, u, c, d, v, x, y, w): a stored point (x, y) is shown at (a x + c y, b x + d y),
    moved back into the picture (ISO/IEC 14496-12, tkhd).
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return picture
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(b) > abs(a):  # what runs to the right in store runs up or down on the screen
        picture, a, d = picture.swapaxes(0, 1), c, b
    return picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _promised_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds of video that the container says it holds; None if it makes no promise for this stream alone.

    Matroska and WebM state when the last frame ends on their own clock, which need not begin at 0.
    """
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    begins = float((stream.start_time or 0) * stream.time_base) if "matroska" in container.format.name else 0.0
    if "DURATION" in stream.metadata:  # HH:MM:SS.fraction
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds) - begins
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / av.time_base - begins
    return None
