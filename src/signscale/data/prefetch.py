"""Prefetching: a thread prepares the next batch while the current one is computed on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item, Batch = TypeVar("Item"), TypeVar("Batch")


def prefetched(items: Iterable[Item], make: Callable[[Item], Batch]) -> Iterator[tuple[Item, Batch]]:
    """Yield (item, make(item)) in order, preparing one ahead on a single thread; an error is raised at its own item."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[tuple[Item, Future[Batch]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(make, item)))
            if len(waiting) > 1:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()
