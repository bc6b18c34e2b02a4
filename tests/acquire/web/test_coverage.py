"""Coverage: what the ledger says against what the manifest lists."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from signscale.acquire.coverage import coverage, describe
from signscale.acquire.ledger import LedgerRow
from signscale.acquire.record import record
from signscale.cli import app
from signscale.corpora.sample import Sample, write_manifest
from signscale.params import load_params


def _sample(number, split, label, clip):
    return Sample(f"wlasl/{number}", "wlasl", split, "ase", "", clip, 0.0, -1.0, 0.0, "", "", label, "mmpose")


@pytest.fixture
def samples():
    return [
        _sample(1, "train", "10", "videos/a.mp4"),
        _sample(2, "train", "2", "videos/a.mp4"),
        _sample(3, "test", "2", "videos/b.mp4"),
        _sample(4, "test", "10", "videos/c.mp4"),
        _sample(5, "test", "7", "unpacked/d.mp4"),
        _sample(6, "dev", "8", "videos/never.mp4"),
    ]


def _fill(raw: Path) -> None:
    outcomes = {"videos/a.mp4": "ok", "videos/b.mp4": "dead", "videos/c.mp4": "too short", "d.mp4": "ok"}
    record(raw / "wlasl", [LedgerRow(name, "u", "", outcome, 0, "") for name, outcome in outcomes.items()])


def test_clips_are_counted_by_split_class_and_outcome(samples, tmp_path):
    _fill(tmp_path)
    (found,) = coverage(samples, tmp_path)
    assert list(found.splits.items()) == [("train", (2, 2)), ("dev", (0, 1)), ("test", (2, 3))]
    assert list(found.classes.items()) == [("2", (1, 2)), ("7", (1, 1)), ("8", (0, 1)), ("10", (2, 2))]
    assert found.outcomes == {"dead": 1, "ok": 2, "too short": 1}
    assert "classes: 4, of these whole 2, without a clip 1" in describe(found, classes=False)


def test_a_corpus_without_a_ledger_is_left_out(samples, tmp_path):
    assert coverage(samples, tmp_path) == []


def test_the_verb_prints_a_line_a_class_on_demand(samples, tmp_path, root, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "workflow/presets/paper.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((root / name).read_bytes())
    _fill(tmp_path / load_params(tmp_path, "paper").acquire.raw)
    write_manifest(tmp_path / "wlasl.parquet", samples)
    result = CliRunner().invoke(app, ["ledger", "wlasl.parquet", "--classes", "--preset", "paper"])
    assert result.exit_code == 0, result.output
    assert "wlasl: train 2 of 2, dev 0 of 1, test 2 of 3" in result.output
    assert "    10: 2 of 2" in result.output
