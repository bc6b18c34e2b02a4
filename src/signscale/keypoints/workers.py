"""Shares clips among processes, so that no core waits; if a process dies, at most one clip is lost.

A worker that dies (a crash of native code, no memory) is replaced and its clip is tried once more; a clip that made two
workers die is given up with a reason. Workers end at once when the process that started them does.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from signscale.errors import SignScaleError

_TRIES = 2


@dataclass(slots=True)
class _Worker:
    """A process and the index of the item it works on, -1 if none."""

    process: BaseProcess
    pipe: Connection
    item: int = -1


def each(
    make: Callable[..., Callable[[Any], Any]], arguments: tuple, items: Sequence[Any], count: int
) -> Iterator[tuple[int, Any]]:
    """(index, result) of each item as it is done, in `count` processes.

    Every process calls `make(*arguments)` once, and what that gives for each of its items; all must pickle. A result is
    a SignScaleError where the item raised one or was given up. Raises RuntimeError if an item raised anything else.
    """
    with at_work(make, arguments, items, count) as results:
        yield from results


@contextmanager
def at_work(
    make: Callable[..., Callable[[Any], Any]], arguments: tuple, items: Sequence[Any], count: int
) -> Iterator[Iterator[tuple[int, Any]]]:
    """The results of `each`, to be taken later: the processes begin at once. They end with the block."""
    todo = deque(range(len(items)))
    crew: list[_Worker] = []
    try:
        for _ in range(min(count, len(items))):
            crew.append(_hire(make, arguments))
            _occupy(crew[-1:], todo, items)
        yield _results(crew, todo, items, lambda: _hire(make, arguments))
    finally:
        for worker in crew:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()


def _results(
    crew: list[_Worker], todo: deque[int], items: Sequence[Any], hire: Callable[[], _Worker]
) -> Iterator[tuple[int, Any]]:
    """(index, result) of each item as the crew is done with it."""
    deaths: Counter = Counter()
    while True:
        _occupy(crew, todo, items)
        busy = {worker.pipe: worker for worker in crew if worker.item >= 0}
        if not busy:
            return
        for pipe in wait(list(busy)):
            worker = busy[pipe]
            item, worker.item = worker.item, -1
            try:
                result, failure = pipe.recv()
            except (EOFError, ConnectionError):
                deaths[item] += 1
                crew[crew.index(worker)] = hire()
                if deaths[item] < _TRIES:
                    todo.appendleft(item)
                    continue
                result, failure = _given_up(worker), ""
            if failure:
                raise RuntimeError(f"a worker failed:\n{failure}")
            yield item, result


def _occupy(crew: list[_Worker], todo: deque[int], items: Sequence[Any]) -> None:
    """Hand the idle their next items."""
    for worker in crew:
        if worker.item < 0 and todo:
            worker.item = todo.popleft()
            _hand_over(worker, items)


def _hire(make: Callable[..., Callable[[Any], Any]], arguments: tuple) -> _Worker:
    # Fresh processes: a fork would copy locks that our threads, or native ones, may hold.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _hand_over(worker: _Worker, items: Sequence[Any]) -> None:
    try:
        worker.pipe.send(items[worker.item])
    except ConnectionError:
        return  # it died idle; waiting for its next answer will notice


def _given_up(worker: _Worker) -> SignScaleError:
    worker.process.join()
    code = worker.process.exitcode or 0
    how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    return SignScaleError(f"two processes died of this clip ({how}); look at it, or give the job more memory")


def _serve(pipe: Connection, make: Callable[..., Callable[[Any], Any]], arguments: tuple) -> None:
    """The life of a worker: items in, (result, traceback of a failure) out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the starter answers it and ends us
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    work = None
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        try:
            work = work or make(*arguments)
            answer = work(item), ""
        except SignScaleError as error:
            answer = error, ""
        except Exception:
            answer = None, traceback.format_exc()
        pipe.send(answer)
