"""How fast our MMPose path is beside MMPose's own `inference_topdown`, and beside the bare forward pass, in one run.

    .venv-mmpose/bin/python benchmarks/mmpose_throughput.py [--frames 16] [--repeats 3] [--threads 2 1] [--flip-test]

HRNet-W48 + DARK 384x288 with random weights, the person's box given (both sides get the same), moving textures of 640 x
360 as frames, in clips of 8. Prints JSON, keeps it in benchmarks/results. For each number of threads: milliseconds a
frame, the repeats taken in turns, of `inference_topdown`, of ours, of the forward pass of MMPose's model on our
batches, and of our forward pass; ratios turn by turn; the same in processor time, which with one thread hardly depends
on what else the machine does. And the share of our points within 1e-3 px of MMPose's, in float32 and in float64. On a
GPU it needs no change; the precision there is that of params.yaml.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from signscale.keypoints.estimators.mmpose.estimate import (
    MMPoseEstimator,
    PoseModel,
)

# isort: split
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmpose.apis import inference_topdown

from signscale.formats.files import write_json
from signscale.params import load_params

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "keypoints" / "estimators"))
from random_weights import SMALL_DETECTOR, in_double, reference_models, textured  # noqa: E402

BOX = np.array([160, 10, 480, 350.0])


class Given:
    """A detector that always finds the one box."""

    def boxes(self, frames: list[np.ndarray], batch_size: int) -> list[np.ndarray]:
        """See PersonDetector."""
        return [BOX[None]] * len(frames)


def seconds(work: Callable[[], object], frames: int) -> tuple[float, float]:
    """Seconds a frame of one call, and seconds of processor time."""
    start, spent = time.perf_counter(), time.process_time()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / frames, (time.process_time() - spent) / frames


def within(points: np.ndarray, people: list) -> dict[str, float]:
    """How near our points (n, 133, 3) are to the people MMPose found in the same frames; positions in pixels."""
    positions = np.concatenate([person.keypoints for person in people])
    scores = np.concatenate([person.keypoint_scores for person in people]).clip(0, 1)
    gap = np.abs(points[..., :2] - positions).max(axis=-1)[points[..., 2] > 0]
    return {
        "share_within_1e-3_px": round(float((gap < 1e-3).mean()), 4),
        "px_at_most": {str(share): float(np.quantile(gap, share)) for share in (0.5, 0.9, 0.99)},
        "score_gap": float(np.abs(points[..., 2] - scores).max()),
    }


def measured(runs: dict[str, Callable[[], object]], frames: int, repeats: int, threads: int) -> dict[str, object]:
    """All runs in turns, with that many threads."""
    torch.set_num_threads(threads)
    times = {kind: {name: [] for name in runs} for kind in ("wall", "processor")}
    for repeat in range(repeats + 1):
        for name, work in runs.items():
            took, spent = seconds(work, frames)
            if repeat:  # the first warms up
                times["wall"][name].append(took)
                times["processor"][name].append(spent)
            text = f"{threads} threads, {repeat} {name}: {1000 * took:.0f} ms a frame, processor {1000 * spent:.0f}"
            print(f"{text}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return {kind: compared(values) for kind, values in times.items()} | {"load": round(os.getloadavg()[0], 1)}


def compared(times: dict[str, list[float]]) -> dict[str, object]:
    """Milliseconds a frame, and ratios."""

    def ratio(above: str, below: str) -> dict[str, object]:
        turns = np.divide(times[above], times[below])
        return {"median": round(float(np.median(turns)), 3), "turns": [round(float(turn), 3) for turn in turns]}

    return {
        "ms_a_frame": {name: round(1000 * float(np.median(values)), 1) for name, values in times.items()},
        "ms_a_frame_best": {name: round(1000 * min(values), 1) for name, values in times.items()},
        "speed_against_inference_topdown": ratio("inference_topdown", "ours"),
        "speed_of_our_forward": ratio("plain_forward", "our_forward"),
        "ours_over_our_forward": ratio("ours", "our_forward"),
    }


def main() -> None:
    """Measure, print and keep."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--frames", type=int, default=16)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--batch-size", type=int, default=4)
    arguments.add_argument("--threads", type=int, nargs="+", default=[torch.get_num_threads(), 1])
    arguments.add_argument("--flip-test", action="store_true")
    arguments.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/mmpose_throughput.json")
    asked = arguments.parse_args()
    settings = load_params(ROOT, "paper").keypoints.mmpose
    detector = settings.detector.model_copy(update={"config": SMALL_DETECTOR})
    changes = {"flip_test": asked.flip_test, "batch_size": asked.batch_size, "detector": detector}
    with tempfile.TemporaryDirectory() as folder:
        pose, _, settings = reference_models(Path(folder), settings.model_copy(update=changes))
        estimator = MMPoseEstimator(settings)
    estimator.detector = Given()
    pose.to(estimator.device)
    frames = textured(asked.frames, (640, 360), 5)
    clips = [frames[first : first + 8] for first in range(0, len(frames), 8)]
    crops = [estimator.crop(frame, BOX) for frame in frames[: asked.batch_size]]
    batches = range(0, len(frames), asked.batch_size)

    def theirs(model: torch.nn.Module, count: int) -> list:
        pictures = [np.ascontiguousarray(frame[..., ::-1]) for frame in frames[:count]]
        return [inference_topdown(model, picture, BOX[None])[0].pred_instances for picture in pictures]

    @torch.inference_mode()
    def plain_forward() -> None:
        for _ in batches:
            batch = pose.data_preprocessor(pseudo_collate(crops), False)["inputs"]
            for view in [batch, batch.flip(-1)][: 1 + asked.flip_test]:
                pose.head.forward(pose.extract_feat(view))

    runs = {
        "inference_topdown": lambda: theirs(pose, len(frames)),
        "ours": lambda: list(estimator.estimate_clips(clips)),
        "plain_forward": plain_forward,
        "our_forward": lambda: [estimator.model.outputs(crops, asked.batch_size) for _ in batches],
    }
    timed = {str(count): measured(runs, len(frames), asked.repeats, count) for count in dict.fromkeys(asked.threads)}
    equality = {"float32": within(np.concatenate(runs["ours"]()), runs["inference_topdown"]())}
    estimator.model = PoseModel(in_double(pose, asked.flip_test), estimator.device, "fp32")
    exact = theirs(in_double(pose, asked.flip_test), asked.batch_size)
    equality["float64"] = within(estimator.estimate(frames[: asked.batch_size]), exact)
    result = {
        "device": str(estimator.device), "cores": os.cpu_count(), "flip_test": asked.flip_test,
        "frames": len(frames), "batch_size": asked.batch_size, "by_threads": timed, "equality": equality,
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    write_json(asked.out, result)


if __name__ == "__main__":
    main()
