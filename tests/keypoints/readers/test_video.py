"""A video comes in whole, upright and in the part asked for, or it is refused by name."""

import os
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import write_video

from signscale.errors import SignScaleError
from signscale.keypoints.readers.video import open_video


def shades(path: Path, start: float = 0.0, end: float = -1.0) -> list[int]:
    """Which frames came: the index that each frame's grey stands for."""
    with open_video(path, start, end) as video:
        return [round((float(frame[10:, 50:].mean()) - 20) / 4) for frame in video.frames]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_every_frame_comes_once_and_in_order(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    write_video(path, 50)
    assert shades(path) == list(range(50))
    with open_video(path) as video:
        assert video.size == (64, 48)
        assert video.fps == 25.0
        first = next(video.frames)
        assert first.shape == (48, 64, 3)
        assert first.dtype == np.uint8


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0.4, 1.2, range(10, 30)), (1.0, -1.0, range(25, 50)), (0.0, 0.04, range(1)), (1.92, 99.0, range(48, 50))],
)
def test_a_part_holds_the_frames_from_start_up_to_end(tmp_path: Path, start, end, expected) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 50)
    assert shades(path, start, end) == list(expected)


def test_rotation_metadata_is_honoured(tmp_path: Path) -> None:
    """A phone held upright writes a lying picture and a matrix that turns it clockwise by 90 degrees."""
    path = tmp_path / "clip.mp4"
    write_video(path, 3)
    raw = path.read_bytes()
    lying = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = raw.index(lying, raw.index(b"tkhd"))
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    path.write_bytes(raw[:at] + turned + raw[at + len(lying) :])
    with open_video(path) as video:
        assert video.size == (48, 64)
        picture = next(video.frames)
    assert picture[:28].max() < 10, "the black left half is on top"
    assert picture[36:].min() > 10


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_video_cut_in_its_middle_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 50)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(SignScaleError, match=r"clip\.mp4: .*fetch it again") as caught:
        shades(path)
    assert "\n" not in str(caught.value)


def test_a_cut_behind_the_part_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 50)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    assert shades(path, 0.0, 0.4) == list(range(10))


def test_a_real_video_whose_edit_list_hides_two_frames_is_whole(shared: Path) -> None:
    with open_video(shared / "pose_reference/FOOTBALL.mp4") as video:
        assert (video.size, round(video.fps, 2), len(list(video.frames))) == ((640, 360), 29.97, 62)


@pytest.mark.parametrize(("content", "reason"), [(b"", "not a readable video"), (b"no video" * 99, "not a readable")])
def test_what_is_not_a_video_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SignScaleError, match=rf"clip\.mp4: {reason}"), open_video(path):
        pass


def test_an_absent_file_a_sound_and_an_impossible_part_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SignScaleError, match="No such file"), open_video(tmp_path / "none.mp4"):
        pass
    sound = tmp_path / "sound.wav"
    sound.write_bytes(
        b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x08\0\0\0" + b"\x80" * 8
    )
    with pytest.raises(SignScaleError, match="no video stream"), open_video(sound):
        pass
    path = tmp_path / "clip.mp4"
    write_video(path, 5)
    for start, end in [(1.0, 0.5), (9.0, -1.0)]:
        with pytest.raises(SignScaleError, match="correct the sample"), open_video(path, start, end):
            pass


def with_matrix(path: Path, numbers: list[int]) -> None:
    """A video whose stored corners are red, green / blue, white, and whose track holds the matrix a, b, c, d, x, y."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 96, 64, "yuv420p", 4_000_000
        picture = np.zeros((64, 96, 3), np.uint8)
        picture[:32, :48], picture[:32, 48:] = [255, 0, 0], [0, 255, 0]
        picture[32:, :48], picture[32:, 48:] = [0, 0, 255], [255, 255, 255]
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    raw, one = path.read_bytes(), 1 << 16
    lying = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    at = raw.index(lying, raw.index(b"tkhd"))
    a, b, c, d, x, y = (number * one for number in numbers)
    path.write_bytes(raw[:at] + struct.pack(">9i", a, b, 0, c, d, 0, x, y, 1 << 30) + raw[at + len(lying) :])


def corners(path: Path) -> tuple[str, tuple[int, int], int]:
    """Letters of the corners, first row then second; the size; how many frames."""
    with open_video(path) as video:
        frames = list(video.frames)
        at = [frames[-1][y, x] for y in (4, -5) for x in (4, -5)]
        return "".join("W" if p.min() > 150 else "RGB"[p.argmax()] for p in at), video.size, len(frames)


@pytest.mark.parametrize(
    ("name", "matrix", "shown"),
    [
        ("id", [1, 0, 0, 1, 0, 0], "RGBW"),
        ("hflip", [-1, 0, 0, 1, 96, 0], "GRWB"),
        ("vflip", [1, 0, 0, -1, 0, 64], "BWRG"),
        ("rot180", [-1, 0, 0, -1, 96, 64], "WBGR"),
        ("rot90", [0, 1, -1, 0, 64, 0], "BRWG"),
        ("rot270", [0, -1, 1, 0, 0, 96], "GWRB"),
        ("transpose", [0, 1, 1, 0, 0, 0], "RBGW"),
        ("transverse", [0, -1, -1, 0, 64, 96], "WGBR"),
    ],
)
def test_all_eight_ways_to_turn_and_mirror_a_picture_come_out_as_shown(
    tmp_path: Path, name: str, matrix: list[int], shown: str
) -> None:
    path = tmp_path / f"{name}.mp4"
    with_matrix(path, matrix)
    assert corners(path) == (shown, (64, 96) if matrix[0] == 0 else (96, 64), 5)


def webm(path: Path, times: list[int], rate: int = 25) -> None:
    """A video of write_video's frames at those milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=rate, options={"deadline": "realtime", "b": "2M"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for index, time in enumerate(times):
            picture = np.full((48, 64, 3), 4 * index + 20, np.uint8)
            picture[:, :32] = 0
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("suffix", ["webm", "mkv"])
def test_a_video_whose_clock_does_not_begin_at_zero_is_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"late.{suffix}"
    webm(path, [5000 + 40 * index for index in range(50)])
    assert shades(path) == list(range(50))
    assert shades(path, 0.4, 1.2) == list(range(10, 30)), "a part counts from the first frame"


def without_default_duration(path: Path) -> None:
    """Blank the element DefaultDuration (23 E3 83) of the track, as browsers leave it out."""
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\x23\xe3\x83")
    size = raw[at + 3] & 0x7F
    raw[at : at + 4 + size] = bytes([0xEC, 0x80 | (2 + size)]) + bytes(2 + size)  # the element Void
    path.write_bytes(raw)


def test_a_rate_that_is_not_stated_is_that_of_the_time_stamps(tmp_path: Path) -> None:
    path = tmp_path / "browser.webm"
    jitter = [0, 9, -11, 12, 2, -7, 5, 10, -3, -12, 7]
    times = [round(1000 * index / 30) + (jitter[index % 11] if index else 0) for index in range(48)]
    webm(path, times)
    without_default_duration(path)
    with av.open(str(path)) as container:
        assert not container.streams.video[0].average_rate, "the case itself"
    with open_video(path) as video:
        assert video.fps == pytest.approx(47 / ((times[-1] - times[0]) / 1000))
        assert video.fps == pytest.approx(30, abs=0.3)
    assert shades(path) == list(range(48))


def test_a_picture_that_changes_size_midway_is_refused_and_either_part_is_read(tmp_path: Path) -> None:
    path = tmp_path / "change.mpg"
    with path.open("wb") as joined:  # bare MPEG-4 streams, one behind the other
        for size in ((64, 48), (128, 96)):
            codec = av.CodecContext.create("mpeg1video", "w")
            codec.width, codec.height, codec.pix_fmt, codec.framerate = *size, "yuv420p", Fraction(25)
            codec.time_base = Fraction(1, 25)
            for index in range(20):
                frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 90, np.uint8), format="rgb24")
                frame.pts = index
                for packet in codec.encode(frame.reformat(format="yuv420p")):
                    joined.write(bytes(packet))
            for packet in codec.encode(None):
                joined.write(bytes(packet))
    with (
        pytest.raises(SignScaleError, match=r"change\.mpg: its picture changes from 64x48 to 128x96") as caught,
        open_video(path) as video,
    ):
        list(video.frames)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "script",
    ["ffconcat version 1.0\nfile 'real.mp4'\n", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\nreal.mp4\n"],
)
def test_a_script_that_names_another_video_is_not_followed(tmp_path: Path, script: str) -> None:
    write_video(tmp_path / "real.mp4", 5)
    path = tmp_path / "clip.mp4"
    path.write_text(script)
    with pytest.raises(SignScaleError, match=r"clip\.mp4: not a readable video"), open_video(path):
        pass


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    for name in ("pipe.mp4", "folder.mp4"):
        with pytest.raises(SignScaleError, match=rf"{name}: not a regular file"), open_video(tmp_path / name):
            pass


def test_the_reported_cases_come_out_right(shared: Path) -> None:
    cases = shared.parent / "cases/video"
    if not cases.is_dir():
        pytest.skip("the reported cases are absent: cases/video beside the real material")
    shown = {"hflip": "GRWB", "vflip": "BWRG", "transpose": "RBGW", "id": "RGBW", "rot90": "BRWG"}
    assert {name: corners(cases / f"f_{name}.mp4")[0] for name in shown} == shown
    for name, frames, fps in (("nd_jit", 48, 30), ("nd_b29", 56, 29.97)):
        with open_video(cases / f"{name}.webm") as video:
            assert (len(list(video.frames)), video.fps) == (frames, pytest.approx(fps, abs=0.15))
    with pytest.raises(SignScaleError, match="from 64x48 to 128x96"), open_video(cases / "reschange.webm") as video:
        list(video.frames)
