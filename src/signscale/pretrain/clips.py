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
    """The clips pre-training sees: packed corpora x splits x data_share, at most clips_per_label of a corpus's label.

    Raises SignScaleError if none are left.
    """
    refs = []
    for folder in packs:
        pack = open_pack(folder)
        chosen = [
            ClipRef(sample, pack.shard, index)
            for index, sample in enumerate(pack.samples)
            if sample.split in pretrain_splits(params, sample.corpus) and in_share(sample, params.data_share, seed)
        ]
        refs += _thinned(chosen, params.clips_per_label, seed)
    if not refs:
        raise SignScaleError(f"pretrain: no sample of splits {params.splits} in {', '.join(map(str, packs))}")
    return refs


def _thinned(refs: list[ClipRef], most: int, seed: int) -> list[ClipRef]:
    """At most `most` clips of each label of a corpus (0: all), drawn by (seed, corpus, label), in the order they came.

    Clips without a label stay.
    """
    places: dict[tuple[str, str], list[int]] = {}
    for place, ref in enumerate(refs):
        if most and ref.sample.label:
            places.setdefault((ref.sample.corpus, ref.sample.label), []).append(place)
    dropped = {
        found[k]
        for (corpus, label), found in places.items()
        for k in generator(seed, "clips per label", corpus, label).permutation(len(found))[most:]
    }
    return [ref for place, ref in enumerate(refs) if place not in dropped]


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
