"""How far our MediaPipe path lies from the MMPose prediction recorded for one real clip, by part, in shoulder widths.

A point counts where both are surer than 0.3. MediaPipe stands in for HRNet + DARK and InterWild; this is what that
costs in precision. Bounds on these figures are a test: tests/keypoints/test_reference.py.

Usage: python benchmarks/mediapipe_against_mmpose.py
Needs ../shared/data/pose_reference. Prints JSON and keeps it in benchmarks/results.
"""

import json
from pathlib import Path

import numpy as np

from signscale.formats import skeleton
from signscale.formats.files import write_json
from signscale.formats.quality import measure
from signscale.keypoints.estimators.choice import running
from signscale.keypoints.estimators.estimation import estimated
from signscale.keypoints.readers.video import open_video
from signscale.params import load_params

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared/data/pose_reference"
RESULT = ROOT / "benchmarks/results/mediapipe_against_mmpose.json"
SURE = 0.3
PARTS = {
    "body": np.arange(17),
    "face": np.arange(23, 91),
    "left_hand": skeleton.LEFT_HAND,
    "right_hand": skeleton.RIGHT_HAND,
}


def recorded() -> np.ndarray:
    """MMPose's points of the clip, (T, 133, 3)."""
    frames = json.loads((REFERENCE / "FOOTBALL.mmpose_wholebody.json").read_text(encoding="utf-8"))
    people = [frame["instances"][0] for frame in frames]
    return np.array([np.column_stack([person["keypoints"], person["keypoint_scores"]]) for person in people])


def main() -> None:
    theirs = recorded()
    estimator = running(load_params(ROOT, "demo").keypoints, ["mediapipe"])["mediapipe"]
    with open_video(REFERENCE / "FOOTBALL.mp4") as video:
        clip = estimated("FOOTBALL", video, estimator)
    shoulders = theirs[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER], :2]
    width = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1)[:, None]
    gap = np.linalg.norm(clip.keypoints[..., :2] - theirs[..., :2], axis=-1) / width
    both = (clip.keypoints[..., 2] > SURE) & (theirs[..., 2] > SURE)
    document = {
        part: {
            "mean": round(float(gap[:, points][both[:, points]].mean()), 4),
            "points_compared": round(float(both[:, points].mean()), 3),
        }
        for part, points in PARTS.items()
    }
    document["quality"] = {name: getattr(measure(clip), name) for name in ("frames", "person", "jumps", "swaps")}
    document["unit"] = "shoulder widths; MediaPipe stands in for HRNet + DARK and InterWild"
    write_json(RESULT, document)
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
