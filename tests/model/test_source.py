"""A model from a folder, taken over whole; and the line on one that is not there."""

import shutil

import pytest
from training_worlds import pretrained, tiny, world  # noqa: F401 - fixtures

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.model.folder import FILES
from signscale.model.source import fetch_model, folder_of, is_of_hub, take_over


def test_a_folder_and_what_dvc_keeps_are_not_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "released").mkdir()
    assert is_of_hub("released/pretrained")
    (tmp_path / "released" / "pretrained.dvc").write_text("")
    assert not is_of_hub("released/pretrained")
    assert is_of_hub("org/name@v1")
    assert not any(map(is_of_hub, ("./name/model", "/org/name", "a/b/c", "name")))
    assert folder_of("org/name@v1", "raw") == tmp_path.relative_to(tmp_path) / "raw" / "pretrained" / "org--name@v1"


def test_a_model_is_taken_over_byte_for_byte(pretrained, tmp_path):  # noqa: F811
    shutil.copytree(pretrained, tmp_path / "source")
    (tmp_path / "source" / "README.md").write_text("a card\n")
    take_over(str(tmp_path / "source"), tmp_path, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES)
    assert all(sha256(tmp_path / "out" / name) == sha256(tmp_path / "source" / name) for name in FILES)


def test_what_is_no_model_of_pretraining_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SignScaleError, match=r"^a/b/none: no such model folder; correct the name$"):
        fetch_model("a/b/none", tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text('{"kind": "finetune"}')
    with pytest.raises(SignScaleError, match="m: a model folder of finetune, not of pretrain"):
        take_over("m", tmp_path, tmp_path / "out")
    (tmp_path / "m" / "config.json").write_text('{"kind": "pretrain"}')
    with pytest.raises(SignScaleError, match=r"m/README\.md: no such file; fetch the model again"):
        take_over("m", tmp_path, tmp_path / "out")
