"""Which clips pre-training sees, and which it is measured on."""

from pathlib import Path

from signscale.corpora.parts import pretrain_splits
from signscale.data.clips import ClipRef
from signscale.data.randomness import generator
from signscale.errors import SignScaleError
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample
from signscale.params import PretrainParams


def in_share(sample: Sample, share: float, seed: int) -> bool:
    """True for a random `share` of samples; a smaller share is always part of a larger one (PAPER: Table XIII)."""
    return share >= 1 or generator(seed, "share", sample.sample_id).random() < share


def training_clips(packs: list[Path], params: PretrainParams, seed: int) -> list[ClipRef]:
    """The clips pre-training sees: packed corpora x splits x data_share. Raises SignScaleError if none are left."""
    refs = []
    for folder in packs:
        pack = open_pack(folder)
        refs += [
            ClipRef(sample, pack.shard, index)
            for index, sample in enumerate(pack.samples)
            if sample.split in pretrain_splits(params, sample.corpus) and in_share(sample, params.data_share, seed)
        ]
    if not refs:
        raise SignScaleError(f"pretrain: no sample of splits {params.splits} in {', '.join(map(str, packs))}")
    return refs


def held_out_clips(packs: list[Path], params: PretrainParams) -> list[ClipRef]:
    """The dev clips with text, for measuring only; those of a corpus whose dev is trained on are left out."""
    refs: list[ClipRef] = []
    for folder in packs:
        pack = open_pack(folder)
        refs += [
            ClipRef(sample, pack.shard, index)
            for index, sample in enumerate(pack.samples)
            if sample.split == "dev" and sample.text and "dev" not in pretrain_splits(params, sample.corpus)
        ]
    return refs
