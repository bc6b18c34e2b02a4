"""Frames a second of the pose estimators with networks of random weights, where their packages are installed."""

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .part import ROOT, SkippedError, rounded

POSE, DETECTOR = ((16, 32, 64, 128, 256), 1), ((8, 16, 32, 64, 64), 1)  # widths and depth of the convolutions
FRAMES = {"cuda": 128, "cpu": 8}


def onnx(device: str) -> dict:
    """Detector and pose of 640 x 480 frames, in batches of 16 (4 on a CPU)."""
    for package in ("onnxruntime", "onnx"):
        if find_spec(package) is None:
            raise SkippedError(f"{package} is not installed")
    sys.path.insert(0, str(ROOT / "tests" / "keypoints" / "estimators"))
    import onnxruntime
    from random_networks import save_pose, save_yolox

    from signscale.formats.files import sha256
    from signscale.keypoints.estimators.onnx import OnnxDetectorParams, OnnxParams
    from signscale.keypoints.estimators.onnx.estimate import OnnxEstimator
    from signscale.params.weights import WeightsParams

    with tempfile.TemporaryDirectory() as name:
        pose = save_pose(Path(name) / "pose.onnx", (288, 384), *POSE)
        detector = save_yolox(Path(name) / "detector.onnx", 416, *DETECTOR)
        pose_file, detector_file = (WeightsParams(source=str(path), sha256=sha256(path)) for path in (pose, detector))
        part = OnnxDetectorParams(kind="yolox", weights=detector_file, min_score=0.3)
        size = 16 if device == "cuda" else 4
        estimator = OnnxEstimator(OnnxParams(weights=pose_file, colours="bgr", detector=part, batch_size=size))
        coarse = np.random.default_rng(7).integers(0, 256, (FRAMES[device], 24, 32, 3), dtype=np.uint8)
        frames = list(coarse.repeat(20, axis=1).repeat(20, axis=2))
        estimator.estimate(frames)
        begin = time.perf_counter()
        estimator.estimate(frames)
        seconds = time.perf_counter() - begin
    providers = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    return {"frames": len(frames), "batch": size, "providers": providers, "frames/s": rounded(len(frames) / seconds)}


def mmpose(device: str) -> dict:
    """HRNet-W48 + DARK 384 x 288 of our path and of MMPose's own, by benchmarks/mmpose_throughput.py."""
    python = ROOT / ".venv-mmpose" / "bin" / "python"
    if not python.exists():
        raise SkippedError("there is no .venv-mmpose; make env-mmpose")
    frames = FRAMES[device]
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "found.json"
        command = [python, ROOT / "benchmarks" / "mmpose_throughput.py", "--frames", str(frames), "--repeats", "1"]
        command += ["--threads", "1", "--batch-size", "16" if device == "cuda" else "4", "--out", out]
        subprocess.run(command, check=True, capture_output=True, env=os.environ)
        found = json.loads(out.read_text(encoding="utf-8"))
    ms = found["by_threads"]["1"]["wall"]["ms_a_frame"]
    return {"device": found["device"], "frames": frames} | {f"{way} frames/s": rounded(1000 / ms[way]) for way in ms}
