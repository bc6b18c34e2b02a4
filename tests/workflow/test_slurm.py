"""The real workflow on a real Slurm, started on this machine; jobs are cancelled, killed, and spread over two
nodes, and the results are equal.

Run by `make test-slurm`. What ran is written to benchmarks/results/slurm.json.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from workplace import Workplace, git

from signscale.formats.files import write_json
from signscale.provenance.describe import hashes

pytestmark = pytest.mark.slurm
START = Path(__file__).parent / "slurm" / "start.sh"
# The substitute nodes have 8 cores and no accounting, and their files are seen at once.
OPTIONS = [
    "--slurm-status-command=squeue",
    "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks=3",
    "--slurm-keep-successful-logs",
    "--latency-wait=20",
    *("--set-resources", "pretrain_model:gpu=1"),
    *("--set-threads", "pretrain_model=2", "finetune_run=1", "encode_text=2"),
]
# Pre-training with one rank on each of two nodes: the lines for several nodes of slurm/profile.yaml.
NODES = {"gpu": 2, "nodes": 2, "tasks": 2, "tasks_per_gpu": 0, "mpi": "srun", "slurm_partition": "pair"}
RECORD = Path("benchmarks", "results", "slurm.json")
LIMIT = 2700  # seconds until a run that hangs is given up


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm of two nodes; skips where it cannot be installed or started."""
    folder = tmp_path_factory.mktemp("slurm")
    started = subprocess.run(["bash", str(START), str(folder)], capture_output=True, text=True, check=False)
    if started.returncode == 3:
        pytest.skip(started.stderr.strip())
    assert started.returncode == 0, started.stderr
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    yield folder
    subprocess.run(["scancel", "--user=root"], check=False)
    subprocess.run(["bash", str(START), str(folder), "stop"], check=True)
    del os.environ["SLURM_CONF"]


@pytest.fixture
def second(finished, tmp_path) -> Workplace:
    """A clone of the same commit as the finished copy was made at, with the same raw data and nothing made."""
    git(tmp_path, "clone", "--quiet", "--branch", "start", str(finished.root), "signscale")
    place = Workplace(tmp_path / "signscale")
    shutil.copytree(finished.root / "data", place.root / "data")
    return place


def jobs() -> list[dict[str, str]]:
    """Every job Slurm has seen: id, state, rule with its wildcards."""
    form = "--format=%A|%T|%k|%r"
    said = subprocess.run(
        ["squeue", "--noheader", "--states=all", "--array", form], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split("|") for line in said.splitlines()]
    return [dict(zip(("id", "state", "rule", "reason"), row, strict=True)) for row in sorted(rows)]


def kill_steps(job: str) -> list[int]:
    """What a lost node does to a job: SIGKILL to its step daemons and to every process under them."""
    children: dict[int, list[int]] = {}
    daemons = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes().decode(errors="replace")
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(process.name))
        if title.startswith(f"slurmstepd: [{job}."):
            daemons.append(int(process.name))
    waiting, killed = list(daemons), []
    while waiting:
        pid = waiting.pop()
        killed.append(pid)
        waiting += children.get(pid, [])
    for pid in killed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return killed


def restart_node(slurm: Path) -> None:
    """The first node comes back: its daemon, started again, tells the controller that it knows nothing of the job."""
    os.kill(int((slurm / "slurmd.one.pid").read_text()), signal.SIGTERM)
    time.sleep(1)
    subprocess.run(["slurmd", "-N", "one"], check=True)


def field(job: str, name: str) -> str:
    """What Slurm says of a job, such as `Restarts`, how often Slurm itself has started it again."""
    shown = subprocess.run(["scontrol", "show", "job", job], capture_output=True, text=True, check=True).stdout
    return re.search(rf"\b{name}=(\S+)", shown)[1]


def steps_logged(place: Workplace) -> int:
    """How many steps the pre-training that is under way has logged."""
    logs = list((place.root / "scratch" / "pretrain").glob("*/log.jsonl"))
    return sum(len(log.read_text(encoding="utf-8").splitlines()) for log in logs)


def run_disturbed(place: Workplace, slurm: Path, log: Path) -> tuple[int, dict[str, dict]]:
    """`snakemake --profile slurm all`; meanwhile one pre-training loses its node and one fine-tuning is cancelled.

    Returns the exit status and what was done to which job.
    """
    done: dict[str, dict] = {}
    command = ["snakemake", "--profile", "slurm", "all", *OPTIONS]
    with log.open("w") as out:
        running = place.start(*command, stdout=out, stderr=subprocess.STDOUT)
        until = time.monotonic() + LIMIT
        while running.poll() is None and time.monotonic() < until:
            for job in (job for job in jobs() if job["state"] == "RUNNING"):
                disturb(place, slurm, job, done)
            time.sleep(0.3)
        if running.poll() is None:
            running.terminate()
    return running.wait(), done


def disturb(place: Workplace, slurm: Path, job: dict[str, str], done: dict[str, dict]) -> None:
    """Kill the first pre-training job after its third step, and cancel the first fine-tuning job."""
    if "pretrain_model" in job["rule"] and "killed" not in done and steps_logged(place) >= 3:
        before = steps_logged(place)
        done["killed"] = job | {"processes": len(kill_steps(job["id"])), "steps_before": before}
        restart_node(slurm)
    elif "finetune_run" in job["rule"] and "cancelled" not in done:
        subprocess.run(["scancel", job["id"]], check=True)
        done["cancelled"] = job


def resumed_at(place: Workplace) -> int:
    """The step that the last attempt at pre-training began with."""
    log = (place.root / "logs" / "tiny" / "pretrain.log").read_text(encoding="utf-8")
    return int(re.search(r"steps from (\d+),", log)[1])


def test_jobs_lost_on_slurm_are_tried_again_and_the_results_are_the_local_ones(finished, second, slurm, tmp_path, root):
    status, done = run_disturbed(second, slurm, tmp_path / "snakemake.log")
    seen = jobs()
    told = (tmp_path / "snakemake.log").read_text(encoding="utf-8")
    local = list(hashes(finished.root / "results" / "tiny"))
    there = list(hashes(second.root / "results" / "tiny"))
    write_json(
        root / RECORD,
        {
            "command": " ".join(["snakemake", "--profile", "slurm", "all", *OPTIONS]),
            "slurm": subprocess.run(["sinfo", "--version"], capture_output=True, text=True, check=True).stdout.strip(),
            "disturbed": done,
            "jobs": seen,
            "restarts_of_the_killed_job": int(field(done["killed"]["id"], "Restarts")) if "killed" in done else None,
            "pretraining_resumed_at_step": resumed_at(second),
            "files": len(there),
            "files_equal_to_the_local_run": len(set(local) & set(there)),
            "files_that_differ": sorted(line.split("  ")[1] for line in set(there) - set(local)),
        },
    )
    assert status == 0, told[-4000:]
    assert set(done) == {"killed", "cancelled"}
    assert resumed_at(second) >= 2
    assert field(done["killed"]["id"], "Restarts") == "1"
    assert {job["state"] for job in seen if job["id"] != done["cancelled"]["id"]} == {"COMPLETED"}
    assert [job["state"] for job in seen if job["rule"] == done["cancelled"]["rule"]] == ["CANCELLED", "COMPLETED"]
    assert there == local


def pretrained_by_two_ranks(finished: Workplace, folder: Path, profile: str, *options: str) -> tuple[Path, str]:
    """Pre-train again in a copy of the finished folder; gives the model's folder and the log of the rule."""
    place = Workplace(folder / "signscale")
    shutil.copytree(finished.root, place.root, symlinks=True)
    model, log = place.root / "results" / "tiny" / "pretrain", place.root / "logs" / "tiny" / "pretrain.log"
    shutil.rmtree(model)
    shutil.rmtree(place.root / "scratch" / "pretrain")
    done = place.run("snakemake", "--profile", profile, "pretrain", *options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return model, log.read_text(encoding="utf-8")


def test_ranks_on_two_nodes_make_the_model_of_two_ranks_on_one(finished, slurm, tmp_path, root):
    local = ("--resources", "gpu=2", "--set-resources", "pretrain_model:gpu=2")
    one, _ = pretrained_by_two_ranks(finished, tmp_path / "one", "local", *local)
    resources = [f"pretrain_model:{name}={value}" for name, value in NODES.items()]
    before = {job["id"] for job in jobs()}
    two, said = pretrained_by_two_ranks(finished, tmp_path / "two", "slurm", *OPTIONS, "--set-resources", *resources)
    (job,) = (job for job in jobs() if job["id"] not in before)
    equal = [(one / name).read_bytes() == (two / name).read_bytes() for name in ("model.safetensors", "log.jsonl")]
    found = {"node_list": field(job["id"], "NodeList"), "state": job["state"], "weights_and_log_equal_one_node": equal}
    record = json.loads((root / RECORD).read_text(encoding="utf-8")) if (root / RECORD).exists() else {}
    write_json(root / RECORD, record | {"two_nodes": NODES | found})
    assert found["node_list"] == "one,two"
    assert " steps from 0, 2 process(es)," in said
    assert equal == [True, True]
