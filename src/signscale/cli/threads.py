"""How many threads torch computes with in a command called by hand: as many as the workflow's job of that name.

Torch's own default is a thread a core of the machine. For models as small as ours, and beside other work, these threads
mostly wait for one another: one `signscale index` took 175 s of processor time so, and 11 s with one.
"""

import os

from signscale.cpus import available_cpus

VARIABLE = "OMP_NUM_THREADS"
THREADS = dict.fromkeys(("finetune", "evaluate", "nearest", "report", "predict", "index", "search", "export"), 1)
THREADS |= {"text": 2, "pretrain": 2}
"""Of each command that computes with torch; a test compares them with the rules."""


def set_threads(command: str | None) -> None:
    """Set the threads of a command before it imports torch; a number that is set already, as Snakemake does, stays."""
    if command in THREADS and VARIABLE not in os.environ:
        os.environ[VARIABLE] = str(min(THREADS[command], available_cpus()))
