"""Coverage: what the ledger says against what the manifest lists."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signscale.acquire.coverage import coverage, describe
from signscale.cli import app
from signscale.corpora import load_corpus
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.part import WHOLE
from signscale.fetch.record import record
from signscale.formats.sample import Sample, write_manifest
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


def _glosses(*changes):
    usual = {"bbox": [1, 2, 30, 40], "frame_start": 1, "frame_end": -1, "signer_id": 5, "split": "train"}
    usual |= {"url": "http://127.0.0.1:9/x.mp4", "video_id": "0"}
    return json.dumps([{"gloss": "book", "instances": [usual | change for change in changes]}])


def test_annotation_rows_excluded_are_counted_by_kind(tmp_path, settings):
    (tmp_path / "wlasl").mkdir()
    (tmp_path / "wlasl" / "WLASL_v0.3.json").write_text(
        _glosses(
            {},
            {"video_id": "1", "frame_start": 50, "frame_end": 20},
            {"video_id": "2", "frame_start": 7, "frame_end": 6},
            {"video_id": "3", "bbox": [-5, 0, 10, 10]},
            {"video_id": "4", "bbox": [9, 9, 3, 3]},
            {"frame_end": 7},
        )
    )
    corpus = load_corpus("wlasl")
    corpus.acquire_part(tmp_path, settings, WHOLE)
    corpus.settle_parts(tmp_path, 1)
    (found,) = coverage(list(corpus.samples(tmp_path)), tmp_path)
    assert found.faults == {
        "bbox … lies outside the frame or is empty": 2,
        "frame_end … is before frame_start …": 2,
        "id … stands twice; the first is kept": 1,
    }
    assert "annotation rows excluded: 5\n    2 x bbox … lies outside the frame" in describe(found, classes=False)


VTT = "WEBVTT\n\n00:01.000 -->\nTorn.\n\n00:03.000 --> 00:02.000\nBackwards.\n\n00:05.000 --> 00:07.000\nGood.\n"


def test_torn_cues_and_bad_encodings_are_counted_too(tmp_path, settings, monkeypatch):
    monkeypatch.delenv("SIGNSCALE_BOBSL_URL", raising=False)
    folder = tmp_path / "bobsl"
    (folder / "subtitles" / "manually-aligned").mkdir(parents=True)
    (folder / "pose").mkdir()
    (folder / "subset2episode.json").write_text('{"train": ["11"], "val": [], "test": []}')
    (folder / "subtitles" / "manually-aligned" / "11.vtt").write_bytes(
        VTT.encode() + "\n00:08.000 --> 00:09.000\nCafé".encode("latin-1")
    )
    corpus = load_corpus("bobsl")
    corpus.acquire(tmp_path, settings)
    (found,) = coverage(list(corpus.samples(tmp_path)), tmp_path)
    assert found.splits == {"train": (0, 1)}
    assert found.outcomes == {"missing": 1}
    assert found.faults == {
        "end … s is not after start … s": 1,
        "not UTF-8 at byte …; convert the file from ISO-8859-1 by iconv": 1,
        "torn cue: its times are not complete": 1,
        "torn cue: no text": 1,
    }
