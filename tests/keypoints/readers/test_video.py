"""A video comes in whole, upright and in the part asked for, or it is refused by name."""

import struct
from pathlib import Path

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
