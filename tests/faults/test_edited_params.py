"""A seed edited and planned while the real workflow trains: the job keeps its state, and its record the old seed."""

import contextlib
import json
import os
import shutil
import signal
import time

import pytest
from workplace import Workplace, add_made_corpus, copy_repository, git, job_counts

from signscale.formats.files import sha256

pytestmark = pytest.mark.faults
PRETRAIN = ("snakemake", "--profile", "local", "pretrain")


@pytest.fixture
def place(root, tmp_path) -> Workplace:
    """A copy of the repository with a made-up corpus, in which nothing has run."""
    made = Workplace(tmp_path / "signscale")
    copy_repository(root, made.root)
    shutil.rmtree(made.root / "data", ignore_errors=True)
    add_made_corpus(made)
    git(made.root, "init", "--quiet")
    return made


def state(place: Workplace) -> dict[str, str]:
    """sha256 of all that a job reads or writes, but for the stamps of dry runs and what only spares reading."""
    folders = [place.root / "results", place.root / "scratch"]
    files = {path.relative_to(place.root).as_posix(): path for top in folders for path in top.rglob("*")}
    spared = ("scratch/planned/", "scratch/seen/")
    return {name: sha256(path) for name, path in files.items() if path.is_file() and not name.startswith(spared)}


@pytest.fixture
def running(place):
    """The real workflow, which trains with seed 2 and stands still behind its first checkpoint; ended afterwards."""
    place.edit("params.yaml", "seed: 1  #", "seed: 2  #")
    run = place.start(*PRETRAIN, start_new_session=True)
    try:
        until = time.monotonic() + 240
        while not list((place.root / "scratch" / "pretrain").glob("*/newest")) and time.monotonic() < until:
            assert run.poll() is None
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGSTOP)
        yield run
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def test_a_seed_edited_and_planned_while_a_job_runs_changes_neither_the_job_nor_its_record(place, running):
    """The edit is planned by a dry run and by a run that finds the lock."""
    before = state(place)
    place.edit("params.yaml", "seed: 2  #", "seed: 3  #")
    assert place.planned("pretrain")["pretrain_model"] == 1
    locked = place.run(*PRETRAIN)
    assert locked.returncode == 1
    assert "--unlock" in locked.stdout + locked.stderr
    assert state(place) == before
    os.killpg(running.pid, signal.SIGCONT)
    assert running.wait() == 0
    record = place.root / "results" / "made_up" / "pretrain" / "provenance.json"
    assert json.loads(record.read_text(encoding="utf-8"))["params"]["seed"] == 2
    plan = place.snakemake("pretrain", "-n")
    assert job_counts(plan) == {"pretrain_model": 1}
    assert "pretrain: seed 2 -> 3\n" in plan
    place.edit("params.yaml", "seed: 3  #", "seed: 2  #")
    assert place.planned("pretrain") == {}
