"""The weights of the estimators: which a preset wants, and that what lies there is not fetched again."""

from pathlib import Path

from signscale.acquire.models import fetch_models
from signscale.keypoints.estimators.choice import weights_to_fetch
from signscale.params import load_params


def test_the_paper_wants_pose_and_person_weights_and_the_demo_none(root: Path):
    digits = [weights.sha256 for weights in weights_to_fetch(load_params(root, "paper"))]
    assert digits == ["f5726563", "235e8209"]
    assert weights_to_fetch(load_params(root, "demo")) == []


def test_what_lies_there_is_not_fetched_again(root: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = load_params(root, "paper")
    for weights in weights_to_fetch(params):
        weights.path.parent.mkdir(parents=True, exist_ok=True)
        weights.path.write_bytes(b"dropped by hand")
    assert fetch_models(params) == [weights.path for weights in weights_to_fetch(params)]
