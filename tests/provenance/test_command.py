"""How a job of the workflow is started, on one processor, one node and several."""

import sys

import pytest

from signscale.provenance.command import job_command


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
    assert command.endswith("-m signscale --step paper/pretrain")
