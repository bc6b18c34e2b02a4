"""A small results folder with made-up figures and walking skeletons, in the layout the workflow writes."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import World, make_world

from signscale import corpora as all_corpora
from signscale.formats import skeleton
from signscale.formats.excluded import Excluded, write_excluded
from signscale.formats.files import write_json, write_text
from signscale.formats.hands import Hands, write_hands
from signscale.formats.quality import measure, write_quality
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Clip, write_shard
from signscale.model.weights import save_model
from signscale.params import Params, load_params, overlay, validate
from signscale.pretrain.model import PretrainingModel
from signscale.tasks import load_task

LETTERS = [chr(ord("A") + i) for i in range(8)]
WORDS = ["bag", "bed", "cab", "dad", "egg", "face", "cafe", "head"]
SIZE = (500, 500)


def walking_clip(sample_id: str, frames: int, seed: int) -> Clip:
    """A standing figure whose hands take a seeded random walk; the left hand is missing, as in one-handed spelling."""
    rng = np.random.default_rng(seed)
    points = np.zeros((frames, skeleton.WHOLEBODY_POINTS, 3), np.float32)
    body = {0: (250, 130), 1: (262, 120), 2: (238, 120), 3: (280, 126), 4: (220, 126), 5: (320, 240), 6: (180, 240)}
    body |= {7: (345, 350), 8: (150, 340), 9: (330, 450)}
    for node, place in body.items():
        points[:, node] = (*place, 0.9)
    angle = np.linspace(np.pi, 0, 17)
    points[:, skeleton.JAW[:17], 0] = 250 - 42 * np.cos(angle[::-1])
    points[:, skeleton.JAW[:17], 1] = 130 + 55 * np.sin(angle)
    points[:, skeleton.JAW[17]] = (250, 140, 0.8)
    ring = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    points[:, skeleton.MOUTH, 0] = 250 - 14 * np.cos(ring)
    points[:, skeleton.MOUTH, 1] = 160 + 5 * np.sin(ring)
    points[:, np.concatenate([skeleton.JAW, skeleton.MOUTH]), 2] = 0.8
    wrist = np.array([150, 260]) + np.cumsum(rng.normal(0, 3, (frames, 2)), axis=0)
    points[:, skeleton.RIGHT_WRIST] = np.c_[wrist, np.full(frames, 0.9)]
    points[:, skeleton.RIGHT_HAND[0]] = points[:, skeleton.RIGHT_WRIST]
    for finger in range(5):
        reach = np.cumsum(np.abs(rng.normal(14, 4, 4)))
        turn = (finger - 2) * 0.25 + np.cumsum(rng.normal(0, 0.05, frames))
        for joint in range(4):
            node = skeleton.RIGHT_HAND[1 + 4 * finger + joint]
            points[:, node, 0] = wrist[:, 0] + reach[joint] * np.sin(turn)
            points[:, node, 1] = wrist[:, 1] - reach[joint] * np.cos(turn)
            points[:, node, 2] = 0.7
    return Clip(sample_id, points, SIZE, 25.0)


def _sample(name: str, corpus: str, split: str, gloss: str, text: str, label: str) -> Sample:
    return Sample(
        sample_id=f"{corpus}/{name}",
        corpus=corpus,
        split=split,
        language=name.split("/")[0],
        signer="",
        clip="made.pose",
        start=0.0,
        end=-1.0,
        fps=25.0,
        gloss=gloss,
        text=text,
        label=label,
        view="mediapipe",
    )


def letters() -> list[Sample]:
    """Four training clips and four test clips of each letter, of another language each."""
    return [
        _sample(f"{language}/{letter}{take}", "fingerspelling", split, letter, f"This letter is {letter}.", letter)
        for split, language in (("train", "csq"), ("test", "ase"))
        for letter in LETTERS
        for take in range(4)
    ]


def words() -> list[Sample]:
    """The composed words in two test languages."""
    return [
        _sample(f"{lang}/{word}", "fingerspelled_words", "test", " ".join(word.upper()), f"The word is {word}.", "")
        for lang in ("ase", "eso")
        for word in WORDS
    ]


def metric(value: float, higher: bool = True, n: int = 32) -> dict:
    """A metric as `evaluate` writes it, its interval eight wide on either side."""
    return {
        "value": value,
        "low": max(0.0, value - 8),
        "high": value + 8,
        "n": n,
        "unit": "%",
        "higher_is_better": higher,
        "signature": f"made up for a test, n:{n}",
    }


def write_lines(path: Path, rows: list[dict]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _write_run(folder: Path, benchmark: str, task: str, metrics: dict, rows: list[dict], expected: int) -> None:
    write_json(
        folder / "metrics.json",
        {
            "benchmark": benchmark,
            "task": task,
            "split": "test",
            "metrics": metrics,
            "coverage": {"present": len(rows), "expected": expected},
            "inputs": {},
        },
    )
    write_lines(folder / "predictions.jsonl", rows)


def _guess(rng: np.random.Generator, label: str, skill: float) -> dict:
    chances = rng.dirichlet(np.ones(len(LETTERS)))
    if rng.random() < skill:
        chances[LETTERS.index(label)] += 1
    chances = chances / chances.sum()
    order = np.argsort(-chances, kind="stable")
    return {"ranked": [LETTERS[i] for i in order], "probabilities": [round(float(chances[i]), 4) for i in order]}


def _islr(results: Path, init: str, seed: int, skill: float) -> None:
    rng = np.random.default_rng(seed)
    tested = [sample for sample in letters() if sample.split == "test"]
    rows = [{"sample_id": one.sample_id, "label": one.label, **_guess(rng, one.label, skill)} for one in tested]
    top1 = 100 * float(np.mean([row["ranked"][0] == row["label"] for row in rows]))
    top5 = 100 * float(np.mean([row["label"] in row["ranked"][:5] for row in rows]))
    metrics = {
        "per_instance_top1": metric(top1),
        "per_instance_top5": metric(top5),
        "per_class_top1": metric(top1),
        "per_class_top5": metric(top5),
    }
    name = "nearest" if init == "nearest" else f"{init}-{seed}"
    _write_run(results / "evaluate" / "letters" / name, "letters", "islr", metrics, rows, 34)


def _damaged(rng: np.random.Generator, tokens: list[str], share: float) -> list[str]:
    return [str(rng.choice(list("abcdefgh"))) if rng.random() < share else token for token in tokens]


def _sentences(results: Path, benchmark: str, task: str, init: str, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for sample in words():
        reference = sample.gloss if task == "cslr" else sample.text
        spoken = " ".join(_damaged(rng, reference.split(), share))
        spoken = spoken.upper() if task == "cslr" else spoken
        rows.append(
            {"sample_id": sample.sample_id, "language": sample.language, "reference": reference, "hypothesis": spoken}
        )
    if task == "cslr":
        metrics = {"wer": metric(100 * share + seed, False), "deletions": metric(3.25, False)}
    else:
        metrics = {
            "bleu1": metric(60 - 40 * share),
            "bleu4": metric(31.4159 - 20 * share),
            "rouge_l_f1_corpus_mean": metric(50 - 30 * share),
        }
    _write_run(results / "evaluate" / benchmark / f"{init}-{seed}", benchmark, task, metrics, rows, len(rows))


def _retrieval(results: Path, init: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for text in sorted({sample.text for sample in words()}):
        right = [sample.sample_id for sample in words() if sample.text == text]
        pool = [sample.sample_id for sample in words()]
        top = [pool[i] for i in rng.permutation(len(pool))[:5]]
        if init == "pretrained" and rng.random() < 0.7 and right[0] not in top:
            top[0] = right[0]
        hits = [{"sample_id": name, "score": round(0.9 - 0.1 * place, 4)} for place, name in enumerate(top)]
        number = str(len(rows))
        rows += [{"sample_id": name, "text": text, "text_id": number, "top": hits} for name in right]
    metrics = {
        f"{way}_{name}": metric(value, name != "medr", 8)
        for way in ("t2v", "v2t")
        for name, value in (("r1", 30.0 + seed), ("r5", 55.0), ("r10", 77.5), ("medr", 4.0))
    }
    _write_run(
        results / "evaluate" / "words_retrieval" / f"{init}-{seed}", "words_retrieval", "retrieval", metrics, rows, 8
    )


def _write_logs(results: Path, params: Params) -> None:
    rng = np.random.default_rng(0)
    log = []
    for step in range(1, 301):
        fall = float(np.exp(-step / 90))
        log.append(
            {
                "step": step,
                "epoch": 1 + step // 30,
                "loss": 0.4 + 4.5 * fall + float(rng.normal(0, 0.08)),
                "reconstruction": 0.05 + 0.4 * fall,
                "contrast": 0.35 + 4.1 * fall,
                "temperature": 0.07 - 0.00005 * step,
                "mask_ratio": 0.2,
                "grad_norm": None if step == 1 else 1 + fall,
            }
        )
    write_lines(results / "pretrain" / "log.jsonl", log)
    write_text(results / "pretrain" / "model.safetensors", "not weights, only bytes to hash")
    for name, settings in params.finetune.benchmarks.items():
        for init, gain in (("scratch", 0.6), ("pretrained", 1.0)):
            for seed in params.finetune.seeds:
                rows = [
                    {
                        "epoch": epoch,
                        "train_loss": 3 * float(np.exp(-gain * epoch / 10)) + 0.1 * seed,
                        "dev": 60 * gain * (1 - float(np.exp(-epoch / 8))) - seed,
                        "metric": load_task(settings.task).measure,
                        "seconds": 1.0,
                    }
                    for epoch in range(1, 31)
                ]
                write_lines(results / "finetune" / name / f"{init}-{seed}" / "curves.jsonl", rows)


def write_results(results: Path, params: Params, make_clip: Callable[[Sample, int], Clip]) -> None:
    """The whole tree. `make_clip` gives the keypoints of a sample; its number is the sample's place."""
    for name, samples in (("fingerspelling", letters()), ("fingerspelled_words", words())):
        write_manifest(results / "acquire" / f"{name}.parquet", samples)
        write_manifest(results / "pack" / name / "manifest.parquet", samples)
        clips = (make_clip(sample, place) for place, sample in enumerate(samples))
        write_shard(results / "pack" / name / "shard.h5", clips, "mediapipe", "0.10.14")
        write_excluded(results / "pack" / name / "excluded.csv", [])
        found = [measure(make_clip(sample, place)) for place, sample in enumerate(samples)]
        found.append(replace(found[0], sample_id=f"{name}/jumping", frames=20, jumps=5, swaps=1))
        write_quality(results / "pack" / name / "quality.csv", found)
        write_hands(results / "pack" / name, [Hands(sample.sample_id, "right") for sample in samples])
    reason = "frames, fewer than pack.min_frames; film it longer"
    gone = [Excluded(f"fingerspelling/ase/Q{i}", "pack", f"fingerspelling/ase/Q{i}: {i} {reason}") for i in range(3)]
    write_excluded(results / "pack" / "fingerspelling" / "excluded.csv", gone)
    write_text(results / "text" / "store.h5", "not a store, only bytes to hash")
    _write_logs(results, params)
    _islr(results, "nearest", 0, 0.5)
    for seed in params.finetune.seeds:
        for init, skill in (("scratch", 0.3), ("pretrained", 0.8)):
            _islr(results, init, seed, skill)
            _sentences(results, "words_cslr", "cslr", init, seed, 0.8 - skill * 0.8)
            _retrieval(results, init, seed)
        _sentences(results, "words_slt", "slt", "scratch", seed, 0.6)


@dataclass(frozen=True)
class _Source:
    """What the report asks of a corpus."""

    name: str
    access: str
    title: str = "Clips for a test"
    licence: str = "MIT"
    source: str = "nowhere"


@pytest.fixture(scope="session")
def params(root: Path) -> Params:
    """The demo preset with two seeds and the two corpora of the made-up results."""
    over = {"acquire": {"corpora": ["fingerspelling", "fingerspelled_words"]}, "finetune": {"seeds": [1, 2]}}
    return validate(overlay(load_params(root, "demo").model_dump(mode="json"), over), "test")


@pytest.fixture(scope="session")
def _results(params: Params, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results") / "demo"
    write_results(results, params, lambda sample, place: walking_clip(sample.sample_id, 20 + 5 * (place % 9), place))
    return results


@pytest.fixture(autouse=True)
def corpora(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The report's corpora without the modules that can fetch them."""
    access = {"fingerspelling": "auto", "fingerspelled_words": "composed"}
    monkeypatch.setattr("signscale.report.material.load_corpus", lambda name: _Source(name, access.get(name, "auto")))
    folder = tmp_path_factory.mktemp("corpora")  # the made-up corpora of `learned`
    for name, real in {"letters": "fingerspelling", "words": "fingerspelled_words"}.items():
        write_text(folder / f"{name}.py", f"from signscale.corpora import {real}\n\nCORPUS = {real}.CORPUS\n")
    monkeypatch.setattr(all_corpora, "__path__", [*all_corpora.__path__, str(folder)])


@pytest.fixture
def results(_results: Path, tmp_path: Path) -> Path:
    """A fresh copy of the made-up results, to be damaged at will."""
    return Path(shutil.copytree(_results, tmp_path / "demo"))


@pytest.fixture(scope="session")
def learned(root: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A made-up corpus with a model as pre-training leaves it, of random weights; its root is a results folder."""
    world = make_world(tmp_path_factory.mktemp("learned"), root)
    torch.manual_seed(0)
    settings = world.params.pretrain
    model = PretrainingModel(settings.model, settings.loss, 6)
    config = {"model": settings.model.model_dump(), "loss": settings.loss.model_dump()}
    save_model(world.root / "pretrain", model.state_dict(), config)
    return world
