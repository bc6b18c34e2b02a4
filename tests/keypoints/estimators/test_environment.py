"""Which environment a corpus's estimator runs in, and what is said where it is not made."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators import environment
from signscale.keypoints.estimators.environment import enter, environment_of
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
