"""Two ranks with bf16 and no ZeRO: stopped by two SIGTERMs they save once, and go on with all of their state."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.scenarios

CHANGES = {
    "pretrain": {"epochs": 8, "checkpoint_every": 100, "deepspeed": {"zero_stage": 0, "precision": "bf16"}}
}  # 24 steps, none of which saves of itself
PRETRAIN = ["-m", "signscale", "pretrain", "out", "pack/letters", "pack/words", "--text", "text/store.h5"]
RANKS = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def below(pid: int) -> list[int]:
    """The processes that one started, and those that these started: ranks, and the workers of their loaders."""
    started = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        for child in (thread / "children").read_text().split():
            started += [int(child), *below(int(child))]
    return started


def stopped_twice(process, root: Path) -> list[int]:
    """Signal all processes twice, as Slurm does besides what the launcher passes on; returns those below it."""
    log, deadline = root / "scratch" / "log.jsonl", time.monotonic() + 300
    while not log.exists() or log.read_bytes().count(b"\n") < 3:
        assert process.poll() is None, (root / "output.txt").read_text()[-2000:]
        assert time.monotonic() < deadline
        time.sleep(0.005)
    started = below(process.pid)
    for _ in range(2):
        for pid in (*started, process.pid):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:  # done with the first
                assert pid != process.pid
        time.sleep(0.05)
    return started


@pytest.fixture(scope="module")
def runs(tiny, start):
    """Undisturbed, and stopped and gone on with; what one rank says to the state of two."""
    whole, stopped = tiny(CHANGES).root, tiny(CHANGES).root
    command = [*RANKS, *PRETRAIN, "--scratch", "scratch"]
    undisturbed = start(whole, *command)
    process = start(stopped, *command)
    started = stopped_twice(process, stopped)
    assert process.wait(timeout=500) != 0
    left = [pid for pid in started if Path(f"/proc/{pid}").exists()]
    found = {
        "left": left,
        "said": (stopped / "output.txt").read_text(),
        "saved": sorted(path.name for path in (stopped / "scratch").glob("step-*")),
        "newest": (stopped / "scratch" / "newest").read_text().strip(),
    }
    alone = stopped.with_name("alone")
    shutil.copytree(stopped, alone)
    again, one = start(stopped, *command), start(alone, *PRETRAIN, "--scratch", "scratch")
    assert one.wait(timeout=500) == 1
    assert [process.wait(timeout=500) for process in (undisturbed, again)] == [0, 0]
    found["one rank"] = (alone / "output.txt").read_text().removeprefix(found["said"])
    return whole, stopped, found


def test_two_sigterms_save_once_and_leave_no_process(runs):
    found = runs[2]
    assert found["left"] == []
    assert found["saved"] == [found["newest"]]
    step = int(found["newest"].removeprefix("step-"))
    assert 3 <= step < 24
    assert found["said"].count(f"signscale: stopped at step {step} of 24, saved in scratch; run again") == 1


@pytest.mark.parametrize("file", ["model.safetensors", "log.jsonl", "metrics.json"])
def test_what_goes_on_ends_bit_for_bit_as_an_undisturbed_run(runs, file):
    """So no moment of the optimizer was lost, nor a step of the schedule."""
    whole, stopped, found = runs
    assert f"steps from {int(found['newest'].removeprefix('step-'))}," in (stopped / "output.txt").read_text()
    assert (whole / "out" / file).read_bytes() == (stopped / "out" / file).read_bytes()


def test_another_number_of_ranks_is_refused_in_a_line(runs):
    found = runs[2]
    (said,) = [line for line in found["one rank"].splitlines() if "processes" in line]
    assert said == (
        f"signscale: scratch/{found['newest']}: saved with processes 2, this run has 1; "
        "run it with the former, or move scratch away to start again"
    )
    assert "Traceback" not in found["one rank"]
