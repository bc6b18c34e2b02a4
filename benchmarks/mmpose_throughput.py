"""How fast our MMPose path is beside MMPose's own `inference_topdown`, and beside the bare forward pass, in one run.

    .venv-mmpose/bin/python benchmarks/mmpose_throughput.py [--frames 16] [--repeats 4] [--threads 2] [--flip-test]

HRNet-W48 + DARK 384x288 with random weights, the person's box given (both sides get the same), moving textures of 640 x
360 as frames, in clips of 8. Prints JSON, keeps it in benchmarks/results: milliseconds a frame (the repeats taken in
turns) of `inference_topdown`, of ours, of the forward pass of MMPose's model on our batches, and of our forward pass;
ratios turn by turn; the share of our points within 1e-3 px of MMPose's, in float32 and in float64. On a GPU it needs no
change; the precision there is that of params.yaml.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from signscale.keypoints.mmpose import MMPoseEstimator, PoseModel  # first: it stands in for mmcv's operators

# isort: split
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmpose.apis import inference_topdown

from signscale.files import write_json
from signscale.params import load_params

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "keypoints"))
from random_weights import SMALL_DETECTOR, in_double, reference_models, textured  # noqa: E402

BOX = np.array([160, 10, 480, 350.0])


class Given:
    """A detector that always finds the one box."""

    def boxes(self, frames: list[np.ndarray], batch_size: int) -> list[np.ndarray]:
        """See PersonDetector."""
        return [BOX[None]] * len(frames)


def seconds(work: Callable[[], object], frames: int) -> float:
    """Seconds a frame of one call."""
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / frames


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


def ratios(times: dict[str, list[float]], above: str, below: str) -> dict[str, float | list[float]]:
    """Of the time of one thing to that of another, turn by turn, and their median."""
    turns = np.divide(times[above], times[below])
    return {"median": round(float(np.median(turns)), 3), "turns": [round(float(turn), 3) for turn in turns]}


def main() -> None:
    """Measure, print and keep."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--frames", type=int, default=16)
    arguments.add_argument("--repeats", type=int, default=4)
    arguments.add_argument("--batch-size", type=int, default=4)
    arguments.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments.add_argument("--flip-test", action="store_true")
    asked = arguments.parse_args()
    torch.set_num_threads(asked.threads)
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
    batch = pose.data_preprocessor(pseudo_collate(crops), False)["inputs"]
    views = [batch, batch.flip(-1)] if asked.flip_test else [batch]
    batches = range(0, len(frames), asked.batch_size)

    def theirs(model: torch.nn.Module, count: int) -> list:
        pictures = [np.ascontiguousarray(frame[..., ::-1]) for frame in frames[:count]]
        return [inference_topdown(model, picture, BOX[None])[0].pred_instances for picture in pictures]

    @torch.inference_mode()
    def plain_forward() -> None:
        for _ in batches:
            for view in views:
                pose.head.forward(pose.extract_feat(view))

    runs = {
        "inference_topdown": lambda: theirs(pose, len(frames)),
        "ours": lambda: list(estimator.estimate_clips(clips)),
        "plain_forward": plain_forward,
        "our_forward": lambda: [estimator.model.outputs(crops, asked.batch_size) for _ in batches],
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(asked.repeats + 1):
        for name, work in runs.items():
            took = seconds(work, len(frames))
            if repeat:  # the first warms up
                times[name].append(took)
            print(f"{repeat} {name}: {1000 * took:.0f} ms a frame, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    equality = {"float32": within(np.concatenate(runs["ours"]()), runs["inference_topdown"]())}
    estimator.model = PoseModel(in_double(pose, asked.flip_test), estimator.device, "fp32")
    exact = theirs(in_double(pose, asked.flip_test), asked.batch_size)
    equality["float64"] = within(estimator.estimate(frames[: asked.batch_size]), exact)
    result = {
        "device": str(estimator.device), "cores": os.cpu_count(), "threads": asked.threads,
        "load": [round(value, 1) for value in os.getloadavg()],
        "flip_test": asked.flip_test, "frames": len(frames), "batch_size": asked.batch_size,
        "ms_a_frame": {name: round(1000 * float(np.median(values)), 1) for name, values in times.items()},
        "ms_a_frame_best": {name: round(1000 * min(values), 1) for name, values in times.items()},
        "speed_against_inference_topdown": ratios(times, "inference_topdown", "ours"),
        "speed_of_the_forward_pass": ratios(times, "plain_forward", "our_forward"),
        "time_over_our_forward": ratios(times, "ours", "our_forward"),
        "equality": equality,
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    write_json(ROOT / "benchmarks/results/mmpose_throughput.json", result)


if __name__ == "__main__":
    main()
