"""The skeletons: 133 COCO-WholeBody keypoints as stored, the paper's 79 as modelled, and every mapping into them.

Indices of the 133 are 0-based: body 0-16, feet 17-22, face 23-90, left hand 91-111, right hand 112-132. "Left" is the
signer's own left. This is the only file with keypoint numbers in it.
Sources: COCO-WholeBody (Jin et al. 2020) for the order; the SL-1.5M paper, section III, for the 79; OpenPose's BODY_25,
70-point face and 21-point hands; MediaPipe's 33 pose, 478 face and 21 hand landmarks.
"""

import itertools

import numpy as np

WHOLEBODY_POINTS = 133

# --- The 133 points -------------------------------------------------------------------------------------------------
NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = range(5, 11)
LEFT_HAND = np.arange(91, 112)  # in the order of HAND_JOINTS
RIGHT_HAND = np.arange(112, 133)
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
HAND_JOINTS = ("wrist", *(f"{finger}_{joint}" for finger in _FINGERS for joint in (1, 2, 3, 4)))  # joint 4 is the tip

# --- The paper's 79 points: {1-11, 24-40, 54, 84-91, 92-133} counted from 1 -----------------------------------------
BODY = np.arange(0, 11)  # nose, eyes, ears, shoulders, elbows, wrists
JAW = np.concatenate([np.arange(23, 40), [53]])  # jaw line and the tip of the nose
MOUTH = np.arange(83, 91)  # inner lip
SELECTED = np.concatenate([BODY, JAW, MOUTH, LEFT_HAND, RIGHT_HAND])
NODES = len(SELECTED)

# Positions within the 79.
NODE_BODY = np.arange(0, 11)
NODE_JAW = np.arange(11, 29)
NODE_MOUTH = np.arange(29, 37)
NODE_FACE = np.arange(11, 37)
NODE_LEFT_HAND = np.arange(37, 58)
NODE_RIGHT_HAND = np.arange(58, 79)

# Reading `table` of the paper's Table III: each side is its arm and hand, the rest is non-manual: 24 + 24 + 31 = 79.
NODE_LEFT_SIDE = np.concatenate([[LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST], NODE_LEFT_HAND])
NODE_RIGHT_SIDE = np.concatenate([[RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST], NODE_RIGHT_HAND])
NODE_NON_MANUAL = np.concatenate([np.arange(0, 5), NODE_FACE])

# The parts that are masked one by one in pre-training.
MASK_PARTS = {
    "left_hand": NODE_LEFT_HAND,
    "right_hand": NODE_RIGHT_HAND,
    "body": NODE_BODY,
    "face": NODE_FACE,
}


def _finger_edges(wrist: int) -> list[tuple[int, int]]:
    """The 20 bones of one hand whose wrist is node `wrist`: five chains of four from the wrist."""
    edges = []
    for finger in range(5):
        chain = [wrist] + [wrist + 1 + 4 * finger + joint for joint in range(4)]
        edges += list(itertools.pairwise(chain))
    return edges


def _edges() -> list[tuple[int, int]]:
    """Bones of the 79-node graph (Fig. 5 of the paper): body, jaw chain, lip ring, hands joined at the wrists."""
    body = [
        (NOSE, LEFT_EYE), (NOSE, RIGHT_EYE), (LEFT_EYE, LEFT_EAR), (RIGHT_EYE, RIGHT_EAR),
        (NOSE, LEFT_SHOULDER), (NOSE, RIGHT_SHOULDER), (LEFT_SHOULDER, RIGHT_SHOULDER),
        (LEFT_SHOULDER, LEFT_ELBOW), (LEFT_ELBOW, LEFT_WRIST),
        (RIGHT_SHOULDER, RIGHT_ELBOW), (RIGHT_ELBOW, RIGHT_WRIST),
    ]  # fmt: skip
    jaw_line, nose_tip = NODE_JAW[:17], int(NODE_JAW[17])
    jaw = [(int(a), int(b)) for a, b in itertools.pairwise(jaw_line)]
    lip = [(int(a), int(b)) for a, b in zip(NODE_MOUTH, np.roll(NODE_MOUTH, -1), strict=True)]
    # COCO-WholeBody's jaw line runs from the signer's right ear to the left one; the lip starts at the right corner.
    joins = [
        (NOSE, nose_tip), (RIGHT_EAR, int(jaw_line[0])), (LEFT_EAR, int(jaw_line[-1])),
        (nose_tip, int(NODE_MOUTH[2])), (int(NODE_MOUTH[6]), int(jaw_line[8])),
        (LEFT_WRIST, int(NODE_LEFT_HAND[0])), (RIGHT_WRIST, int(NODE_RIGHT_HAND[0])),
    ]  # fmt: skip
    return body + jaw + lip + joins + _finger_edges(int(NODE_LEFT_HAND[0])) + _finger_edges(int(NODE_RIGHT_HAND[0]))


EDGES = _edges()


def _chain(first: int, last: int, closed: bool = False) -> list[tuple[int, int]]:
    """Bones from each point to the next, `first` to `last`; closed: and back to the first."""
    return list(itertools.pairwise(range(first, last + 1))) + ([(last, first)] if closed else [])


def _wholebody_bones() -> dict[str, list[tuple[int, int]]]:
    """Bones of all 133 points for pictures, by part in drawing order; a bone from a point to itself is a dot."""
    body = [
        *((point, point) for point in (NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR)),
        (LEFT_SHOULDER, RIGHT_SHOULDER), (LEFT_SHOULDER, LEFT_ELBOW), (LEFT_ELBOW, LEFT_WRIST),
        (RIGHT_SHOULDER, RIGHT_ELBOW), (RIGHT_ELBOW, RIGHT_WRIST), (LEFT_SHOULDER, 11), (RIGHT_SHOULDER, 12), (11, 12),
        (11, 13), (13, 15), (12, 14), (14, 16), (15, 17), (15, 18), (15, 19), (16, 20), (16, 21), (16, 22),
    ]  # fmt: skip
    lines = [_chain(23, 39), _chain(40, 44), _chain(45, 49), _chain(50, 53), _chain(54, 58)]
    rings = [_chain(59, 64, True), _chain(65, 70, True), _chain(71, 82, True), _chain(83, 90, True)]
    return {
        "body": body,
        "face": [bone for bones in lines + rings for bone in bones],
        "left": _finger_edges(int(LEFT_HAND[0])),
        "right": _finger_edges(int(RIGHT_HAND[0])),
    }


WHOLEBODY_BONES = _wholebody_bones()


def _wholebody_mirror() -> np.ndarray:
    """For each of the 133 points, the one that takes its place when the picture is flipped left to right."""
    mirror = np.arange(WHOLEBODY_POINTS)
    for left in (1, 3, 5, 7, 9, 11, 13, 15):
        mirror[[left, left + 1]] = left + 1, left
    mirror[17:23] = [20, 21, 22, 17, 18, 19]  # feet
    mirror[23:40] = np.arange(39, 22, -1)  # jaw line
    mirror[40:50] = np.arange(49, 39, -1)  # eyebrows
    mirror[54:59] = np.arange(58, 53, -1)  # nostrils
    mirror[59:71] = [68, 67, 66, 65, 70, 69, 62, 61, 60, 59, 64, 63]  # eyes
    mirror[71:83] = [77, 76, 75, 74, 73, 72, 71, 82, 81, 80, 79, 78]  # outer lip
    mirror[83:91] = [87, 86, 85, 84, 83, 90, 89, 88]  # inner lip
    mirror[LEFT_HAND], mirror[RIGHT_HAND] = RIGHT_HAND, LEFT_HAND
    return mirror


WHOLEBODY_MIRROR = _wholebody_mirror()
MIRROR = np.array([list(SELECTED).index(WHOLEBODY_MIRROR[point]) for point in SELECTED])
"""The same within the 79 nodes."""

# --- OpenPose (BOBSL's skeletons): BODY_25, then 70 face, then 2 x 21 hand points = 137 ----------------------------
_OPENPOSE_FACE, _OPENPOSE_LEFT, _OPENPOSE_RIGHT = 25, 95, 116
OPENPOSE_TO_WHOLEBODY: dict[int, int] = (
    {0: NOSE, 15: RIGHT_EYE, 16: LEFT_EYE, 17: RIGHT_EAR, 18: LEFT_EAR, 2: RIGHT_SHOULDER, 5: LEFT_SHOULDER}
    | {3: RIGHT_ELBOW, 6: LEFT_ELBOW, 4: RIGHT_WRIST, 7: LEFT_WRIST}
    | {_OPENPOSE_FACE + i: 23 + i for i in range(68)}
    | {_OPENPOSE_LEFT + i: int(LEFT_HAND[i]) for i in range(21)}
    | {_OPENPOSE_RIGHT + i: int(RIGHT_HAND[i]) for i in range(21)}
)

# --- MediaPipe Holistic: 33 pose, 478 (or 468) face, 21 + 21 hand landmarks -----------------------------------------
MEDIAPIPE_POSE_NAMES = (
    "NOSE",
    *(f"{side}_EYE{part}" for side in ("LEFT", "RIGHT") for part in ("_INNER", "", "_OUTER")),
    "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT",
    *(
        f"{side}_{part}"
        for part in (
            "SHOULDER", "ELBOW", "WRIST", "PINKY", "INDEX", "THUMB", "HIP", "KNEE", "ANKLE", "HEEL", "FOOT_INDEX",
        )
        for side in ("LEFT", "RIGHT")
    ),
)  # fmt: skip
MEDIAPIPE_POSE_TO_WHOLEBODY: dict[int, int] = {
    0: NOSE, 2: LEFT_EYE, 5: RIGHT_EYE, 7: LEFT_EAR, 8: RIGHT_EAR,
    11: LEFT_SHOULDER, 12: RIGHT_SHOULDER, 13: LEFT_ELBOW, 14: RIGHT_ELBOW, 15: LEFT_WRIST, 16: RIGHT_WRIST,
    23: 11, 24: 12, 25: 13, 26: 14, 27: 15, 28: 16,
    31: 17, 29: 19, 32: 20, 30: 22,
}  # fmt: skip
# The 68 face points of COCO-WholeBody (iBUG order, from the signer's right ear) on MediaPipe's face mesh. Eyes, nose
# and lips are the usual published choice. Jaw line and eyebrows are, of the mesh's face oval and brow lines, the points
# nearest to a recorded MMPose prediction (mean .017 and .009 shoulder widths; tests/keypoints/test_reference.py).
MEDIAPIPE_FACE_TO_WHOLEBODY: dict[int, int] = dict(
    zip(
        [
            127, 234, 93, 132, 172, 136, 149, 176, 152, 400, 378, 365, 397, 361, 323, 454, 356,  # jaw line
            70, 53, 52, 65, 55, 285, 295, 282, 283, 300,  # eyebrows
            168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
            33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
            61, 39, 37, 0, 267, 269, 291, 321, 405, 17, 181, 91,  # outer lip
            78, 81, 13, 311, 308, 402, 14, 178,  # inner lip
        ],
        range(23, 91),
        strict=True,
    )
)  # fmt: skip
