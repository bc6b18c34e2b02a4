"""`signscale predict`: answers in words, bad clips named and counted, and nothing imported that it does not need."""

import json
import subprocess
import sys

import pytest

from signscale.errors import SignScaleError
from signscale.keypoints.estimators.choice import running
from signscale.keypoints.estimators.estimation import estimated
from signscale.keypoints.readers.pose_files import write_pose
from signscale.keypoints.readers.video import open_video
from signscale.model.preprocessing import load_preprocessing
from signscale.params import load_params
from signscale.predict.answer import describe, predict_files
from signscale.predict.estimation import estimating
from signscale.predict.model import SignScale

from .conftest import told_estimators

ABOUT = {"clip": "c.mp4", "fps": 25.0, "frames": 50, "seen": [0, 50]}


def test_an_answer_in_words():
    top = [{"label": "HOUSE", "probability": 0.875}, {"label": "TREE", "probability": 0.0625}]
    assert describe(ABOUT | {"task": "islr", "top": top}, alone=True) == [" 87.5%  HOUSE", "  6.2%  TREE"]
    text = {"task": "slt", "text": "the house", "score": -0.254}
    assert describe(ABOUT | text, alone=False) == ["c.mp4:", "the house  (score -0.25 a token)"]
    glosses = [{"gloss": "HOUSE", "seconds": [0.16, 1.28], "probability": 0.5}]
    line = {"task": "cslr", "text": "HOUSE", "glosses": glosses, "probability": 0.25}
    assert describe(ABOUT | line, alone=True) == ["HOUSE  (probability 25.0%)", " 50.0%    0.16 - 1.28 s  HOUSE"]
    nothing = {"task": "cslr", "text": "", "glosses": [], "probability": 0.9}
    assert describe(ABOUT | nothing, alone=True) == ["(nothing)  (probability 90.0%)"]


def test_a_cut_clip_is_said_to_be_cut():
    text = {"task": "slt", "text": "x", "score": 0.0, "frames": 300, "seen": [22, 278]}
    assert describe(ABOUT | text, alone=True)[0].startswith("(only the middle 256 of 300 frames are seen")


def test_a_bad_clip_is_named_and_the_rest_answered(folder, words, tmp_path, capsys):
    write_pose(tmp_path / "a.pose", words.shard.clip(0))
    clips = [tmp_path / "b.mp4", tmp_path / "a.pose"]
    with pytest.raises(SignScaleError, match="1 of 2 clips excluded"):
        predict_files(clips, folder("slt"), "slt", tmp_path / "out.jsonl")
    said = capsys.readouterr()
    assert "excluded: " in said.err and "b.mp4: no such file" in said.err
    (answer,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert answer["clip"] == str(clips[1]) and answer["task"] == "slt" and said.out.startswith(f"{clips[1]}:\n")


def test_a_model_of_another_task_is_refused(folder, stored_text, tmp_path):
    with pytest.raises(SignScaleError, match="a model of slt, not of islr; give another --model"):
        predict_files([tmp_path / "a.mp4"], folder("slt"), "islr", None)
    with pytest.raises(SignScaleError, match="a model of retrieval predicts nothing; search with it"):
        predict_files([tmp_path / "a.mp4"], folder("retrieval"), None, None)


def test_predicting_imports_nothing_it_does_not_need():
    """Until the keypoints are begun, hardly anything; then no torch where they are estimated, nor transformers here."""
    code = (
        "import sys, signscale.predict.answer\nassert not {'torch', 'h5py', 'pyarrow', 'av'} & set(sys.modules)\n"
        "from signscale.predict.estimation import _clip_by_clip\n"
        "import signscale.keypoints.estimators.mediapipe.estimate\n"
        "from signscale.params import load_params\n"
        "_clip_by_clip('mediapipe', load_params().keypoints.mediapipe.model_dump(), 0)\n"
        "assert not {'torch', 'pyarrow'} & set(sys.modules)\n"
        "import signscale.predict.model, signscale.tasks.cslr\n"
        "print([m for m in ('transformers', 'deepspeed', 'snakemake', 'pandas', 'sacrebleu') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.fixture
def of_mediapipe(folder, tmp_path):
    """A model that was told its keypoints are MediaPipe's, of pictures as they are."""
    return told_estimators(folder("letters"), tmp_path / "m", [("mediapipe", "holistic", 1)])


def test_real_videos_are_answered_as_one_by_one(of_mediapipe, shared, tmp_path, capsys):
    """The whole way from pixels; a file that is no video is excluded; the keypoints are those of the workflow."""
    clips = sorted((shared / "videos" / "karsl70").rglob("*.mp4"))[:2]
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(SignScaleError, match="1 of 3 clips excluded"):
        predict_files([clips[0], tmp_path / "bad.mp4", clips[1]], of_mediapipe, None, tmp_path / "out.jsonl")
    assert "bad.mp4: not a readable video" in capsys.readouterr().err
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [answer["clip"] for answer in answers] == [str(clip) for clip in clips]
    assert len(answers[0]["top"]) == 4 and answers[0]["frames"] == answers[0]["seen"][1] >= 10
    assert sum(one["probability"] for one in answers[0]["top"]) == pytest.approx(1, abs=1e-4)
    model = SignScale.from_pretrained(of_mediapipe)
    assert model.predict(clips[1]) == answers[1]
    preprocessing = load_preprocessing(of_mediapipe)
    estimator = running(load_params().keypoints, ["mediapipe"])["mediapipe"]
    with open_video(clips[0]) as video:
        workflow = estimated("c", video, estimator).keypoints
    with estimating(clips[:1], preprocessing) as results:
        assert next(results)[1].keypoints.tobytes() == workflow.tobytes()


def test_a_folder_named_like_a_clip_costs_no_other_answer(folder, words, tmp_path, capsys):
    write_pose(tmp_path / "a.pose", words.shard.clip(0))
    (tmp_path / "x.pose").mkdir()
    with pytest.raises(SignScaleError, match="1 of 2 clips excluded"):
        predict_files([tmp_path / "x.pose", tmp_path / "a.pose"], folder("slt"), None, tmp_path / "out.jsonl")
    assert f"excluded: {tmp_path / 'x.pose'}: a folder; give a video" in capsys.readouterr().err
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1


def test_answers_already_made_are_kept_when_a_run_is_stopped(folder, words, tmp_path, monkeypatch):
    for name in "ab":
        write_pose(tmp_path / f"{name}.pose", words.shard.clip(0))
    model, predict = folder("slt"), SignScale.predict

    def stopped(self, source):
        if "b.pose" in str(source):
            raise KeyboardInterrupt
        return predict(self, source)

    monkeypatch.setattr(SignScale, "predict", stopped)
    with pytest.raises(KeyboardInterrupt):
        predict_files([tmp_path / "a.pose", tmp_path / "b.pose"], model, None, tmp_path / "out.jsonl")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1


def test_an_output_that_cannot_be_written_is_said_before_the_work(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SignScaleError, match=r"file/out\.jsonl: cannot be written \(File exists\)|\(Not a directory\)"):
        predict_files([tmp_path / "none.pose"], folder("slt"), None, tmp_path / "file" / "out.jsonl")
