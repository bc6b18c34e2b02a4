"""One process among one or many: DeepSpeed's backend, its process group, and who may write files."""

import os
import socket

import torch


def leave_out_cpu_operator() -> None:
    """Have DeepSpeed do without its shared-memory operator; gloo does the same for ranks on a CPU.

    It would be compiled at the first start, and torch's lock file outlives a killed compiler: every later start on the
    machine would wait for it for ever.
    """
    from deepspeed.accelerator import get_accelerator
    from deepspeed.ops import __compatible_ops__ as compatible

    compatible[get_accelerator().create_op_builder("ShareMemCommBuilder").NAME] = False


def start_ranks() -> tuple[int, int, torch.device]:
    """Join the process group the launcher described, or make one of a single process; (rank, ranks, device).

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
    return rank, ranks, device


def summed(numbers: list[int], device: torch.device) -> list[int]:
    """Each whole number summed over all ranks."""
    totals = torch.tensor(numbers, device=device)
    torch.distributed.all_reduce(totals)
    return totals.tolist()
