"""MediaPipe's landmarks land on the right points of the 133."""

import numpy as np

from signscale.formats import skeleton
from signscale.formats.wholebody import wholebody


def landmarks(count: int, base: int) -> np.ndarray:
    """One frame whose landmark i is (base + i, 2 (base + i)) with confidence 0.5."""
    number = base + np.arange(count)
    return np.stack([number, 2 * number, np.full(count, 0.5)], axis=-1)[None].astype(np.float32)


def made() -> np.ndarray:
    return wholebody(landmarks(33, 1000), landmarks(478, 2000), landmarks(21, 3000), landmarks(21, 4000))[0]


def test_known_landmarks_go_to_known_points() -> None:
    points = made()
    for point, number in {
        0: 1000, 1: 1002, 2: 1005, 5: 1011, 6: 1012, 9: 1015, 10: 1016, 19: 1029,  # body: left is odd in both
        23: 2127, 31: 2152, 39: 2356, 53: 2004,  # right ear, chin, left ear, tip of the nose
        83: 2078, 85: 2013, 87: 2308, 89: 2014,  # inner lip: right corner, top, left corner, bottom
        91: 3000, 95: 3004, 111: 3020, 112: 4000, 132: 4020,
    }.items():  # fmt: skip
        assert points[point].tolist() == [number, 2 * number, 0.5], point


def test_only_the_small_toes_have_no_source() -> None:
    assert np.flatnonzero(made()[:, 2] == 0).tolist() == [18, 21]


def test_what_is_not_seen_is_all_zero_and_confidence_stays_within_one() -> None:
    pose = landmarks(33, 1000)
    pose[0, 15, 2], pose[0, 16, 2] = 0.0, 1.05
    nothing = np.zeros((1, 21, 3), np.float32)
    points = wholebody(pose, landmarks(468, 2000), nothing, landmarks(21, 4000))[0]
    assert points[skeleton.LEFT_WRIST].tolist() == [0, 0, 0]
    assert points[skeleton.RIGHT_WRIST, 2] == 1
    assert not points[skeleton.LEFT_HAND].any()
    assert points[skeleton.RIGHT_HAND].all()


def test_the_mesh_choice_is_symmetric() -> None:
    """Mirrored points of the 68 sit on mirrored vertices: their order along the face is the mirrored order."""
    table = {point: vertex for vertex, point in skeleton.MEDIAPIPE_FACE_TO_WHOLEBODY.items()}
    mirrored_vertices = {127: 356, 234: 454, 93: 323, 132: 361, 172: 397, 136: 365, 149: 378, 176: 400, 152: 152}
    assert {table[23 + i]: table[39 - i] for i in range(9)} == mirrored_vertices
    assert [(table[83 + a], table[83 + b]) for a, b in [(0, 4), (1, 3), (7, 5)]] == [(78, 308), (81, 311), (178, 402)]
