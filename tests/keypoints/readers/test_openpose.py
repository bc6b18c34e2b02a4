"""OpenPose episodes: every point at its place, the part asked for, the archive read once, damage named."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.sample import Sample
from signscale.keypoints.readers import openpose
from signscale.keypoints.readers.openpose import Episodes, frame_points

FRAMES = 60


def person(frame: int, confidence: float = 0.5) -> dict[str, list[float]]:
    """Point i of the 137 lies at x = i, y = frame."""
    points = [[float(i), float(frame), confidence] for i in range(137)]
    parts, first = {}, 0
    for name, count in (("pose", 25), ("face", 70), ("hand_left", 21), ("hand_right", 21)):
        parts[f"{name}_keypoints_2d"] = [number for point in points[first : first + count] for number in point]
        first += count
    return parts


def episode(path: Path, files: dict[str, bytes]) -> Path:
    """A .tar.gz of the files, in their order, under one folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{path.name.partition('.')[0]}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def frames(count: int = FRAMES, first: int = 0) -> dict[str, bytes]:
    return {
        f"e_{first + i:012d}_keypoints.json": json.dumps({"version": 1.3, "people": [person(i)]}).encode()
        for i in range(count)
    }


def cue(start: float, end: float, clip: str = "pose/e.tar.gz") -> Sample:
    sample_id = f"bobsl/{clip}/{start}"
    return Sample(sample_id, "bobsl", "train", "bfi", "", clip, start, end, 25.0, "", "t", "", "openpose")


def test_every_point_of_the_137_has_its_place_and_left_is_left() -> None:
    points = frame_points(json.dumps({"people": [person(7)]}).encode())
    assert points.shape == (133, 3)
    assert points[skeleton.NOSE].tolist() == [0, 7, 0.5]
    # BODY_25: 2-4 are the right arm, 5-7 the left, 15 and 16 the eyes, 17 and 18 the ears, right before left.
    arms = {skeleton.RIGHT_SHOULDER: 2, skeleton.RIGHT_ELBOW: 3, skeleton.RIGHT_WRIST: 4}
    arms |= {skeleton.LEFT_SHOULDER: 5, skeleton.LEFT_ELBOW: 6, skeleton.LEFT_WRIST: 7}
    arms |= {skeleton.RIGHT_EYE: 15, skeleton.LEFT_EYE: 16, skeleton.RIGHT_EAR: 17, skeleton.LEFT_EAR: 18}
    assert {ours: int(points[ours, 0]) for ours in arms} == arms
    assert points[23:91, 0].tolist() == list(range(25, 93)), "the first 68 of 70 face points"
    assert points[skeleton.LEFT_HAND, 0].tolist() == list(range(95, 116))
    assert points[skeleton.RIGHT_HAND, 0].tolist() == list(range(116, 137))
    assert (points[11:23] == 0).all(), "hips, legs and feet are not taken"


def test_nobody_is_zeros_and_of_several_the_most_confident_is_the_signer() -> None:
    assert (frame_points(b'{"people": []}') == 0).all()
    several = {"people": [person(1, 0.2), person(2, 0.9), person(3, 0.4)]}
    assert frame_points(json.dumps(several).encode())[skeleton.NOSE].tolist() == [0, 2, pytest.approx(0.9)]


def test_an_empty_face_or_hand_leaves_the_body_and_an_empty_body_is_refused() -> None:
    whole = person(7)
    points = frame_points(json.dumps({"people": [whole | {"face_keypoints_2d": []}]}).encode())
    assert (points[23:91] == 0).all()
    expected = frame_points(json.dumps({"people": [whole]}).encode())
    assert np.array_equal(np.delete(points, np.s_[23:91], 0), np.delete(expected, np.s_[23:91], 0))
    bare = whole | {key: [] for key in ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")}
    points = frame_points(json.dumps({"people": [bare]}).encode())
    assert (points[11:] == 0).all()
    assert np.array_equal(points[:11], expected[:11])
    for lists in ({"pose_keypoints_2d": []}, {"face_keypoints_2d": [1.0, 2.0, 0.5]}):
        with pytest.raises(openpose._FrameError, match=r"has \d numbers, expected"):
            frame_points(json.dumps({"people": [whole | lists]}).encode())


def test_a_point_not_seen_has_no_position_and_confidence_ends_at_one() -> None:
    one = person(5, 1.2)
    one["hand_left_keypoints_2d"][2] = 0.0
    points = frame_points(json.dumps({"people": [one]}).encode())
    assert points[skeleton.LEFT_HAND[0]].tolist() == [0, 0, 0]
    assert points[skeleton.NOSE, 2] == 1


@pytest.mark.parametrize("first", [0, 1])
def test_clips_are_cut_at_25_frames_a_second(tmp_path: Path, first: int) -> None:
    episode(tmp_path / "pose/e.tar.gz", frames(first=first))
    rows = [cue(0.4, 1.2), cue(1.2, 2.0), cue(0.0, 0.04)]
    episodes = Episodes(tmp_path, rows)
    assert [episodes.points(row)[:, 0, 1].tolist() for row in rows] == [
        list(range(10, 30)),
        list(range(30, 50)),
        [0],
    ]


def test_the_order_within_the_archive_does_not_matter(tmp_path: Path) -> None:
    shuffled = dict(sorted(frames().items(), key=lambda item: item[0][::-1]))
    episode(tmp_path / "pose/e.tar.gz", {"notes.txt": b"no frame"} | shuffled)
    assert Episodes(tmp_path, [cue(0.4, 1.2)]).points(cue(0.4, 1.2))[:, 0, 1].tolist() == list(range(10, 30))


def test_an_archive_is_streamed_once_for_all_its_clips_and_never_unpacked(tmp_path: Path, monkeypatch) -> None:
    for name in ("e", "f"):
        episode(tmp_path / f"pose/{name}.tar.gz", frames())
    opened = []
    real = tarfile.open
    monkeypatch.setattr(openpose.tarfile, "open", lambda path, mode: opened.append(path.name) or real(path, mode))
    rows = [cue(i / 5, i / 5 + 0.2, f"pose/{name}.tar.gz") for name in ("e", "f") for i in range(10)]
    episodes = Episodes(tmp_path, rows)
    assert sum(len(episodes.points(row)) for row in rows) == 100
    assert opened == ["e.tar.gz", "f.tar.gz"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == opened


def test_only_the_clip_with_the_bad_frame_is_refused(tmp_path: Path) -> None:
    files = frames()
    names = list(files)
    files[names[12]] = b'{"people": [{"pose_keypoints_2d": [1, 2]}]}'
    del files[names[31]]
    files[names[41]] = files[names[41]].replace(b"0.5", b"NaN", 1)
    episode(tmp_path / "pose/e.tar.gz", files)
    rows = [cue(0.0, 0.4), cue(0.4, 0.8), cue(1.2, 1.6), cue(1.6, 2.0)]
    episodes = Episodes(tmp_path, rows)
    assert len(episodes.points(rows[0])) == 10
    for row, reason in (
        (rows[1], "frame 12: pose_keypoints_2d has 2 numbers, expected 75"),
        (rows[2], "frame 31: missing"),
        (rows[3], "frame 41: NaN or infinity"),
    ):
        with pytest.raises(SignScaleError, match=reason):
            episodes.points(row)


def test_a_torn_archive_gives_the_clips_before_the_tear(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    files = {name: content + b" " * int(rng.integers(900)) for name, content in frames().items()}
    path = episode(tmp_path / "pose/e.tar.gz", files)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    rows = [cue(0.0, 0.4), cue(2.0, 2.4)]
    episodes = Episodes(tmp_path, rows)
    assert len(episodes.points(rows[0])) == 10
    with pytest.raises(SignScaleError, match=r"e\.tar\.gz: not a whole archive"):
        episodes.points(rows[1])


def test_what_is_no_episode_is_named(tmp_path: Path) -> None:
    with pytest.raises(SignScaleError, match=r"e\.tar\.gz: no such file"):
        Episodes(tmp_path, [cue(0, 1)]).points(cue(0, 1))
    episode(tmp_path / "pose/e.tar.gz", {"readme.txt": b"nothing"})
    with pytest.raises(SignScaleError, match="no frame in it"):
        Episodes(tmp_path, [cue(0, 1)]).points(cue(0, 1))
    episode(tmp_path / "pose/e.tar.gz", frames(first=900))
    with pytest.raises(SignScaleError, match="frames count from 900, not 0 or 1"):
        Episodes(tmp_path, [cue(0, 1)]).points(cue(0, 1))
    episode(tmp_path / "pose/e.tar.gz", frames())
    with pytest.raises(SignScaleError, match=r"ends before 4 s"):
        Episodes(tmp_path, [cue(2, 4)]).points(cue(2, 4))
