"""What pre-training reached, measured on clips that it did not see."""

from pathlib import Path

import numpy as np
import torch

from signscale.data.batches import length_bucketed
from signscale.params import PretrainParams
from signscale.pretrain.batches import PretrainBatches
from signscale.pretrain.clips import held_out_clips
from signscale.pretrain.model import PretrainingModel
from signscale.pretrain.ranks import Run
from signscale.text.store import TextStore


@torch.no_grad()
def measure_held_out(
    model: PretrainingModel,
    packs: list[Path],
    store: TextStore,
    settings: PretrainParams,
    run: Run,
) -> dict[str, float]:
    """Mean losses and in-batch R@1 over the dev clips (batches as in training, no augmentation), on all ranks."""
    refs = held_out_clips(packs, settings)
    if not refs:
        return {}
    batches = PretrainBatches(refs, store, settings, run.seed)
    model.eval()
    sums: dict[str, float] = {}
    lengths = np.array([min(ref.frames, settings.model.max_frames) for ref in refs])
    for indices in length_bucketed(lengths, settings.batch_size, run.seed, 0):
        for name, value in model(batches.make(indices[run.rank :: run.ranks], 0, held_out=True).to(run.device)).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(indices)
    return {name: value / len(refs) for name, value in sums.items()} | {"clips": float(len(refs))}
