"""MediaPipe mapped to 133 points against the MMPose prediction recorded for one real clip, in shoulder widths."""

import json
from pathlib import Path

import numpy as np
import pytest

from signscale.formats import skeleton
from signscale.keypoints.estimators.mediapipe.estimate import MediaPipeEstimator
from signscale.keypoints.readers.video import open_video
from signscale.params import Params

FACE = np.arange(23, 91)


@pytest.fixture(scope="module")
def recorded(shared: Path) -> np.ndarray:
    """MMPose's own 133 points, (62, 133, 3)."""
    frames = json.loads((shared / "pose_reference/FOOTBALL.mmpose_wholebody.json").read_text())
    people = [frame["instances"][0] for frame in frames]
    return np.array([np.column_stack([p["keypoints"], p["keypoint_scores"]]) for p in people])


@pytest.fixture(scope="module")
def estimated(shared: Path, params: Params) -> np.ndarray:
    with open_video(shared / "pose_reference/FOOTBALL.mp4") as video:
        return MediaPipeEstimator(params.keypoints.mediapipe).estimate(video.frames)


def distances(a: np.ndarray, b: np.ndarray, recorded: np.ndarray) -> np.ndarray:
    """(T, points) in shoulder widths, NaN where either confidence is 0.3 or less."""
    left, right = recorded[:, skeleton.LEFT_SHOULDER, :2], recorded[:, skeleton.RIGHT_SHOULDER, :2]
    width = np.linalg.norm(left - right, axis=-1)[:, None]
    gap = np.linalg.norm(a[..., :2] - b[..., :2], axis=-1) / width
    return np.where((a[..., 2] > 0.3) & (b[..., 2] > 0.3), gap, np.nan)


@pytest.mark.parametrize(
    ("part", "bound"),
    [(range(17), 0.0395), (FACE, 0.0105), (skeleton.LEFT_HAND, 0.0465), (skeleton.RIGHT_HAND, 0.0540)],
    ids=["body", "face", "left hand", "right hand"],
)
def test_each_part_lies_as_near_as_was_measured(estimated, recorded, part, bound) -> None:
    gap = distances(estimated, recorded, recorded)[:, np.array(part)]
    assert np.nanmean(gap) < bound
    assert np.isfinite(gap).mean() > 0.7


def test_no_face_point_is_swapped_or_off(estimated, recorded) -> None:
    """No point of the 68 is further than .036 away, none of the outer lip than .020, none of the inner than .010."""
    gap = np.nanmean(distances(estimated, recorded, recorded)[:, FACE], axis=0)
    assert gap.max() < 0.036
    assert gap[48:60].max() < 0.020
    assert gap[60:68].max() < 0.010


def test_left_and_right_are_the_signers_own(estimated, recorded) -> None:
    swapped = estimated.copy()
    swapped[:, skeleton.LEFT_HAND] = estimated[:, skeleton.RIGHT_HAND]
    swapped[:, skeleton.RIGHT_HAND] = estimated[:, skeleton.LEFT_HAND]
    hands = np.concatenate([skeleton.LEFT_HAND, skeleton.RIGHT_HAND])
    true = np.nanmean(distances(estimated, recorded, recorded)[:, hands])
    assert np.nanmean(distances(swapped, recorded, recorded)[:, hands]) > 5 * true


def test_mirroring_a_facing_signer_keeps_every_point_on_its_own_side(recorded) -> None:
    """Flip and relabel: each point of body, jaw and mouth that has a partner lands nearer to itself than to it."""
    points = recorded[:, skeleton.SELECTED, :2]
    middle = points[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER]].mean(axis=1, keepdims=True)
    centred = points - middle
    flipped = (centred * [-1, 1])[:, skeleton.MIRROR]
    still = np.concatenate([np.arange(7), skeleton.NODE_FACE])
    own = np.linalg.norm(flipped - centred, axis=-1).mean(axis=0)
    partner = np.linalg.norm(flipped - centred[:, skeleton.MIRROR], axis=-1).mean(axis=0)
    paired = still[skeleton.MIRROR[still] != still]
    assert (own[paired] < partner[paired]).all()
    assert np.array_equal(skeleton.MIRROR[skeleton.MIRROR], np.arange(skeleton.NODES))


def test_edges_join_neighbours(recorded) -> None:
    """Bones of the jaw, lip and joins are short on a real face; the graph is connected."""
    points = recorded[:, skeleton.SELECTED, :2]
    width = np.linalg.norm(points[:, skeleton.LEFT_SHOULDER] - points[:, skeleton.RIGHT_SHOULDER], axis=-1)
    length = {(a, b): (np.linalg.norm(points[:, a] - points[:, b], axis=-1) / width).mean() for a, b in skeleton.EDGES}
    face = set(skeleton.NODE_FACE.tolist())
    inside = {edge: value for edge, value in length.items() if set(edge) <= face}
    assert len(inside) == 16 + 8 + 2
    assert max(sorted(inside.values())[:-2]) < 0.07
    assert max(inside.values()) < 0.16, "nose to lip, lip to chin"
    joins = [(a, b) for a, b in length if (a in face) != (b in face)]
    assert max(length[edge] for edge in joins) < 0.08
    reached, edges = {0}, set(map(tuple, skeleton.EDGES))
    for _ in range(skeleton.NODES):
        reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
    assert len(reached) == skeleton.NODES
