"""What `signscale provenance` and `signscale hashes` say of results, by their records."""

import hashlib
import shutil
from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.formats.files import write_json, write_text
from signscale.provenance.describe import describe, hashes
from signscale.provenance.records import decided_text

MADE = {
    "commit": "c0ffee",
    "lock": {"envs/base.txt": "10c4"},
    "python": "3.11.2",
    "installed": {"torch": "2.13.0+cpu"},
    "machine": {"processor": "A Processor", "cores": 2, "gpus": ["A GPU", "A GPU"], "system": "Linux x86_64"},
}


def leave_record(path, step: str, after: dict, **more) -> str:
    """Write a record; returns what steps after it note of it."""
    content = {"step": step, "params": {"seed": 1}, "code": {"a.py": "aa"}, "packages": {"torch": "2.13.0"}}
    write_json(path, content | {"manifests": {}, "after": after, "made": MADE} | more)
    return hashlib.sha256(decided_text(path).encode()).hexdigest()


@pytest.fixture
def results(tmp_path):
    """Two shards, a pack of them, a model trained on it."""
    shards = {}
    for k in range(2):
        name = f"keypoints/letters/{k:05d}"
        shards[name] = leave_record(tmp_path / f"{name}.provenance.json", name, {}, raw=f"raw{k}", rows="rows")
    pack = leave_record(
        tmp_path / "pack/letters/provenance.json", "pack/letters", shards, manifests={"letters": "3a3a"}
    )
    leave_record(tmp_path / "pretrain/provenance.json", "pretrain", {"pack/letters": pack})
    write_text(tmp_path / "pretrain" / "model.safetensors", "weights")
    return tmp_path


def test_a_result_names_params_commit_lock_packages_machine_and_data(results):
    for result in (results / "pretrain", results / "pretrain" / "model.safetensors"):
        text = describe(result)
        for part in (
            '{"seed": 1}',
            "c0ffee",
            "envs/base.txt sha256 10c4",
            "torch 2.13.0+cpu",
            "A Processor",
            "A GPU, A GPU",
        ):
            assert part in text
        assert "  keypoints/letters (2 shards): commit c0ffee" in text
        assert "  pack/letters: commit c0ffee; manifest of letters sha256 3a3a" in text


def test_a_shard_names_its_raw_files(results):
    write_text(results / "keypoints/letters/00001.h5", "shard")
    assert "raw files sha256 raw1" in describe(results / "keypoints/letters/00001.h5")


def test_what_was_made_again_since_is_said(results):
    assert "MADE AGAIN SINCE" not in describe(results / "pretrain")
    leave_record(
        results / "keypoints/letters/00000.provenance.json", "keypoints/letters/00000", {}, raw="other", rows="rows"
    )
    assert "  keypoints/letters (2 shards): commit c0ffee; MADE AGAIN SINCE" in describe(results / "pretrain")


def test_a_released_copy_is_described_wherever_it_is_named(results, tmp_path, monkeypatch):
    leave_record(
        results / "finetune/letters/pretrained-1/provenance.json", "finetune/letters/pretrained-1", {"pretrain": "b0"}
    )
    shutil.copytree(results / "finetune/letters/pretrained-1", tmp_path / "released" / "letters")
    monkeypatch.chdir(tmp_path)
    text = describe(Path("released/letters"))
    assert text.startswith("finetune/letters/pretrained-1\n")
    assert text.endswith("built on\n  pretrain: record b0, which is not here")


def test_a_folder_without_a_record_is_named(tmp_path):
    with pytest.raises(SignScaleError, match="it has no provenance record"):
        describe(tmp_path)


def test_hashes_are_those_of_the_files_in_order(results):
    lines = list(hashes(results))
    assert f"{hashlib.sha256(b'weights').hexdigest()}  pretrain/model.safetensors" in lines
    paths = [line.split("  ")[1] for line in lines]
    assert paths == sorted(paths, key=lambda path: path.split("/"))
    assert len(paths) == 5
