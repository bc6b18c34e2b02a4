"""How many clips a second the loader makes, from packed shards to masked batches, with as many workers as training."""

import sys
import tempfile
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from pretrain import TOKENS, WIDTH, paper_lengths

from signscale.data.loader import loaded, planned, worker_count
from signscale.pretrain.batches import PretrainClips
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
        made = PretrainClips(refs, TextStore(Path(name) / "store.h5"), settings, 1)
        workers, found = worker_count(torch.device(device)), {}
        with closing(loaded(planned(made, size, 1, epochs=2), made, made.collate, workers)) as todo:
            for _ in range(2):
                begin, frames = time.perf_counter(), 0
                for _, batch in islice(todo, -(-len(refs) // size)):
                    frames += int(batch.valid.sum())
                seconds = time.perf_counter() - begin
                found = {"clips/s": rounded(len(refs) / seconds), "frames/s": rounded(frames / seconds)}
    return {"clips": len(refs), "batch": size, "workers": workers} | found
