"""Results and released models travel: a lab's clone finds its results, a reader's clone finds the released models."""

import socket
import subprocess
import sys

import botocore.session
import pytest
from botocore.config import Config
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


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of an S3 server on this machine: its server's address."""
    pytest.importorskip("moto", reason="moto's S3 server is not installed; make test installs envs/test.txt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-the-test")
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    client = botocore.session.get_session().create_client(
        "s3", "us-east-1", endpoint_url=address, config=Config(retries={"total_max_attempts": 30, "mode": "standard"})
    )
    client.create_bucket(Bucket="lab")
    yield address
    server.terminate()
    server.wait()


def test_a_lab_keeps_its_results_in_a_bucket(finished, clone, bucket):
    git(finished.root, "checkout", "--quiet", "-b", "bucket", "main")
    finished.dvc("remote", "modify", "store", "url", "s3://lab/signscale")
    finished.dvc("remote", "modify", "store", "endpointurl", bucket)  # only because the server is not Amazon's
    finished.commit("the lab's bucket")
    finished.dvc("push", "pretrain")
    lab = clone("bucket")
    git(finished.root, "checkout", "--quiet", "main")
    lab.dvc("pull", "pretrain")
    made = "results/tiny/pretrain/model.safetensors"
    assert (lab.root / made).read_bytes() == (finished.root / made).read_bytes()


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
        "README.md",
        "config.json",
        "metrics.json",
        "model.safetensors",
        "preprocessor_config.json",
        "provenance.json",
        "provenance.txt",
    ]
    weights = (finished.root / made / "model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == weights
    assert [path for path in (reader.root / "results").rglob("*") if path.is_file()] == []
    clip = min((finished.root / "data" / "raw" / "fingerspelling").rglob("*.pose"))
    told = reader.run("signscale", "provenance", "released/letters")
    assert told.stdout.startswith("finetune/letters/pretrained-1\n")
    answer = reader.run("signscale", "predict", str(clip), "--model", "released/letters")
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 5 and "%" in answer.stdout


def test_a_model_that_is_not_current_is_not_released(workplace):
    workplace.edit("params.yaml", "seed: 1  #", "seed: 2  #")
    workplace.commit("another seed")
    refused = workplace.run("signscale", "release", "results/tiny/pretrain")
    git(workplace.root, "revert", "--no-edit", "HEAD")
    assert refused.returncode == 1
    assert "not up to date with params, code and data" in refused.stderr
