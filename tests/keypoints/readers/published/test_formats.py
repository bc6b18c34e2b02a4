"""Each published format gives the 133 points where they belong; the files are as the publishers' code writes them."""

import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_clips import write_pose

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.keypoints.readers.published import open_reader

from ..test_openpose import person

POINTS = np.random.default_rng(0).uniform(1, 200, (5, 133, 3)).astype(np.float32)
POINTS[..., 2] = np.random.default_rng(1).uniform(0.4, 0.9, (5, 133))


def dump(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))
    return path


def test_slrt_of_both_kinds_is_taken_as_it_is_with_its_frames_size(tmp_path: Path) -> None:
    two_stream = dump(tmp_path / "a.pkl", {"train/x": {"keypoints": POINTS.astype(np.float64)}})
    reader = open_reader("slrt", two_stream, "phoenix14t")
    assert (reader.names, reader.estimator) == (["train/x"], "hrnet")
    assert np.array_equal(reader.read("train/x").points, POINTS)
    assert (reader.read("train/x").size, reader.read("train/x").shares) == ((210, 260), False)
    nla = open_reader("slrt", dump(tmp_path / "b.pkl", {"07069": POINTS}), "wlasl")
    assert np.array_equal(nla.read("07069").points, POINTS)
    assert (nla.read("07069").size, nla.version) == ((256, 256), "W48 DARK (NLA-SLR)")
    bad = open_reader("slrt", dump(tmp_path / "c.pkl", {"a": POINTS[:, :79], "b": {"x": 1}, "c": POINTS[:0]}), "wlasl")
    for name, told in (("a", r"\(5, 79, 3\)"), ("b", "NoneType"), ("c", r"\(0, 133, 3\)")):
        with pytest.raises(SignScaleError, match=rf"c\.pkl: {name}: keypoints are {told}"):
            bad.read(name)
    with pytest.raises(SignScaleError, match="holds list, not name -> keypoints"):
        open_reader("slrt", dump(tmp_path / "d.pkl", [POINTS]), "wlasl")


def test_unisign_takes_the_first_person_of_the_frames_from_start_to_end(tmp_path: Path) -> None:
    shares = POINTS[:, None, :, :2] / [640, 480]
    content = {"keypoints": list(shares), "scores": list(POINTS[:, None, :, 2])}
    content["keypoints"][2] = np.concatenate([shares[2], shares[2] + 1])
    content["scores"][2] = content["scores"][2].repeat(2, 0)
    content["keypoints"][3], content["scores"][3] = np.zeros((0, 133, 2)), np.zeros((0, 133))
    dump(tmp_path / "a.pkl", content)
    dump(tmp_path / "b.pkl", content | {"start": 1, "end": 3})
    dump(tmp_path / "c.pkl", content | {"start": 3, "end": 9})
    reader = open_reader("unisign", tmp_path, "how2sign")
    found = reader.read("a")
    assert (found.shares, found.size) == (True, (1280, 720))
    assert np.allclose(found.points[[0, 1, 2, 4]] * [640, 480, 1], POINTS[[0, 1, 2, 4]], atol=1e-3)
    assert not found.points[3].any()
    assert np.array_equal(reader.read("b").points, found.points[1:3])
    with pytest.raises(SignScaleError, match=r"c\.pkl: frames 3 to 9 of 5"):
        reader.read("c")
    assert open_reader("unisign", tmp_path, "wlasl").read("a").size is None


def test_seds_is_taken_as_it_is(tmp_path: Path) -> None:
    dump(tmp_path / "test" / "x.pkl", {"keypoints": POINTS, "img_list": ["1.png"]})
    reader = open_reader("seds", tmp_path, "csl_daily")
    assert (reader.names, reader.read("test/x").size) == (["test/x"], (512, 512))
    assert open_reader("seds", tmp_path, "how2sign").read("test/x").size == (256, 256)
    assert np.array_equal(reader.read("test/x").points, POINTS)
    dump(tmp_path / "y.pkl", {"img_list": []})
    with pytest.raises(SignScaleError, match=r"y\.pkl: no keypoints in it"):
        open_reader("seds", tmp_path, "csl_daily").read("y")


def test_openpose_takes_a_folder_a_clip_in_the_order_of_its_frames(tmp_path: Path) -> None:
    clip = tmp_path / "json" / "x-1-rgb_front"
    clip.mkdir(parents=True)
    for frame in range(12):
        people = [person(frame)] if frame != 4 else []
        (clip / f"x-1-rgb_front_{frame:012d}_keypoints.json").write_text(json.dumps({"people": people}))
    reader = open_reader("openpose", tmp_path, "how2sign")
    assert reader.names == ["json/x-1-rgb_front"]
    found = reader.read("json/x-1-rgb_front")
    assert found.size == (1280, 720)
    assert found.points[:, skeleton.NOSE, 1].tolist() == [0, 1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11]
    assert not found.points[4].any()
    (clip / "x-1-rgb_front_000000000007_keypoints.json").unlink()
    with pytest.raises(SignScaleError, match="frame 7 is missing"):
        reader.read("json/x-1-rgb_front")


def test_pose_files_say_their_size_and_rate_and_do_not_mix_estimators(tmp_path: Path) -> None:
    data = np.full((4, 1, 553, 3), 100.0)
    write_pose(tmp_path / "a.pose", data, np.full(data.shape[:3], 0.5), fps=30)
    other = {"pose_keypoints_2d": 25, "face_keypoints_2d": 70, "hand_left_keypoints_2d": 21}
    other["hand_right_keypoints_2d"] = 21
    write_pose(tmp_path / "b.pose", data[:, :, :137], np.full((4, 1, 137), 0.5), other)
    reader = open_reader("pose", tmp_path, "phoenix14t")
    found = reader.read("a")
    assert (reader.estimator, found.size, found.fps, len(found.points)) == ("mediapipe", (500, 400), 30.0, 4)
    with pytest.raises(SignScaleError, match=r"b\.pose: made by openpose, others beside it by mediapipe"):
        reader.read("b")


def test_openhands_has_body_and_hands_and_no_face(tmp_path: Path) -> None:
    places = np.stack([np.arange(75) / 100, np.full(75, 0.25), np.zeros(75)], axis=-1)[None].repeat(3, 0)
    confidence = np.full((3, 75), 0.5)
    confidence[1, 33:54] = 0
    dump(tmp_path / "a.pkl", {"keypoints": places, "confidences": confidence, "vid_shape": (1, 2)})
    found = open_reader("openhands", tmp_path, "wlasl").read("a")
    assert (found.shares, found.size) == (True, None)
    assert found.points[0, skeleton.RIGHT_WRIST].tolist() == pytest.approx([0.16, 0.25, 0.5])
    assert found.points[0, skeleton.LEFT_HAND, 0].tolist() == pytest.approx((np.arange(33, 54) / 100).tolist())
    assert found.points[0, skeleton.RIGHT_HAND, 0].tolist() == pytest.approx((np.arange(54, 75) / 100).tolist())
    assert not found.points[:, 23:91].any()
    assert not found.points[1, skeleton.LEFT_HAND].any()
    face = np.full((3, 468, 3), 0.5)
    whole = np.concatenate([places[:, :33], face, places[:, 33:]], axis=1)
    sure = np.concatenate([confidence[:, :33], face[..., 0], confidence[:, 33:]], axis=1)
    dump(tmp_path / "c.pkl", {"keypoints": whole * [640, 480, 1], "confidences": sure})
    with_face = open_reader("openhands", tmp_path, "wlasl").read("c")
    assert not with_face.shares
    assert np.allclose(with_face.points[:, :23], found.points[:, :23] * [640, 480, 1], atol=1e-4)
    assert np.allclose(with_face.points[:, 91:], found.points[:, 91:] * [640, 480, 1], atol=1e-4)
    assert with_face.points[0, 40].tolist() == [320, 240, 0.5]
    dump(tmp_path / "b.pkl", {"keypoints": places[:, :60], "confidences": confidence})
    with pytest.raises(SignScaleError, match=r"b\.pkl: keypoints \(3, 60, 3\)"):
        open_reader("openhands", tmp_path, "wlasl").read("b")


def test_kaggle_rows_find_their_points_and_what_is_empty_is_missing(tmp_path: Path) -> None:
    rows = [
        (frame, kind, index, (index + 1) / 1000, frame / 100)
        for frame in (20, 22)
        for kind, count in (("face", 468), ("left_hand", 21), ("pose", 33), ("right_hand", 21))
        for index in range(count)
    ]
    rows = [(f, k, i, np.nan, np.nan) if (f, k) == (22, "left_hand") else (f, k, i, x, y) for f, k, i, x, y in rows]
    columns = dict(zip(("frame", "type", "landmark_index", "x", "y"), map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "1000035562.parquet")
    found = open_reader("kaggle", tmp_path, "islr").read("1000035562")
    assert (found.points.shape, found.shares) == ((2, 133, 3), True)
    assert found.points[0, skeleton.LEFT_HAND, 0].tolist() == pytest.approx((np.arange(1, 22) / 1000).tolist())
    assert found.points[1, skeleton.RIGHT_WRIST].tolist() == pytest.approx([0.017, 0.22, 1])
    assert found.points[1, skeleton.JAW[17]].tolist() == pytest.approx([0.005, 0.22, 1])
    assert not found.points[1, skeleton.LEFT_HAND].any()
    short = {name: values[:-1] for name, values in columns.items()}
    pq.write_table(pa.table(short), tmp_path / "2.parquet")
    with pytest.raises(SignScaleError, match=r"2\.parquet: 41 rows of right_hand in 2 frames, expected 21 each"):
        open_reader("kaggle", tmp_path, "islr").read("2")


def holistic(frames: int) -> dict[str, np.ndarray]:
    """A person of MediaPipe: hands at the wrists, the face at the nose."""
    draw = np.random.default_rng(3)
    pose = draw.uniform(0.2, 0.8, (frames, 33, 4))
    pose[:, 0, :2], pose[:, 15, :2], pose[:, 16, :2] = [0.5, 0.2], [0.7, 0.6], [0.3, 0.6]
    parts = {"pose": pose}
    for name, count, at in (("face", 468, pose[:, 0]), ("left", 21, pose[:, 15]), ("right", 21, pose[:, 16])):
        parts[name] = np.concatenate(
            [at[:, None, :2] + draw.normal(0, 0.01, (frames, count, 2)), draw.normal(0, 0.01, (frames, count, 1))], -1
        )
    return parts


def write_mp_data(folder: Path, parts: dict[str, np.ndarray], order: tuple[str, ...]) -> None:
    folder.mkdir(parents=True)
    for frame in range(len(parts["pose"])):
        np.save(folder / f"{frame}.npy", np.concatenate([parts[name][frame].ravel() for name in order]))


@pytest.mark.parametrize(
    "order",
    [
        ("pose", "face", "left", "right"), ("face", "pose", "left", "right"), ("pose", "face", "right", "left"),
        ("pose", "left", "right"), ("left", "right", "pose"),
    ],
)  # fmt: skip
def test_mp_data_finds_the_order_of_its_parts(tmp_path: Path, order: tuple[str, ...]) -> None:
    parts = holistic(12)
    parts["left"][3] = 0
    write_mp_data(tmp_path / "hello" / "0", parts, order)
    found = open_reader("mp_data", tmp_path, "made").read("hello/0")
    assert np.allclose(found.points[:, skeleton.RIGHT_HAND, :2], parts["right"][..., :2])
    assert np.allclose(found.points[:, skeleton.LEFT_SHOULDER], parts["pose"][:, 11, [0, 1, 3]])
    assert not found.points[3, skeleton.LEFT_HAND].any()
    assert (found.points[4, skeleton.LEFT_HAND, 2] == 1).all()
    assert found.points[:, 23:91, 2].any() == ("face" in order)


def test_mp_data_whose_order_does_not_show_is_refused(tmp_path: Path) -> None:
    parts = holistic(4)
    parts["left"][:], parts["right"][:] = 0, 0
    write_mp_data(tmp_path / "hello" / "0", parts, ("pose", "left", "right"))
    with pytest.raises(SignScaleError, match="order of body, face and hands does not show"):
        open_reader("mp_data", tmp_path, "made")


def test_an_unknown_format_and_an_absent_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SignScaleError, match="format 'mska' is unknown; there are slrt, unisign"):
        open_reader("mska", tmp_path, "wlasl")
    with pytest.raises(SignScaleError, match=r"none\.pkl: no such file or folder"):
        open_reader("slrt", tmp_path / "none.pkl", "wlasl")
