"""DVC takes note of what a run completed, and only of that."""

import subprocess
import sys

import pytest

from signscale.params import load_params
from signscale.provenance import dvc


@pytest.fixture
def calls(root, tmp_path, monkeypatch) -> list[list[str]]:
    """The commands that `commit` runs in a folder with DVC; each of them ends with status 1."""
    made: list[list[str]] = []
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    params = load_params(root, "demo")
    monkeypatch.setattr(dvc, "load_params", lambda folder: params)
    monkeypatch.setattr(subprocess, "run", lambda cmd, check: made.append(cmd) or subprocess.CompletedProcess(cmd, 1))
    return made


def test_the_stages_are_committed_and_a_failure_names_the_command_to_run(calls):
    assert dvc.commit(["pack", "text"], "demo").endswith("run it yourself: dvc commit --force pack text")
    assert calls == [[sys.executable, "-m", "dvc", "commit", "--quiet", "--force", "pack", "text"]]


def test_nothing_is_committed_without_stages_under_dvc_of_another_preset_or_without_dvc(calls, tmp_path, monkeypatch):
    assert dvc.commit([], "demo") == ""
    assert dvc.commit(["pack"], "paper") == ""
    monkeypatch.setenv("DVC_STAGE", "pack")
    assert dvc.commit(["pack"], "demo") == ""
    monkeypatch.delenv("DVC_STAGE")
    (tmp_path / ".dvc").rmdir()
    assert dvc.commit(["pack"], "demo") == ""
    assert calls == []
