"""The milestone `acquire`: one corpus's raw data, its ledger, and its manifest of samples."""

from collections import Counter
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.sample import write_manifest
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
    write_manifest(manifest, samples)
    splits = Counter(sample.split or "no split" for sample in samples)
    print(f"{corpus}: {len(samples)} samples ({', '.join(f'{name} {n}' for name, n in sorted(splits.items()))})")
