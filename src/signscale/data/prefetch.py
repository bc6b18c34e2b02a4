"""One batch ahead: the next batch is made on a thread while the current one is computed on."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item, Batch = TypeVar("Item"), TypeVar("Batch")


def prefetched(items: Sequence[Item], make: Callable[[Item], Batch]) -> Iterator[tuple[Item, Batch]]:
    """Yield (item, make(item)) in order, making one ahead on a single thread; an error surfaces where it belongs."""
    if not items:
        return
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, items[0])
        for position, item in enumerate(items):
            batch = ahead.result()
            if position + 1 < len(items):
                ahead = pool.submit(make, items[position + 1])
            yield item, batch
