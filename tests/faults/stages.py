"""The table of stages: how each is run on made-up material, and what it leaves. A new verb is covered by a row."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from made_shards import extracted, random_clip
from tiny_world import World, sample

from signscale.evaluate.nearest import nearest
from signscale.evaluate.run import evaluate
from signscale.finetune.run import finetune
from signscale.formats.packed import open_pack
from signscale.formats.sample import write_manifest
from signscale.pack.run import pack_corpus
from signscale.predict.index import Entry, build_index
from signscale.predict.model import SignScale

CORPUS = {"letters": "letters", "cslr": "words", "slt": "words", "retrieval": "words"}


@dataclass(frozen=True)
class Stage:
    """run: make the result in a folder, with resume state in another, of a world that is `ready`."""

    name: str
    run: Callable[[World, Path, Path], object]


def ready(world: World) -> None:
    """What the stages need of one another: shards to pack, a manifest of each corpus, a model of each benchmark."""
    for corpus in ("letters", "words"):
        pack = open_pack(world.root / "pack" / corpus)
        write_manifest(world.root / f"{corpus}.parquet", pack.samples)
    rows = [sample(f"drawn/{k}", label="A", text="a b") for k in range(6)]
    write_manifest(world.root / "drawn.parquet", rows)
    extracted(world.root / "drawn.h5", [random_clip(row.sample_id, k, 20) for k, row in enumerate(rows)])
    for benchmark in CORPUS:
        tune(benchmark)(world, world.root / "finetune" / benchmark, world.root)


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


def _pack(world: World, out: Path, scratch: Path) -> None:
    pack_corpus(world.params, "fingerspelling", world.root / "drawn.parquet", [world.root / "drawn.h5"], out)


def _index(world: World, out: Path, scratch: Path) -> None:
    words = open_pack(world.packs[1])
    entries = [Entry(f"{k}", words.shard.clip(k)) for k in range(3)]
    build_index(SignScale.from_pretrained(world.root / "finetune" / "retrieval"), entries, len(entries), out)


STAGES = [
    Stage("pack", _pack),
    *(Stage(f"evaluate {benchmark}", _evaluate(benchmark)) for benchmark in CORPUS),
    Stage("nearest", lambda w, out, _: nearest(w.params, "letters", w.packs[0], w.root / "letters.parquet", out)),
    Stage("index", _index),
]  # fmt: skip
