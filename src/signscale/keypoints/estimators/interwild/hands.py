"""Between a frame and InterWild: the signer's crop, the hand points back in the frame, and the order of its joints."""

import ast
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from signscale.errors import SignScaleError
from signscale.formats import skeleton

CROP = (512, 384)  # height and width of what the networks take
_MARGIN = 1.25  # the crop's window beyond the person's box, on each axis, as InterWild was trained


class Hands(NamedTuple):
    """Both hands of some frames. left, right: (n, 21, 2) pixels of the crop. scores: (n, 2), of the two boxes."""

    left: np.ndarray
    right: np.ndarray
    scores: np.ndarray


def person_crop(frame: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The signer's picture, uint8 (512, 384, 3), and the affine map (2, 3) from its pixels back to the frame's.

    The box, cut to the frame, is widened on one axis to the crop's aspect and then by a quarter, about its centre;
    what lies outside the frame is black.
    """
    height, width = frame.shape[:2]
    left, top, right, bottom = np.clip(box, 0, [width - 1, height - 1, width - 1, height - 1]).astype(np.float64)
    scale = _MARGIN * max((right - left) / CROP[1], (bottom - top) / CROP[0], 1 / CROP[1])
    corner = [(left + right - scale * CROP[1]) / 2, (top + bottom - scale * CROP[0]) / 2]
    back = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(frame, back, (CROP[1], CROP[0]), flags=flags), back


def in_frame(hands: Hands, back: np.ndarray) -> np.ndarray:
    """One frame's left and right hand, one below the other, as float32 (42, 3): pixels of the frame and confidence."""
    positions = np.concatenate([hands.left, hands.right]) @ back[:, :2].T + back[:, 2]
    confidence = np.repeat(hands.scores.clip(0, 1), len(skeleton.HAND_JOINTS))
    points = np.concatenate([positions, confidence[:, None]], axis=1).astype(np.float32)
    points[points[:, 2] == 0] = 0
    return points


def check_joint_order(code: Path) -> None:
    """Raise SignScaleError unless InterWild's table of a hand's joints is that of COCO-WholeBody."""
    tree = ast.parse((code / "common" / "utils" / "mano.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "self.sh_joints_name"
        if named and tuple(name.lower() for name in ast.literal_eval(node.value)) == skeleton.HAND_JOINTS:
            return
    raise SignScaleError(
        f"{code}: does not order a hand's joints as COCO-WholeBody does; check out the Makefile's commit"
    )
