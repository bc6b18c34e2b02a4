"""The command line of a workflow's job: one process, or ranks on the GPUs of one or several nodes."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

from signscale.provenance.gpus import taking

PORT = 29400  # where the ranks of several nodes meet
TO_SAVE = 600  # seconds that ranks which are asked to stop have for their last step and its state; torchrun gives 30


def interpreter(deployed: bool) -> str:
    """The Python of a job: the one that runs Snakemake, or the container's or conda's own with this folder's code."""
    return "env PYTHONPATH=src python" if deployed else shlex.quote(sys.executable)


def job_command(
    preset: str, step: str, nodes: int = 1, gpus: int = 0, deployed: bool = False, shared: Sequence[str] | None = None
) -> str:
    """The command line of a step up to its verb. gpus: those of all nodes together. deployed: whether `--sdm` is used.

    shared: the GPUs that jobs of this machine share by locks; None where a scheduler gives each job its own.
    """
    python = interpreter(deployed)
    return f"{taking(shared or (), gpus, python)}{launcher(nodes, gpus, python)}-m signscale --step {preset}/{step}"


def missing_commands(status: str) -> list[str]:
    """One line for each missing command of Slurm, with the remedy. status: the command that asks for the state of
    jobs."""
    found = []
    if not shutil.which("sbatch"):
        found.append("sbatch: no such command; run on a login node, or use --profile local")
    elif not shutil.which(status):
        remedy = "uncomment slurm-status-command and slurm-no-account in slurm/profile.yaml"
        found.append(f"{status}: no such command; {remedy if status == 'sacct' else 'run on a login node'}")
    elif status == "sacct" and subprocess.run(["sacct", "--noheader"], capture_output=True, check=False).returncode:
        found.append(
            "sacct: no accounting here; uncomment slurm-status-command and slurm-no-account in slurm/profile.yaml"
        )
    return found


def launcher(nodes: int, gpus: int, python: str) -> str:
    """The start of a command line that runs one rank per GPU; on several nodes srun starts one launcher per node.

    The job's shell runs on its first node, where the ranks meet. Snakemake's plugin takes Slurm's list of nodes out of
    the environment.
    """
    if nodes > 1:
        return (
            f"srun --nodes={nodes} --ntasks={nodes} --ntasks-per-node=1 --cpu-bind=none"
            f" {python} -u -m torch.distributed.run"
            f" --nnodes={nodes} --nproc-per-node={gpus // nodes} --shutdown-timeout={TO_SAVE}"
            f' --rdzv-backend=c10d --rdzv-id=$SLURM_JOB_ID --rdzv-endpoint="$(hostname):{PORT}" '
        )
    ranks = f"--standalone --nproc-per-node {gpus} --shutdown-timeout={TO_SAVE} "
    return f"{python} -u " + (f"-m torch.distributed.run {ranks}" if gpus > 1 else "")
