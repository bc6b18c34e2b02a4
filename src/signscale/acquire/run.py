"""The stage `acquire`: one corpus's raw data, its ledger, and its manifest of samples."""

import logging
from collections import Counter
from pathlib import Path

from signscale.acquire.kept import check_kept
from signscale.acquire.published import acquire_published
from signscale.corpora import load_corpus
from signscale.corpora.annotated import FAULTS, AnnotatedCorpus
from signscale.corpora.parts import with_other_views
from signscale.corpora.tables import read_faults
from signscale.fetch.part import Part
from signscale.formats.sample import write_manifest
from signscale.keypoints.estimators.choice import estimators_of
from signscale.params import Params

logger = logging.getLogger(__name__)


def acquire_corpus(params: Params, corpus: str, manifest: Path, parts: int = 1) -> None:
    """Fetch what is not there yet under `params.acquire.raw`, write the corpus's ledger and its MANIFEST.

    parts: the number of jobs that shared the download, if more than one; their ledgers are then merged. The manifest
    depends on the raw annotations only, never on when or by how many they were fetched. A composed corpus takes the
    samples of its base, which must be acquired before. Raises SignScaleError if the corpus cannot be had, or if less
    than `params.acquire.min_kept` of its annotation rows make samples.
    """
    raw = Path(params.acquire.raw)
    source = load_corpus(corpus)
    if corpus in params.keypoints.published:
        acquire_published(params, source)
    elif parts > 1:
        source.settle_parts(raw, parts)
    else:
        source.acquire(raw, params.acquire)
    samples = list(source.samples(raw))
    if isinstance(source, AnnotatedCorpus):
        faults = raw / corpus / FAULTS
        check_kept(corpus, len(samples), read_faults(faults), params.acquire.min_kept, faults)
    if len(estimators_of(params.keypoints, source)) > 1:
        samples = list(with_other_views(samples))
    write_manifest(manifest, samples)
    splits = Counter(sample.split or "no split" for sample in samples)
    logger.info(f"{corpus}: {len(samples)} samples ({', '.join(f'{name} {n}' for name, n in sorted(splits.items()))})")


def fetch_annotations(params: Params, corpus: str) -> None:
    """The first of several jobs that share a corpus: fetches what they all need. Raises SignScaleError if that
    fails."""
    load_corpus(corpus).acquire_annotations(Path(params.acquire.raw), params.acquire)


def fetch_part(params: Params, corpus: str, index: int, count: int) -> None:
    """Fetch part `index` (from 0) of `count` of a corpus's sources, with its own ledger; a killed job continues."""
    load_corpus(corpus).acquire_part(Path(params.acquire.raw), params.acquire, Part(index, count))
