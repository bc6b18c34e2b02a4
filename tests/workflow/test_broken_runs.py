"""Runs that end badly, and the raw data changed under a hard-linked cache. Run by `make test-scenarios`."""

import os
import signal
import time

import pytest
from workplace import job_names

pytestmark = pytest.mark.scenarios
SHARDS = "results/tiny/keypoints/fingerspelling"


def test_a_shard_that_fails_stops_no_other(workplace):
    code = "src/signscale/keypoints/run.py"
    text = (workplace.root / code).read_text(encoding="utf-8")
    (workplace.root / code).write_text(
        text + "\nimport sys\nif '00000.h5' in ' '.join(sys.argv):\n    sys.exit('broken')\n"
    )
    done = workplace.run("snakemake", "--profile", "local", "keypoints", "pack")
    made = sorted(path.name for path in (workplace.root / SHARDS).glob("*.h5"))
    (workplace.root / code).write_text(text, encoding="utf-8")
    workplace.dvc("checkout", "--force")
    assert done.returncode == 1
    assert "00001.h5" in made
    assert "00000.h5" not in made
    assert workplace.planned("all") == {}


def test_a_run_killed_in_the_middle_goes_on_and_half_a_result_is_none(workplace):
    workplace.edit("params.yaml", "seed: 1  #", "seed: 2  #")
    running = workplace.start("snakemake", "--profile", "local", "pretrain", start_new_session=True)
    scratch = workplace.root / "scratch" / "pretrain"
    before = set(scratch.glob("*/newest"))
    until = time.monotonic() + 240
    while set(scratch.glob("*/newest")) == before and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (workplace.root / "results" / "tiny" / "pretrain" / "provenance.json").exists()
    locked = workplace.run("snakemake", "--profile", "local", "pretrain")
    assert locked.returncode == 1
    assert "--unlock" in locked.stdout + locked.stderr
    workplace.snakemake("--unlock")
    assert workplace.planned("pretrain") == {"pretrain_model": 1}
    assert " steps from 0," not in workplace.snakemake("pretrain")
    assert workplace.planned("pretrain") == {}
    workplace.edit("params.yaml", "seed: 2  #", "seed: 1  #")
    workplace.run("git", "checkout", "--quiet", "dvc.lock")
    workplace.dvc("checkout", "--force")
    assert workplace.planned("all") == {}


def test_a_raw_file_changed_under_a_hard_linked_cache_is_seen_by_dvc(workplace):
    """Without records DVC copies the outputs first, they are newer than the raw file, and stale ones get locked."""
    workplace.dvc("config", "--local", "cache.type", "hardlink,copy")
    workplace.dvc("checkout", "--relink")
    clip = min((workplace.root / "data" / "raw" / "fingerspelling").rglob("*.pose"))
    before = clip.read_bytes()
    clip.write_bytes(before + b"\0")
    done = workplace.run("dvc", "repro", "keypoints")
    record = (workplace.root / SHARDS / "00000.provenance.json").read_text(encoding="utf-8")
    plan = workplace.planned("keypoints")
    clip.write_bytes(before)
    workplace.run("git", "checkout", "--quiet", "dvc.lock")
    workplace.dvc("checkout", "--force")
    workplace.dvc("config", "--local", "--unset", "cache.type")
    assert done.returncode == 0, done.stderr[-3000:]
    assert job_names(done.stdout + done.stderr) == {"keypoints"}
    assert plan == {}
    assert record != (workplace.root / SHARDS / "00000.provenance.json").read_text(encoding="utf-8")
    assert workplace.planned("all") == {}
