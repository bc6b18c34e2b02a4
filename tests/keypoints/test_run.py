"""One extraction job: whole, resumable, repeatable, and stopped by no single bad clip."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_clips import row, write_frames, write_pose, write_video

from signscale.errors import SignScaleError
from signscale.formats.excluded import read_excluded
from signscale.formats.quality import measure, read_quality
from signscale.formats.sample import write_manifest
from signscale.formats.shard import Shard
from signscale.keypoints import run as extract

from .readers.test_openpose import episode, frames


class Counting:
    """An estimator whose first point is the frame's brightness; it counts clips and fails at the clip told."""

    name, version = "counting", "1"
    calls = 0
    fail_at, failure = -1, KeyboardInterrupt

    def __init__(self, settings):
        pass

    def estimate(self, frames):
        kind = type(self)
        kind.calls += 1
        if kind.calls == kind.fail_at:
            raise kind.failure
        brightness = [frame[20, 60].mean() for frame in frames]
        points = np.zeros((len(brightness), 133, 3), np.float32)
        points[:, 0] = np.stack([brightness, brightness, np.ones(len(brightness))], axis=-1)
        return points


@pytest.fixture
def made(tmp_path: Path, params, monkeypatch) -> SimpleNamespace:
    """Five videos, the second of them cut short, in an empty working directory; 3 clips a job; a counting estimator."""
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / params.acquire.raw / "made"
    raw.mkdir(parents=True)
    for number in range(5):
        write_video(raw / f"{number}.mp4", 8 + number)
    whole = (raw / "1.mp4").read_bytes()
    (raw / "1.mp4").write_bytes(whole[: whole.index(b"mdat") + 300])
    write_manifest("made.parquet", [row(str(number), f"{number}.mp4") for number in range(5)])
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="video", views=("mediapipe",)))
    monkeypatch.setitem(
        sys.modules, "signscale.keypoints.estimators.mediapipe.estimate", SimpleNamespace(MediaPipeEstimator=Counting)
    )
    monkeypatch.setattr(Counting, "calls", 0)
    monkeypatch.setattr(Counting, "fail_at", -1)
    monkeypatch.setattr(Counting, "failure", KeyboardInterrupt)
    out = tmp_path / "results/keypoints/made/00000.h5"
    return SimpleNamespace(
        out=out, raw=raw, run=lambda job=0, to=out: extract.extract_shard(params, "made", Path("made.parquet"), job, to)
    )


def test_a_job_takes_its_rows_and_sets_the_bad_clip_aside(made, capsys) -> None:
    made.run()
    with Shard(made.out) as shard:
        assert shard.ids == ["made/0", "made/2"]
        assert shard.lengths().tolist() == [8, 10]
        assert (shard.estimator, shard.estimator_version) == ("counting", "1")
        assert shard.clip(1).size == (64, 48)
        assert np.abs(shard.keypoints(1)[:, 0, 0] - (20 + 4 * np.arange(10))).max() < 3
        assert read_quality(made.out.with_name("00000.quality.csv")) == [measure(shard.clip(0)), measure(shard.clip(1))]
    (bad,) = read_excluded(made.out.with_name("00000.excluded.csv"))
    assert (bad.sample_id, bad.stage) == ("made/1", "keypoints")
    assert "1.mp4: " in bad.reason
    assert capsys.readouterr().err.endswith("keypoints: made 00000: 2 clips kept, 1 excluded\n")
    second = made.out.with_name("00001.h5")
    made.run(1, second)
    with Shard(second) as shard:
        assert shard.ids == ["made/3", "made/4"]
    assert read_excluded(second.with_name("00001.excluded.csv")) == []
    with pytest.raises(SignScaleError, match="job 2 of 3 clips has no rows"):
        made.run(2)


def test_a_stopped_job_leaves_no_output_and_goes_on_where_it_was(made, monkeypatch) -> None:
    (made.raw / "1.mp4").write_bytes((made.raw / "0.mp4").read_bytes())
    monkeypatch.setattr(Counting, "fail_at", 2)
    with pytest.raises(KeyboardInterrupt):
        made.run()
    assert not list(made.out.parent.iterdir())
    made.run()
    assert Counting.calls == 2 + 2, "clip 0 was not estimated again"
    assert not list(Path("scratch").rglob("*.h5"))
    resumed = made.out.read_bytes()
    made.out.unlink()
    made.run()
    assert Counting.calls == 4 + 3
    assert made.out.read_bytes() == resumed


def test_a_changed_video_is_estimated_again(made, monkeypatch) -> None:
    monkeypatch.setattr(Counting, "fail_at", 3)
    with pytest.raises(KeyboardInterrupt):
        made.run()
    write_video(made.raw / "0.mp4", 6)
    made.run()
    with Shard(made.out) as shard:
        assert shard.lengths().tolist() == [6, 10]


def test_a_torn_scratch_file_is_done_again(made, monkeypatch) -> None:
    monkeypatch.setattr(Counting, "fail_at", 3)
    with pytest.raises(KeyboardInterrupt):
        made.run()
    (piece,) = Path("scratch").rglob("*.h5")
    piece.write_bytes(piece.read_bytes()[:100])
    made.run()
    with Shard(made.out) as shard:
        assert shard.ids == ["made/0", "made/2"]


def test_an_estimator_that_breaks_stops_the_job(made, monkeypatch) -> None:
    monkeypatch.setattr(Counting, "fail_at", 1)
    monkeypatch.setattr(Counting, "failure", RuntimeError)
    with pytest.raises(RuntimeError):
        made.run()
    assert not made.out.exists()


def test_pose_files_of_another_estimator_are_set_aside(made, monkeypatch) -> None:
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="pose"))
    data = np.full((5, 1, 553, 3), 100.0)
    write_pose(made.raw / "0.pose", data, np.full(data.shape[:3], 0.5))
    other = {"pose_keypoints_2d": 25, "face_keypoints_2d": 70, "hand_left_keypoints_2d": 21}
    other["hand_right_keypoints_2d"] = 21
    write_pose(made.raw / "1.pose", data[:, :, :137], np.full((5, 1, 137), 0.5), other)
    write_manifest("made.parquet", [row(str(number), f"{number}.pose") for number in range(2)])
    made.run()
    with Shard(made.out) as shard:
        assert (shard.ids, shard.estimator) == (["made/0"], "mediapipe")
    (aside,) = read_excluded(made.out.with_name("00000.excluded.csv"))
    assert aside.reason.endswith("1.pose: made by openpose, others of the corpus by mediapipe")


def test_pose_files_need_no_estimator(made, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="pose"))
    for number in range(2):
        data = np.full((5 + number, 1, 553, 3), 100.0)
        write_pose(made.raw / f"{number}.pose", data, np.full(data.shape[:3], 0.5))
    (made.raw / "2.pose").write_bytes(b"")
    rows = [row(str(number), f"{number}.pose") for number in range(3)]
    write_manifest("made.parquet", rows)
    made.run()
    with Shard(made.out) as shard:
        assert shard.ids == ["made/0", "made/1"]
        assert shard.lengths().tolist() == [5, 6]
        assert (shard.estimator, shard.estimator_version) == ("mediapipe", "holistic (recorded)")
        assert shard.clip(0).size == (500, 400)
    assert [aside.sample_id for aside in read_excluded(made.out.with_name("00000.excluded.csv"))] == ["made/2"]
    assert Counting.calls == 0
    assert not Path("scratch").exists()


def test_folders_of_frames_are_extracted_like_videos_and_a_gap_sets_the_clip_aside(made, monkeypatch) -> None:
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="frames", views=("mediapipe",)))
    for number in range(3):
        write_frames(made.raw / f"clip{number}/1", 8 + number, "images{:04d}.png", first=1)
    (made.raw / "clip1/1/images0004.png").unlink()
    for number in (2, 3, 4):
        (made.raw / f"clip2/1/images{number:04d}.png").write_bytes(b"torn")
    write_manifest("made.parquet", [replace(row(str(n), f"clip{n}/1"), fps=25.0) for n in range(3)])
    made.run()
    with Shard(made.out) as shard:
        assert shard.ids == ["made/0"]
        assert shard.clip(0).size == (64, 48)
        assert shard.clip(0).fps == 25.0
        assert np.abs(shard.keypoints(0)[:, 0, 0] - (20 + 4 * np.arange(8))).max() < 0.1
    gap, torn = read_excluded(made.out.with_name("00000.excluded.csv"))
    assert (gap.sample_id, torn.sample_id) == ("made/1", "made/2")
    assert "frame 4 is missing" in gap.reason
    assert "images0004.png: not a readable picture" in torn.reason
    assert "\n" not in gap.reason + torn.reason


def test_frames_are_scaled_before_the_estimator_and_the_clip_has_their_size(made, monkeypatch) -> None:
    sizes = set()

    class Measuring(Counting):
        def estimate(self, frames):
            frames = list(frames)
            sizes.update(frame.shape for frame in frames)
            return super().estimate(frames)

    monkeypatch.setitem(
        sys.modules, "signscale.keypoints.estimators.mediapipe.estimate", SimpleNamespace(MediaPipeEstimator=Measuring)
    )
    facts = SimpleNamespace(kind="video", views=("mediapipe",), longest_side=128)
    monkeypatch.setattr(extract, "load_corpus", lambda name: facts)
    made.run()
    with Shard(made.out) as shard:
        assert {shard.clip(index).size for index in range(len(shard))} == {(128, 96)}
    assert sizes == {(96, 128, 3)}


def test_openpose_episodes_need_no_estimator(made, monkeypatch) -> None:
    facts = SimpleNamespace(kind="openpose", picture=(444, 444))
    monkeypatch.setattr(extract, "load_corpus", lambda name: facts)
    episode(made.raw / "pose/e.tar.gz", frames())
    cues = [replace(row(str(n), "pose/e.tar.gz", n, n + 0.8), fps=25.0) for n in range(3)]
    write_manifest("made.parquet", cues)
    made.run()
    with Shard(made.out) as shard:
        assert shard.ids == ["made/0", "made/1"]
        assert shard.lengths().tolist() == [20, 20]
        assert (shard.estimator, shard.clip(0).size, shard.clip(0).fps) == ("openpose", (444, 444), 25.0)
        assert shard.keypoints(1)[:, 0, 1].tolist() == list(range(25, 45))
    (late,) = read_excluded(made.out.with_name("00000.excluded.csv"))
    assert "ends before" in late.reason
    assert Counting.calls == 0


def test_a_kind_without_extraction_is_refused(made, monkeypatch) -> None:
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="composed"))
    with pytest.raises(SignScaleError, match="'composed' cannot be extracted"):
        made.run()


def test_real_signs_go_from_video_to_shard(shared: Path, tmp_path: Path, params, monkeypatch) -> None:
    """Two karsl70 videos through the real estimator: every frame stored, hands seen, equal bytes twice."""
    monkeypatch.chdir(tmp_path)
    raw = Path(params.acquire.raw) / "made"
    raw.mkdir(parents=True)
    videos = sorted((shared / "videos/karsl70/01-train-mp4s").glob("*.mp4"))[:2]
    for number, video in enumerate(videos):
        (raw / f"{number}.mp4").symlink_to(video)
    write_manifest("made.parquet", [row(str(number), f"{number}.mp4") for number in range(2)])
    monkeypatch.setattr(extract, "load_corpus", lambda name: SimpleNamespace(kind="video", views=("mediapipe",)))
    for out in (Path("a.h5"), Path("b.h5")):
        extract.extract_shard(params, "made", Path("made.parquet"), 0, out)
    assert Path("a.h5").read_bytes() == Path("b.h5").read_bytes()
    with Shard("a.h5") as shard:
        assert shard.estimator == "mediapipe"
        assert len(shard) == 2
        for index in range(2):
            clip = shard.clip(index)
            assert (clip.size, clip.fps) == ((256, 256), 30.0)
            assert 13 <= len(clip.keypoints) <= 48
            assert (clip.keypoints[:, 91:, 2] > 0.1).any(axis=1).mean() >= 0.8
