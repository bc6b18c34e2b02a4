"""Videos whose frames share batches, estimated in a process of their own: both ends of the way there and back.

The process runs in the estimator's environment, which may be another one.

The other process runs this module with a request. It writes the keypoints of every video to a file, exactly (a shard
would round them), and prints one JSON line per video.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json
from signscale.formats.shard import Clip
from signscale.keypoints.estimators import ESTIMATORS
from signscale.keypoints.estimators.environment import python_of
from signscale.keypoints.readers.video import open_video
from signscale.keypoints.scale import scaled
from signscale.params import Name, Section, checked

Result = tuple[int, Clip | SignScaleError]


class Request(Section):
    """The request to the other process. settings: the estimator's section of params as plain values.

    version: the estimator's that the model knows, as shards name it.
    """

    videos: list[str]
    longest_side: int
    estimator: Name
    settings: dict[str, Any]
    version: str


@contextmanager
def estimating(request: Request) -> Iterator[Iterator[Result]]:
    """(index, keypoints or why there are none) of the videos, from a process that begins at once, ends with the block.

    Raises SignScaleError if the environment is not there; while results are taken, if the weights are not those that
    the request wants.
    """
    python = python_of(ESTIMATORS.load(request.estimator).environment, "or give .pose files")
    with tempfile.TemporaryDirectory() as folder:
        write_json(Path(folder) / "request.json", request.model_dump())
        command = [str(python), "-u", "-m", "signscale.predict.estimator_process", folder]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield _results(process, Path(folder), len(request.videos))
            finally:
                process.kill()


def _results(process: subprocess.Popen, folder: Path, count: int) -> Iterator[Result]:
    """The answers of the other process, with the clips that it wrote."""
    said = 0
    for line in process.stdout:
        answer = json.loads(line)
        if "refused" in answer:
            raise SignScaleError(answer["refused"])
        if "error" in answer:
            yield answer["index"], SignScaleError(answer["error"])
        else:
            points = np.load(folder / f"{answer['index']}.npy", allow_pickle=False)
            yield answer["index"], Clip(answer["clip"], points, tuple(answer["size"]), answer["fps"])
        said += 1
    if said < count:
        raise SignScaleError(
            f"the estimator's process ended early (exit status {process.wait()}); see the messages above"
        )


def main(folder: Path) -> None:
    """In the other process: answer the request in a folder."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # OpenMMLab's libraries print as they like
    request = checked(Request, read_json(folder / "request.json"), f"{folder}/request.json")
    try:
        for index, outcome in _estimated(request):
            if isinstance(outcome, SignScaleError):
                line = {"error": str(outcome)}
            else:
                np.save(folder / f"{index}.npy", outcome.keypoints, allow_pickle=False)
                line = {"clip": outcome.sample_id, "size": outcome.size, "fps": outcome.fps}
            print(json.dumps({"index": index} | line), file=answers, flush=True)
    except SignScaleError as error:
        print(json.dumps({"refused": str(error)}), file=answers, flush=True)


def _estimated(request: Request) -> Iterator[Result]:
    """The results in order; videos share batches."""
    offered = ESTIMATORS.load(request.estimator)
    estimator = offered.build(checked(offered.settings, request.settings, f"keypoints.{offered.name}"))
    if estimator.version != request.version:
        raise SignScaleError(
            f"keypoints.{offered.name}: params give {estimator.version}, the model knows {request.version}; "
            "name its config and weights in params.yaml"
        )
    about: list[tuple[tuple[int, int], float]] = []

    def frames(path: str) -> Iterator[np.ndarray]:
        about.append(((0, 0), 0.0))
        with open_video(path) as opened:
            video = scaled(opened, request.longest_side)
            about[-1] = video.size, video.fps
            yield from video.frames

    for index, points in enumerate(estimator.estimate_clips(map(frames, request.videos))):
        failed = isinstance(points, SignScaleError)
        yield index, points if failed else Clip(request.videos[index], points, *about[index])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
