"""Batches hold every sample once, in an order of seed and epoch alone, with little padding."""

import numpy as np
import pytest

from signscale.data.batches import length_bucketed, pad, wasted_share


def paper_lengths(samples=5000, seed=0):
    """Most clips of 25 to 100 frames, a tail up to 256 (the paper's histogram)."""
    rng = np.random.default_rng(seed)
    tail = rng.random(samples) < 0.15
    return np.where(tail, rng.integers(100, 257, samples), rng.integers(25, 101, samples))


@pytest.mark.parametrize("samples", [1, 5, 63, 64, 65, 1000, 1025, 5000])
def test_every_sample_comes_once_in_batches_of_even_size(samples):
    batches = length_bucketed(paper_lengths(samples), 64, 1, 0)
    assert len(batches) == -(-samples // 64)
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(samples))
    assert max(map(len, batches)) <= 64
    last = sorted(map(len, batches))[: len(batches) % 16 or 16]
    assert max(last) - min(last) <= 1


def test_the_order_is_a_function_of_seed_and_epoch():
    lengths = paper_lengths(1000)

    def order(*key):
        return [batch.tolist() for batch in length_bucketed(lengths, 64, *key)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_little_is_wasted_on_padding():
    lengths = paper_lengths()
    batches = length_bucketed(lengths, 64, 1, 0)
    assert wasted_share(lengths, batches) < 0.1
    plain = np.array_split(np.random.default_rng(0).permutation(len(lengths)), len(batches))
    assert wasted_share(lengths, plain) > 0.4


def test_the_wasted_share_by_hand():
    # Padded to 4 + 4 and to 2: 10 frames, of which 4 + 1 + 2 are real.
    assert wasted_share(np.array([4, 1, 2]), [np.array([0, 1]), np.array([2])]) == pytest.approx(0.3)


def test_padding_is_zero_and_marked():
    padded, valid = pad([np.ones((3, 2)), np.full((1, 2), 5.0)])
    np.testing.assert_array_equal(padded[:, :, 0], [[1, 1, 1], [5, 0, 0]])
    np.testing.assert_array_equal(valid, [[True, True, True], [True, False, False]])
