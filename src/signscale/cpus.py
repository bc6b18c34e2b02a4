"""How many CPUs a job may use."""

import os

_granted: list[int] = []


def grant(cpus: int) -> None:
    """Say how many CPUs the workflow gave this job; its memory was asked for accordingly."""
    _granted[:] = [cpus]


def available_cpus() -> int:
    """The CPUs that this job was given: those it may run on, no more than the workflow's and Slurm's share of them."""
    allowed = min([len(os.sched_getaffinity(0)), *_granted])
    by_slurm = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("SLURM_CPUS_ON_NODE") or ""
    return min(allowed, int(by_slurm)) if by_slurm.isdigit() else allowed
