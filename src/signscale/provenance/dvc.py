"""Telling DVC which stages a run of Snakemake completed, so that `dvc status` and `dvc push` know their results."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from signscale.params import load_params


def commit(stages: Sequence[str], preset: str) -> str:
    """Run `dvc commit` on some stages; returns the line to print if it fails, else "".

    Nothing happens without stages, in a folder without DVC, if DVC itself started this run, or if the results are of
    another preset than the one in params.yaml, which is the only one that DVC follows.
    """
    if not stages or "DVC_STAGE" in os.environ or not Path(".dvc").is_dir() or load_params(".").preset != preset:
        return ""
    command = [sys.executable, "-m", "dvc", "commit", "--quiet", "--force", *stages]
    if not subprocess.run(command, check=False).returncode:
        return ""
    return f"`dvc commit` failed on {', '.join(stages)}; run it yourself: dvc commit --force {' '.join(stages)}"
