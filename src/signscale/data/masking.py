"""Hierarchical masking of pose input: joint, frame and clip level, part by part (after SignBERT+)."""

import numpy as np

from signscale.params import MaskParams
from signscale.skeleton import MASK_PARTS, NODES


def _disturb(pose: np.ndarray, frame: int, nodes: np.ndarray, shift: float, rng: np.random.Generator) -> None:
    """Each of `nodes` in `frame` is zeroed (and its confidence with it) or moved by U(-shift, shift), half each."""
    zeroed = rng.random(len(nodes)) < 0.5
    moves = rng.uniform(-shift, shift, (len(nodes), 2)).astype(pose.dtype)
    pose[frame, nodes[zeroed]] = 0
    pose[frame, nodes[~zeroed], :2] += moves[~zeroed]


def _mask_part(
    pose: np.ndarray, touched: np.ndarray, nodes: np.ndarray, params: MaskParams, rng: np.random.Generator
) -> None:
    """Mask one part in place: a share of its frames, each at a level drawn with equal chance."""
    frames = len(pose)
    for frame in rng.permutation(frames)[: round(params.ratio * frames)]:
        level = params.levels[rng.integers(len(params.levels))]
        if level == "joint":
            count = rng.integers(1, min(params.max_joints, len(nodes)) + 1)
            chosen = rng.choice(nodes, count, replace=False)
            _disturb(pose, frame, chosen, params.max_shift, rng)
            touched[frame, chosen] = True
            continue
        length = rng.integers(params.clip_length[0], params.clip_length[1] + 1) if level == "clip" else 1
        start = max(0, frame - length // 2)
        for near in range(start, min(frames, start + length)):
            pose[near, nodes] = 0
            touched[near, nodes] = True


def mask_pose(pose: np.ndarray, params: MaskParams, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(T, 79, 3) normalised -> the masked copy and a bool (T, 79) of the touched points that were seen.

    For each part (left hand, right hand, body, face with mouth) `ratio` of the frames is picked. Level joint disturbs 1
    to `max_joints` of its points, frame zeroes all of them, clip does so for `clip_length` frames around. A
    zeroed point stays zeroed. A point that was missing (confidence 0) is left missing and does not count.
    """
    masked, touched = pose.copy(), np.zeros((len(pose), NODES), bool)
    for nodes in MASK_PARTS.values():
        _mask_part(masked, touched, nodes, params, rng)
    masked[(pose[..., 2] <= 0) | (masked[..., 2] <= 0)] = 0
    return masked, touched & (pose[..., 2] > 0)
