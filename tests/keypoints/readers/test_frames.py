"""Folders of frames come in the order of their numbers, whole, or are refused by name; scaling keeps the aspect."""

from pathlib import Path

import numpy as np
import pytest
from made_clips import write_frames, write_video
from PIL import Image

from signscale.errors import SignScaleError
from signscale.keypoints.readers.frames import open_frames
from signscale.keypoints.readers.video import Video, open_video
from signscale.keypoints.scale import scaled, scaled_size


def shades(folder: Path, start: float = 0.0, end: float = -1.0) -> list[int]:
    """Which frames came: the index that each frame's grey stands for."""
    with open_frames(folder, 25.0, start, end) as video:
        return [round((float(frame[10:, 50:].mean()) - 20) / 4) for frame in video.frames]


@pytest.mark.parametrize(
    "name", ["images{:04d}.png", "{}.jpg", "01April_2010_heute.avi_pid0_fn{:06d}-0.png", "{:06d}.JPG"]
)
def test_frames_come_in_the_order_of_their_numbers(tmp_path: Path, name: str) -> None:
    write_frames(tmp_path, 12, name, first=1)
    (tmp_path / "Thumbs.db").write_bytes(b"no frame")
    assert shades(tmp_path) == list(range(12))
    with open_frames(tmp_path, 25.0) as video:
        assert (video.size, video.fps) == ((64, 48), 25.0)
        first = next(video.frames)
        assert (first.shape, first.dtype) == ((48, 64, 3), np.uint8)


@pytest.mark.parametrize(("start", "end", "expected"), [(0.08, 0.2, range(2, 5)), (0.0, 0.4, range(10))])
def test_a_part_of_a_folder_holds_the_frames_from_start_up_to_end(tmp_path, start, end, expected) -> None:
    write_frames(tmp_path, 10, "{:03d}.png")
    assert shades(tmp_path, start, end) == list(expected)


def test_a_folder_and_a_lossless_video_of_the_same_frames_are_the_same_source(tmp_path: Path) -> None:
    write_frames(tmp_path / "frames", 8, "{:03d}.png")
    write_video(tmp_path / "clip.mkv", 8)
    with open_frames(tmp_path / "frames", 25.0) as folder, open_video(tmp_path / "clip.mkv") as video:
        assert (folder.size, folder.fps) == (video.size, video.fps)
        for ours, theirs in zip(folder.frames, video.frames, strict=True):
            assert np.abs(ours[:, 40:].astype(int) - theirs[:, 40:]).mean() < 3


def test_a_missing_number_in_the_middle_is_named(tmp_path: Path) -> None:
    write_frames(tmp_path, 10, "images{:04d}.png")
    (tmp_path / "images0006.png").unlink()
    with pytest.raises(SignScaleError, match=r"frame 6 is missing; fetch it again"):
        shades(tmp_path)


def test_a_number_that_stands_twice_is_named(tmp_path: Path) -> None:
    write_frames(tmp_path, 3, "{:02d}.png")
    write_frames(tmp_path, 1, "{:02d}.jpg")
    with pytest.raises(SignScaleError, match="frame 0 stands there twice"):
        shades(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None])
def test_an_unreadable_picture_costs_its_frame_and_is_named(tmp_path: Path, content: bytes | None, capsys) -> None:
    write_frames(tmp_path, 5, "{:02d}.png")
    whole = (tmp_path / "03.png").read_bytes()
    broken = whole[: len(whole) // 2] if content is None else content
    (tmp_path / "03.png").write_bytes(broken)
    assert shades(tmp_path) == [0, 1, 2, 4]
    assert "03.png: not a readable picture; this frame is left out" in capsys.readouterr().err
    for name in ("00.png", "01.png"):
        (tmp_path / name).write_bytes(broken)
    with pytest.raises(SignScaleError, match=r"03\.png: not a readable picture .* nor are 2 before it"):
        shades(tmp_path)


def test_a_folder_without_one_readable_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00.png").write_bytes(b"torn")
    with pytest.raises(SignScaleError, match="none of its pictures can be read"):
        shades(tmp_path)


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    write_frames(tmp_path, 3, "{:02d}.png")
    Image.new("RGB", (10, 20)).save(tmp_path / "02.png")
    with pytest.raises(SignScaleError, match=r"02\.png: 10x20, the first frame 64x48"):
        shades(tmp_path)


def test_a_folder_cut_short_of_its_annotation_is_refused(tmp_path: Path) -> None:
    write_frames(tmp_path, 10, "{:02d}.png")
    assert len(shades(tmp_path, 0.0, 12 / 25)) == 10
    with pytest.raises(SignScaleError, match="cut short: 3 frames are missing at the end"):
        shades(tmp_path, 0.0, 13 / 25)


def test_names_that_count_by_two_numbers_are_refused(tmp_path: Path) -> None:
    for name in ("a1_1.png", "a1_2.png", "a2_1.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    with pytest.raises(SignScaleError, match="names do not count frames by one number"):
        shades(tmp_path)


@pytest.mark.parametrize("pictures", [None, 0])
def test_an_absent_or_empty_folder_is_refused(tmp_path: Path, pictures: int | None) -> None:
    folder = tmp_path / "clip"
    if pictures == 0:
        folder.mkdir()
    with pytest.raises(SignScaleError, match=r"clip: no (such folder|PNG or JPEG)"):
        shades(folder)


@pytest.mark.parametrize(
    ("size", "expected"), [((1280, 720), (256, 144)), ((360, 640), (144, 256)), ((64, 48), (256, 192))]
)
def test_the_longest_side_becomes_256_and_the_aspect_stays(size, expected) -> None:
    assert scaled_size(size, 256) == expected


def test_a_scaled_frame_is_the_picture_smaller(tmp_path: Path) -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, 100:] = 200
    video = scaled(Video((200, 100), 25.0, iter([picture])), 50)
    (frame,) = video.frames
    assert (video.size, frame.shape, frame.dtype) == ((50, 25), (25, 50, 3), np.uint8)
    assert (frame[:, :24] == 0).all()
    assert (frame[:, 26:] == 200).all()
    as_it_is = Video((200, 100), 25.0, iter([picture]))
    assert scaled(as_it_is, 0) is as_it_is
