"""The onnx estimator against rtmlib on the same files: largest difference in pixels, and the ratio of frames a second.

Needs rtmlib 0.0.16 (pip install rtmlib onnxruntime onnx av pydantic pyyaml pillow): PYTHONPATH=src:. python
benchmarks/onnx_against_rtmlib.py. The networks have random weights. Prints JSON.
"""

import contextlib
import io
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from rtmlib import YOLOX, RTMDet, RTMPose
from tests.keypoints.estimators.random_networks import save_pose, save_suppressed, save_yolox

from signscale.formats.files import sha256
from signscale.keypoints.estimators.onnx import OnnxDetectorParams, OnnxParams
from signscale.keypoints.estimators.onnx.estimate import OnnxEstimator
from signscale.keypoints.people import Signer
from signscale.params.weights import WeightsParams

FRAMES, TURNS, BATCH = 16, 3, 4
# Widths and depth of the networks' convolutions, small enough for a laptop; published ones are heavier.
POSE, DETECTOR = ((16, 32, 64, 128, 256), 1), ((8, 16, 32, 64, 64), 1)


def frames(count: int, size: tuple[int, int], seed: int) -> list[np.ndarray]:
    """Pictures of coarse noise that drifts, uint8 RGB."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (size[1] // 20 + count, size[0] // 20, 3), dtype=np.uint8)
    large = coarse.repeat(20, axis=0).repeat(20, axis=1)
    return [np.ascontiguousarray(large[3 * t : 3 * t + size[1]]) for t in range(count)]


def weights(path: Path) -> WeightsParams:
    return WeightsParams(source=str(path), sha256=sha256(path))


def by_rtmlib(detector, pose: RTMPose, clip: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Positions (T, 133, 2) and scores (T, 133) of the signer, a frame at a time; 0 for nobody."""
    signer, positions, scores = Signer(), np.zeros((len(clip), 133, 2)), np.zeros((len(clip), 133))
    for t, frame in enumerate(clip):
        picture = np.ascontiguousarray(frame[..., ::-1])
        box = signer.among(np.asarray(detector(picture)).reshape(-1, 4))
        if box is not None:
            (positions[t],), (scores[t],) = pose(picture, [box])
    return positions, scores


def compare(kind: str, folder: Path, heavy: bool) -> dict:
    """One detector kind: differences, and where `heavy` the frames a second of both."""
    save, their_kind, side = {"yolox": (save_yolox, YOLOX, 416), "rtmdet": (save_suppressed, RTMDet, 320)}[kind]
    name = f"{kind}{heavy}"
    pose = save_pose(folder / f"p{name}.onnx", (288, 384), *(POSE if heavy else ()))
    detector = save(folder / f"d{name}.onnx", side, *(DETECTOR if heavy else ()))
    options = {"score_thr": 0.3} if kind == "yolox" else {}
    with contextlib.redirect_stdout(io.StringIO()):  # it says which file it reads
        theirs = (
            their_kind(str(detector), model_input_size=(side, side), **options),
            RTMPose(str(pose), model_input_size=(288, 384)),
        )
    part = OnnxDetectorParams(kind=kind, weights=weights(detector), min_score=0.3)
    ours = OnnxEstimator(OnnxParams(weights=weights(pose), colours="bgr", detector=part, batch_size=BATCH))
    clip = frames(FRAMES, (640, 480), 7)
    positions, scores = by_rtmlib(*theirs, clip)
    points = ours.estimate(clip)
    seen = scores > 0
    found = {
        "detector": kind,
        "points_compared": int(seen.sum()),
        "same_seen": bool(np.array_equal(seen, points[..., 2] > 0)),
        "max_px": float(np.abs(points[..., :2] - positions)[seen].max()),
        "max_score": float(np.abs(points[..., 2] - scores.clip(0, 1)).max()),
    }
    if heavy:
        rates: dict[str, list[float]] = {"ours": [], "rtmlib": []}
        for _ in range(TURNS):
            for who, work in (("ours", lambda: ours.estimate(clip)), ("rtmlib", lambda: by_rtmlib(*theirs, clip))):
                began = time.perf_counter()
                work()
                rates[who].append(FRAMES / (time.perf_counter() - began))
        ratios = [a / b for a, b in zip(rates["ours"], rates["rtmlib"], strict=True)]
        found |= {f"{who}_frames_per_s": round(statistics.median(rate), 1) for who, rate in rates.items()}
        found |= {"ratio": round(statistics.median(ratios), 2)}
        found |= {"lowest_ratio": round(min(ratios), 2), "highest_ratio": round(max(ratios), 2)}
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = [compare(kind, Path(folder), heavy) for kind in ("yolox", "rtmdet") for heavy in (False, True)]
    about = {
        "cpus": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "onnxruntime": onnxruntime.__version__,
        "batch_size": BATCH,
    }
    print(json.dumps(about | {"results": results}, indent=1))


if __name__ == "__main__":
    main()
