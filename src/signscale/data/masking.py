"""Hierarchical masking of pose input: joint, frame and clip level, part by part (after SignBERT+).

All parts are drawn together. Shape suffixes: P parts (4), T frames, K frames picked of each part.
"""

import numpy as np

from signscale.formats.skeleton import MASK_PARTS, NODES
from signscale.params import MaskParams

_PARTS = list(MASK_PARTS.values())
_SIZES = np.array([len(nodes) for nodes in _PARTS])
_NODES = np.array([np.pad(nodes, (0, _SIZES.max() - len(nodes))) for nodes in _PARTS])
_NO_NODE = np.where(np.arange(_SIZES.max()) < _SIZES[:, None], 0.0, 2.0)
"""Nodes of each part in a row, padded to the longest row; and a value for each place that sorts padding behind every
draw from 0..1."""

_PART_OF_NODE = np.argmax([np.isin(np.arange(NODES), nodes) for nodes in _PARTS], axis=0)


def _joints(
    part: np.ndarray, frame: np.ndarray, params: MaskParams, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of frames at level joint, and the part each is of: the places touched (frame x 79 + node), which of them are
    zeroed, and how far the others move (k, 2)."""
    counts = 1 + (rng.random(len(part)) * np.minimum(_SIZES, params.max_joints)[part]).astype(int)
    drawn = rng.random((len(part), _NODES.shape[1])) + _NO_NODE[part]
    last = np.sort(drawn, axis=1)[np.arange(len(part)), counts - 1]
    row, column = np.nonzero(drawn <= last[:, None])
    places = frame[row] * NODES + _NODES[part[row], column]
    zeroed = rng.random(len(places)) < 0.5
    return places, zeroed, rng.uniform(-params.max_shift, params.max_shift, (np.count_nonzero(~zeroed), 2))


def _gone(part: np.ndarray, frame: np.ndarray, lengths: np.ndarray, frames: int) -> np.ndarray:
    """bool (T, 79): the points of a part that runs of these lengths around its frames hide."""
    first = np.maximum(0, frame - lengths // 2)
    last = np.minimum(frames, first + lengths)
    size = (len(_PARTS), frames + 1)
    ends = [np.bincount(part * size[1] + end, minlength=size[0] * size[1]) for end in (first, last)]
    gone_PT = (ends[0] - ends[1]).reshape(size).cumsum(axis=1)[:, :-1] > 0
    return gone_PT.T.take(_PART_OF_NODE, axis=1)


def mask_pose(pose: np.ndarray, params: MaskParams, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(T, 79, 3) normalised -> the masked copy and a bool (T, 79) of the touched points that were seen.

    For each part (left hand, right hand, body, face with mouth) `ratio` of the frames is picked. Level joint disturbs 1
    to `max_joints` of its points, each zeroed or moved by U(-max_shift, max_shift), half each; frame zeroes all of
    them, clip does so for `clip_length` frames around. A zeroed point stays zeroed. A point that was missing
    (confidence 0) is left missing and does not count.
    """
    frames, parts = len(pose), len(_PARTS)
    picked_PK = rng.random((parts, frames)).argsort(axis=1)[:, : round(params.ratio * frames)]
    frame, part = picked_PK.ravel(), np.repeat(np.arange(parts), picked_PK.shape[1])
    level = rng.integers(len(params.levels), size=len(frame))
    joint, clip = (np.array([name == wanted for name in params.levels])[level] for wanted in ("joint", "clip"))
    lengths = np.where(clip, rng.integers(params.clip_length[0], params.clip_length[1] + 1, len(frame)), 1)
    zeroed = _gone(part, frame, lengths * ~joint, frames)
    places, still, moves = _joints(part[joint], frame[joint], params, rng)
    touched = zeroed.copy()
    touched.reshape(-1)[places] = True
    zeroed.reshape(-1)[places[still]] = True
    masked, seen = pose.copy(), pose[..., 2] > 0
    masked.reshape(-1, 3)[places[~still], :2] += moves.astype(pose.dtype)
    np.copyto(masked.reshape(frames, -1), 0, where=np.repeat(zeroed | ~seen, 3, axis=1))
    return masked, touched & seen
