"""One process among one or many: DeepSpeed's backend, its process group, and who may write files."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import torch


def leave_out_cpu_operator() -> None:
    """Keep DeepSpeed from using its shared-memory operator; gloo does the same for ranks on a CPU.

    It would be compiled at the first start, and torch's lock file outlives a killed compiler: every later start on the
    machine would wait for it for ever.
    """
    from deepspeed.accelerator import get_accelerator
    from deepspeed.ops import __compatible_ops__ as compatible

    compatible[get_accelerator().create_op_builder("ShareMemCommBuilder").NAME] = False


@dataclass(frozen=True, slots=True)
class Run:
    """One training run as one of its processes sees it.

    rank: this process, of `ranks`. device: where it computes. seed: start of every random choice. out: the folder of
    the model that is made. scratch: the folder of the state that a killed run goes on from.
    """

    rank: int
    ranks: int
    device: torch.device
    seed: int
    out: Path
    scratch: Path

    @property
    def is_first(self) -> bool:
        """True for the one process that writes files and log lines."""
        return self.rank == 0


def start_run(seed: int, out: Path, scratch: Path) -> Run:
    """Join the process group that the launcher described, or make one of a single process.

    On a machine without a GPU DeepSpeed is told so before it is imported.
    """
    gpu = torch.cuda.is_available()
    if not gpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    if "RANK" not in os.environ:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        alone = {
            "RANK": "0",
            "LOCAL_RANK": "0",
            "WORLD_SIZE": "1",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        os.environ.update(alone)
    import deepspeed

    if not gpu:
        leave_out_cpu_operator()
    deepspeed.init_distributed(dist_backend="nccl" if gpu else "gloo", verbose=False)
    rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    return Run(rank, ranks, device, seed, out, scratch)


def summed(numbers: list[int], device: torch.device) -> list[int]:
    """Each whole number summed over all ranks."""
    totals = torch.tensor(numbers, device=device)
    torch.distributed.all_reduce(totals)
    return totals.tolist()
