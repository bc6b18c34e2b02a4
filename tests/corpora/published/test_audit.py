"""Audits: the paper's counts from official sizes, and faults planted by hand are found."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from signscale.cli import app
from signscale.corpora.audit import (
    audit,
    describe_findings,
    describe_tables,
    duplicates,
    expected_holdings,
    histogram,
    holdings_on_disk,
    tables,
)
from signscale.corpora.leakage import find_leaks, find_similar_glosses, gloss_similarity
from signscale.formats.sample import Sample, write_manifest
from signscale.params import load_params

CLIP = Sample("wlasl/1", "wlasl", "train", "ase", "7", "videos/1.mp4", 0.0, 2.0, 25.0, "book", "t", "0", "mmpose")


def _phoenix(corpus, name, split, gloss):
    return Sample(f"{corpus}/{name}", corpus, split, "gsg", "", f"x/{name}", 0.0, -1.0, 25.0, gloss, "", "", "mmpose")


def test_official_sizes_give_the_papers_totals():
    counted = tables(expected_holdings())
    language = {row["language"]: row for row in counted["languages"]}
    assert counted["unpaired"] == 11_344
    assert counted["samples"] == 1_563_701
    assert counted["paired"] == 1_552_357
    assert language["gsg"]["samples"] == 25_536
    assert language["csl"]["samples"] == 267_908
    assert language["ase"]["samples"] == 2 * (18_205 + 21_341) + 31_128
    assert language["bfi"]["samples"] == 1_160_037
    assert (language["ase"]["sentences"], language["gsg"]["sentences"]) == (70_674, 7_096)


def test_what_is_counted_in_episodes_is_marked():
    notes = {holding.corpus: holding.note for holding in expected_holdings()}
    assert notes["nmfs_csl"] == notes["slr500"] == ""
    assert notes["bobsl"] == "the rest of the paper's total"
    assert notes["wlasl"] == ""


def test_counts_on_disk_take_the_papers_splits_and_views():
    rows = [replace(CLIP, sample_id=f"wlasl/{i}", split=split) for i, split in enumerate(["train", "dev", "test"])]
    rows += [_phoenix("phoenix14", "a-1", "train", "REGEN"), _phoenix("phoenix14", "a-2", "dev", "WIND")]
    counted = tables(holdings_on_disk(rows))
    assert [(row["corpus"], row["clips"], row["samples"]) for row in counted["corpora"]] == [
        ("wlasl", 2, 4),
        ("phoenix14", 1, 2),
    ]
    assert counted["unpaired"] == 2


def test_the_histogram_counts_every_clip_once():
    rows = [
        replace(CLIP, end=24 / 25),
        replace(CLIP, end=1.0),
        replace(CLIP, end=40.0, fps=0.0),
        replace(CLIP, end=-1.0),
        replace(CLIP, sample_id="wlasl/5", end=-1.0),
    ]
    found = histogram(rows, {"wlasl/5": 60})
    assert {b["from"]: b["clips"] for b in found["bins"] if b["clips"]} == {0: 1, 25: 1, 50: 1, 512: 1}
    assert found["unknown"] == 1
    assert found["hours"] == pytest.approx((24 + 25 + 1000 + 60) / 25 / 3600, abs=1e-3)


def test_a_clip_standing_twice_is_found_and_its_splits_compared():
    rows = [CLIP, replace(CLIP, sample_id="wlasl/2", split="test"), replace(CLIP, sample_id="wlasl/3", end=3.0)]
    assert duplicates(rows) == [{"ids": ["wlasl/1", "wlasl/2"], "across_splits": True}]


def test_a_test_clip_from_a_video_of_the_other_corpus_is_a_leak():
    seen = replace(CLIP, sample_id="msasl/1", corpus="msasl", clip="videos/youtube/PBDUwwE9BFM.mp4", start=1.0)
    test = [
        replace(CLIP, sample_id="wlasl/2", split="test", clip="videos/youtube/PBDUwwE9BFM.mp4", start=1.5, end=4.0),
        replace(CLIP, sample_id="wlasl/3", split="test", clip="videos/youtube/PBDUwwE9BFM.mp4", start=2.0, end=4.0),
        replace(CLIP, sample_id="wlasl/4", split="test", clip="videos/youtube/00000000000.mp4"),
    ]
    leaks = find_leaks(test, [seen])
    assert [(leak.held_out, leak.seen, leak.kind) for leak in leaks] == [
        ("wlasl/2", "msasl/1", "clip"),
        ("wlasl/3", "msasl/1", "recording"),
    ]


def test_gloss_similarity_is_the_share_of_glosses_that_match_in_order():
    assert gloss_similarity("REGEN WIND NORD", "REGEN WIND NORD") == 1.0
    assert gloss_similarity("REGEN WIND NORD KALT", "REGEN NORD KALT SUED") == 2 * 3 / 8
    assert gloss_similarity("REGEN", "REGENWIND") == 0.0


def test_phoenix14_segments_are_compared_within_their_broadcast_only():
    train = [
        _phoenix("phoenix14t", "01April_2010_Thursday_heute-3", "train", "MORGEN REGEN NORD WIND"),
        _phoenix("phoenix14t", "02April_2010_Friday_heute-1", "train", "SONNE UND WOLKE DANN"),
    ]
    held_out = [
        _phoenix("phoenix14", "01April_2010_Thursday_heute_default-7", "test", "MORGEN REGEN NORD"),
        _phoenix("phoenix14", "01April_2010_Thursday_heute_default-8", "test", "SONNE UND WOLKE DANN"),
        _phoenix("phoenix14", "01April_2010_Thursday_heute_default-9", "dev", "MORGEN REGEN KALT SUED"),
    ]
    (leak,) = find_similar_glosses(held_out, train)
    assert (leak.held_out, leak.seen) == (held_out[0].sample_id, train[0].sample_id)
    assert leak.share == pytest.approx(6 / 7, abs=1e-4)


def test_the_audit_flags_dev_clips_by_what_params_train_on(root):
    params = load_params(root)
    corpora = params.acquire.model_copy(update={"corpora": ["wlasl"]})
    pretrain = params.pretrain.model_copy(update={"corpora": ["wlasl"], "splits": ["train", "dev"]})
    params = params.model_copy(update={"acquire": corpora, "pretrain": pretrain})
    rows = [CLIP, replace(CLIP, sample_id="wlasl/2", split="dev", clip="videos/2.mp4")]
    found = audit(params, rows, {})
    assert found["dev_in_pretraining"] == {"wlasl": 1}
    assert "dev clips in pre-training: wlasl 1" in describe_findings(found)
    assert "1,563,701" in describe_tables(found["tables"])


def test_the_verb_prints_the_papers_figures_beside_ours(root, tmp_path, monkeypatch):
    monkeypatch.chdir(root)
    write_manifest(tmp_path / "wlasl.parquet", [CLIP])
    out = tmp_path / "audit.json"
    result = CliRunner().invoke(app, ["audit", str(tmp_path / "wlasl.parquet"), "--expected", "--out", str(out)])
    assert result.exit_code == 0, result.output
    for figure in ("11,344", "25,536", "267,908", "1,563,701", "clips that stand twice: 0"):
        assert figure in result.output
    assert '"dev_in_pretraining": {}' in out.read_text(encoding="utf-8")
