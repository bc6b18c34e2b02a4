"""How fast our MMPose path is beside MMPose's own `inference_topdown`, and beside the bare forward pass, in one run.

    .venv-mmpose/bin/python benchmarks/mmpose_throughput.py [--frames 24] [--flip-test] [--repeats 3]

HRNet-W48 + DARK 384x288 with random weights, the person's box given (both sides get the same), moving textures of 640 x
360 as frames, in clips of 8. Prints JSON: milliseconds a frame (best of the repeats, taken in turns), their ratios, and
how far our points are from MMPose's. On a GPU it needs no change; the precision there is that of params.yaml.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from signscale.keypoints.mmpose import MMPoseEstimator  # first: it stands in for mmcv's operators

# isort: split
import numpy as np
import torch
from mmpose.apis import inference_topdown

from signscale.params import load_params

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "keypoints"))
from random_weights import SMALL_DETECTOR, reference_models, textured  # noqa: E402

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


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--frames", type=int, default=24)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--batch-size", type=int, default=4)
    arguments.add_argument("--flip-test", action="store_true")
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
    pictures = [np.ascontiguousarray(frame[..., ::-1]) for frame in frames]
    found: dict[str, list] = {"theirs": [], "ours": []}

    def theirs() -> None:
        found["theirs"] = [inference_topdown(pose, picture, BOX[None])[0].pred_instances for picture in pictures]

    def ours() -> None:
        found["ours"] = list(estimator.estimate_clips(clips))

    def forward() -> None:
        for _ in range(0, len(frames), asked.batch_size):
            estimator.model.outputs(crops, asked.batch_size)

    times: dict[str, list[float]] = {"inference_topdown": [], "ours": [], "forward": []}
    for repeat in range(asked.repeats + 1):
        for name, work in (("inference_topdown", theirs), ("ours", ours), ("forward", forward)):
            took = seconds(work, len(frames))
            if repeat:  # the first warms up
                times[name].append(took)
            print(f"{repeat} {name}: {1000 * took:.0f} ms a frame", file=sys.stderr)
    best = {name: min(values) for name, values in times.items()}
    positions = np.concatenate([person.keypoints for person in found["theirs"]])
    scores = np.concatenate([person.keypoint_scores for person in found["theirs"]]).clip(0, 1)
    points = np.concatenate(found["ours"])
    gap = np.abs(points[..., :2] - positions).max(axis=-1)[points[..., 2] > 0]
    result = {
        "device": str(estimator.device), "threads": torch.get_num_threads(), "flip_test": asked.flip_test,
        "frames": len(frames), "batch_size": asked.batch_size,
        "ms_a_frame": {name: round(1000 * value, 1) for name, value in best.items()},
        "speed_against_inference_topdown": round(best["inference_topdown"] / best["ours"], 2),
        "median_speed_of_turns": round(
            float(np.median(np.divide(times["inference_topdown"], times["ours"]))), 2
        ),
        "overhead_over_forward": round(best["ours"] / best["forward"] - 1, 3),
        "median_overhead_of_turns": round(float(np.median(np.divide(times["ours"], times["forward"]))) - 1, 3),
        "score_gap": float(np.abs(points[..., 2] - scores).max()),
        "pixel_gap": {str(q): float(np.quantile(gap, q)) for q in (0.5, 0.9, 0.99, 1.0)},
    }  # fmt: skip
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
