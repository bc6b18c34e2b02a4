"""How a job of the workflow is started, on one processor, one node and several."""

import sys

import pytest

from signscale.provenance.command import job_command, missing_commands


@pytest.mark.parametrize("gpus", [0, 1])
def test_one_process_serves_a_cpu_or_one_gpu(gpus):
    assert job_command("demo", "pack/letters", 1, gpus) == f"{sys.executable} -u -m signscale --step demo/pack/letters"


def test_a_node_has_one_rank_a_gpu():
    command = job_command("paper", "pretrain", 1, 8)
    assert command.startswith(
        f"{sys.executable} -u -m torch.distributed.run --standalone --nproc-per-node 8"
        " --shutdown-timeout=600 -m signscale"
    )


def test_each_of_several_nodes_has_one_launcher_and_its_share_of_the_gpus():
    command = job_command("paper", "pretrain", 2, 16)
    assert command.startswith("srun --nodes=2 --ntasks=2 --ntasks-per-node=1 ")
    assert " --nnodes=2 --nproc-per-node=8 --shutdown-timeout=600 " in command
    assert ' --rdzv-endpoint="$(hostname):29400" ' in command
    assert command.endswith("-m signscale --step paper/pretrain")


def test_missing_commands_of_slurm_are_told_with_the_remedy(tmp_path, monkeypatch):
    def install(name: str, status: int) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_commands("sacct") == ["sbatch: no such command; run on a login node, or use --profile local"]
    install("sbatch", 0)
    assert missing_commands("sacct")[0].startswith("sacct: no such command; uncomment slurm-status-command")
    install("sacct", 1)
    assert missing_commands("sacct")[0].startswith("sacct: no accounting here; uncomment slurm-status-command")
    install("sacct", 0)
    install("squeue", 0)
    assert missing_commands("sacct") == missing_commands("squeue") == []
