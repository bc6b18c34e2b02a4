"""Results and released models travel: a lab's clone finds its results, a reader's clone finds the released models."""

import pytest
from workplace import Workplace, git


@pytest.fixture
def clone(finished, tmp_path):
    """Clone the finished copy, at a branch or tag."""

    def made(branch: str) -> Workplace:
        git(tmp_path, "clone", "--quiet", "--branch", branch, str(finished.root), "signscale")
        return Workplace(tmp_path / "signscale")

    return made


def test_after_clone_and_pull_there_is_nothing_to_do(finished, clone, tmp_path):
    """The lab's own remote is one line."""
    finished.dvc("remote", "modify", "store", "url", str(tmp_path / "lab"))
    finished.commit("the lab's remote")
    finished.dvc("push")
    lab = clone("main")
    lab.dvc("pull")
    assert lab.planned("all") == {}
    assert lab.dvc_status() == {}
    assert "Nothing to be done" in lab.run("dvc", "repro", "--single-item", "keypoints").stderr


def test_a_released_model_is_pulled_by_tag_and_nothing_else_is(finished, clone):
    git(finished.root, "checkout", "--quiet", "-b", "release", "main")
    git(finished.root, "checkout", "--quiet", "start", "--", "dvc.lock", ".dvc/config")
    finished.edit("params.yaml", "\npreset: tiny ", "\npreset: paper ")
    finished.commit("as this repository is")
    made = "results/tiny/finetune/letters/pretrained-1"
    released = finished.run("signscale", "release", "--preset", "tiny", made)
    assert released.returncode == 0, released.stderr
    finished.commit("Release v0.1.0")
    git(finished.root, "tag", "v0.1.0")
    git(finished.root, "checkout", "--quiet", "main")

    reader = clone("v0.1.0")
    reader.dvc("pull")
    folder = reader.root / "released" / "letters"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "metrics.json",
        "model.safetensors",
        "provenance.txt",
        "receipt.json",
    ]
    weights = (finished.root / made / "model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == weights
    assert [path for path in (reader.root / "results").rglob("*") if path.is_file()] == []


def test_a_model_that_is_not_current_is_not_released(workplace):
    workplace.edit("params.yaml", "seed: 1  #", "seed: 2  #")
    workplace.commit("another seed")
    refused = workplace.run("signscale", "release", "results/tiny/pretrain")
    git(workplace.root, "revert", "--no-edit", "HEAD")
    assert refused.returncode == 1
    assert "not what params, code and data of now would make" in refused.stderr
