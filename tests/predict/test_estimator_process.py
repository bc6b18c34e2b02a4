"""A model that was trained on MMPose's keypoints is given MMPose's, from its environment, or a line says why not.

The environment stands in: its Python is this one, with an estimator of MMPose's interface where MMPose's would be.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.model.preprocessing import load_preprocessing
from signscale.params import load_params
from signscale.predict.answer import predict_files
from signscale.predict.estimation import estimating, known_estimator
from signscale.predict.model import SignScale

from .conftest import told_estimators

STAND_IN = """
import os, sys
from types import ModuleType

class MMPoseEstimator:
    def __init__(self, settings):
        print("Loads checkpoint by local backend")
        self.version = f"hrnet {settings.weights.sha256}"

    def estimate_clips(self, clips):
        import numpy as np
        from signscale.errors import SignScaleError
        for clip in clips:
            try:
                frames = list(clip)
            except SignScaleError as error:
                yield error
                continue
            if len(frames) == 13:
                os._exit(3)
            points = np.random.default_rng(len(frames)).uniform(5, 40, (len(frames), 133, 3))
            points[..., 2] = 0.9
            yield points.astype(np.float32)

module = ModuleType("signscale.keypoints.estimators.mmpose.estimate")
module.MMPoseEstimator = MMPoseEstimator
sys.modules["signscale.keypoints.estimators.mmpose.estimate"] = module
"""
VERSION = "hrnet f5726563"


def video(path: Path, frames: int) -> Path:
    """A grey video."""
    with av.open(str(path), "w") as made:
        stream = made.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(frames):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * k, np.uint8), format="rgb24")))
        made.mux(stream.encode(None))
    return path


@pytest.fixture
def place(root, tmp_path, monkeypatch) -> Path:
    """A repository with the paper's params and MMPose's environment made."""
    for part in ("params.yaml", "workflow/presets/paper.yaml", "envs/mmpose.txt"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / part, tmp_path / part)
    (tmp_path / ".venv-mmpose/bin").mkdir(parents=True)
    shutil.copy(root / "envs/mmpose.txt", tmp_path / ".venv-mmpose/lock.txt")
    (tmp_path / "substitute").mkdir()
    (tmp_path / "substitute/sitecustomize.py").write_text(STAND_IN)
    python = tmp_path / ".venv-mmpose/bin/python"
    paths = os.pathsep.join([str(tmp_path / "substitute"), str(root / "src")])
    python.write_text(f'#!/bin/sh\nPYTHONPATH={paths} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def model(folder, place) -> Path:
    """A model of clips of MMPose's, in two views, and a few of MediaPipe's."""
    both = ("mmpose+interwild", f"{VERSION}; InterWild 7c01e4a", 9)
    return told_estimators(folder("letters"), place / "m", [both, ("mediapipe", "holistic", 8)])


def test_videos_are_answered_from_mmposes_keypoints_and_a_bad_one_is_excluded(model, place, capsys):
    clips = [video(place / "a.mp4", 12), place / "bad.mp4", video(place / "b.mp4", 15)]
    clips[1].write_bytes(b"no video")
    with pytest.raises(SignScaleError, match="1 of 3 clips excluded"):
        predict_files(clips, model, None, place / "out.jsonl")
    said = capsys.readouterr()
    assert "bad.mp4: not a readable video" in said.err and "Loads" not in said.out
    answers = [json.loads(line) for line in (place / "out.jsonl").read_text().splitlines()]
    assert [(answer["clip"], answer["frames"]) for answer in answers] == [(str(clips[0]), 12), (str(clips[2]), 15)]
    opened = SignScale.from_pretrained(model)
    assert opened.predict(clips[2]) == answers[1]
    points = np.random.default_rng(15).uniform(5, 40, (15, 133, 3)).astype(np.float32)
    points[..., 2] = 0.9
    assert opened.predict(points, (64, 48))["top"] == answers[1]["top"]


def test_other_weights_than_the_models_are_refused(folder, place):
    other = told_estimators(folder("letters"), place / "m", [("mmpose", "hrnet 00000000", 9)])
    line = f"params give {VERSION}, the model knows hrnet 00000000; name its config and weights in params.yaml"
    with pytest.raises(SignScaleError, match=line):
        predict_files([video(place / "a.mp4", 12)], other, None, None)


def test_where_mmpose_cannot_run_a_line_says_what_to_do_and_no_other_estimator_does(model, place):
    clip = video(place / "a.mp4", 13)
    with pytest.raises(SignScaleError, match=r"process ended early \(exit status 3\); see the messages above"):
        predict_files([clip], model, None, None)
    shutil.rmtree(".venv-mmpose")
    for call in (
        lambda: predict_files([clip], model, None, None),
        lambda: SignScale.from_pretrained(model).predict(clip),
    ):
        with pytest.raises(SignScaleError, match=r"run `make env-mmpose`, or give \.pose files"):
            call()


def test_of_several_estimators_the_one_of_most_clips_is_run_and_recordings_do_not_count(folder, tmp_path):
    for number, (estimators, runs) in enumerate(
        [
            ([("mediapipe", "m", 8), ("mmpose", "p", 9)], ("mmpose", "p")),
            ([("mediapipe", "m", 9), ("mmpose+interwild", "p; i", 8)], ("mediapipe", "m")),
            ([("openpose", "o", 99), ("mmpose+interwild", "p; i", 1)], ("mmpose", "p")),
        ]
    ):
        known = known_estimator(load_preprocessing(told_estimators(folder("cslr"), tmp_path / str(number), estimators)))
        assert (known.name, known.version) == runs


def test_mmpose_itself_gives_the_keypoints_of_its_own_verb(root, folder, place):
    """With random weights, where its environment is made."""
    if not (root / ".venv-mmpose/lock.txt").is_file():
        pytest.skip("its environment is not made here: make env-mmpose")
    shutil.rmtree(place / ".venv-mmpose")
    (place / ".venv-mmpose").symlink_to((root / ".venv-mmpose").resolve())
    environ = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    code = (
        "from pathlib import Path; import yaml; from tests.keypoints.with_mmpose import small; "
        "from tests.keypoints.random_weights import reference_models; "
        "from signscale.keypoints.estimators.mmpose.estimate import MMPoseEstimator; "
        "settings = reference_models(Path('.'), small())[2]; print(MMPoseEstimator(settings).version); "
        "over = {'keypoints': {'mmpose': settings.model_dump()}}; "
        "Path('workflow/presets/paper.yaml').write_text(yaml.safe_dump(over))"
    )
    python = str(place / ".venv-mmpose/bin/python")
    made = subprocess.run([python, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    clip = video(place / "a.mp4", 5)
    version = made.stdout.splitlines()[-1]
    model = told_estimators(folder("letters"), place / "m", [("mmpose", version, 9)])
    with estimating([clip, clip], load_preprocessing(model)) as results:
        ours = [found.keypoints for _, found in results]
    verb = [sys.executable, "-m", "signscale", "keypoints", "a.mp4", "--estimator", "mmpose", "--out", "a.npz"]
    done = subprocess.run(verb, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = np.load(place / "a.npz")["keypoints"]
    assert theirs.any() and all(points.tobytes() == theirs.tobytes() for points in ours)
    assert load_params(place).keypoints.mmpose.batch_size == 3
