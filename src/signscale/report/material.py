"""The corpora behind the figures: how much of each there is, what was excluded and why, and how long the clips are."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.formats.excluded import read_excluded
from signscale.formats.sample import SPLITS, Sample, read_manifest
from signscale.formats.shard import Shard
from signscale.params import Params

_SPLIT_NAMES = {"": "none"}
PAPER = {"paper_sources": 9, "paper_signers": 600, "paper_hours": 1780}
"""What the paper says of its corpora together (section III)."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A split of a corpus in numbers. hours: of keypoints, frames over frame rate."""

    split: str
    samples: int
    languages: int
    signers: int
    sentences: int
    frames: int
    hours: float


@dataclass(frozen=True, slots=True)
class Material:
    """A packed corpus. listed: samples its annotations name. reasons: (stage, reason, count), most frequent first."""

    name: str
    title: str
    access: str
    licence: str
    source: str
    estimator: str
    listed: int
    portions: list[Portion]
    total: Portion
    lengths: list[int]
    reasons: list[tuple[str, str, int]]


def _portion(name: str, samples: list[Sample], frames: dict[str, int], fps: dict[str, float]) -> Portion:
    ids = [sample.sample_id for sample in samples]
    return Portion(
        split=name,
        samples=len(samples),
        languages=len({sample.language for sample in samples if sample.language}),
        signers=len({sample.signer for sample in samples if sample.signer}),
        sentences=len({sample.text for sample in samples if sample.text}),
        frames=sum(frames[id_] for id_ in ids),
        hours=sum(frames[id_] / fps[id_] for id_ in ids) / 3600,
    )


def _reasons(path: Path) -> list[tuple[str, str, int]]:
    """The excluded list by kind of reason: what differs from clip to clip (its id, file and numbers) becomes "…"."""
    if not path.exists():
        return []
    kinds = Counter()
    for row in read_excluded(path):
        reason = row.reason.replace(row.sample_id, "…")
        reason = re.sub(r"\S+/\S+", "…", reason)
        kinds[row.stage, re.sub(r"(?<![\w.])\d+(\.\d+)?%?", "…", reason)] += 1
    return sorted(
        ((stage, reason, count) for (stage, reason), count in kinds.items()), key=lambda r: (-r[2], r[0], r[1])
    )


def _read(results: Path, name: str) -> Material:
    folder = results / "pack" / name
    samples = read_manifest(folder / "manifest.parquet")
    with Shard(folder / "shard.h5") as shard:
        frames = dict(zip(shard.ids, (int(n) for n in shard.lengths()), strict=True))
        fps = dict(zip(shard.ids, (float(rate) for rate in shard.fps), strict=True))
        estimator = f"{shard.estimator} {shard.estimator_version}".strip()
    if [sample.sample_id for sample in samples] != list(frames):
        raise SignScaleError(f"{folder}: manifest.parquet and shard.h5 hold different samples; pack {name} again")
    listed = results / "acquire" / f"{name}.parquet"
    corpus = load_corpus(name)
    return Material(
        name=name,
        title=corpus.title,
        access=corpus.access,
        licence=corpus.licence,
        source=corpus.source,
        estimator=estimator,
        listed=len(read_manifest(listed)) if listed.exists() else len(samples),
        portions=[
            _portion(_SPLIT_NAMES.get(split, split), part, frames, fps)
            for split in SPLITS
            if (part := [sample for sample in samples if sample.split == split])
        ],
        total=_portion("all", samples, frames, fps),
        lengths=list(frames.values()),
        reasons=_reasons(folder / "excluded.csv"),
    )


def read_material(params: Params, results: Path) -> tuple[list[Material], list[str]]:
    """The packed corpora, in the order of params, and the names of those that are not packed.

    Raises SignScaleError if a pack is torn.
    """
    names = params.acquire.corpora
    there = [name for name in names if (results / "pack" / name / "shard.h5").exists()]
    return [_read(results, name) for name in there], [name for name in names if name not in there]


def absent(params: Params) -> list[str]:
    """The corpora in params that this machine does not have, each with its title and licence."""
    corpora = [load_corpus(name) for name in params.acquire.absent]
    return [f"{corpus.title} ({corpus.licence})" for corpus in corpora]


def texts(params: Params, results: Path) -> dict[str, str]:
    """Sample id -> what was signed, for every packed sample of a benchmark's corpus."""
    found = {}
    for name in sorted({benchmark.corpus for benchmark in params.finetune.benchmarks.values()}):
        path = results / "pack" / name / "manifest.parquet"
        if path.exists():
            found |= {sample.sample_id: sample.text for sample in read_manifest(path)}
    return found
