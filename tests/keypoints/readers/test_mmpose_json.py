"""Recorded MMPose predictions: read without loss, kept through a shard within its rounding, refused when foreign."""

import json
from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.keypoints.readers.mmpose_json import read_mmpose_json


def person(at: float, size: float, score: float = 0.5) -> dict:
    """Somebody whose points all lie at (at, at)."""
    box = [[at, at, at + size, at + 2 * size]]
    return {"keypoints": [[at, at]] * 133, "keypoint_scores": [score] * 133, "bbox": box, "bbox_score": 0.9}


def test_the_recorded_prediction_is_read_as_it_stands(shared: Path, tmp_path: Path):
    path = shared / "pose_reference/FOOTBALL.mmpose_wholebody.json"
    people = [frame["instances"][0] for frame in json.loads(path.read_text())]
    points = read_mmpose_json(path)
    assert points.shape == (62, 133, 3)
    assert np.abs(points[..., :2] - np.array([p["keypoints"] for p in people], np.float32)).max() == 0
    scores = np.array([p["keypoint_scores"] for p in people], np.float32)  # HRNet's go up to 1.03: cut to 1
    assert np.abs(points[..., 2] - scores.clip(0, 1)).max() == 0
    write_shard(tmp_path / "a.h5", [Clip("a", points, (640, 360), 25.0)], "mmpose", "recorded")
    with Shard(tmp_path / "a.h5") as shard:
        assert np.abs(shard.keypoints(0) - points).max() <= 1 / 32 + 1e-4


def test_the_signer_is_followed_and_absence_is_zero(tmp_path: Path):
    frames = [[person(10, 50), person(200, 90)], [person(0, 200), person(203, 90)], []]
    content = {"instance_info": [{"frame_id": i, "instances": people} for i, people in enumerate(frames)]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    points = read_mmpose_json(tmp_path / "a.json")
    assert points[:, 0].tolist() == [[200, 200, 0.5], [203, 203, 0.5], [0, 0, 0]]


@pytest.mark.parametrize("content", ["{}", "[1]", "[", json.dumps([{"instances": [person(1, 2) | {"keypoints": []}]}])])
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: str):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(SignScaleError, match="not whole-body predictions of MMPose"):
        read_mmpose_json(tmp_path / "a.json")
