"""The table of stages: how each is run on made-up material, and what it leaves. A new verb is covered by a row."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from made_clips import row, write_video
from made_shards import extracted, random_clip
from small_mbart import make_mbart
from tiny_world import World, sample, write_pack

from signscale.acquire.run import acquire_corpus
from signscale.evaluate.nearest import nearest
from signscale.evaluate.run import evaluate
from signscale.finetune.run import finetune
from signscale.formats.packed import open_pack
from signscale.formats.sample import write_manifest
from signscale.keypoints import run as extraction
from signscale.keypoints.readers.pose_files import write_pose
from signscale.pack.export import export_pack
from signscale.pack.run import pack_corpus
from signscale.params import Params, load_params, overlay, validate
from signscale.predict.answer import predict_files
from signscale.predict.index import Entry, build_index
from signscale.predict.model import SignScale
from signscale.pretrain.run import pretrain
from signscale.report.run import write_report
from signscale.text import store

from ..finetune.runs import CORPUS
from ..report.conftest import walking_clip, write_results
from .table import ROOT


@dataclass(frozen=True)
class Stage:
    """run: make the result in a folder, with resume state in another, of a world that is `ready`.

    reads: patterns of the files that are damaged under it, for a stage that one process can run again and again.
    """

    name: str
    run: Callable[[World, Path, Path], object]
    reads: tuple[str, ...] = ()


def ready(world: World) -> None:
    """What the stages need of one another: shards to pack, a manifest of each corpus, a model of each benchmark."""
    for corpus in ("letters", "words"):
        pack = open_pack(world.root / "pack" / corpus)
        write_manifest(world.root / f"{corpus}.parquet", pack.samples)
    rows = [sample(f"drawn/{k}", label="A", text="a b") for k in range(6)]
    write_manifest(world.root / "drawn.parquet", rows)
    extracted(world.root / "drawn.h5", [random_clip(row.sample_id, k, 20) for k, row in enumerate(rows)])
    points = np.random.default_rng(0).random((6, 5, 133, 3), np.float32)
    np.savez(world.root / "signwish.npz", kp=points, y=np.arange(6) % 2, classes=["cat", "dog"], ids=list("abcdef"))
    (world.root / "made").mkdir()
    for number in range(5):
        write_video(world.root / f"made/{number}.mp4", 8 + number)
    write_manifest(world.root / "made.parquet", [row(str(number), f"{number}.mp4") for number in range(5)])
    make_mbart(world.root / "mbart")
    clips = [random_clip(f"fingerspelling/{k}", k, 20) for k in range(4)]
    write_pack(world.root / "pack/fingerspelling", [(sample(clip.sample_id), clip.keypoints) for clip in clips])
    for clip in clips:
        write_pose(world.root / f"{clip.sample_id}.pose", clip)
    write_results(world.root / "demo", two_corpora(), lambda row, k: walking_clip(row.sample_id, 20 + k % 9, k))
    for benchmark in CORPUS:
        tune(benchmark)(world, world.root / "finetune" / benchmark, world.root)


def two_corpora() -> Params:
    """The demo's params, of two corpora and two seeds."""
    fewer = {"acquire": {"corpora": ["fingerspelling", "fingerspelled_words"]}, "finetune": {"seeds": [1, 2]}}
    return validate(overlay(load_params(ROOT, "demo").model_dump(mode="json"), fewer), "demo")


def tune(benchmark: str) -> Callable[[World, Path, Path], None]:
    """Fine-tuning for one benchmark."""

    def run(world: World, out: Path, scratch: Path) -> None:
        packed = world.root / "pack" / CORPUS[benchmark]
        finetune(world.params, benchmark, "scratch", 1, packed, world.text, None, out)

    return run


def _evaluate(benchmark: str) -> Callable[[World, Path, Path], None]:
    def run(world: World, out: Path, scratch: Path) -> None:
        corpus, model = CORPUS[benchmark], world.root / "finetune" / benchmark
        manifest = world.root / f"{corpus}.parquet"
        evaluate(world.params, benchmark, model, world.root / "pack" / corpus, manifest, world.text, out)

    return run


def within(folder: Path, raw: str) -> Params:
    """The demo's params with the raw data in a folder of the working directory, which is now `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    return validate(overlay(load_params(ROOT, "demo").model_dump(mode="json"), {"acquire": {"raw": raw}}), "demo")


def _acquire(world: World, out: Path, scratch: Path) -> None:
    """A pose set whose archive lies there: its ledger, faults and manifest."""
    params, dropped = within(out, "raw"), out / "raw/signwish/signwish.npz"
    dropped.parent.mkdir(parents=True, exist_ok=True)
    if not dropped.exists():
        dropped.symlink_to(world.root / "signwish.npz")
    acquire_corpus(params, "signwish", out / "signwish.parquet")


class _Brightness:
    """An estimator whose first point is the frame's brightness."""

    name, version = "brightness", "1"

    def __init__(self, settings):
        pass

    def estimate(self, frames):
        brightness = [frame[20, 60].mean() for frame in frames]
        points = np.zeros((len(brightness), 133, 3), np.float32)
        points[:, 0] = np.stack([brightness, brightness, np.ones(len(brightness))], axis=-1)
        return points


def _keypoints(world: World, out: Path, scratch: Path) -> None:
    """Five videos; the names changed and the working directory are those of a process that ends with the stage."""
    params = within(scratch, "raw")
    if not (scratch / "raw").exists():
        (scratch / "raw").symlink_to(world.root)
    extraction.load_corpus = lambda name: SimpleNamespace(kind="video", views=("mediapipe",))
    estimators = SimpleNamespace(MediaPipeEstimator=_Brightness)
    sys.modules["signscale.keypoints.estimators.mediapipe.estimate"] = estimators
    extraction.extract_shard(params, "made", world.root / "made.parquet", 0, out / "00000.h5")


def _text(world: World, out: Path, scratch: Path) -> None:
    """A mark behind every batch, so that each is a place to go on from."""
    store.SECONDS_BETWEEN_MARKS = 0
    text = {"encoder": str(world.root / "mbart"), "languages": {"ase": "en_XX"}, "max_tokens": 64, "batch_size": 1}
    params = validate(overlay(world.params.model_dump(), {"text": text}), "tiny")
    store.build_store(params, [world.root / f"{name}.parquet" for name in ("letters", "words")], out / "store.h5")


def _export(format_: str) -> Callable[[World, Path, Path], None]:
    def run(world: World, out: Path, scratch: Path) -> None:
        if not out.exists():
            export_pack(world.root / "pack/fingerspelling", out, format_)

    return run


def _predict(world: World, out: Path, scratch: Path) -> None:
    clips = sorted((world.root / "fingerspelling").glob("*.pose"))
    predict_files(clips, world.root / "finetune/letters", "islr", out / "answers.jsonl")


def _pack(world: World, out: Path, scratch: Path) -> None:
    pack_corpus(world.params, "fingerspelling", world.root / "drawn.parquet", [world.root / "drawn.h5"], out)


def _index(world: World, out: Path, scratch: Path) -> None:
    words = open_pack(world.packs[1])
    entries = [Entry(f"{k}", words.shard.clip(k)) for k in range(3)]
    build_index(SignScale.from_pretrained(world.root / "finetune" / "retrieval"), entries, len(entries), out)


def _scored(benchmark: str) -> tuple[str, ...]:
    """What evaluating a benchmark reads."""
    corpus = CORPUS[benchmark]
    return (f"finetune/{benchmark}/*.*", f"pack/{corpus}/*.*", f"{corpus}.parquet", "text/store.h5")


def _pretrain(world: World, out: Path, scratch: Path) -> None:
    pretrain(world.params, world.packs, world.text, out, scratch)


def _nearest(world: World, out: Path, scratch: Path) -> None:
    nearest(world.params, "letters", world.packs[0], world.root / "letters.parquet", out)


def _report(world: World, out: Path, scratch: Path) -> None:
    write_report(two_corpora(), world.root / "demo", out / "report.html")


STAGES = [
    Stage("acquire", _acquire),
    Stage("keypoints", _keypoints),
    Stage("pack", _pack, ("drawn.*",)),
    Stage("text", _text),
    Stage("pretrain", _pretrain),
    *(Stage(f"finetune {b}", tune(b), (f"pack/{CORPUS[b]}/*.*", "text/store.h5")) for b in CORPUS),
    *(Stage(f"evaluate {benchmark}", _evaluate(benchmark), _scored(benchmark)) for benchmark in CORPUS),
    Stage("nearest", _nearest, ("pack/letters/*.*", "letters.parquet")),
    Stage("report", _report, ("demo/**/*.*",)),
    Stage("predict", _predict, ("fingerspelling/0.pose", "finetune/letters/*.*")),
    Stage("index", _index, ("pack/words/*.*", "finetune/retrieval/*.*")),
    *(Stage(f"export {f}", _export(f), ("pack/fingerspelling/*.*",)) for f in ("webdataset", "pose", "parquet")),
]
