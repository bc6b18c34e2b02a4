"""Augmentation moves what is seen, keeps confidences, and invents nothing."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_world import SIZE, STILL, sample, signing

from signscale.data.augment import augment, mirror, resample, shortest_length
from signscale.data.clips import ClipRef, centre_cut, segment_frames, training_frames, training_pose
from signscale.data.normalise import normalise
from signscale.data.randomness import generator
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.formats.skeleton import LEFT_HAND, LEFT_WRIST, MIRROR, RIGHT_HAND, RIGHT_WRIST
from signscale.params import AugmentParams

STRONG = {"rotate": 20.0, "scale": 0.2, "shear": 0.2, "shift": 0.1, "jitter": 0.05}


def settings(**changes):
    return AugmentParams(**(STILL | changes))


@pytest.fixture
def ref(tmp_path):
    write_shard(tmp_path / "shard.h5", [Clip("letters/0", signing("A", 20, 1), SIZE, 25.0)], "made", "1")
    return ClipRef(sample("letters/0"), Shard(tmp_path / "shard.h5"), 0)


def test_nothing_asked_for_changes_nothing():
    points = signing("AB", 10, 0)
    np.testing.assert_allclose(augment(points, SIZE, settings(), generator(1, "x")), points, atol=1e-4)


def test_a_mirrored_mirror_is_the_original():
    points = signing("AB", 10, 0)
    np.testing.assert_allclose(mirror(mirror(points, 640), 640), points, atol=1e-4)


def test_the_mirror_exchanges_the_sides():
    points = signing("A", 3, 0)
    flipped = mirror(points, 640)
    np.testing.assert_allclose(flipped[:, LEFT_HAND, 0], 640 - points[:, RIGHT_HAND, 0])
    np.testing.assert_array_equal(flipped[:, LEFT_HAND, 1:], points[:, RIGHT_HAND, 1:])
    assert not flipped[:, RIGHT_HAND].any()  # there was no left hand
    np.testing.assert_allclose(flipped[:, LEFT_WRIST, 0], 640 - points[:, RIGHT_WRIST, 0])


def test_the_mirror_of_the_79_nodes_is_the_mirror_of_the_133_points():
    points = signing("AB", 6, 0)
    inside = points.copy()
    one, other = normalise(mirror(inside, 640), SIZE), normalise(inside, SIZE)[:, MIRROR]
    np.testing.assert_allclose(one[..., 0], -other[..., 0], atol=1e-5)
    np.testing.assert_allclose(one[..., 1:], other[..., 1:], atol=1e-5)


def test_confidences_stay_and_missing_points_stay_missing():
    points = signing("AB", 10, 0)
    out = augment(points, SIZE, settings(**STRONG), generator(1, "x"))
    np.testing.assert_array_equal(out[..., 2], points[..., 2])
    assert not out[points[..., 2] == 0].any()
    assert np.abs(out - points)[..., :2].max() > 10


def test_each_map_keeps_its_promise():
    points = signing("A", 2, 0)
    centre = np.array(SIZE) / 2
    body = np.flatnonzero(points[0, :, 2] > 0)[:11]
    turned = augment(points, SIZE, settings(rotate=30.0), generator(1, "x"))
    reach = [np.linalg.norm(p[:, body, :2] - centre, axis=2) for p in (points, turned)]
    np.testing.assert_allclose(*reach, rtol=1e-5)
    shifted = augment(points, SIZE, settings(shift=0.1), generator(1, "x"))
    moves = (shifted - points)[points[..., 2] > 0][:, :2]
    np.testing.assert_allclose(moves, np.broadcast_to(moves[0], moves.shape), atol=1e-3)
    assert (np.abs(moves[0]) <= [64, 48]).all()


def test_hands_turn_about_their_wrist():
    points = signing("A", 2, 0)
    points[:, RIGHT_HAND[0], :2] = points[:, RIGHT_WRIST, :2] = centre = np.array(SIZE) / 2
    out = augment(points, SIZE, settings(rotate=30.0), generator(3, "x"))
    np.testing.assert_allclose(out[:, RIGHT_HAND[0], :2], np.broadcast_to(centre, (2, 2)), atol=1e-3)
    assert np.abs(out - points)[:, RIGHT_HAND[1:], :2].max() > 1


@pytest.mark.parametrize("seed", range(5))
def test_missing_points_of_a_hand_do_not_move_the_others(seed):
    """They lie at (0, 0), far from the hand: they must be neither its origin nor part of its extent."""
    whole = signing("A", 40, 0)
    torn = whole.copy()
    torn[:, RIGHT_HAND[[0, 3, 7]]] = 0
    seen = RIGHT_HAND[[k for k in range(21) if k not in (0, 3, 7)]]
    span = np.ptp(whole[:, seen, :2], axis=1).max()
    one, other = (augment(p, SIZE, settings(rotate=30.0), generator(seed, "x"))[:, seen, :2] for p in (whole, torn))
    assert np.abs(one - other).max() < 0.6 * span
    jittered = augment(torn, SIZE, settings(jitter=0.01), generator(seed, "x"))
    assert np.abs(jittered - torn)[:, seen, :2].max() < 0.05 * span


def test_speed_changes_the_length_and_keeps_the_order():
    lengths = set()
    for seed in range(60):
        index = resample(20, settings(speed=0.3), generator(seed, "x"))
        assert (np.diff(index) >= 0).all()
        assert 0 <= index[0] <= index[-1] <= 19
        lengths.add(len(index))
    assert min(lengths) <= 15
    assert max(lengths) >= 25
    assert {len(resample(1, settings(speed=0.9), generator(seed, "x"))) for seed in range(30)} <= {1, 2}


@pytest.mark.parametrize("changes", [{name: 0.4} for name in STILL] + [dict.fromkeys(STILL, 0.3)], ids=str)
def test_the_length_is_known_without_making_the_clip(ref, changes):
    """Whatever is changed, alone or together."""
    params = settings(**changes)
    for epoch in range(10):
        made = training_pose(ref, params, 22, 1, epoch)
        assert len(made) == training_frames(ref, params, 22, 1, epoch)
    assert training_frames(ref, settings(), 15, 1, 0) == 15


def test_a_clip_longer_than_the_limit_trains_as_its_middle_would(ref, tmp_path):
    middle = ref.shard.clip(ref.index)
    middle = replace(middle, keypoints=middle.keypoints[2:18])  # of 20 frames
    write_shard(tmp_path / "middle.h5", [middle], "made", "1")
    with Shard(tmp_path / "middle.h5") as shard:
        short = ClipRef(ref.sample, shard, 0)
        for epoch in range(5):
            one, other = (training_pose(r, settings(speed=0.4, **STRONG), 16, 1, epoch) for r in (ref, short))
            np.testing.assert_array_equal(one, other)


def test_a_clip_in_an_epoch_is_always_the_same_and_differs_between_epochs(ref):
    params = settings(mirror=0.5, **STRONG)
    first, again, later = (training_pose(ref, params, 256, 1, epoch) for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - later).max() > 0.01


def test_no_clip_becomes_shorter_than_the_shortest():
    params = settings(speed=0.3, crop=0.3)
    for frames in range(1, 40):
        made = {len(resample(frames, params, generator(seed, "x"))) for seed in range(300)}
        assert min(made) >= shortest_length(frames, params)
    assert [shortest_length(frames, params) for frames in (1, 5, 10)] == [1, 3, 5]  # 5 -> 4 -> 3, 10 -> 7 -> 5


def test_a_crop_keeps_one_run_of_frames():
    starts = set()
    for seed in range(60):
        index = resample(20, settings(crop=0.5), generator(seed, "x"))
        np.testing.assert_array_equal(np.diff(index), 1)
        assert len(index) >= 10
        starts.add(int(index[0]))
    assert len(starts) > 5


def test_the_middle_of_a_long_clip_is_kept():
    np.testing.assert_array_equal(centre_cut(np.arange(10), 4), [3, 4, 5, 6])
    np.testing.assert_array_equal(centre_cut(np.arange(3), 4), [0, 1, 2])


def test_one_frame_of_each_segment():
    pose = np.arange(64)[:, None, None] * np.ones((1, 79, 3))
    np.testing.assert_array_equal(segment_frames(pose, 32, None)[:, 0, 0], np.arange(1, 64, 2))
    drawn = segment_frames(pose, 32, generator(1, "x"))[:, 0, 0]
    np.testing.assert_array_equal(drawn // 2, np.arange(32))
    assert set(drawn % 2) == {0, 1}
    assert len(segment_frames(pose[:20], 32, None)) == 20
