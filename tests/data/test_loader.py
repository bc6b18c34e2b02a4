"""Loaded batches are those made one by one, whatever the workers; these neither draw nor outlive the main process."""

import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial

import numpy as np
import pytest
import torch
from tiny_world import SIZE, make_world, signing

from signscale.data import loader
from signscale.data.batches import length_bucketed
from signscale.data.loader import TrainingClips, loaded, planned, worker_count
from signscale.errors import SignScaleError
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.pretrain.batches import PretrainClips
from signscale.pretrain.clips import training_clips
from signscale.text.store import TextStore

CPU = torch.device("cpu")


class Numbers(TrainingClips):
    """Twelve clips that are their own place, or what `make` gives for it."""

    def __init__(self, make=lambda place: place):
        self.make = make

    def __len__(self):
        return 12

    def __getitem__(self, place):
        return self.make(place)

    def lengths(self, epoch):
        return np.arange(1, 13)


def batches(clips, workers, collate=list, **share):
    """All that two epochs in batches of five load."""
    return list(loaded(planned(clips, 5, 1, 2), clips, collate, workers, **share))


@pytest.fixture(scope="module")
def clips(root, tmp_path_factory):
    world = make_world(tmp_path_factory.mktemp("w") / "w", root)
    settings = world.params.pretrain
    return PretrainClips(training_clips(world.packs, settings, 1), TextStore(world.text), settings, 1)


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize(("rank", "ranks", "count", "start"), [(0, 1, 1, 0), (0, 2, 3, 2), (1, 2, 1, 4)])
def test_batches_are_those_of_clips_made_one_by_one(clips, workers, rank, ranks, count, start):
    """Augmented clips, in the shares of two ranks, in micro-batches and from the middle of an epoch on."""
    plan = planned(clips, 8, 1, 2, start)
    found = list(loaded(plan, clips, partial(clips.parts, count=count), workers, rank, ranks))
    steps = [(epoch, indices) for epoch in (0, 1) for indices in length_bucketed(clips.lengths(epoch), 8, 1, epoch)]
    assert [step.number for step, _ in found] == list(range(start, 6))
    for step, parts in found:
        epoch, indices = steps[step.number]
        assert step.epoch == epoch
        np.testing.assert_array_equal(step.indices, indices)
        shares = np.array_split(indices[rank::ranks], count)
        for part, share in zip(parts, shares, strict=True):
            made = clips.collate([clips[epoch, index] for index in share])
            for name in made.__slots__:
                one, other = getattr(part, name), getattr(made, name)
                assert (one.dtype, one.shape) == (other.dtype, other.shape)
                assert torch.equal(one, other), name


@pytest.mark.parametrize("workers", [0, 2])
def test_a_share_of_no_clip_is_a_batch_of_none(workers):
    shares = [batch for _, batch in batches(Numbers(), workers, rank=4, ranks=5)]
    assert [len(share) for share in shares] == [0] * 6  # twelve clips are three batches of four


@pytest.mark.parametrize("workers", [0, 1])
def test_nothing_is_drawn_from_a_global_generator(workers):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    batches(Numbers(), workers)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_an_error_comes_up_as_it_is_at_its_own_step(workers):
    def make(place):
        if place == (1, 7):
            raise SignScaleError("shard.h5: torn; pack it again")
        return place

    seen = []
    clips = Numbers(make)
    with pytest.raises(SignScaleError) as error:
        for step, _ in loaded(planned(clips, 5, 1, 2), clips, list, workers):
            seen.append(step)
    assert str(error.value) == "shard.h5: torn; pack it again"
    assert [7 in step.indices for step in planned(clips, 5, 1, 2) if step.epoch == 1].index(True) + 3 == len(seen)


def test_workers_have_one_thread_and_end_when_the_loop_is_left_early():
    clips = Numbers(lambda place: (os.getpid(), torch.get_num_threads()))
    with closing(loaded(planned(clips, 5, 1, 2), clips, list, 2)) as todo:
        _, first = next(todo)
        assert len(multiprocessing.active_children()) == 2
    assert not multiprocessing.active_children()
    assert {threads for _, threads in first} == {1}
    assert os.getpid() not in {process for process, _ in first}


def test_a_request_to_stop_that_reaches_the_whole_job_is_left_to_the_main_process():
    clips = Numbers()
    with closing(loaded(planned(clips, 5, 1, 2), clips, list, 1)) as todo:
        found = [next(todo)]
        (worker,) = multiprocessing.active_children()
        for number in (signal.SIGTERM, signal.SIGINT):  # as sent by another process
            subprocess.run(["kill", f"-{number}", str(worker.pid)], check=True)
        found += todo
    assert len(found) == 6


KILLED = """
import multiprocessing, sys
import numpy as np
from data.test_loader import Numbers, loaded, planned
big = Numbers(lambda place: np.zeros(1 << 22))
todo = loaded(planned(big, 5, 1, 200), big, list, 2)
next(todo)
print(*[child.pid for child in multiprocessing.active_children()], flush=True)
sys.stdin.read()
"""


def test_workers_end_with_a_main_process_that_is_killed(root):
    """Also while they wait for somebody to take their batches, which no longer fit into the pipe."""
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root / 'tests'}"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as main:
        workers = [os.pidfd_open(int(pid)) for pid in main.stdout.readline().split()]
        main.kill()
    assert len(workers) == 2
    for worker in workers:
        assert select.select([worker], [], [], 60)[0], "a worker outlived the main process"
        os.close(worker)


def test_a_shard_is_read_by_the_main_process_and_its_workers_at_once(tmp_path):
    """HDF5 shares no open file with a fork: each process opens it for itself."""
    write_shard(tmp_path / "s.h5", [Clip(f"c/{k}", signing("AB", 30, k), SIZE, 25.0) for k in range(12)], "made", "1")
    shard = Shard(tmp_path / "s.h5")
    expected = [shard.keypoints(k) for k in range(12)]
    clips = Numbers(lambda place: shard.keypoints(place[1]))
    for step, made in loaded(planned(clips, 5, 1, 5), clips, list, 2):
        for index, points in zip(step.indices, made, strict=True):
            np.testing.assert_array_equal(points, expected[index])
            np.testing.assert_array_equal(shard.keypoints(11 - index), expected[11 - index])


@pytest.mark.parametrize(
    ("cpus", "ranks", "threads", "device", "workers"),
    [
        (2, "1", 1, "cpu", 1),
        (2, "1", 2, "cpu", 0),
        (1, "1", 1, "cpu", 0),
        (1, "1", 1, "cuda", 0),
        (16, "8", 1, "cuda", 1),
        (64, "8", 16, "cuda", 7),
        (128, "8", 16, "cuda", 8),
        (2, "8", 1, "cuda", 0),
    ],
)
def test_as_many_workers_as_cpus_that_do_not_train(monkeypatch, cpus, ranks, threads, device, workers):
    monkeypatch.setattr(loader, "available_cpus", lambda: cpus)
    monkeypatch.setattr(loader.torch, "get_num_threads", lambda: threads)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks)
    assert worker_count(torch.device(device)) == workers
