"""Adding a corpus is one file: the rest of the pipeline takes it from there."""

import pytest

from signscale import corpora
from signscale.acquire.coverage import coverage
from signscale.acquire.run import acquire_corpus
from signscale.errors import SignScaleError
from signscale.formats.sample import read_manifest
from signscale.params import load_params
from signscale.provenance import availability
from signscale.provenance.stages import steps

TENTH = """
from signscale.fetch.local import require_dropped
from signscale.corpora.annotated import AnnotatedCorpus, Place
from signscale.corpora.lists import labelled_rows, labelled_sample

CORPUS = AnnotatedCorpus(
    name="tenth", title="Tenth", access="manual", kind="video", licence="CC0", source="https://example.org/",
    language="csl", rows=labelled_rows, sample=lambda row: labelled_sample("tenth", row, 5, signer="", fps=0.0),
    check_access=lambda folder: require_dropped(folder, ["train.txt"], "ask https://example.org/"),
)
"""


def test_a_tenth_corpus_is_one_file(root, tmp_path, monkeypatch):
    (tmp_path / "tenth.py").write_text(TENTH)
    monkeypatch.setattr(corpora, "__path__", [*corpora.__path__, str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    params = load_params(root, "paper")
    params = params.model_copy(update={"acquire": params.acquire.model_copy(update={"corpora": ["tenth"]})})
    assert "Tenth is left out (CC0)" in availability.missing_access(params)["tenth"]

    folder = tmp_path / params.acquire.raw / "tenth"
    folder.mkdir(parents=True)
    (folder / "train.txt").write_text("a.mp4 3\nb.mp4 7\nc.mp4 3\n")
    (folder / "gloss.txt").write_text("3 苹果\n", encoding="utf-8")
    (folder / "a.mp4").write_bytes(b"not looked into")
    assert availability.missing_access(params) == {}
    with pytest.raises(SignScaleError, match=r"tenth: 2 of 3 annotation rows make samples, 66\.7 % \(1 x label"):
        acquire_corpus(params, "tenth", tmp_path / "tenth.parquet")
    assert not (tmp_path / "tenth.parquet").exists()
    params = params.model_copy(update={"acquire": params.acquire.model_copy(update={"min_kept": 0.5})})
    acquire_corpus(params, "tenth", tmp_path / "tenth.parquet")
    samples = read_manifest(tmp_path / "tenth.parquet")
    assert [(sample.sample_id, sample.text) for sample in samples] == [
        ("tenth/a.mp4", "这个词是苹果。"),
        ("tenth/c.mp4", "这个词是苹果。"),
    ]
    (found,) = coverage(samples, tmp_path / params.acquire.raw)
    assert found.splits == {"train": (1, 2)}
    assert found.faults == {"label … is none of … to …": 1}
    assert found.remarks == ("test.txt: the file is absent, so split test is empty",)
    assert {"acquire/tenth", "pack/tenth", "keypoints/tenth/00000"} <= set(steps(params, {"tenth": 1}))
