"""The command line of a workflow's job: one process, or ranks on the GPUs of one or several nodes."""

import shlex
import sys

PORT = 29400  # where the ranks of several nodes meet


def job_command(preset: str, step: str, nodes: int = 1, gpus: int = 0) -> str:
    """What starts the verb of a step, which then leaves its record; gpus: those of all nodes."""
    return f"{launcher(nodes, gpus)}-m signscale --step {preset}/{step}"


def launcher(nodes: int, gpus: int) -> str:
    """What starts the ranks inside the one job, one a GPU; of several nodes, one launcher each, through srun."""
    python = shlex.quote(sys.executable)
    if nodes > 1:
        return (
            f"srun --nodes={nodes} --ntasks={nodes} --ntasks-per-node=1 {python} -u -m torch.distributed.run"
            f" --nnodes={nodes} --nproc-per-node={gpus // nodes} --rdzv-backend=c10d --rdzv-id=$SLURM_JOB_ID"
            f' --rdzv-endpoint="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1):{PORT}" '
        )
    ranks = f"-m torch.distributed.run --standalone --nproc-per-node {gpus} " if gpus > 1 else ""
    return f"{python} -u {ranks}"
