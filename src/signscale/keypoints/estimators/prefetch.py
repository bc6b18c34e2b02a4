"""An iterator that works ahead on a thread of its own, so that decoding, cropping and inference overlap."""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

T = TypeVar("T")
_END = object()


@contextmanager
def prefetched(items: Iterable[T], depth: int) -> Iterator[Iterator[T]]:
    """The items in order, at most `depth` of them waiting. What the source raises is raised where it is taken.

    Leaving the block stops the thread, also when not all was taken.
    """
    waiting: queue.Queue = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
            put((_END, None))
        except BaseException as error:  # handed over, not swallowed: the taker raises it
            put((_END, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        with closing(_taken(waiting)) as taken:
            yield taken
    finally:
        stopped.set()
        thread.join()


def _taken(waiting: queue.Queue) -> Iterator[T]:
    while True:
        item, error = waiting.get()
        if error is not None:
            raise error
        if item is _END:
            return
        yield item
