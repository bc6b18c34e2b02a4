"""The corpora of scale.py as packs: WLASL's hands through the workflow's own stages, and the recorded sets.

Found in a folder given by --material, as those of low_shot_sets.py; data/wlasl_hands.npz must lead to WLASL's archive.
None of them travels with this project.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from low_shot_sets import recorded_rows, write_recorded

from signscale.acquire.run import acquire_corpus
from signscale.corpora import asl_recorders
from signscale.corpora.pose_set import word_sample
from signscale.corpora.templates import gloss_sentence
from signscale.data.randomness import generator
from signscale.formats.array_file import read_recorders, read_words
from signscale.formats.files import write_json
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.keypoints.run import extract_shard
from signscale.pack.run import pack_corpus
from signscale.params import Params

CLIPS_A_SHARD = 1500
"""Each shard reads the whole archive anew."""
PARTS = {"glosses10": 0.10, "glosses25": 0.25, "glosses50": 0.50, "clips10": 0.10, "clips25": 0.25, "clips50": 0.50}
"""Shares of WLASL's glosses, and of its clips, that a pre-training sees; a smaller share is part of a larger one."""


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
    """The training clips of a recorded corpus: of traduttore without its tested committer, of asl_recorders what is
    licensed."""
    write_recorded([row for row in recorded_rows(name, material) if row.split == "train"], material, out)


def judged_recorders(material: Path, out: Path) -> None:
    """All clips of asl_recorders but those of the licensed two: signer is the recorder."""
    folder, file, name = material / "poses", asl_recorders.FILE, asl_recorders.NAME
    clips, recorders = read_words(folder / file), read_recorders(folder / file)
    samples = [
        word_sample(name, file, clip, "train", word, gloss_sentence(word, "ase"), signer=recorder)
        for clip, word, recorder in zip(clips.names, clips.words, recorders, strict=True)
        if recorder not in asl_recorders.LICENSED
    ]
    write_recorded(samples, material, out)
