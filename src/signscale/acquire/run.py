"""The milestone `acquire`: one corpus's raw data, its ledger, and its manifest of samples."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.sample import Sample, write_manifest
from signscale.keypoints.environment import environment_of
from signscale.params import Params


def acquire_corpus(params: Params, corpus: str, manifest: Path) -> None:
    """Fetch what is not there yet under `params.acquire.raw`, write the corpus's ledger and its MANIFEST.

    The manifest depends on the raw annotations only, never on when they were fetched. A composed corpus takes the
    samples of its base, which must be acquired before. Raises SignScaleError if the corpus cannot be had.
    """
    raw = Path(params.acquire.raw)
    source = load_corpus(corpus)
    source.acquire(raw, params.acquire)
    samples = list(source.samples(raw))
    if environment_of(params.keypoints, source) == "interwild":
        samples += second_view(samples, source.pretrain_splits)
    write_manifest(manifest, samples)
    splits = Counter(sample.split or "no split" for sample in samples)
    print(f"{corpus}: {len(samples)} samples ({', '.join(f'{name} {n}' for name, n in sorted(splits.items()))})")


def second_view(samples: list[Sample], splits: Collection[str]) -> list[Sample]:
    """The rows of InterWild's view of the clips that the paper pre-trains on; the tasks see the first view only."""
    clips = [sample for sample in samples if sample.split in splits]
    return [replace(clip, sample_id=f"{clip.sample_id}/interwild", view="interwild") for clip in clips]
