"""One process among one or many: DeepSpeed's backend, its process group, and who may write files."""

import fcntl
import os
import socket
import sys
from pathlib import Path

import torch


def build_cpu_operator() -> None:
    """Compile DeepSpeed's shared-memory operator, once an environment, with one process building at a time.

    It lies inside the environment: two environments sharing torch's cache would build it in turn. The turn is taken by
    a lock that the system frees with its holder; torch's own lock file outlives a killed build, and later starts would
    wait for it for ever, so a file found while holding ours is of a dead process and goes.
    """
    folder = Path(os.environ.setdefault("TORCH_EXTENSIONS_DIR", f"{sys.prefix}/torch_extensions"))
    folder.mkdir(parents=True, exist_ok=True)
    from deepspeed.accelerator import get_accelerator

    with (folder / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for left_over in folder.glob("*/lock"):
            left_over.unlink()
        get_accelerator().create_op_builder("ShareMemCommBuilder").load(verbose=False)


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
        build_cpu_operator()
    deepspeed.init_distributed(dist_backend="nccl" if gpu else "gloo", verbose=False)
    rank, ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    return rank, ranks, device


def summed(numbers: list[int], device: torch.device) -> list[int]:
    """Each whole number summed over all ranks."""
    totals = torch.tensor(numbers, device=device)
    torch.distributed.all_reduce(totals)
    return totals.tolist()
