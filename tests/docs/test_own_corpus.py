"""The corpus, the preset and the benchmark that the documentation shows are taken as they stand there."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from signscale import corpora
from signscale.acquire.run import acquire_corpus
from signscale.errors import SignScaleError
from signscale.formats.sample import read_manifest
from signscale.formats.video_file import write_video
from signscale.keypoints.estimators.environment import environment_of
from signscale.params import load_params

PAGE = Path(__file__).resolve().parents[2] / "docs" / "your-own-recordings.md"


def block(kind: str) -> str:
    """The first fenced block of a kind on the page."""
    return re.search(rf"^```{kind}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL).group(1)


def test_the_corpus_and_preset_of_the_page_work(root, tmp_path, monkeypatch):
    (tmp_path / "my_signs.py").write_text(block("python"))
    monkeypatch.setattr(corpora, "__path__", [*corpora.__path__, str(tmp_path)])
    shutil.copytree(root / "workflow" / "presets", tmp_path / "workflow" / "presets")
    (tmp_path / "workflow" / "presets" / "mine.yaml").write_text(block("yaml"))
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    params = load_params(tmp_path, "mine")
    assert params.finetune.benchmarks["my_words"].corpus == "my_signs"
    assert list(params.finetune.benchmarks) == ["my_words"]
    assert params.pretrain.start == "released/pretrained"

    folder = tmp_path / params.acquire.raw / "my_signs"
    write_video(folder / "a.mp4", [np.zeros((48, 64, 3), np.uint8)] * 10, 25.0)
    rows = [
        ("file", "split", "gloss", "text", "signer"),
        ("a.mp4", "train", "BOOK", "A book, please.", "anna"),
        ("b.mp4", "nowhere", "CAT", "", "anna"),
    ]
    (folder / "clips.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    with pytest.raises(SignScaleError, match="1 of 2 annotation rows make samples"):
        acquire_corpus(params, "my_signs", tmp_path / "my_signs.parquet")
    params = params.model_copy(update={"acquire": params.acquire.model_copy(update={"min_kept": 0.5})})
    acquire_corpus(params, "my_signs", tmp_path / "my_signs.parquet")
    (sample,) = read_manifest(tmp_path / "my_signs.parquet")
    assert (sample.sample_id, sample.label, sample.text) == ("my_signs/a.mp4", "BOOK", "A book, please.")
    assert "split 'nowhere' is none of train, dev, test" in (folder / "annotation_faults.csv").read_text()
    corpus = corpora.load_corpus("my_signs")
    assert environment_of(params.keypoints, corpus) == ""
    assert environment_of(load_params(tmp_path, "paper").keypoints, corpus) == "mmpose"
