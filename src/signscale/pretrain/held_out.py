"""What pre-training reached, measured on clips that it did not see."""

from pathlib import Path

import torch

from signscale.data.loader import loaded, planned
from signscale.params import PretrainParams
from signscale.pretrain.batches import PretrainClips
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
    clips = PretrainClips(refs, store, settings, run.seed, held_out=True)
    model.eval()
    sums: dict[str, float] = {}
    plan = planned(clips, settings.batch_size, run.seed, epochs=1)
    for step, batch in loaded(plan, clips, clips.collate, 0, run.rank, run.ranks):
        for name, value in model(batch.to(run.device)).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(step.indices)
    return {name: value / len(refs) for name, value in sums.items()} | {"clips": float(len(refs))}
