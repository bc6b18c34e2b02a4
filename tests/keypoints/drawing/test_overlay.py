"""Pictures for the eye: the skeleton lies where its points are, in the signer's own colours, and files are whole."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from signscale.formats import skeleton
from signscale.formats.quality import measure
from signscale.formats.shard import Clip
from signscale.formats.video_file import write_video
from signscale.keypoints.drawing.overlay import COLOURS, drawn, overlay_frames, sheet_frames, signer_box, write_sheet


def clip_of(frames: int, size: tuple[int, int] = (320, 240)) -> Clip:
    """Shoulders and one right finger are seen, the finger moving right by 2 pixels a frame."""
    points = np.zeros((frames, 133, 3), np.float32)
    points[:, skeleton.LEFT_SHOULDER], points[:, skeleton.RIGHT_SHOULDER] = (220, 100, 0.9), (120, 100, 0.9)
    for joint in range(5):
        points[:, skeleton.RIGHT_HAND[joint]] = (100, 200 - 10 * joint, 1)
    points[:, skeleton.RIGHT_HAND[:5], 0] += 2 * np.arange(frames)[:, None]
    return Clip("made/a", points, size, 25.0)


def test_bones_lie_where_their_points_are_in_the_signers_own_colours() -> None:
    """A picture of 320 pixels is enlarged to 1080, and so are the points."""
    frame = np.full((240, 320, 3), 90, np.uint8)
    picture = drawn(frame, clip_of(1).keypoints[0])
    assert picture.shape == (810, 1080, 3)
    assert picture[round(185 * 3.375), round(100 * 3.375)].tolist() == list(COLOURS["right"])
    assert picture[round(100 * 3.375), round(170 * 3.375)].tolist() == list(COLOURS["body"])
    assert not (picture == COLOURS["left"]).all(axis=-1).any()
    assert (picture[:200] == 90).all()
    assert (frame == 90).all(), "the frame itself is not drawn on"


def test_what_is_not_seen_is_not_drawn() -> None:
    points = clip_of(1).keypoints[0]
    points[:, 2] = np.minimum(points[:, 2], 0.1)
    frame = np.full((1200, 1600, 3), 90, np.uint8)
    assert np.array_equal(drawn(frame, points), frame)


def test_every_point_of_the_133_has_a_bone_of_its_part_or_is_a_dot() -> None:
    bones = skeleton.WHOLEBODY_BONES
    ends = {part: {end for bone in bones[part] for end in bone} for part in bones}
    assert ends["left"] == set(skeleton.LEFT_HAND.tolist())
    assert ends["right"] == set(skeleton.RIGHT_HAND.tolist())
    assert ends["face"] == set(range(23, 91))
    assert ends["body"] == set(range(23))


@pytest.mark.parametrize("size", [(64, 48), (1201, 801)])
def test_an_overlay_has_every_frame_and_equal_pictures_give_equal_frames(tmp_path: Path, size) -> None:
    clip = clip_of(5, size)
    frames = [np.full((size[1], size[0], 3), 40 * index, np.uint8) for index in range(5)]
    once, again = ([*overlay_frames(frames, clip)] for _ in range(2))
    assert np.array_equal(once, again)
    shown = []
    for name, pictures in (("a.mp4", once), ("b.mp4", again)):
        write_video(tmp_path / name, pictures, 29.97)
        with av.open(str(tmp_path / name)) as video:
            shown.append(np.stack([frame.to_ndarray() for frame in video.decode(video=0)]))
            assert round(float(video.streams.video[0].average_rate), 2) == 29.97
    assert np.array_equal(*shown)
    shades = shown[0][:, :20].mean(axis=(1, 2))  # luma: 16 is black, 235 white
    assert np.abs((shades - 16) * 255 / 219 - [0, 40, 80, 120, 160]).max() < 3


@pytest.mark.parametrize(
    ("frames", "shown"), [(1, [0]), (3, [0, 1, 2]), (62, [2, 7, 12, 18, 23, 28, 33, 38, 43, 49, 54, 59])]
)
def test_a_sheet_shows_up_to_twelve_frames_evenly_spread(frames: int, shown: list[int]) -> None:
    assert sheet_frames(frames) == shown


def test_a_sheet_is_cropped_to_the_signer_and_holds_every_tile(tmp_path: Path) -> None:
    clip = clip_of(30, (1280, 720))
    left, top, right, bottom = signer_box(clip)
    assert (right - left) * 1280 == pytest.approx(1.24 * 120, abs=1)
    assert (bottom - top) * 720 == pytest.approx(1.24 * 120, abs=1)
    assert signer_box(Clip("b", np.zeros((2, 133, 3), np.float32), (64, 48), 25.0)) == (0, 0, 1, 1)
    numbers = sheet_frames(30)
    pictures = [np.full((720, 1280, 3), 100 + number, np.uint8) for number in numbers]
    for name in ("a.png", "b.png"):
        write_sheet(tmp_path / name, pictures, numbers, clip, measure(clip))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    sheet = np.asarray(Image.open(tmp_path / "a.png"))
    assert all((sheet == 100 + number).all(axis=-1).sum() > 350 * 350 for number in numbers)
