"""Every stage of the table killed at and between its files: no half file, and run again, the same bytes."""

import os
import signal
import time
import traceback
from pathlib import Path
from threading import RLock

import pytest
from tiny_world import World, make_world
from tqdm import tqdm

from signscale.formats.files import hashed_tree, sha256

from .stages import STAGES, Stage, ready

pytestmark = pytest.mark.faults
SHARES = (0.15, 0.5, 0.85)
"""Moments of a kill, as shares of the time that the stage takes."""
MOST_FILES = 5
"""Renamed files at which a stage is killed, evenly spread if it renames more."""


@pytest.fixture(scope="module")
def world(root, tmp_path_factory) -> World:
    """The small world with what the stages need of one another."""
    made = make_world(tmp_path_factory.mktemp("world") / "w", root)
    ready(made)
    return made


def in_a_process(work) -> int:
    """Do the work in a process of its own; its exit status, or minus the signal that ended it."""
    if not (child := os.fork()):
        tqdm.set_lock(RLock())  # tqdm's own lock is shared with other processes: a killed one would never give it back
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def files_under(folder: Path) -> dict[str, str]:
    """sha256 of every file by its path."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}


def killed_at_file(number: int):
    """Kill this process when it is about to give its file of that number, from 1, the name it is to have."""
    left, replace = [number], Path.replace

    def counted(self, target):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = counted


def noting_files(log: Path) -> None:
    """Add a byte to a file for each file that this process gives its name."""
    replace = Path.replace

    def noted(self, target):
        with log.open("ab") as file:
            file.write(b".")
        return replace(self, target)

    Path.replace = noted


def killed_after(seconds: float) -> None:
    """Kill this process after a time: nothing in it runs at an alarm that nobody handles."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


@pytest.mark.parametrize("stage", STAGES, ids=[stage.name for stage in STAGES])
def test_a_killed_stage_leaves_no_half_file_and_ends_in_the_same_bytes(stage: Stage, world: World, tmp_path):
    whole = tmp_path / "whole" / "out"
    began = time.monotonic()
    log = tmp_path / "renamed"
    assert in_a_process(lambda: (noting_files(log), stage.run(world, whole, tmp_path / "whole" / "scratch"))) == 0
    took, expected = time.monotonic() - began, files_under(whole)
    assert expected
    inputs = hashed_tree(world.root)
    ways = [lambda share=share: killed_after(share * took) for share in SHARES]
    renamed = log.stat().st_size
    numbers = sorted({1 + k * (renamed - 1) // (MOST_FILES - 1) for k in range(MOST_FILES)})
    ways += [lambda number=number: killed_at_file(number) for number in numbers]
    for number, way in enumerate(ways):
        out, scratch = tmp_path / str(number) / "out", tmp_path / str(number) / "scratch"
        ended = in_a_process(lambda way=way, out=out, scratch=scratch: (way(), stage.run(world, out, scratch)))
        assert ended in (-signal.SIGKILL, -signal.SIGALRM, 0)
        left = {name: digest for name, digest in files_under(out).items() if ".partial" not in name}
        assert left.items() <= expected.items()
        assert in_a_process(lambda out=out, scratch=scratch: stage.run(world, out, scratch)) == 0
        assert {n: d for n, d in files_under(out).items() if ".partial" not in n} == expected
    assert hashed_tree(world.root) == inputs
