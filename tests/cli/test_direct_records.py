"""Commands that are called directly leave a provenance record of what they made, with the values of `--set`."""

import csv
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from made_clips import write_video

from signscale.acquire import run as acquiring
from signscale.cli import stages
from signscale.corpora import fingerspelling
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.part import Part
from signscale.fetch.record import forget_parts, record
from signscale.formats.files import read_json, sha256, write_json
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Clip
from signscale.keypoints.readers.pose_files import write_pose
from signscale.params import load_params
from signscale.provenance.describe import describe


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """A project folder with this repository's params and nothing else; the present folder."""
    shutil.copy(root / "params.yaml", tmp_path)
    shutil.copytree(root / "workflow" / "presets", tmp_path / "workflow" / "presets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(*paths) -> dict:
    """What a record says of these files, all in one folder."""
    return {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for path in paths}


def test_acquire_records_its_manifest_and_ledger(project, root, make_wheel, monkeypatch):
    index = (root / "tests/corpora/fixtures/index.csv").read_bytes()
    clips = {row["path"] for row in csv.DictReader(index.decode().splitlines())}
    content = {f"{fingerspelling.LEXICON}/{clip}": b"made up" for clip in clips}
    wheel = make_wheel("spoken-to-signed", "0.4.0", content | {f"{fingerspelling.LEXICON}/index.csv": index})
    monkeypatch.setattr(fingerspelling, "WHEEL_SHA256", sha256(wheel))
    manifest = project / "made" / "fingerspelling.parquet"
    stages.acquire("fingerspelling", manifest, 1, "demo", ["acquire.attempts=7"])

    found = read_json(project / "made" / "fingerspelling.provenance.json")
    assert found["step"] == "signscale acquire"
    assert found["params"]["acquire"]["attempts"] == 7 != load_params(".", "demo").acquire.attempts
    assert found["inputs"] == {"ledger": {"ledger.csv": sha256(project / "data/raw/fingerspelling/ledger.csv")}}
    assert found["outputs"] == outputs(manifest)
    assert "corpora/fingerspelling.py" in found["code"] and "corpora/wlasl.py" not in found["code"]
    text = describe(manifest)
    assert text.startswith("signscale acquire\n  --set    acquire.attempts=7\n")
    assert f"  data     ledger: ledger.csv sha256 {found['inputs']['ledger']['ledger.csv']}" in text


def test_fetch_records_the_ledger_of_its_part_until_the_parts_are_merged(project, monkeypatch):
    folder, part = project / "data" / "raw" / "wlasl", Part(1, 3)
    row = LedgerRow("7.mp4", "http://example.org/7.mp4", "2026-01-02", "ok", 3, "aa")
    monkeypatch.setattr(acquiring, "fetch_part", lambda params, corpus, index, count: record(folder, [row], part))
    stages.fetch("wlasl", 1, 3, "demo", ["acquire.attempts=7"])

    found = read_json(folder / "ledger-parts" / "00001-of-00003.provenance.json")
    assert (found["step"], found["set"]) == ("signscale fetch", ["acquire.attempts=7"])
    assert found["outputs"] == outputs(part.ledger(folder))
    forget_parts(folder)
    assert list((folder / "ledger-parts").iterdir()) == []


def test_keypoints_of_one_clip_record_the_estimator_and_the_clip(project, monkeypatch):
    still = SimpleNamespace(
        name="mediapipe", version="1", estimate=lambda frames: np.full((sum(1 for _ in frames), 133, 3), 0.5, "float32")
    )
    estimate = SimpleNamespace(MediaPipeEstimator=lambda settings: still)
    monkeypatch.setitem(sys.modules, "signscale.keypoints.estimators.mediapipe.estimate", estimate)
    write_video(project / "clip.mp4", 5)
    made = [project / "out.npz", project / "out.pose"]
    stages.keypoints(
        str(project / "clip.mp4"), None, None, None, 1, None, None, made[1], made[0], 0.0, "mediapipe", "paper", None
    )
    found = read_json(project / "out.provenance.json")
    assert (found["step"], found["outputs"]) == ("signscale keypoints", outputs(*made))
    assert found["params"]["keypoints"]["estimator"] == "mediapipe"
    assert found["inputs"] == {"clip": {"clip.mp4": sha256(project / "clip.mp4")}}


def test_keypoints_of_a_job_record_the_shard_with_what_lies_beside_it(project):
    points = np.full((5, 133, 3), 0.5, np.float32)
    raw = project / "data" / "raw" / "fingerspelling"
    raw.mkdir(parents=True)
    write_pose(raw / "a.pose", Clip("a", points, (64, 48), 25.0))
    manifest = project / "fingerspelling.parquet"
    row = Sample("fingerspelling/a", "fingerspelling", "train", "ase", "", "a.pose", 0, -1, 0, "", "a", "a", "")
    write_manifest(manifest, [row])
    shard = project / "00000.h5"
    stages.keypoints(
        "fingerspelling",
        manifest,
        0,
        shard,
        1,
        None,
        None,
        None,
        None,
        0.0,
        None,
        "demo",
        ["keypoints.clips_per_shard=9"],
    )
    found = read_json(project / "00000.provenance.json")
    beside = [project / "00000.quality.csv", project / "00000.excluded.csv"]
    assert (found["set"], found["outputs"]) == (["keypoints.clips_per_shard=9"], outputs(shard, *beside))
    assert found["inputs"] == {"manifest": {manifest.name: sha256(manifest)}}


def test_report_records_all_its_files_and_the_records_of_the_results(project):
    write_json(project / "results" / "text" / "provenance.json", {})
    page = project / "page" / "report.html"
    stages.report(project / "results", page, "demo", ["report.examples=2"])
    found = read_json(project / "page" / "report.provenance.json")
    assert found["params"]["report"]["examples"] == 2
    tables = [f"tables/comparison.{kind}" for kind in ("csv", "md", "tex")]
    assert sorted(found["outputs"]) == ["curves.csv", "report.html", *tables]
    assert found["outputs"]["report.html"]["sha256"] == sha256(page)
    there = project / "results" / "text" / "provenance.json"
    assert found["inputs"] == {"results": {"text/provenance.json": sha256(there)}}
