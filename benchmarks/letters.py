"""Five folds of unseen sign languages: letters recognised by nearest neighbour, from scratch, and pre-trained.

The sorted codes of the 16 languages with Latin letters, every fifth one to a fold; all clips of a fold's languages are
unseen in pre-training and fine-tuning. Settings: params.yaml with the presets demo and benchmarks/letters.yaml on top.
There is no dev split: every run takes its last epoch. Prints JSON; progress on stderr. MediaPipe stands in for HRNet +
DARK, MiniLM for mBART.

Usage: python benchmarks/letters.py [--folds 0,1,2,3,4] [--seeds 1,2,3] [--jobs 2] [--out results/letters]
    [--methods scratch,pretrained,recurrent] [--handedness as_filmed]
recurrent is a bidirectional GRU on the same inputs (benchmarks/letters_recurrent.py). Another handedness needs another
--out.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from signscale.acquire.run import acquire_corpus
from signscale.corpora import fingerspelled_words, fingerspelling
from signscale.data.clips import clips_of
from signscale.evaluate.compare import compare_runs
from signscale.evaluate.nearest import rank_clips
from signscale.formats.files import read_json, write_json
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.keypoints.run import extract_shard
from signscale.pack.run import pack_corpus
from signscale.params import Params, overlay, validate
from signscale.tasks.metrics.metric import Coverage
from signscale.tasks.score import score_predictions
from signscale.text.store import build_store

HERE = Path(__file__).resolve().parent
LETTERS, WORDS = "fingerspelling", "fingerspelled_words"
WORDS_PER_LANGUAGE = 36


def load_settings(benchmark: str, changes: dict[str, Any] | None = None) -> Params:
    """params.yaml, preset demo, then the overlay of a benchmark (its .yaml here), then `changes`."""
    content: dict = {}
    for file in ("params.yaml", "workflow/presets/demo.yaml", str(HERE / f"{benchmark}.yaml")):
        content = overlay(content, yaml.safe_load(Path(file).read_text(encoding="utf-8")))
    return validate(overlay(content, (changes or {}) | {"preset": "demo"}), f"benchmarks/{benchmark}.yaml")


def split_letters(samples: Iterable[Sample], held: set[str]) -> list[Sample]:
    """The letters with the held languages as test and all others as train."""
    return [replace(sample, split="test" if sample.language in held else "train") for sample in samples]


def spelled_words(letters: list[Sample], held: set[str]) -> list[Sample]:
    """Composed training words of the languages that are not held out, chosen as the corpus does."""
    clips: dict[str, dict[str, str]] = {}
    for sample in letters:
        if sample.language not in held and len(sample.gloss) == 1 and sample.gloss == sample.label:
            clips.setdefault(sample.language, {}).setdefault(sample.label, sample.sample_id)
    able = {language: set(own) for language, own in clips.items()}
    dealt = fingerspelled_words.choose(fingerspelled_words.words(), able, WORDS_PER_LANGUAGE)
    return [
        fingerspelled_words.compose(word, language, "train", clips[language])
        for language, chosen in dealt.items()
        for word in chosen
    ]


def prepare(params: Params, out: Path) -> list[Sample]:
    """Raw data, manifest and keypoints of the letters, once; returns the manifest's rows."""
    manifest = out / "letters.parquet"
    if not manifest.exists():
        acquire_corpus(params, LETTERS, manifest)
    samples = read_manifest(manifest)
    for shard in range(-(-len(samples) // params.keypoints.clips_per_shard)):
        path = out / "keypoints" / f"{shard:05d}.h5"
        if not path.exists():
            extract_shard(params, LETTERS, manifest, shard, path)
    return samples


def pack_letters(params: Params, letters: Path, out: Path) -> None:
    """Packs of all letters and of words spelled with them, under out/pack, from the keypoints under `letters`, once."""
    samples, shards = prepare(params, letters), sorted((letters / "keypoints").glob("*.h5"))
    for name, rows in ((LETTERS, split_letters(samples, set())), (WORDS, spelled_words(samples, set()))):
        if not (out / "pack" / name / "manifest.parquet").exists():
            write_manifest(out / f"{name}.parquet", rows)
            pack_corpus(params, name, out / f"{name}.parquet", shards, out / "pack" / name)


def prepare_fold(params: Params, samples: list[Sample], held: set[str], out: Path, fold: Path, text: bool) -> None:
    """Packs of one fold, and the text store that pre-training reads."""
    shards = sorted((out / "keypoints").glob("*.h5"))
    for name, rows in ((LETTERS, split_letters(samples, held)), (WORDS, spelled_words(samples, held))):
        if not (fold / "pack" / name / "hands.csv").exists():
            write_manifest(fold / f"{name}.parquet", rows)
            pack_corpus(params, name, fold / f"{name}.parquet", shards, fold / "pack" / name)
    if text and not (fold / "text.h5").exists():
        build_store(params, [fold / f"{name}.parquet" for name in (LETTERS, WORDS)], fold / "text.h5")


def run_step(step: str, fold: Path, *arguments: str) -> None:
    """Run one training step of a fold in a process of its own with one thread; raises CalledProcessError."""
    with (fold / f"{'-'.join([step, *arguments])}.log").open("w") as log:
        command = [sys.executable, str(HERE / "letters_step.py"), step, str(fold), *arguments]
        one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT, env=one_thread)
    print(f"letters: {fold.name} {step} {' '.join(arguments)} done", file=sys.stderr)


def run_fold(fold: Path, methods: list[str], seeds: list[int]) -> None:
    """Pre-train once if it is asked for, then train by every method with every seed; finished steps are kept."""
    if "pretrained" in methods and not (fold / "pretrain" / "metrics.json").exists():
        run_step("pretrain", fold)
    for method in methods:
        for seed in seeds:
            if not (fold / f"{method}-{seed}.json").exists():
                run_step("finetune", fold, method, str(seed))


def nearest_lines(fold: Path) -> list[dict]:
    """Predictions of the nearest-neighbour baseline on one fold."""
    pack = open_pack(fold / "pack" / LETTERS)
    return rank_clips(clips_of(pack, "label", ["train"]), clips_of(pack, "label", ["test"]))


def figures(runs: dict[str, list[list[dict]]], params: Params) -> dict:
    """For each method, top-1 and top-5 of each seed over the pooled clips, their mean, and a bootstrap interval."""
    table = {}
    for method, per_seed in runs.items():
        table[method] = {}
        for name in ("per_instance_top1", "per_instance_top5"):
            scores = [
                score_predictions("islr", lines, params.evaluate, Coverage(len(lines), len(lines)))[name]
                for lines in per_seed
            ]
            values = [score.value for score in scores]
            table[method][name] = {
                "mean": sum(values) / len(values),
                "seeds": values,
                "low": sum(s.low for s in scores) / len(scores),
                "high": sum(s.high for s in scores) / len(scores),
            }
    return table


def right_shares(per_seed: list[list[dict]], key: Callable[[dict], str]) -> dict[str, float]:
    """Top-1 in percent over the seeds, by what `key` makes of a prediction line."""
    right: dict[str, list[bool]] = {}
    for lines in per_seed:
        for line in lines:
            right.setdefault(key(line), []).append(line["ranked"][0] == line["label"])
    return {name: round(100 * sum(found) / len(found), 1) for name, found in sorted(right.items())}


def main() -> None:
    """Run what is not there yet, then print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", default="0,1,2,3,4")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--jobs", type=int, default=2, help="folds at a time, one thread each")
    parser.add_argument("--out", type=Path, default=Path("results/letters"))
    parser.add_argument("--methods", default="scratch,pretrained")
    parser.add_argument("--handedness", default="as_filmed")
    options = parser.parse_args()
    folds, seeds = ([int(n) for n in text.split(",")] for text in (options.folds, options.seeds))
    methods = options.methods.split(",")
    params = load_settings("letters", {"pack": {"handedness": options.handedness}})
    samples = prepare(params, options.out)
    held = fingerspelling.folds()
    paths = {number: options.out / f"fold{number}" for number in folds}
    for number, path in paths.items():
        prepare_fold(params, samples, set(held[number]), options.out, path, "pretrained" in methods)
        write_json(path / "params.json", params.model_dump())
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(lambda path: run_fold(path, methods, seeds), paths.values()))
    runs = {"nearest": [[line for path in paths.values() for line in nearest_lines(path)]]}
    for method in methods:
        runs[method] = [
            [line for path in paths.values() for line in read_json(path / f"{method}-{seed}.json")] for seed in seeds
        ]
    by_fold = {
        f"fold{number}": {
            method: [
                100 * sum(line["ranked"][0] == line["label"] for line in lines) / len(lines)
                for lines in (read_json(path / f"{method}-{seed}.json") for seed in seeds)
            ]
            for method in methods
        }
        for number, path in paths.items()
    }
    result = {"handedness": options.handedness, "folds": {n: held[n] for n in folds}, "figures": figures(runs, params)}
    result |= {"top1": by_fold}
    for name, key in (
        ("language", lambda line: line["sample_id"].split("/")[1]),
        ("letter", lambda line: line["label"]),
    ):
        result[f"top1 by {name}"] = {method: right_shares(per_seed, key) for method, per_seed in runs.items()}
    if {"scratch", "pretrained"} <= set(methods):
        result["pretrained minus scratch"] = gain(runs, seeds, params)
    print(json.dumps(result, indent=1))


def gain(runs: dict[str, list[list[dict]]], seeds: list[int], params: Params) -> dict:
    """Pre-trained minus scratch in points, paired by clip and seed."""
    paired = compare_runs(
        "islr", *(dict(zip(seeds, runs[init], strict=True)) for init in ("pretrained", "scratch")), params.evaluate
    )
    return {
        name: {"points": metric.value, "low": metric.low, "high": metric.high}
        for name, metric in paired.items()
        if name in ("per_instance_top1", "per_instance_top5")
    }


if __name__ == "__main__":
    main()
