"""Masking touches the share of frames asked for, part by part, at the levels asked for, and never a missing point."""

import numpy as np
import pytest

from signscale.data.masking import mask_pose
from signscale.data.randomness import generator
from signscale.formats.skeleton import MASK_PARTS, NODES
from signscale.params import MaskParams

ALL = ["joint", "frame", "clip"]


def settings(levels=ALL, ratio=0.4, **changes):
    plain = {"ratio": ratio, "levels": levels, "max_joints": 10, "max_shift": 0.25, "clip_length": [2, 8]}
    return MaskParams(**(plain | changes))


def a_pose(frames=50, seed=0):
    pose = np.random.default_rng(seed).uniform(-0.5, 0.5, (frames, NODES, 3)).astype(np.float32)
    pose[..., 2] = np.random.default_rng(seed + 1).uniform(0.1, 1, (frames, NODES))
    return pose


def masked(levels=ALL, frames=50, seed=0, **changes):
    pose = a_pose(frames)
    return pose, *mask_pose(pose, settings(levels, **changes), generator(1, "mask", seed, "a"))


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.4, 0.8])
def test_frame_level_zeroes_the_share_of_frames_of_each_part(ratio):
    _, out, touched = masked(["frame"], ratio=ratio)
    for nodes in MASK_PARTS.values():
        frames = touched[:, nodes].any(axis=1)
        assert frames.sum() == round(ratio * 50)
        assert touched[frames][:, nodes].all()
        assert not out[frames][:, nodes].any()


def test_parts_are_masked_apart():
    _, _, touched = masked(["frame"])
    picked = [tuple(touched[:, nodes[0]]) for nodes in MASK_PARTS.values()]
    assert len(set(picked)) == len(MASK_PARTS)


def test_joint_level_touches_1_to_max_joints_half_zeroed_half_moved():
    zeroed = moved = 0
    shifts = []
    for seed in range(100):
        pose, out, touched = masked(["joint"], seed=seed, max_joints=6)
        for nodes in MASK_PARTS.values():
            counts = touched[:, nodes].sum(axis=1)
            assert (counts > 0).sum() == 20
            assert counts.max() <= 6
        gone = touched & (out[..., 2] == 0)
        zeroed, moved = zeroed + gone.sum(), moved + (touched & ~gone).sum()
        assert not out[gone].any()
        shift = (out - pose)[touched & ~gone]
        assert np.abs(shift[:, :2]).max() <= 0.25
        shifts.append(shift[:, :2])
        assert not shift[:, 2].any()
    assert np.abs(np.concatenate(shifts)).mean() == pytest.approx(0.125, abs=0.005)
    assert zeroed / (zeroed + moved) == pytest.approx(0.5, abs=0.02)


def test_every_number_of_joints_and_every_joint_comes_as_often():
    counts, nodes = np.zeros(7, int), np.zeros(NODES, int)
    for seed in range(200):
        _, _, touched = masked(["joint"], seed=seed, max_joints=6)
        nodes += touched.sum(axis=0)
        for part in MASK_PARTS.values():
            counts += np.bincount(touched[:, part].sum(axis=1), minlength=7)
    np.testing.assert_allclose(counts[1:] / counts[1:].sum(), 1 / 6, atol=0.015)
    for part in MASK_PARTS.values():
        np.testing.assert_allclose(nodes[part] / nodes[part].sum() * len(part), 1, atol=0.15)


def test_clip_level_zeroes_runs_of_the_lengths_asked_for():
    lengths = set()
    for seed in range(200):
        _, out, touched = masked(["clip"], frames=25, seed=seed, ratio=0.04, clip_length=[3, 5])  # one frame a part
        for nodes in MASK_PARTS.values():
            frames = np.flatnonzero(touched[:, nodes[0]])
            assert (np.diff(frames) == 1).all()
            assert not out[frames][:, nodes].any()
            if frames[0] > 0 and frames[-1] < 24:
                lengths.add(len(frames))
    assert lengths == {3, 4, 5}


def test_levels_come_with_equal_chance():
    kinds = {"joint": 0, "frame or clip": 0}
    for seed in range(300):
        _, _, touched = masked(["joint", "frame"], seed=seed, frames=10, ratio=0.1, max_joints=4)
        kinds["frame or clip" if touched[:, MASK_PARTS["face"]].sum() == 26 else "joint"] += 1
    assert kinds["joint"] == pytest.approx(150, abs=30)


def test_untouched_points_stay_as_they_are():
    pose, out, touched = masked()
    np.testing.assert_array_equal(out[~touched], pose[~touched])


def test_missing_points_stay_missing_and_never_count():
    pose = a_pose()
    missing = np.random.default_rng(3).random(pose.shape[:2]) < 0.3
    pose[missing] = 0
    out, touched = mask_pose(pose, settings(ratio=0.9), generator(1, "x"))
    assert not out[missing].any()
    assert not touched[missing].any()
    assert touched.any()


def test_a_zeroed_point_is_not_moved_later():
    for seed in range(50):
        _, out, _ = masked(["joint", "clip"], seed=seed, ratio=0.9)
        assert not out[out[..., 2] == 0].any()


def test_the_mask_is_a_function_of_seed_epoch_and_sample():
    pose = a_pose()

    def touched(*purpose):
        return mask_pose(pose, settings(), generator(*purpose))[1]

    np.testing.assert_array_equal(touched(1, "mask", 0, "a"), touched(1, "mask", 0, "a"))
    for other in [(2, "mask", 0, "a"), (1, "mask", 1, "a"), (1, "mask", 0, "b")]:
        assert (touched(1, "mask", 0, "a") != touched(*other)).any()


def test_the_input_is_left_alone_and_one_frame_is_enough():
    pose = a_pose(1)
    before = pose.copy()
    out, touched = mask_pose(pose, settings(["clip"], ratio=0.95), generator(1, "x"))
    np.testing.assert_array_equal(pose, before)
    assert touched.all()
    assert not out.any()
