"""The baseline of isolated recognition: shapes free of place, size and side, and the nearest training clip by hand."""

import json

import numpy as np
import pytest
from tiny_world import SIZE, make_world, signing

from signscale.data.augment import mirror
from signscale.errors import SignScaleError
from signscale.evaluate.nearest import hand_shape, nearest, ranked_labels
from signscale.formats.skeleton import LEFT_HAND, RIGHT_HAND


def test_a_shape_does_not_depend_on_place_size_or_side():
    points = signing("A", 12, 0)
    shape = hand_shape(points)
    moved = points.copy()
    moved[..., :2] = np.where(points[..., 2:] > 0, 1.7 * points[..., :2] + [13, -40], 0)
    np.testing.assert_allclose(hand_shape(moved), shape, atol=1e-5)
    np.testing.assert_allclose(hand_shape(mirror(points, SIZE[0])), shape, atol=1e-5)
    assert shape.shape == (42,)
    assert not shape[:2].any()  # the wrist is the origin
    assert np.linalg.norm(shape.reshape(21, 2), axis=1).max() <= 1 + 1e-6


def test_the_shape_is_the_mean_of_the_middle_third_of_the_frames_with_that_hand():
    points = signing("A", 12, 0)
    points[:3, RIGHT_HAND] = 0  # nine frames are left: the fourth to the sixth of them count
    expected = []
    for frame in (6, 7, 8):
        local = points[frame, RIGHT_HAND, :2] - points[frame, RIGHT_HAND[0], :2]
        expected.append(local / np.linalg.norm(local, axis=1).max())
    np.testing.assert_allclose(hand_shape(points), np.mean(expected, axis=0).ravel(), atol=1e-6)


def test_the_hand_seen_in_more_frames_is_taken_and_none_is_zeros():
    points = signing("A", 10, 0)
    both = points.copy()
    both[:4, LEFT_HAND] = points[:4, RIGHT_HAND]
    np.testing.assert_array_equal(hand_shape(both), hand_shape(points))
    points[:, RIGHT_HAND] = 0
    assert not hand_shape(points).any()


def test_labels_are_ranked_by_their_nearest_clip():
    shapes = np.array([[0.0, 3.0], [0.0, 1.0], [2.0, 0.0], [0.0, 0.5]])
    assert ranked_labels(np.zeros(2), shapes, ["a", "b", "c", "a"]) == ["a", "b", "c"]
    assert ranked_labels(np.array([2.0, 0.0]), shapes, ["a", "b", "c", "a"]) == ["c", "a", "b"]


def test_the_floor_is_scored_like_any_model(root, tmp_path):
    world = make_world(tmp_path / "w", root)
    pack = world.packs[0]
    for out in ("a", "b"):
        nearest(world.params, "letters", pack, pack / "manifest.parquet", tmp_path / out)
    for name in ("metrics.json", "predictions.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    document = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert document["metrics"]["per_instance_top1"]["value"] == 100  # shapes of the made-up letters differ by far
    assert document["coverage"] == {"present": 4, "expected": 4}
    assert document["task"] == "islr"


def test_only_a_task_with_classes_has_such_a_baseline(root, tmp_path):
    world = make_world(tmp_path / "w", root)
    manifest = world.packs[1] / "manifest.parquet"
    with pytest.raises(SignScaleError, match="the nearest-neighbour baseline needs classes, cslr has none"):
        nearest(world.params, "cslr", world.packs[1], manifest, tmp_path / "out")
    with pytest.raises(SignScaleError, match=r"benchmark 'unheard' is not in finetune\.benchmarks"):
        nearest(world.params, "unheard", world.packs[1], manifest, tmp_path / "out")
