"""Every task from a packed corpus to metrics.json: scored on test alone, with coverage and hashes of what it used."""

import json
import shutil
from dataclasses import replace

import pytest
from safetensors.torch import load_file, save_file
from tiny_world import STILL, make_world, sample, signing, write_pack

from signscale.errors import SignScaleError
from signscale.evaluate.run import evaluate
from signscale.finetune.run import finetune
from signscale.formats.files import sha256
from signscale.formats.sample import read_manifest, write_manifest
from signscale.tasks.score import STANDARD, measures_of

CORPUS = {"letters": "letters", "cslr": "words", "slt": "words", "retrieval": "words"}
TASK = {"letters": "islr", "cslr": "cslr", "slt": "slt", "retrieval": "retrieval"}
SELECTED = {"letters": "per_instance_top1", "cslr": "wer", "slt": "bleu4", "retrieval": "t2v_r1"}
LEARN = {"islr": {"epochs": 20, "learning_rate": 0.01, "augment": STILL}}


@pytest.fixture(scope="module")
def world(root, tmp_path_factory):
    """A world, a model of each benchmark, and the manifest of its corpus with one test clip more than was packed."""
    made = make_world(tmp_path_factory.mktemp("world") / "w", root, {"finetune": LEARN})
    for benchmark, corpus in CORPUS.items():
        pack = made.root / "pack" / corpus
        finetune(made.params, benchmark, "scratch", 1, pack, made.text, None, made.root / "finetune" / benchmark)
        rows = read_manifest(pack / "manifest.parquet")
        blank = replace(rows[-1], sample_id=f"{corpus}/untold", gloss="", text="", label="")
        write_manifest(made.root / f"{corpus}.parquet", [*rows, replace(rows[-1], sample_id=f"{corpus}/lost"), blank])
    return made


def scored(world, benchmark, out, model=None):
    corpus = CORPUS[benchmark]
    model = model or world.root / "finetune" / benchmark
    evaluate(
        world.params, benchmark, model, world.root / "pack" / corpus, world.root / f"{corpus}.parquet", world.text, out
    )
    lines = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    return json.loads((out / "metrics.json").read_text(encoding="utf-8")), lines


@pytest.mark.parametrize("benchmark", CORPUS)
def test_a_benchmark_is_scored_on_its_test_clips(world, tmp_path, benchmark):
    document, lines = scored(world, benchmark, tmp_path)
    pack = world.root / "pack" / CORPUS[benchmark]
    test = [row.sample_id for row in read_manifest(pack / "manifest.parquet") if row.split == "test"]
    assert [line["sample_id"] for line in lines] == test
    assert (document["benchmark"], document["task"], document["split"]) == (benchmark, TASK[benchmark], "test")
    metric = document["metrics"][SELECTED[benchmark]]
    assert metric["low"] <= metric["value"] <= metric["high"]
    assert metric["n"] == len(test)
    assert f"coverage:{len(test)}/{len(test) + 1}" in metric["signature"]
    assert "selection:dev" in metric["signature"]
    assert {one.name for one in measures_of(TASK[benchmark], lines, STANDARD)} == set(document["metrics"])


def test_test_clips_are_seen_whole_and_what_is_cut_is_counted_beside_the_score(world, tmp_path, capsys):
    rows = [(sample(f"long/{split}", split=split, text="This word is dab ."), signing("dab", n, 0))
            for split, n in (("train", 300), ("dev", 1030), ("test", 1030))]  # fmt: skip
    write_pack(tmp_path / "pack", rows)
    manifest = tmp_path / "pack" / "manifest.parquet"
    found = {}
    for longest in (1024, 1030):
        recipe = world.params.finetune.retrieval.model_copy(update={"max_frames": longest, "epochs": 1})
        params = world.params.model_copy(
            update={"finetune": world.params.finetune.model_copy(update={"retrieval": recipe})}
        )
        out = tmp_path / str(longest)
        finetune(params, "retrieval", "scratch", 1, tmp_path / "pack", world.text, None, out / "model")
        evaluate(params, "retrieval", out / "model", tmp_path / "pack", manifest, world.text, out)
        found[longest] = json.loads((out / "metrics.json").read_text(encoding="utf-8")).get("cut", 0)
        assert json.loads((out / "model/config.json").read_text())["model"]["max_frames"] == longest
    assert found == {1024: 1, 1030: 0}
    assert capsys.readouterr().err.count("1 clips are longer than 1024 frames (long/test, ...)") == 1


@pytest.mark.parametrize("benchmark", CORPUS)
def test_coverage_counts_the_clip_excluded_but_not_one_without_a_target(world, tmp_path, benchmark):
    document, lines = scored(world, benchmark, tmp_path)
    assert document["coverage"] == {"present": len(lines), "expected": len(lines) + 1}


@pytest.mark.parametrize("benchmark", CORPUS)
def test_equal_inputs_give_equal_bytes_and_are_named(world, tmp_path, benchmark):
    document, _ = scored(world, benchmark, tmp_path / "a")
    scored(world, benchmark, tmp_path / "b")
    for name in ("metrics.json", "predictions.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    pack = world.root / "pack" / CORPUS[benchmark]
    assert document["inputs"] == {
        "pack": sha256(pack / "shard.h5"),
        "manifest": sha256(pack / "manifest.parquet"),
        "text": sha256(world.text),
        "model": sha256(world.root / "finetune" / benchmark / "model.safetensors"),
    }


def test_a_model_that_learned_recognises_held_out_clips(world, tmp_path):
    document, lines = scored(world, "letters", tmp_path)
    assert document["metrics"]["per_instance_top1"]["value"] >= 75
    for line in lines:
        assert sorted(line["ranked"]) == ["A", "B", "C", "D"]
        assert line["probabilities"] == sorted(line["probabilities"], reverse=True)
        assert sum(line["probabilities"]) == pytest.approx(1, abs=1e-4)


def test_a_model_of_another_benchmark_or_kind_is_refused(world, tmp_path):
    with pytest.raises(SignScaleError, match="was fine-tuned for letters, not for cslr"):
        scored(world, "cslr", tmp_path / "out", world.root / "finetune" / "letters")
    with pytest.raises(SignScaleError, match=r"benchmark 'unheard' is not in finetune\.benchmarks"):
        evaluate(world.params, "unheard", tmp_path, tmp_path, tmp_path, world.text, tmp_path / "out")
    torn = shutil.copytree(world.root / "finetune" / "letters", tmp_path / "torn")
    (torn / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(SignScaleError, match=r"model\.safetensors: not a whole"):
        scored(world, "letters", tmp_path / "out", torn)
    assert not (tmp_path / "out").exists()


def test_a_pack_without_test_clips_is_named(world, tmp_path):
    pack = shutil.copytree(world.root / "pack" / "letters", tmp_path / "pack")
    rows = [replace(row, split="train") for row in read_manifest(pack / "manifest.parquet")]
    write_manifest(pack / "manifest.parquet", rows)
    with pytest.raises(SignScaleError, match="has no test clip with a target for islr"):
        evaluate(
            world.params, "letters", world.root / "finetune" / "letters", pack, pack / "manifest.parquet", world.text,
            tmp_path / "out",
        )  # fmt: skip


OVERFLOWING = {"retrieval": "head.project_sign.weight", "cslr": "head.first.convolve.weight"}
"""The layer whose sums are no numbers if its weights are the largest that are."""


@pytest.mark.parametrize("benchmark", CORPUS)
def test_outputs_that_are_no_numbers_are_not_scored(world, tmp_path, benchmark):
    shutil.copytree(world.root / "finetune" / benchmark, tmp_path / "m")
    weights = load_file(tmp_path / "m" / "model.safetensors")
    name = OVERFLOWING.get(benchmark, "head.classify.weight")
    save_file(weights | {name: weights[name].sign() * 3e38}, tmp_path / "m" / "model.safetensors")
    with pytest.raises(SignScaleError, match="are no numbers: its weights are damaged"):
        scored(world, benchmark, tmp_path / "out", tmp_path / "m")
    assert not (tmp_path / "out").exists()
