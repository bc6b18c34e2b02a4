"""Hands are measured by their own box, everything else by the picture; checked by hand and point by point."""

import numpy as np
import pytest

from signscale.data.normalise import hand_boxes, normalise
from signscale.formats.skeleton import LEFT_HAND, NODE_LEFT_HAND, NODE_RIGHT_HAND, RIGHT_HAND, SELECTED

SIZE = (200, 100)


def hand(points, confidence=1.0):
    """One frame (1, 21, 3): the given points, the last one repeated."""
    filled = np.array(list(points) + [points[-1]] * (21 - len(points)), float)
    return np.concatenate([filled, np.full((21, 1), confidence)], axis=1)[None]


def test_the_box_is_square_with_2_2_times_the_larger_extent():
    # 20 wide, 10 high about (100, 50): side 44.
    np.testing.assert_allclose(hand_boxes(hand([(90, 45), (110, 55)]), SIZE), [[78, 28, 122, 72]])


def test_the_box_is_clipped_to_the_picture():
    # About (10, 95) with side 44: left and bottom stick out.
    np.testing.assert_allclose(hand_boxes(hand([(0, 90), (20, 100)]), SIZE), [[0, 73, 32, 100]])


def test_points_of_low_confidence_do_not_stretch_the_box():
    points = hand([(90, 45), (110, 55)])
    points[0, 5] = (190, 5, 0.1)
    points[0, 6] = (0, 0, 0)
    np.testing.assert_allclose(hand_boxes(points, SIZE), [[78, 28, 122, 72]])


def test_a_frame_without_a_hand_takes_the_whole_picture():
    np.testing.assert_allclose(hand_boxes(hand([(50, 50)], confidence=0.05), SIZE), [[0, 0, 200, 100]])


def test_a_hand_outside_the_picture_keeps_its_own_square():
    np.testing.assert_allclose(hand_boxes(hand([(290, 45), (310, 55)]), SIZE), [[278, 28, 322, 72]])


def test_a_hand_of_one_point_has_a_box():
    box = hand_boxes(hand([(50, 50)]), SIZE)
    np.testing.assert_allclose(box, [[49, 49, 51, 51]])


def test_coordinates_by_hand():
    points = np.zeros((1, 133, 3), np.float32)
    points[0, 0] = (150, 25, 0.5)  # nose: 3/4 across, 1/4 down
    points[0, LEFT_HAND] = hand([(90, 45), (110, 55)])[0]
    out = normalise(points, SIZE)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[0, 0], [0.25, -0.25, 0.5])
    np.testing.assert_allclose(out[0, NODE_LEFT_HAND[0]], [12 / 44 - 0.5, 17 / 44 - 0.5, 1], rtol=1e-6)
    np.testing.assert_allclose(out[0, NODE_LEFT_HAND[1]], [32 / 44 - 0.5, 27 / 44 - 0.5, 1], rtol=1e-6)
    assert not out[0, NODE_RIGHT_HAND].any()


def literal(points, size):
    """The same, point by point in float64."""
    out = np.zeros((len(points), len(SELECTED), 3))
    for frame in range(len(points)):
        for node, point in enumerate(SELECTED):
            x, y, c = points[frame, point].astype(float)
            if c <= 0:
                continue
            left, top, right, bottom = 0.0, 0.0, *map(float, size)
            for side in (LEFT_HAND, RIGHT_HAND):
                seen = [points[frame, k].astype(float) for k in side if points[frame, k, 2] > 0.1]
                if point in side and seen:
                    xs, ys = [p[0] for p in seen], [p[1] for p in seen]
                    half = max(1.1 * max(max(xs) - min(xs), max(ys) - min(ys)), 1)
                    cx, cy = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
                    left, right = max(0, cx - half), min(size[0], cx + half)
                    top, bottom = max(0, cy - half), min(size[1], cy + half)
            place = [(x - left) / (right - left) - 0.5, (y - top) / (bottom - top) - 0.5]
            out[frame, node] = [*np.clip(place, -2, 2), c]
    return out


def test_normalisation_equals_the_literal_version():
    rng = np.random.default_rng(0)
    points = (rng.uniform(0, 1, (30, 133, 3)) * [*SIZE, 1]).astype(np.float32)
    points[rng.random((30, 133)) < 0.2] = 0
    points[3, RIGHT_HAND] = 0
    points[4, RIGHT_HAND, 2] = 0.05
    np.testing.assert_allclose(normalise(points, SIZE), literal(points, SIZE), atol=1e-5)


def test_missing_points_are_zero_and_a_far_miss_is_held():
    points = np.ones((2, 133, 3), np.float32)
    points[0, 9] = (30000, -30000, 1)
    points[1, 9] = (77, 33, 0)
    out = normalise(points, SIZE)
    np.testing.assert_array_equal(out[0, 9], [2, -2, 1])
    np.testing.assert_array_equal(out[1, 9], [0, 0, 0])


@pytest.mark.parametrize("factor", [0.5, 3])
def test_resolution_does_not_matter(factor):
    rng = np.random.default_rng(1)
    points = (rng.uniform(0.2, 0.8, (5, 133, 3)) * [*SIZE, 1]).astype(np.float32)
    larger = points * np.array([factor, factor, 1], np.float32)
    scaled = normalise(larger, (int(SIZE[0] * factor), int(SIZE[1] * factor)))
    np.testing.assert_allclose(normalise(points, SIZE), scaled, atol=1e-5)
