"""An iterator that works ahead gives the same, hands over failures, and stops when it is left."""

import itertools
import threading

import pytest

from signscale.keypoints.estimators.prefetch import prefetched


def test_items_come_in_order_and_the_end_is_the_end():
    with prefetched(range(50), 3) as items:
        assert list(items) == list(range(50))


def test_a_failure_of_the_source_is_raised_where_it_is_taken():
    def failing():
        yield 1
        raise ValueError("torn")

    with prefetched(failing(), 2) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="torn"):
            next(items)


def test_an_endless_source_is_left_without_a_thread_staying_behind():
    before = threading.active_count()
    with prefetched(itertools.count(), 2) as items:
        assert next(items) == 0
    assert threading.active_count() == before
