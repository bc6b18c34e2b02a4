"""Hierarchical masking of pose input: joint, frame and clip level, part by part (after SignBERT+)."""

import numpy as np

from signscale.params import MaskParams
from signscale.skeleton import MASK_PARTS, NODES


def _choose_part(
    frames: int, nodes: np.ndarray, params: MaskParams, rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """What becomes of one part: bool (frames,), where all of it is zeroed, and for each frame at level joint the places
    touched (frame x 79 + node), which of them are zeroed, and how far the others move (k, 2)."""
    gone, joints = np.zeros(frames, bool), []
    for frame in rng.permutation(frames)[: round(params.ratio * frames)]:
        level = params.levels[rng.integers(len(params.levels))]
        if level == "joint":
            count = rng.integers(1, min(params.max_joints, len(nodes)) + 1)
            places = frame * NODES + rng.choice(nodes, count, replace=False)
            zeroed = rng.random(count) < 0.5
            joints.append((places, zeroed, rng.uniform(-params.max_shift, params.max_shift, (count, 2))))
            continue
        length = rng.integers(params.clip_length[0], params.clip_length[1] + 1) if level == "clip" else 1
        start = max(0, frame - length // 2)
        gone[start : start + length] = True
    return gone, joints


def mask_pose(pose: np.ndarray, params: MaskParams, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(T, 79, 3) normalised -> the masked copy and a bool (T, 79) of the touched points that were seen.

    For each part (left hand, right hand, body, face with mouth) `ratio` of the frames is picked. Level joint disturbs 1
    to `max_joints` of its points, each zeroed or moved by U(-max_shift, max_shift), half each; frame zeroes all of
    them, clip does so for `clip_length` frames around. A zeroed point stays zeroed. A point that was missing
    (confidence 0) is left missing and does not count.
    """
    masked, zeroed, touched = pose.copy(), *np.zeros((2, len(pose), NODES), bool)
    for nodes in MASK_PARTS.values():
        gone, joints = _choose_part(len(pose), nodes, params, rng)
        if joints:
            places, still, moves = (np.concatenate(column) for column in zip(*joints, strict=True))
            masked.reshape(-1, 3)[places[~still], :2] += moves[~still].astype(pose.dtype)
            zeroed.reshape(-1)[places[still]] = True
            touched.reshape(-1)[places] = True
        part = np.ix_(gone, nodes)
        zeroed[part] = touched[part] = True
    masked[zeroed | (pose[..., 2] <= 0)] = 0
    return masked, touched & (pose[..., 2] > 0)
