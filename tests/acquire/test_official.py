"""What is here of the published numbers, counted by hand on made layouts."""

import json

import numpy as np
import pytest
import replicas
from typer.testing import CliRunner

from signscale.acquire.coverage import coverage
from signscale.acquire.official import Count, described, results_of
from signscale.cli import app
from signscale.corpora import load_corpus
from signscale.formats.sample import write_manifest
from signscale.formats.shard import Clip, write_shard
from signscale.params import load_params

NINE = ("wlasl", "msasl", "nmfs_csl", "slr500", "phoenix14", "phoenix14t", "csl_daily", "how2sign", "bobsl")


@pytest.fixture
def params(root, tmp_path, monkeypatch):
    """The paper's params in an empty project folder that holds them."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "workflow/presets/paper.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((root / name).read_bytes())
    return load_params(root, "paper")


def _acquired(params, tmp_path, name):
    raw = tmp_path / params.acquire.raw
    replicas.LAYOUTS[name](raw)
    corpus = load_corpus(name)
    corpus.settle_parts(raw, 1)
    return raw, corpus, list(corpus.samples(raw))


@pytest.mark.parametrize("name", NINE)
def test_every_corpus_states_its_published_numbers_and_their_source(name):
    corpus = load_corpus(name)
    assert corpus.official["train"] > 0
    assert corpus.official["test"] > 0
    assert len(corpus.official_source) > 10
    assert set(corpus.official_subsets) <= set(corpus.subsets)


def test_every_stage_is_counted_beside_what_was_published(params, tmp_path):
    raw, corpus, samples = _acquired(params, tmp_path, "wlasl")
    points = np.zeros((4, 133, 3), np.float32)
    shard = tmp_path / "results" / "keypoints" / "wlasl" / "00000.h5"
    shard.parent.mkdir(parents=True)
    write_shard(shard, [Clip(f"wlasl/0000{n}", points, (64, 64), 25.0) for n in (1, 3, 6)], "mediapipe", "1")
    metrics = tmp_path / "results" / "evaluate" / "wlasl100" / "pretrained-1" / "metrics.json"
    metrics.parent.mkdir(parents=True)
    metrics.write_text(json.dumps({"split": "test", "coverage": {"present": 1, "expected": 1}}))
    made = results_of(params, "wlasl", tmp_path / "results")
    (found,) = coverage(samples, raw, {"wlasl": made})
    whole = [count for count in found.official if not count.subset]
    assert whole == [
        Count("", "train", 14_289, 4, 4, 3, 2, None),
        Count("", "dev", 3_916, 2, 2, 1, 0, None),
        Count("", "test", 2_878, 1, 1, 1, 1, None),
    ]
    (test_100,) = [count for count in found.official if (count.subset, count.split) == ("wlasl100", "test")]
    assert test_100 == Count("wlasl100", "test", 258, None, 1, 1, 1, 1)
    assert described(corpus, whole)[2].split() == ["train", "14,289", "4", "4", "3", "2", "-"]


def test_rows_that_make_no_sample_are_still_rows_of_the_annotation_file(params, tmp_path):
    raw = tmp_path / params.acquire.raw
    replicas.phoenix14t(raw)
    table = next((raw / "phoenix14t").rglob("PHOENIX-2014-T.dev.corpus.csv"))
    table.write_text(table.read_text() + "a|a/1/*.png|-1|-1|S|X|\nb|b/1/*.png|-1\n", encoding="utf-8")
    corpus = load_corpus("phoenix14t")
    corpus.settle_parts(raw, 1)
    (found,) = coverage(list(corpus.samples(raw)), raw)
    assert found.official[1] == Count("", "dev", 519, 3, 1, 1, None, None)
    assert sum(found.faults.values()) == 2


def test_bobsl_is_counted_in_episodes(params, tmp_path):
    raw, _, samples = _acquired(params, tmp_path, "bobsl")
    (found,) = coverage(samples, raw)
    assert [(c.split, c.published, c.annotated, c.listed, c.there) for c in found.official] == [
        ("train", 1_658, 1, 1, 1),
        ("dev", 32, 1, 1, 1),
        ("test", 250, 1, 1, 1),
    ]


def test_the_verb_prints_the_table_and_the_known_faults(params, tmp_path):
    _, _, samples = _acquired(params, tmp_path, "phoenix14")
    manifest = tmp_path / "results" / "acquire" / "phoenix14.parquet"
    manifest.parent.mkdir(parents=True)
    write_manifest(manifest, samples)
    shown = CliRunner().invoke(app, ["ledger", str(manifest), "--preset", "paper"])
    assert shown.exit_code == 0, shown.output
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    assert "split published annotated manifest on disk extracted scored" in lines
    assert "train 5,672 2 2 2 - -" in lines
    assert "test 629 1 1 1 - -" in lines
    assert any("has 16 frames for 15 glosses" in line for line in lines)
    assert not any(line.startswith("classes") for line in lines)
