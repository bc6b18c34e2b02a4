"""How many CPUs a job may use."""

import os


def available_cpus() -> int:
    """The CPUs that this job was given: those it may run on, no more than Slurm's share if Slurm started it."""
    allowed = len(os.sched_getaffinity(0))
    granted = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("SLURM_CPUS_ON_NODE") or ""
    return min(allowed, int(granted)) if granted.isdigit() else allowed
