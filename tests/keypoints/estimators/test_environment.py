"""Which environment a corpus's estimator runs in, and what is said where it is not made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators import choice, environment
from signscale.keypoints.estimators.environment import enter, environment_of, preflight
from signscale.params import WeightsParams, load_params


def test_published_pictures_want_mmpose_and_interwild_where_its_weights_are(root: Path):
    paper, demo = (load_params(root, preset).keypoints for preset in ("paper", "demo"))
    weights = WeightsParams(source="w.pth", sha256="0" * 8)
    both = paper.model_copy(update={"interwild": paper.interwild.model_copy(update={"weights": weights})})
    for corpus, of_paper, of_both in [
        ("wlasl", "mmpose", "interwild"),
        ("how2sign", "mmpose", "mmpose"),  # one view
        ("bobsl", "", ""),  # recorded skeletons
        ("photograph", "", ""),  # the demo's own
    ]:
        settings = (paper, both, demo)
        assert [environment_of(s, load_corpus(corpus)) for s in settings] == [of_paper, of_both, ""]


def test_an_environment_that_is_not_made_or_of_another_lock_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SignScaleError, match="run `make env-mmpose`"):
        enter("mmpose")
    for file, text in (("envs/mmpose.txt", "a==2\n"), (".venv-mmpose/lock.txt", "a==1\n")):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)
    with pytest.raises(SignScaleError, match=r"made from another envs/mmpose\.txt; run `make env-mmpose`"):
        enter("mmpose")


def test_the_same_command_starts_again_in_the_environment_and_only_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr(environment, "os", SimpleNamespace(execv=lambda *call: started.append(call)))
    monkeypatch.setattr(sys, "argv", ["signscale", "keypoints", "wlasl"])
    for file in ("envs/mmpose.txt", ".venv-mmpose/lock.txt"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text("a==1\n")
    enter("")
    assert started == []
    enter("mmpose")
    python = ".venv-mmpose/bin/python"
    assert started == [(python, [python, "-u", "-m", "signscale", "keypoints", "wlasl"])]
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv-mmpose"))
    enter("mmpose")
    assert len(started) == 1


def test_what_extraction_lacks_is_one_line_each_before_the_first_job(root: Path, tmp_path, monkeypatch):
    paper, demo = (load_params(root, preset).keypoints for preset in ("paper", "demo"))
    by_path = WeightsParams(source="weights/hrnet.pth", sha256="0" * 8)
    own = paper.model_copy(update={"mmpose": paper.mmpose.model_copy(update={"weights": by_path})})
    monkeypatch.chdir(tmp_path)
    assert preflight(demo, ["wlasl", "photograph", "bobsl"]) == []
    assert preflight(paper, ["bobsl"]) == []
    environment_line = "keypoints: .venv-mmpose: no such environment; run `make env-mmpose`"
    assert preflight(own, ["wlasl", "phoenix14t", "bobsl"]) == [
        environment_line,
        "keypoints: weights/hrnet.pth: no such file; put it there",
    ]


def test_a_job_asks_for_a_gpu_where_its_estimator_wants_one(root: Path):
    paper, demo = (load_params(root, preset).keypoints for preset in ("paper", "demo"))
    onnx = demo.model_copy(update={"estimator": "onnx"})
    corpora = [load_corpus(name) for name in ("wlasl", "bobsl", "photograph")]
    assert [choice.wants_gpu(paper, corpus) for corpus in corpora] == [True, False, False]
    assert [choice.wants_gpu(demo, corpus) for corpus in corpora] == [False] * 3
    assert [choice.wants_gpu(onnx, corpus) for corpus in corpora] == [True, False, True]
    assert choice.memory_mb(demo, corpora[0], 4) == 4800 and choice.memory_mb(paper, corpora[0], 4) == 10000


OWN = """
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params.section import Section

class Settings(Section):
    steps: int = 3

class Mine:
    name, version = "mine", "1"
    def estimate(self, frames): ...

ESTIMATOR = Estimator("mine", Settings, lambda settings: Mine())
"""


def test_a_users_own_folder_is_an_estimator(root: Path, tmp_path):
    shutil.copy(root / "params.yaml", tmp_path)
    (tmp_path / "workflow/presets").mkdir(parents=True)
    (tmp_path / "workflow/presets/paper.yaml").write_text("keypoints: {estimator: mine}\n")
    (tmp_path / "estimators/mine").mkdir(parents=True)
    (tmp_path / "estimators/mine/__init__.py").write_text(OWN)
    code = (
        "from signscale.params import load_params; from signscale.corpora import load_corpus\n"
        "from signscale.keypoints.estimators import choice\n"
        "settings = load_params('.', 'paper').keypoints\n"
        "print([one.name for one in choice.estimators_of(settings, load_corpus('wlasl'))], settings.mine.steps, "
        "choice.running(settings, ['mine'])['mine'].version)"
    )
    environ = os.environ | {"PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "['mine'] 3 1", done.stderr
