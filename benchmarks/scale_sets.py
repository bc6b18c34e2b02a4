"""The corpora of scale.py as packs: WLASL's hands through the workflow's own stages, and the recorded sets.

Found in a folder given by --material, as those of low_shot_sets.py; data/wlasl_hands.npz must lead to WLASL's archive.
None of them travels with this project.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from low_shot_sets import write_pack

from signscale.acquire.run import acquire_corpus
from signscale.corpora import load_corpus
from signscale.corpora.templates import gloss_sentence
from signscale.data.randomness import generator
from signscale.formats.array_file import read_words
from signscale.formats.files import write_json
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.keypoints.readers.recorded import ESTIMATOR_VERSION, RecordedArchives
from signscale.keypoints.run import extract_shard
from signscale.pack.run import pack_corpus
from signscale.params import Params

PICTURE = (1000, 1000)
LICENSED_RECORDERS = ("r02", "r06")
"""The recorders of asl_recorders whose repositories state a licence (MIT)."""
CLIPS_A_SHARD = 1500
"""Each shard reads the whole archive anew."""
PARTS = {"glosses10": 0.10, "glosses25": 0.25, "glosses50": 0.50, "clips10": 0.10, "clips25": 0.25, "clips50": 0.50}
"""Shares of WLASL's glosses, and of its clips, that a pre-training sees; a smaller share is part of a larger one."""
CLIPS_A_WORD = 40
"""A recorded corpus shows a word at most so often in pre-training: thousands of its clips are one person's repeats."""


def is_held(signer: str) -> bool:
    """The WLASL signers that pre-training never sees: a fifth of the numbers, fixed before any score was known."""
    return signer.isdecimal() and int(signer) % 5 == 3


def wlasl(params: Params, out: Path) -> None:
    """WLASL acquired, read and packed; then a copy of the manifest in which the held signers are no training clips."""
    started, cpu = time.time(), time.process_time()
    manifest, pack = out / "wlasl.parquet", out / "pack" / "wlasl"
    acquire_corpus(params, "wlasl", manifest)
    rows = read_manifest(manifest)
    params = params.model_copy(
        update={"keypoints": params.keypoints.model_copy(update={"clips_per_shard": CLIPS_A_SHARD})}
    )
    shards = [out / "keypoints" / f"{number:05d}.h5" for number in range(-(-len(rows) // CLIPS_A_SHARD))]
    for number, path in enumerate(shards):
        extract_shard(params, "wlasl", manifest, number, path)
    pack_corpus(params, "wlasl", manifest, shards, pack)
    kept = read_manifest(pack / "manifest.parquet")
    seen = out / "pack" / "wlasl_pretrain"
    seen.mkdir(parents=True, exist_ok=True)
    os.link(pack / "shard.h5", seen / "shard.h5")
    write_manifest(seen / "manifest.parquet", [_unless_held(row) for row in kept])
    counts = {"annotated": len(rows), "packed": len(kept), "held signers": sum(is_held(row.signer) for row in kept)}
    frames = int(open_pack(pack).shard.offsets[-1])
    counts |= {"frames": frames, "seconds": time.time() - started, "processor_seconds": time.process_time() - cpu}
    write_json(out / "wlasl.json", counts)
    print(f"scale: wlasl packed: {counts}", file=sys.stderr)


def _unless_held(row: Sample) -> Sample:
    return replace(row, split="test") if is_held(row.signer) else row


def write_parts(packs: Path) -> None:
    """For each of PARTS a manifest in which the other clips are no training clips."""
    rows = read_manifest(packs / "wlasl_pretrain" / "manifest.parquet")
    for name, share in PARTS.items():
        folder = packs / f"wlasl_{name}"
        folder.mkdir(exist_ok=True)
        if not (folder / "shard.h5").exists():
            os.link(packs / "wlasl_pretrain" / "shard.h5", folder / "shard.h5")
        of = "label" if name.startswith("glosses") else "sample_id"
        kept = (generator(0, name.rstrip("0123456789"), getattr(row, of)).random() < share for row in rows)
        parted = [row if keep else replace(row, split="test") for row, keep in zip(rows, kept, strict=True)]
        write_manifest(folder / "manifest.parquet", parted)


def recorded(name: str, material: Path, out: Path) -> None:
    """signwish, traduttore (its tested committer left out), ksl13, and the licensed part of asl_recorders."""
    samples = [row for row in _rows(name, material) if row.split == "train"]
    write_recorded(material, _thinned(samples), out)


def judged_recorders(material: Path, out: Path) -> None:
    """asl_recorders without the licensed two, all clips: signer is the recorder."""
    rows = [row for row in _recorders(material) if row.signer not in LICENSED_RECORDERS]
    write_recorded(material, rows, out)


def write_recorded(material: Path, samples: list[Sample], out: Path) -> None:
    """A pack of clips of one archive."""
    archives = RecordedArchives(material / "poses", PICTURE)
    write_pack(out, [archives.clip(sample) for sample in samples], samples, ESTIMATOR_VERSION)


def _rows(name: str, material: Path) -> list[Sample]:
    folder = material / "poses"
    if name == "asl_recorders":
        return [row for row in _recorders(material) if row.signer in LICENSED_RECORDERS]
    if name == "ksl13":
        return _words("ksl13", "kvk", material, "recorder")
    corpus = load_corpus(name)
    rows = corpus.rows(folder, read_words(folder / corpus.file), [])
    return [replace(row, text=row.text or gloss_sentence(row.label, "ase")) for row in rows]


def _recorders(material: Path) -> list[Sample]:
    return _words("asl_recorders", "ase", material, "recorder")


def _words(name: str, language: str, material: Path, people: str) -> list[Sample]:
    """The clips of an archive that says who recorded each; the sentence is English in any language."""
    file = f"{name}.npz"
    clips = read_words(material / "poses" / file)
    with np.load(material / "poses" / file, allow_pickle=False) as archive:
        signers = archive[people].tolist()
    return [
        Sample(
            sample_id=f"{name}/{clip}", corpus=name, split="train", language=language, signer=signer, clip=file,
            start=0.0, end=-1.0, fps=20.0, gloss=word.replace(" ", "-"), text=gloss_sentence(word, "ase"), label=word,
            view="mediapipe",
        )
        for clip, word, signer in zip(clips.names, clips.words, signers, strict=True)
    ]  # fmt: skip


def _thinned(samples: list[Sample]) -> list[Sample]:
    """At most CLIPS_A_WORD clips of each word, drawn by its name, in the order they came."""
    places: dict[str, list[int]] = {}
    for place, sample in enumerate(samples):
        places.setdefault(sample.label, []).append(place)
    kept = {
        found[k]
        for label, found in places.items()
        for k in generator(0, "thinned", label).permutation(len(found))[:CLIPS_A_WORD]
    }
    return [sample for place, sample in enumerate(samples) if place in kept]
