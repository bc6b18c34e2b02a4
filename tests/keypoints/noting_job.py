"""A job whose estimator notes every clip it begins and ends, told apart by their length; started and killed by tests.

Arguments: the repository, how many processes, seconds a clip takes, the length of a clip that kills its process.
"""

import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from signscale.keypoints import run as extract
from signscale.params import load_params

SECONDS, DEADLY = float(sys.argv[3]), int(sys.argv[4])


def note(what: str, frames: int) -> None:
    with Path("notes").open("a") as file:
        file.write(f"{what} {frames} {os.getpid()}\n")


class Noting:
    """See the module."""

    name, version = "noting", "1"

    def __init__(self, settings):
        pass

    def estimate(self, frames):
        count = sum(1 for _ in frames)
        note("begun", count)
        if count == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(SECONDS)
        note("ended", count)
        return np.full((count, 133, 3), 0.5, np.float32)


sys.modules["signscale.keypoints.estimators.mediapipe.estimate"] = SimpleNamespace(MediaPipeEstimator=Noting)
extract.load_corpus = lambda name: SimpleNamespace(kind="video", views=("mediapipe",))

if __name__ == "__main__":
    params = load_params(sys.argv[1], "demo")
    extract.extract_shard(params, "made", Path("made.parquet"), 0, Path("00000.h5"), int(sys.argv[2]))
