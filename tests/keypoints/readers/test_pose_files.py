"""Recorded `.pose` files become 133 points; what nobody measured is missing, not invented."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from made_clips import COMPONENTS, write_pose
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions
from pose_format.utils import openpose
from pose_format.utils.generic import reduce_holistic
from pose_format.utils.holistic import holistic_components

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.shard import Clip
from signscale.keypoints.readers.pose_files import estimator_of, read_pose
from signscale.keypoints.readers.pose_files import write_pose as write_ours

LEFT_HAND, RIGHT_HAND, POINTS = slice(511, 532), slice(532, 553), 553


def numbers(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A person standing still: shoulders 100 apart, wrists and hands at (300, 250) and (200, 250), all seen."""
    data = np.full((frames, 1, POINTS, 3), 100.0)
    data[:, 0, 11], data[:, 0, 12] = [300, 100, 0], [200, 100, 0]
    data[:, 0, [15, 16]] = [[300, 250, 0], [200, 250, 0]]
    data[:, 0, LEFT_HAND], data[:, 0, RIGHT_HAND] = [305, 255, 0], [205, 255, 0]
    return data, np.full((frames, 1, POINTS), 0.75)


def test_numbers_size_and_rate_come_through(tmp_path: Path) -> None:
    data, confidence = numbers(4)
    data[2, 0, 511 + 8] = [317.5, 240.25, 7]
    write_pose(tmp_path / "a.pose", data, confidence, fps=30)
    points, size, fps = read_pose(tmp_path / "a.pose")
    assert (points.shape, points.dtype, size, fps) == ((4, 133, 3), np.float32, (500, 400), 30.0)
    assert points[2, skeleton.LEFT_HAND[8]].tolist() == [317.5, 240.25, 0.75]
    assert points[0, skeleton.RIGHT_WRIST].tolist() == [200, 250, 0.75]


def test_a_masked_part_is_missing(tmp_path: Path) -> None:
    data, confidence = numbers(3)
    confidence[1, 0, RIGHT_HAND] = 0
    write_pose(tmp_path / "a.pose", data, confidence)
    points, _, _ = read_pose(tmp_path / "a.pose")
    assert not points[1, skeleton.RIGHT_HAND].any()
    assert points[[0, 2]][:, skeleton.RIGHT_HAND].all()


def test_a_part_in_seconds_is_cut_out(tmp_path: Path) -> None:
    data, confidence = numbers(50)
    data[:, 0, 0, 0] = np.arange(50)
    write_pose(tmp_path / "a.pose", data, confidence)
    points, _, _ = read_pose(tmp_path / "a.pose", 0.4, 1.2)
    assert points[:, skeleton.NOSE, 0].tolist() == list(range(10, 30))
    assert len(read_pose(tmp_path / "a.pose", 1.0, 99.0)[0]) == 25
    with pytest.raises(SignScaleError, match="no frame from 2"):
        read_pose(tmp_path / "a.pose", 2.0, 3.0)


def test_a_frame_invented_by_a_curve_is_missing_and_slight_smoothing_is_not(tmp_path: Path) -> None:
    data, confidence = numbers(3)
    confidence[0, 0, 16], confidence[1, 0, 16] = 1.05, -3.0
    write_pose(tmp_path / "a.pose", data, confidence)
    points, _, _ = read_pose(tmp_path / "a.pose")
    assert points[0, skeleton.RIGHT_WRIST].tolist() == [200, 250, 1]
    assert not points[1].any()
    assert points[2, skeleton.NOSE, 2] == 0.75


def test_a_hand_that_flies_off_its_arm_is_missing(tmp_path: Path) -> None:
    data, confidence = numbers(2)
    data[1, 0, RIGHT_HAND] = [205, 380, 0]
    write_pose(tmp_path / "a.pose", data, confidence)
    points, _, _ = read_pose(tmp_path / "a.pose")
    assert points[0, skeleton.RIGHT_HAND].all()
    assert not points[1, skeleton.RIGHT_HAND].any()
    assert points[1, skeleton.LEFT_HAND].all()


def test_every_cut_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pose"
    write_pose(path, *numbers(3))
    raw = path.read_bytes()
    for cut in [0, 3, 4, 11, 40, 400, 4000, len(raw) // 2, len(raw) - 1]:
        path.write_bytes(raw[:cut])
        with pytest.raises(SignScaleError, match=r"a\.pose: .*fetch it again") as caught:
            read_pose(path)
        assert "\n" not in str(caught.value)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    noise = tmp_path / "noise.pose"
    for seed in range(30):
        noise.write_bytes(np.random.default_rng(seed).bytes(4000))
        with pytest.raises(SignScaleError, match=r"noise\.pose: "):
            read_pose(noise)
    data, confidence = numbers(3)
    other = COMPONENTS | {"FACE_LANDMARKS": 128}
    write_pose(tmp_path / "other.pose", data[:, :, :203], confidence[:, :, :203], other)
    with pytest.raises(SignScaleError, match="no FACE_LANDMARKS of MediaPipe"):
        read_pose(tmp_path / "other.pose")
    write_pose(tmp_path / "two.pose", data.repeat(2, 1), confidence.repeat(2, 1))
    with pytest.raises(SignScaleError, match="holds 2 people"):
        read_pose(tmp_path / "two.pose")
    data[1, 0, 3, 0] = np.nan
    write_pose(tmp_path / "nan.pose", data, confidence)
    with pytest.raises(SignScaleError, match="NaN"):
        read_pose(tmp_path / "nan.pose")
    with pytest.raises(SignScaleError, match="no such file"):
        read_pose(tmp_path / "none.pose")


def ours() -> Clip:
    """Random points, a missing hand, a missing person, points outside of the picture."""
    draw = np.random.default_rng(1)
    points = draw.uniform(-50, 700, (7, 133, 3)).astype(np.float32)
    points[..., 2] = draw.uniform(0.01, 1, (7, 133))
    points[2, skeleton.LEFT_HAND] = 0
    points[5] = 0
    return Clip("made/a", points, (641, 479), 29.97)


def test_what_we_write_comes_back_to_the_bit_and_in_parts(tmp_path: Path) -> None:
    clip = ours()
    for name in ("a.pose", "b.pose"):
        write_ours(tmp_path / name, clip)
    points, size, fps = read_pose(tmp_path / "a.pose")
    assert np.array_equal(points, clip.keypoints)
    assert points.dtype == np.float32
    assert (size, fps) == (clip.size, float(np.float32(29.97)))
    assert np.array_equal(read_pose(tmp_path / "a.pose", 0.1, 0.2)[0], clip.keypoints[3:6])
    assert (tmp_path / "a.pose").read_bytes() == (tmp_path / "b.pose").read_bytes()


def test_pose_format_itself_reads_what_we_write(tmp_path: Path) -> None:
    clip = ours()
    write_ours(tmp_path / "a.pose", clip)
    pose = Pose.read((tmp_path / "a.pose").read_bytes())
    assert [(c.name, len(c.points)) for c in pose.header.components] == [
        ("BODY", 23), ("FACE", 68), ("LEFT_HAND", 21), ("RIGHT_HAND", 21),
    ]  # fmt: skip
    assert pose.body.data.shape == (7, 1, 133, 2)
    assert np.array_equal(np.ma.filled(pose.body.data[:, 0], 0), clip.keypoints[..., :2])
    assert np.array_equal(pose.body.confidence[:, 0], clip.keypoints[..., 2])
    wrist = pose.get_components(["LEFT_HAND"]).body.data[0, 0, 0]
    assert wrist.tolist() == clip.keypoints[0, skeleton.LEFT_HAND[0], :2].tolist()
    assert (pose.header.dimensions.width, pose.header.dimensions.height) == (641, 479)


def test_our_pose_file_cut_short_is_refused(tmp_path: Path) -> None:
    write_ours(tmp_path / "a.pose", ours())
    whole = (tmp_path / "a.pose").read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.pose").write_bytes(whole[:cut])
        with pytest.raises(SignScaleError, match="not a whole"):
            read_pose(tmp_path / "a.pose")


def saved(path: Path, components: list[PoseHeaderComponent], data: np.ndarray, confidence: np.ndarray) -> Pose:
    """The file written by pose-format itself: 500 x 400 pixels, 25 frames a second."""
    pose = Pose(
        PoseHeader(0.2, PoseHeaderDimensions(500, 400, 100), components),
        NumPyPoseBody(25.0, data.astype(np.float32), confidence.astype(np.float32)),
    )
    with path.open("wb") as file:
        pose.write(file)
    return pose


def everything(world: bool, face: int) -> tuple[list[PoseHeaderComponent], np.ndarray, np.ndarray]:
    """MediaPipe Holistic as pose-format lays it out; point i of a component lies at (200 + i / 50, 100).

    The shoulders lie far apart, so that no hand is out of reach.
    """
    parts = [c for c in holistic_components("XYZC", face - 468) if world or c.name != "POSE_WORLD_LANDMARKS"]
    data = np.concatenate([np.arange(len(part.points)) for part in parts])
    data = np.stack([200 + data / 50, np.full(len(data), 100.0), np.zeros(len(data))], axis=-1)
    first = sum(len(part.points) for part in parts[: [part.name for part in parts].index("POSE_LANDMARKS")])
    data[[first + 11, first + 12], 0] = [400, 0]
    return parts, np.repeat(data[None, None], 3, 0), np.full((3, 1, len(data)), 0.75)


@pytest.mark.parametrize(("world", "face", "count"), [(False, 468, 543), (True, 468, 576), (True, 478, 586)])
def test_components_of_mediapipe_are_found_by_name_in_any_order(
    tmp_path: Path, world: bool, face: int, count: int
) -> None:
    parts, data, confidence = everything(world, face)
    assert sum(len(part.points) for part in parts) == count
    saved(tmp_path / "a.pose", parts, data, confidence)
    expected = read_pose(tmp_path / "a.pose")[0]
    assert expected[0, skeleton.LEFT_HAND[8]].tolist() == [pytest.approx(200.16, abs=1e-4), 100, 0.75]
    assert expected[0, skeleton.RIGHT_WRIST].tolist() == [pytest.approx(200.32, abs=1e-4), 100, 0.75]
    places = np.split(np.arange(count), np.cumsum([len(part.points) for part in parts])[:-1])
    order = [*range(len(parts))][::-1]
    moved = np.concatenate([places[k] for k in order])
    saved(tmp_path / "b.pose", [parts[k] for k in order], data[:, :, moved], confidence[:, :, moved])
    assert np.array_equal(read_pose(tmp_path / "b.pose")[0], expected)
    assert estimator_of(tmp_path / "b.pose") == ("mediapipe", "holistic (recorded)")


def test_a_reduced_holistic_pose_keeps_what_it_has_and_the_rest_is_missing(tmp_path: Path) -> None:
    parts, data, confidence = everything(True, 468)
    whole = saved(tmp_path / "whole.pose", parts, data, confidence)
    reduced = reduce_holistic(whole)
    assert reduced.header.total_points() == 178
    with (tmp_path / "a.pose").open("wb") as file:
        reduced.write(file)
    expected, points = read_pose(tmp_path / "whole.pose")[0], read_pose(tmp_path / "a.pose")[0]
    there = points[0, :, 2] > 0
    assert np.array_equal(points[:, there], expected[:, there])
    assert not points[:, ~there].any()
    assert there[np.concatenate([np.arange(5, 13), skeleton.JAW[:17], skeleton.MOUTH, np.arange(91, 133)])].all()
    assert not there[[*range(5), *range(13, 23), 53]].any(), "nose, eyes, ears, legs, and the face's nose tip"


def openpose_137(frames: int) -> tuple[np.ndarray, np.ndarray]:
    data = np.zeros((frames, 1, 137, 2))
    data[..., 0], data[..., 1] = np.arange(137), 7
    return data, np.full((frames, 1, 137), 1.2)


def test_the_137_points_of_openpose_go_where_those_of_its_json_go(tmp_path: Path) -> None:
    data, confidence = openpose_137(3)
    confidence[1, 0, 116:] = 0
    saved(tmp_path / "a.pose", openpose.OpenPose_Components, data, confidence)
    points, size, fps = read_pose(tmp_path / "a.pose")
    assert (points.shape, size, fps) == ((3, 133, 3), (500, 400), 25.0)
    assert points[0, skeleton.LEFT_SHOULDER].tolist() == [5, 7, 1], "confidence ends at one"
    assert points[0, skeleton.RIGHT_WRIST].tolist() == [4, 7, 1]
    assert points[2, skeleton.LEFT_HAND, 0].tolist() == list(range(95, 116))
    assert points[2, 23:91, 0].tolist() == list(range(25, 93))
    assert not points[1, skeleton.RIGHT_HAND].any()
    assert estimator_of(tmp_path / "a.pose")[0] == "openpose"


def header_bytes(version: float, components: list[PoseHeaderComponent], folder: Path) -> bytes:
    """The header as pose-format writes it, with another version: its layout is the same since 0.0."""
    data, confidence = np.zeros((1, 1, 137, 2)), np.zeros((1, 1, 137))
    saved(folder / "head", components, data, confidence)
    raw = (folder / "head").read_bytes()
    body = 4 + 4 + 2 + 137 * 3 * 4
    return struct.pack("<f", version) + raw[4:-body]


def test_version_0_1_is_read_and_its_cuts_are_refused(tmp_path: Path) -> None:
    data, confidence = openpose_137(5)
    head = header_bytes(0.1, openpose.OpenPose_Components, tmp_path)
    body = struct.pack("<HHH", 25, 5, 1) + data.astype("<f4").tobytes() + confidence.astype("<f4").tobytes()
    path = tmp_path / "a.pose"
    path.write_bytes(head + body)
    points, size, fps = read_pose(path)
    assert (points.shape, size, fps) == ((5, 133, 3), (500, 400), 25.0)
    assert points[4, skeleton.LEFT_HAND, 0].tolist() == list(range(95, 116))
    per_frame = 137 * 3 * 4
    for cut in (1, 8, per_frame, 2 * per_frame):
        path.write_bytes((head + body)[:-cut])
        with pytest.raises(SignScaleError, match=r"a\.pose: not a whole"):
            read_pose(path)


def test_version_0_0_is_read_a_frame_without_a_person_too_and_two_people_are_refused(tmp_path: Path) -> None:
    head = header_bytes(0.0, openpose.OpenPose_Components, tmp_path)
    person = np.column_stack([np.arange(137), np.full(137, 7.0), np.full(137, 0.5)]).astype("<f4").tobytes()
    one, nobody = struct.pack("<Hh", 1, 0) + person, struct.pack("<H", 0)
    path = tmp_path / "a.pose"
    path.write_bytes(head + struct.pack("<HH", 30, 3) + one + nobody + one)
    points, size, fps = read_pose(path)
    assert (points.shape, size, fps) == ((3, 133, 3), (500, 400), 30.0)
    assert points[2, skeleton.RIGHT_WRIST].tolist() == [4, 7, 0.5]
    assert not points[1].any()
    path.write_bytes(head + struct.pack("<HH", 30, 3) + one + nobody + one[:-4])
    with pytest.raises(SignScaleError, match="not a whole"):
        read_pose(path)
    path.write_bytes(head + struct.pack("<HH", 30, 1) + struct.pack("<H", 2) + 2 * (struct.pack("<h", 0) + person))
    with pytest.raises(SignScaleError, match="holds 2 people"):
        read_pose(path)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pose")
    (tmp_path / "b.pose").mkdir()
    for name in ("a.pose", "b.pose"):
        with pytest.raises(SignScaleError, match=rf"{name}: not a regular file"):
            read_pose(tmp_path / name)
