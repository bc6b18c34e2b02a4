"""How many clips a second the loader makes, from packed shards to masked batches, on the thread that training uses."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pretrain import TOKENS, WIDTH, paper_lengths

from signscale.data.batches import length_bucketed
from signscale.data.prefetch import prefetched
from signscale.pretrain.batches import PretrainBatches
from signscale.pretrain.clips import training_clips
from signscale.text.store import TextStore

from .part import ROOT, rounded, settings_for

sys.path.insert(0, str(ROOT / "tests"))
from tiny_world import sample, write_pack, write_store

SIZES = {"cuda": (1024, 64), "cpu": (48, 8)}  # clips of the pack, and of a batch
VOCABULARY, SENTENCES = 500, 64


def moving(frames: int, seed: int) -> np.ndarray:
    """(frames, 133, 3) of a slowly moving figure."""
    drawn = np.random.default_rng(seed)
    points = drawn.uniform(100, 400, (1, 133, 3)) + drawn.normal(0, 1, (frames, 133, 3)).cumsum(axis=0)
    points[..., 2] = drawn.uniform(0.2, 1, (frames, 133))
    return points.clip(0, 479).astype(np.float32)


def loader(device: str) -> dict:
    """Clips and frames a second of two epochs, the second with the shard in the page cache."""
    clips, size = SIZES[device]
    settings = settings_for(device).model_copy(update={"corpora": ["made"], "splits": ["train"], "data_share": 1.0})
    words = np.random.default_rng(0).integers(VOCABULARY, size=(SENTENCES, TOKENS))
    sentences = [" ".join(f"w{word}" for word in line) for line in words]
    with tempfile.TemporaryDirectory() as name:
        lengths = paper_lengths(clips)
        rows = (
            (sample(f"made/{k:05d}", text=sentences[k % SENTENCES]), moving(int(frames), k))
            for k, frames in enumerate(lengths)
        )
        write_pack(Path(name) / "made", list(rows))
        write_store(Path(name) / "store.h5", sentences, WIDTH)
        refs = training_clips([Path(name) / "made"], settings, 1)
        batches = PretrainBatches(refs, TextStore(Path(name) / "store.h5"), settings, 1)
        found = {}
        for epoch in range(2):
            plan, frames = length_bucketed(batches.lengths(epoch), size, 1, epoch), 0
            begin = time.perf_counter()
            for _, batch in prefetched(plan, lambda indices, e=epoch: batches.make(indices, e)):
                frames += int(batch.valid.sum())
            seconds = time.perf_counter() - begin
            found = {"clips/s": rounded(len(refs) / seconds), "frames/s": rounded(frames / seconds)}
    return {"clips": len(refs), "batch": size} | found
