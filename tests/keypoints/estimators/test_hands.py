"""InterWild's crop and its way back, in numbers worked out by hand, and the order of a hand's joints."""

from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.keypoints.estimators.interwild.hands import Hands, check_joint_order, in_frame, person_crop

INTERWILD_ORDER = ["Wrist", *(f"{f}_{i}" for f in ("Thumb", "Index", "Middle", "Ring", "Pinky") for i in (1, 2, 3, 4))]


def test_a_box_is_widened_to_the_crops_aspect_then_by_a_quarter_about_its_centre():
    # A tall box, 96 x 256 about (148, 148): by aspect 192 x 256, by a quarter 240 x 320, from (28, -12).
    _, back = person_crop(np.zeros((400, 400, 3), np.uint8), np.array([100, 20, 196, 276]))
    assert np.allclose(back, [[0.625, 0, 28], [0, 0.625, -12]])
    # A wide one, 192 x 96 about (196, 148): by aspect 192 x 256 too.
    _, back = person_crop(np.zeros((400, 400, 3), np.uint8), np.array([100, 100, 292, 196]))
    assert np.allclose(back, [[0.625, 0, 76], [0, 0.625, -12]])


def test_what_lies_outside_the_frame_is_cut_from_the_box_and_black_in_the_crop():
    frame = np.full((200, 150, 3), 90, np.uint8)
    inside, _ = person_crop(frame, np.array([0, 0, 149, 199]))
    beyond, _ = person_crop(frame, np.array([-40, -9, 500, 700]))
    assert np.array_equal(inside, beyond)
    assert inside.shape == (512, 384, 3)
    assert not inside[0].any() and (inside[256, 192] == 90).all()


def test_a_point_drawn_in_the_frame_is_found_in_the_crop_and_maps_back():
    frame = np.zeros((300, 260, 3), np.uint8)
    frame[118:123, 158:163] = 255  # about (160, 120)
    picture, back = person_crop(frame, np.array([60, 40, 220, 280]))
    rows, columns = np.nonzero(picture[..., 0] > 127)
    found = back @ [columns.mean(), rows.mean(), 1]
    assert np.abs(found - [160, 120]).max() < 0.5


def test_the_left_hand_stays_the_left_and_takes_its_own_boxes_score():
    hands = Hands(np.full((21, 2), 10.0), np.full((21, 2), 100.0), np.array([0.9, 0.2]))
    points = in_frame(hands, np.array([[2.0, 0, 5], [0, 2.0, -5]]))
    assert points.shape == (42, 3) and points.dtype == np.float32
    assert np.allclose(points[:21], [25, 15, 0.9])
    assert np.allclose(points[21:], [205, 195, 0.2])
    unseen = in_frame(hands._replace(scores=np.array([0.0, 2.0])), np.eye(2, 3))
    assert not unseen[:21].any() and (unseen[21:, 2] == 1).all()


def test_interwilds_joints_are_in_the_order_of_ours(tmp_path: Path):
    assert tuple(name.lower() for name in INTERWILD_ORDER) == skeleton.HAND_JOINTS
    table = tmp_path / "common" / "utils" / "mano.py"
    table.parent.mkdir(parents=True)
    table.write_text(f"class MANO:\n    def __init__(self):\n        self.sh_joints_name = {tuple(INTERWILD_ORDER)}\n")
    check_joint_order(tmp_path)
    swapped = table.read_text().replace("'Ring", "'X").replace("'Pinky", "'Ring").replace("'X", "'Pinky")
    table.write_text(swapped)
    with pytest.raises(SignScaleError, match="does not order a hand's joints as COCO-WholeBody does"):
        check_joint_order(tmp_path)
