"""Loading: torch's DataLoader makes the next batches in worker processes while the current one is computed on.

A clip is asked for by its place, (epoch, index), so a batch depends on neither the number of workers nor on what was
made before it. Batches come back through a pipe, by value: tensors in shared memory would need room in /dev/shm, of
which a container has 64 MB, and an open file each.
"""

import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import tee
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from signscale.cpus import available_cpus
from signscale.data.batches import length_bucketed
from signscale.errors import SignScaleError

Place = tuple[int, int]
"""Epoch and index of a clip."""

MOST_WORKERS = 8
"""Of one process; each makes several hundred clips a second (benchmarks/input_pipeline.py), and an H200 takes 3,000."""


class TrainingClips(Dataset, ABC):
    """Clips as a stage trains on them; `clips[epoch, index]` is one of them in one epoch."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of clips."""

    @abstractmethod
    def __getitem__(self, place: Place) -> Any:
        """One clip in one epoch; a function of the seed, the epoch and the sample id."""

    @abstractmethod
    def lengths(self, epoch: int) -> np.ndarray:
        """Frames of every clip in one epoch, int (clips,), so that batches have little padding."""


class Step(NamedTuple):
    """One training step: its number from the start of training, its epoch, the indices of its batch over all ranks."""

    number: int
    epoch: int
    indices: np.ndarray


def planned(clips: TrainingClips, batch_size: int, seed: int, epochs: int, start: int = 0) -> Iterator[Step]:
    """Every step from number `start` on; one epoch is in memory at a time."""
    per_epoch = -(-len(clips) // batch_size)
    for epoch in range(start // per_epoch, epochs):
        batches = length_bucketed(clips.lengths(epoch), batch_size, seed, epoch)
        for number, indices in enumerate(batches, epoch * per_epoch):
            if number >= start:
                yield Step(number, epoch, indices)


def worker_count(device: torch.device) -> int:
    """How many workers make batches for this process: one for each of its CPUs that does not train, 0 if all do.

    The CPUs that the job was given are shared among its processes (torchrun says how many). Training on a CPU takes as
    many of them as torch has threads, on a GPU one.
    """
    mine = available_cpus() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    training = torch.get_num_threads() if device.type == "cpu" else 1
    return max(0, min(MOST_WORKERS, mine - training))


def loaded(
    plan: Iterator[Step],
    clips: TrainingClips,
    collate: Callable[[list[Any]], Any],
    workers: int,
    rank: int = 0,
    ranks: int = 1,
) -> Iterator[tuple[Step, Any]]:
    """(step, `collate` of the clips that are this rank's share of it), in order.

    A rank's share may be no clip. Raises the SignScaleError of a clip at its own step. Closing the iterator ends the
    workers.
    """
    steps, ahead = tee(plan)
    loader = DataLoader(
        _Batches(clips, collate),
        batch_sampler=([(step.epoch, k) for k in step.indices[rank::ranks].tolist()] for step in ahead),
        collate_fn=_as_made,
        num_workers=workers,
        worker_init_fn=_begin_worker,
        multiprocessing_context="fork" if workers else None,
        generator=torch.Generator(),  # without one it would draw a number from torch's global generator
    )
    for step, batch in zip(steps, loader, strict=True):
        if isinstance(batch, SignScaleError):
            raise batch
        yield step, batch


class _Batches(Dataset):
    """Whole batches of clips. A SignScaleError is returned, because torch would wrap one that a worker raises in a
    traceback."""

    def __init__(self, clips: TrainingClips, collate: Callable[[list[Any]], Any]):
        self._clips, self._collate = clips, collate

    def __getitems__(self, places: list[Place]) -> Any:
        try:
            return self._collate([self._clips[place] for place in places])
        except SignScaleError as error:
            return error


def _as_made(batch: Any) -> Any:
    """The batch, which is collated already."""
    return batch


def _begin_worker(_number: int) -> None:
    """In a new worker: leave a request to stop, which reaches the whole job, to the main process; end with it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    threading.Thread(target=_end_when_asked, args=(parent.pid,), daemon=True).start()


def _end_when_asked(parent: int) -> None:
    """End this process at a SIGTERM of its parent; one from elsewhere is for the whole job."""
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent:
        continue
    os._exit(0)
