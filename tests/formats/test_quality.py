"""Quality by hand: figures of a made signer whose shoulders are 100 pixels apart, filmed at 25 frames per second."""

from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.quality import JUMP, Quality, measure, read_quality, together, write_quality
from signscale.formats.shard import Clip

STEP = JUMP / 25 * 100  # pixels from frame to frame that are just allowed


def standing(frames: int = 10) -> np.ndarray:
    """A still signer: the body at confidence 0.8, both hands at 1, left ones at x = 300 and right ones at x = 200."""
    points = np.zeros((frames, 133, 3), np.float32)
    points[:, skeleton.BODY] = (250, 60, 0.8)
    points[:, skeleton.LEFT_SHOULDER, :2], points[:, skeleton.RIGHT_SHOULDER, :2] = (300, 100), (200, 100)
    points[:, skeleton.LEFT_WRIST, :2], points[:, skeleton.RIGHT_WRIST, :2] = (300, 250), (200, 250)
    points[:, skeleton.LEFT_HAND], points[:, skeleton.RIGHT_HAND] = (300, 260, 1), (200, 260, 1)
    return points


def found(points: np.ndarray) -> Quality:
    return measure(Clip("made/a", points, (640, 480), 25.0))


def test_shares_and_confidence_are_counted_by_frames_and_points() -> None:
    points = standing()
    points[:4, skeleton.LEFT_HAND] = 0
    points[9] = 0
    sure = (9 * 11 * 0.8 + 5 * 21 + 9 * 21) / (9 * 11 + 5 * 21 + 9 * 21)
    assert found(points) == Quality("made/a", 10, 0.9, 0.5, 0.9, round(sure, 4), 0, 0)


def test_nobody_seen_is_nothing_everywhere() -> None:
    assert found(np.zeros((3, 133, 3), np.float32)) == Quality("made/a", 3, 0.0, 0.0, 0.0, 0.0, 0, 0)
    assert found(standing(1)) == Quality("made/a", 1, 1.0, 1.0, 1.0, round((11 * 0.8 + 42) / 53, 4), 0, 0)


def test_a_hand_faster_than_any_hand_is_a_jump_and_a_fast_sign_is_none() -> None:
    points = standing()
    points[5:, skeleton.RIGHT_HAND, 1] += STEP - 1
    assert found(points).jumps == 0
    points[5:, skeleton.RIGHT_HAND, 1] += 2
    assert found(points).jumps == 1
    points[3, skeleton.RIGHT_HAND] = 0  # not seen in between is no jump
    assert found(points).jumps == 1


def test_a_jump_is_measured_by_shoulders_and_seconds_not_by_pixels_and_frames() -> None:
    points = standing()
    points[5:, skeleton.RIGHT_HAND, 1] += STEP + 1
    points[..., :2] *= 3
    assert measure(Clip("made/a", points, (1920, 1440), 25.0)).jumps == 1
    assert measure(Clip("made/a", points, (1920, 1440), 20.0)).jumps == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (skeleton.LEFT_HAND, skeleton.RIGHT_HAND),
        ([skeleton.LEFT_WRIST], [skeleton.RIGHT_WRIST]),
        ([skeleton.LEFT_SHOULDER], [skeleton.RIGHT_SHOULDER]),
    ],
)
def test_parts_that_change_places_and_back_are_two_swaps(left, right) -> None:
    points = standing()
    points[6, left], points[6, right] = points[0, right].copy(), points[0, left].copy()
    assert found(points).swaps == 2


def test_a_hand_that_changes_its_name_is_a_swap_and_hands_that_meet_are_none() -> None:
    points = standing()
    points[:5, skeleton.LEFT_HAND] = 0
    points[5:, skeleton.LEFT_HAND] = points[5:, skeleton.RIGHT_HAND]
    points[5:, skeleton.RIGHT_HAND] = 0
    assert found(points).swaps == 1
    meeting = standing()
    meeting[4:6, skeleton.LEFT_HAND, 0], meeting[4:6, skeleton.RIGHT_HAND, 0] = [[248], [253]], [[252], [247]]
    assert found(meeting).swaps == 0


def test_clips_end_to_end_weigh_by_their_frames() -> None:
    first, second = Quality("a", 10, 1.0, 0.5, 0.0, 0.8, 1, 2), Quality("b", 30, 0.5, 0.1, 1.0, 0.4, 3, 0)
    assert together("ab", [first, second]) == Quality("ab", 40, 0.625, 0.2, 0.75, 0.5, 4, 2)
    assert together("a", [first]) == first


def test_a_table_comes_back_as_it_was_written_and_a_torn_one_is_refused(tmp_path: Path) -> None:
    rows = [found(standing()), Quality("made/Œuvre,1", 7, 0.1234, 0.0, 1.0, 0.5, 3, 0)]
    path = tmp_path / "0.quality.csv"
    write_quality(path, rows)
    assert read_quality(path) == rows
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(SignScaleError, match=r"0\.quality\.csv: not a quality table"):
        read_quality(path)
    path.unlink()
    with pytest.raises(SignScaleError, match="no such file; run keypoints again"):
        read_quality(path)
