"""Skeletons: what is drawn is what was found."""

import base64

import numpy as np

from signscale.formats import skeleton
from signscale.formats.shard import Clip
from signscale.report.skeletons import BOX, MISSING, PARTS, full_frame, motion, still


def _clip(frames: int, fps: float) -> Clip:
    points = np.zeros((frames, 133, 3), np.float32)
    points[:, skeleton.LEFT_SHOULDER] = (100, 100, 1)
    points[:, skeleton.RIGHT_SHOULDER] = (200, 100, 1)
    points[:, skeleton.RIGHT_ELBOW] = (200, 150, 1)
    return Clip("c", points, (300, 300), fps)


def test_a_bone_is_drawn_only_with_both_ends_there():
    drawn = still(motion(_clip(1, 25)).points[0], "two bones")
    assert drawn.count("M") == 2  # shoulder to shoulder, shoulder to elbow; the other elbow is missing
    assert 'aria-label="two bones"' in drawn


def test_shape_is_kept_and_fills_the_picture():
    points = motion(_clip(1, 25)).points[0]
    left, right, elbow = (points[node].astype(int) for node in (5, 6, 8))
    width = round(BOX / 1.16)
    assert right[0] - left[0] == width
    assert abs((elbow[1] - right[1]) - width / 2) <= 1  # 50 pixels beside 100
    assert (points[9] == MISSING).all()


def test_fast_clips_drop_frames_but_keep_their_pace():
    fast, slow = motion(_clip(50, 50.0)), motion(_clip(50, 12.0))
    assert (len(fast.points), fast.fps) == (10, 10.0)
    assert (len(slow.points), slow.fps) == (50, 12.0)


def test_the_data_decode_to_the_points():
    made = motion(_clip(3, 10))
    decoded = np.frombuffer(base64.b64decode(made.data()["points"]), "<i2").reshape(3, 79, 2)
    assert (decoded == made.points).all()


def test_the_still_picture_is_a_frame_with_most_points():
    points = np.full((5, 79, 2), MISSING, np.int16)
    points[2:4, :10] = 5
    points[0, :3] = 5
    assert full_frame(points) == 3


def test_an_empty_clip_draws_nothing():
    clip = Clip("c", np.zeros((2, 133, 3), np.float32), (10, 10), 25.0)
    assert "M" not in still(motion(clip).points[0], "nobody")


def test_both_hands_are_whole():
    assert len(PARTS["left"]) == len(PARTS["right"]) == 20
