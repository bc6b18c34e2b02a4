"""Which samples share a batch: clips of similar length together, in an order that depends on seed and epoch alone."""

import numpy as np

from signscale.data.randomness import generator

WINDOW_BATCHES = 16
"""Clips are shuffled, then sorted by length within windows of this many batches: random enough, little padding."""


def length_bucketed(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Indices of each batch of one epoch, every sample once; lengths: (samples,) frames.

    The last window's batches are as even as they can be: a batch of one clip has nothing to be told apart from. Equal
    on every rank and for any number of workers.
    """
    rng = generator(seed, "batches", epoch)
    order = rng.permutation(len(lengths))
    window = batch_size * WINDOW_BATCHES
    batches: list[np.ndarray] = []
    for start in range(0, len(order), window):
        part = order[start : start + window]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += np.array_split(part, -(-len(part) // batch_size))
    return [batches[k] for k in rng.permutation(len(batches))]


def wasted_share(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """Share of padding among all frames of the padded batches, 0..1."""
    padded = sum(int(lengths[batch].max()) * len(batch) for batch in batches)
    return 1 - float(lengths.sum()) / padded


def pad(clips: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Clips (T_i, ...) -> zero-padded (B, max T, ...) and the bool mask (B, max T) of what is real."""
    longest = max(len(clip) for clip in clips)
    padded = np.zeros((len(clips), longest, *clips[0].shape[1:]), clips[0].dtype)
    valid = np.zeros((len(clips), longest), bool)
    for row, clip in enumerate(clips):
        padded[row, : len(clip)] = clip
        valid[row, : len(clip)] = True
    return padded, valid
