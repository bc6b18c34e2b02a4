"""Decoding runs ahead of the estimator by a few frames and changes nothing."""

import threading

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.keypoints.ahead import DEPTH, ahead


def test_the_same_frames_come_in_the_same_order_from_another_thread() -> None:
    threads = set()

    def frames():
        for index in range(30):
            threads.add(threading.get_ident())
            yield np.full((2, 2, 3), index, np.uint8)

    assert [int(frame[0, 0, 0]) for frame in ahead(frames())] == list(range(30))
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert list(ahead([])) == []


def test_only_a_few_frames_are_decoded_ahead() -> None:
    decoded = []
    taken = ahead(decoded.append(index) or np.zeros((1, 1, 3), np.uint8) for index in range(100))
    for _ in range(10):
        next(taken)
    taken.close()
    assert 10 <= len(decoded) <= 10 + DEPTH


def test_a_fault_surfaces_behind_the_frames_before_it() -> None:
    def torn():
        yield np.zeros((1, 1, 3), np.uint8)
        yield np.zeros((1, 1, 3), np.uint8)
        raise SignScaleError("torn.mp4: cut short")

    taken = ahead(torn())
    next(taken)
    next(taken)
    with pytest.raises(SignScaleError, match=r"torn\.mp4"):
        next(taken)
