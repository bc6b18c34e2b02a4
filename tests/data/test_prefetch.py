"""One batch is made ahead, in order, on one thread; errors surface where they belong."""

import threading

import numpy as np
import pytest
from tiny_world import SIZE, signing

from signscale.data.prefetch import prefetched
from signscale.formats.shard import Clip, Shard, write_shard


def test_items_come_in_order_with_what_was_made_of_them():
    assert list(prefetched(range(5), lambda item: item * item)) == [(k, k * k) for k in range(5)]
    assert list(prefetched([], lambda item: item)) == []


def test_never_more_than_one_ahead_of_the_one_in_use():
    made = []
    todo = prefetched(iter(range(6)), lambda item: made.append(item) or item)
    for item, _ in todo:
        assert max(made) <= item + 1


def test_an_error_comes_up_with_its_item_after_those_before():
    def make(item):
        if item == 2:
            raise ValueError("torn")
        return item

    seen = []
    with pytest.raises(ValueError, match="torn"):
        for item, _ in prefetched(range(5), make):
            seen.append(item)
    assert seen == [0, 1]


def test_leaving_early_leaves_no_thread():
    before = threading.active_count()
    todo = prefetched(range(100), lambda item: item)
    next(todo)
    todo.close()
    assert threading.active_count() == before


def test_a_shard_may_be_read_by_two_threads_at_once(tmp_path):
    """The next batch is read while evaluation or another shard is read: HDF5 lets one in at a time."""
    clips = [Clip(f"c/{k}", signing("AB", 30, k), SIZE, 25.0) for k in range(8)]
    write_shard(tmp_path / "shard.h5", clips, "made", "1")
    shard = Shard(tmp_path / "shard.h5")
    expected = [shard.keypoints(k) for k in range(8)]
    for item, points in prefetched(list(range(8)) * 20, shard.keypoints):
        np.testing.assert_array_equal(points, expected[item])
        np.testing.assert_array_equal(shard.keypoints(7 - item), expected[7 - item])
