"""Frames decoded on a thread of their own while the estimator works on those before: a few ahead, never all."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

DEPTH = 8
"""Frames kept ready: of 4K video 200 MB."""


def ahead(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The same frames in the same order; an error surfaces at its place."""
    source, end = iter(frames), object()
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, source, end) for _ in range(DEPTH))
        while (frame := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, source, end))
            yield frame
