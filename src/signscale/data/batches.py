"""Which samples share a batch: clips of similar length together, in an order that depends on seed and epoch alone."""

import numpy as np

from signscale.data.randomness import generator

WINDOW_BATCHES = 16
"""Clips are shuffled, then sorted by length within windows of this many batches: random enough, little padding."""

PADDING = 1 / 32
"""Clips attend in groups of similar length, of whose places no more than this share is padding."""


def length_bucketed(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Indices of each batch of one epoch, every sample once; lengths: (samples,) frames.

    The last batches are made as even as possible: in a batch of one clip, the contrast has nothing to compare. Equal
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


def similar_lengths(lengths: np.ndarray) -> list[slice]:
    """Runs of clips, sorted from the longest down, that are near enough in length to be filled up to their longest.

    Of a run's places at most PADDING are padding. A clip of no frames is in no run.
    """
    runs: list[slice] = []
    start = frames = 0
    for k, length in enumerate(lengths.tolist()):
        if length == 0:
            break
        if (k - start) and frames + length < (1 - PADDING) * int(lengths[start]) * (k - start + 1):
            runs.append(slice(start, k))
            start, frames = k, 0
        frames += length
    else:
        k = len(lengths)
    return runs + ([slice(start, k)] if k > start else [])


def places(lengths: np.ndarray) -> int:
    """Places for frames that attention among clips of these lengths is computed on."""
    longest_first = np.sort(lengths)[::-1]
    return sum(int(longest_first[run.start]) * (run.stop - run.start) for run in similar_lengths(longest_first))


def wasted_share(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """Share of padding among the places that attention is computed on, 0..1; nothing else sees padding."""
    return 1 - sum(int(lengths[batch].sum()) for batch in batches) / sum(places(lengths[batch]) for batch in batches)


def pad(clips: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Clips (T_i, ...) -> zero-padded (B, max T, ...) and the bool mask (B, max T) of what is real."""
    longest = max(len(clip) for clip in clips)
    padded = np.zeros((len(clips), longest, *clips[0].shape[1:]), clips[0].dtype)
    valid = np.zeros((len(clips), longest), bool)
    for row, clip in enumerate(clips):
        padded[row, : len(clip)] = clip
        valid[row, : len(clip)] = True
    return padded, valid
