"""`signscale predict`: answers in words, bad clips named and counted, and nothing imported that it does not need."""

import json
import shutil
import subprocess
import sys

import pytest

from signscale.errors import SignScaleError
from signscale.predict import answer as room
from signscale.predict.answer import predict_files, told

ABOUT = {"clip": "c.mp4", "fps": 25.0, "frames": 50, "seen": [0, 50]}


def test_an_answer_in_words():
    top = [{"label": "HOUSE", "probability": 0.875}, {"label": "TREE", "probability": 0.0625}]
    assert told(ABOUT | {"task": "islr", "top": top}, alone=True) == [" 87.5%  HOUSE", "  6.2%  TREE"]
    text = {"task": "slt", "text": "the house", "score": -0.254}
    assert told(ABOUT | text, alone=False) == ["c.mp4:", "the house  (score -0.25 a token)"]
    glosses = [{"gloss": "HOUSE", "seconds": [0.16, 1.28], "probability": 0.5}]
    line = {"task": "cslr", "text": "HOUSE", "glosses": glosses, "probability": 0.25}
    assert told(ABOUT | line, alone=True) == ["HOUSE  (probability 25.0%)", " 50.0%    0.16 - 1.28 s  HOUSE"]
    nothing = {"task": "cslr", "text": "", "glosses": [], "probability": 0.9}
    assert told(ABOUT | nothing, alone=True) == ["(nothing)  (probability 90.0%)"]


def test_a_cut_clip_is_said_to_be_cut():
    text = {"task": "slt", "text": "x", "score": 0.0, "frames": 300, "seen": [22, 278]}
    assert told(ABOUT | text, alone=True)[0].startswith("(only the middle 256 of 300 frames are seen")


def test_a_bad_clip_is_named_and_the_rest_answered(world, folder, words, tmp_path, monkeypatch, capsys):
    read = room.clip_of
    monkeypatch.setattr(room, "clip_of", lambda p, *rest: words.shard.clip(0) if p.name == "a.mp4" else read(p, *rest))
    with pytest.raises(SignScaleError, match="1 of 2 clips set aside"):
        predict_files([tmp_path / "b.mp4", tmp_path / "a.mp4"], folder("slt"), "slt", tmp_path / "out.jsonl")
    said = capsys.readouterr()
    assert "set aside: " in said.err and "b.mp4: no such file" in said.err
    (answer,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert answer["clip"] == "words/00" and answer["task"] == "slt" and said.out.startswith("words/00:\n")


def test_a_model_of_another_task_is_refused(folder, stored_text, tmp_path):
    with pytest.raises(SignScaleError, match="a model of slt, not of islr; give another --model"):
        predict_files([tmp_path / "a.mp4"], folder("slt"), "islr", None)
    with pytest.raises(SignScaleError, match="a model of retrieval predicts nothing; search with it"):
        predict_files([tmp_path / "a.mp4"], folder("retrieval"), None, None)


def test_predicting_imports_nothing_it_does_not_need():
    code = (
        "import sys, signscale.predict.answer\nassert 'torch' not in sys.modules\n"
        "import signscale.predict.model, signscale.model.heads.cslr\n"
        "print([m for m in ('transformers', 'deepspeed', 'snakemake', 'pandas', 'sacrebleu') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_real_video_is_answered(world, folder, shared, tmp_path):
    """The whole way from pixels, by a model that was told its keypoints are MediaPipe's."""
    model = shutil.copytree(folder("letters"), tmp_path / "m")
    path = model / "preprocessor_config.json"
    content = json.loads(path.read_text())
    content |= {"estimators": [{"name": "mediapipe", "version": "holistic", "clips": 1}], "longest_side": 0}
    path.write_text(json.dumps(content))
    clip = sorted((shared / "videos" / "karsl70").rglob("*.mp4"))[0]
    predict_files([clip], model, None, tmp_path / "out.jsonl")
    answer = json.loads((tmp_path / "out.jsonl").read_text())
    assert len(answer["top"]) == 4 and answer["frames"] == answer["seen"][1] >= 10
    assert sum(one["probability"] for one in answer["top"]) == pytest.approx(1, abs=1e-4)
