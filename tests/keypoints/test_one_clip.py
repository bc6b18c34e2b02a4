"""One clip without the workflow: `signscale keypoints clip.mp4`."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from made_clips import write_frames, write_video

from signscale.cli.stages import keypoints
from signscale.errors import SignScaleError
from signscale.keypoints import one_clip
from signscale.keypoints.one_clip import Wanted, estimator_wanted, look_at
from signscale.keypoints.readers.pose_files import read_pose
from signscale.params import load_params


class Still:
    """An estimator that sees a body in the middle of every frame."""

    name, version = "still", "1"

    def __init__(self, settings):
        pass

    def estimate(self, frames):
        count = sum(1 for _ in frames)
        return np.full((count, 133, 3), [32, 24, 0.5], np.float32)


@pytest.fixture
def still(monkeypatch) -> None:
    monkeypatch.setitem(
        sys.modules, "signscale.keypoints.estimators.mediapipe.estimate", SimpleNamespace(MediaPipeEstimator=Still)
    )


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("source", ["clip.mp4", "folder"])
def test_all_that_is_wanted_of_a_video_or_a_folder_is_written_and_agrees(tmp_path: Path, params, source: str) -> None:
    if source == "folder":
        write_frames(tmp_path / source, 9, "{:03d}.png")
    else:
        write_video(tmp_path / source, 9)
    files = [tmp_path / f"out{ending}" for ending in (".npz", ".pose", ".mp4", ".png")]
    found = look_at(Still(None), tmp_path / source, Wanted(*files, fps=25.0))
    assert (found.frames, found.person, found.left_hand, found.confidence) == (9, 1.0, 1.0, 0.5)
    numbers = np.load(files[0])
    assert numbers["keypoints"].shape == (9, 133, 3)
    assert (numbers["size"].tolist(), float(numbers["fps"])) == ([64, 48], 25.0)
    points, size, fps = read_pose(files[1])
    assert np.array_equal(points, numbers["keypoints"])
    assert (size, fps) == ((64, 48), 25.0)
    with av.open(str(files[2])) as video:
        assert len(list(video.decode(video=0))) == 9
    assert files[3].stat().st_size > 1000


@pytest.mark.usefixtures("still")
def test_wrong_names_and_sources_are_one_line(tmp_path: Path, params) -> None:
    write_frames(tmp_path / "folder", 3, "{:03d}.png")
    for source, wanted, reason in [
        ("folder", Wanted(), "give the frames per second with --fps"),
        ("folder", Wanted(overlay=tmp_path / "o.gif"), r"o\.gif: its name must end in \.mp4"),
        ("none.mp4", Wanted(), r"none\.mp4: not a readable video"),
    ]:
        with pytest.raises(SignScaleError, match=reason):
            look_at(Still(None), tmp_path / source, wanted)


def test_the_command_looks_at_a_real_clip(shared: Path, root: Path, tmp_path: Path) -> None:
    clip = next((shared / "videos/karsl70/01-test-mp4s").glob("*.mp4"))
    command = [
        sys.executable,
        "-m",
        "signscale",
        "keypoints",
        str(clip),
        "--estimator",
        "mediapipe",
        "--overlay",
        str(tmp_path / "o.mp4"),
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "person 100%" in done.stdout
    assert (tmp_path / "o.mp4").stat().st_size > 10_000


def test_the_estimator_is_the_presets_unless_another_is_named(root: Path, tmp_path: Path, monkeypatch) -> None:
    paper, demo = (load_params(root, preset).keypoints for preset in ("paper", "demo"))
    entered = []
    monkeypatch.setattr(one_clip, "enter", lambda name, _: entered.append(name))
    monkeypatch.setattr(one_clip, "running", lambda settings, names: {name: name for name in names})
    assert estimator_wanted(demo, None) == estimator_wanted(paper, "mediapipe") == "mediapipe"
    assert entered == ["", ""]
    assert estimator_wanted(paper, None) == estimator_wanted(demo, "mmpose") == "mmpose"
    assert entered == ["", "", "mmpose", "mmpose"]
    with pytest.raises(SignScaleError, match="openpose: no such estimator; say interwild or mediapipe or mmpose"):
        estimator_wanted(demo, "openpose")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SignScaleError, match="run `make env-mmpose`, or say --estimator mediapipe"):
        estimator_wanted(paper, None)


def test_half_a_job_is_refused_with_what_a_job_is() -> None:
    with pytest.raises(SignScaleError, match="give one clip, or a corpus with its manifest, the number of the job"):
        keypoints("wlasl", Path("x.parquet"))
