"""Jobs of one machine share its GPUs: real Snakemake, with substitute devices that only nvidia-smi knows of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from signscale.provenance.command import job_command

pytestmark = pytest.mark.scenarios


def machine(folder: Path, gpus: int) -> dict[str, str]:
    """The surroundings of a machine with that many GPUs: a substitute for nvidia-smi, and a place for the locks."""
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + "".join(f"echo {number}\n" for number in range(gpus)))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    return inherited | {"PATH": path, "TMPDIR": str(folder)}


def start(root: Path, folder: Path, surroundings: dict[str, str], jobs: int, *options: str) -> subprocess.Popen:
    """Begin a run of Snakemake in a folder of its own, with more cores than GPUs."""
    folder.mkdir()
    snakefile = root / "tests" / "workflow" / "gpu_jobs.smk"
    command = ["snakemake", "-s", str(snakefile), "--cores", "12", "all", *options]
    command += ["--config", f"root={root}", f"jobs={jobs}"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=surroundings | {"PYTHONPATH": str(root / "src")}, **pipes)


def noted(folder: Path) -> list[tuple[str, float, float]]:
    """What the jobs for one GPU noted: the GPUs seen, begin and end, by begin."""
    return sorted((tuple(json.loads(path.read_text())) for path in folder.glob("one/*.json")), key=lambda note: note[1])


def finish(run: subprocess.Popen) -> None:
    error = run.communicate()[1].decode()
    assert run.returncode == 0, error[-3000:]


def never_two_at_once(notes: list[tuple[str, float, float]]) -> bool:
    """Whether each GPU had one job at a time."""
    last: dict[str, float] = {}
    for gpu, begin, end in sorted(notes, key=lambda note: note[1]):
        if begin < last.get(gpu, 0.0):
            return False
        last[gpu] = end
    return True


@pytest.mark.parametrize("gpus", [1, 2, 8])
def test_each_job_has_a_gpu_of_its_own_and_all_are_used(root, tmp_path, gpus):
    finish(start(root, tmp_path / "run", machine(tmp_path, gpus), 2 * gpus))
    notes = noted(tmp_path / "run")
    assert {gpu for gpu, _, _ in notes} == {str(number) for number in range(gpus)}
    assert never_two_at_once(notes)
    everything = json.loads((tmp_path / "run" / "every.json").read_text())[0]
    assert everything == ",".join(str(number) for number in range(gpus))
    assert json.loads((tmp_path / "run" / "none.json").read_text())[0] == ""


def test_two_runs_at_once_share_the_gpus(root, tmp_path):
    surroundings = machine(tmp_path, 2)
    runs = [start(root, tmp_path / name, surroundings, 4) for name in "ab"]
    for run in runs:
        finish(run)
    assert never_two_at_once(noted(tmp_path / "a") + noted(tmp_path / "b"))


@pytest.mark.parametrize(("options", "seen"), [((), None), (("--resources", "gpu=2"), {"0", "1"})])
def test_the_number_may_be_given_and_without_a_gpu_nothing_is_set(root, tmp_path, options, seen):
    surroundings = machine(tmp_path, 0)
    finish(start(root, tmp_path / "run", surroundings, 4, *options))
    assert {gpu for gpu, _, _ in noted(tmp_path / "run")} == (seen or {None})


def test_no_gpus_given_hides_those_there_are(root, tmp_path):
    finish(start(root, tmp_path / "run", machine(tmp_path, 2), 1, "--resources", "gpu=0"))
    assert {gpu for gpu, _, _ in noted(tmp_path / "run")} == {""}


def test_what_the_machine_was_given_is_shared_out(root, tmp_path):
    surroundings = machine(tmp_path, 8) | {"CUDA_VISIBLE_DEVICES": "5,3"}
    finish(start(root, tmp_path / "run", surroundings, 4))
    notes = noted(tmp_path / "run")
    assert {gpu for gpu, _, _ in notes} == {"5", "3"}
    assert never_two_at_once(notes)


def test_a_scheduler_s_choice_is_left_alone():
    assert "signscale.provenance.gpus" not in job_command("paper", "pretrain", 1, 8)
    assert "CUDA_VISIBLE_DEVICES" not in job_command("paper", "pack/letters", 1, 0)


def test_a_failing_driver_is_told_before_any_job(root, tmp_path):
    surroundings = machine(tmp_path, 1)
    (tmp_path / "bin" / "nvidia-smi").write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    run = start(root, tmp_path / "run", surroundings, 1)
    assert "nvidia-smi: NVIDIA-SMI has failed; repair the driver" in run.communicate()[1].decode()
    assert run.returncode == 1
