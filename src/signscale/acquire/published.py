"""A corpus whose keypoints others published: the official annotations, no videos, and which clips are there."""

import logging
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import FAULTS, tell
from signscale.corpora.corpus import Corpus
from signscale.corpora.tables import Fault, write_faults
from signscale.errors import SignScaleError
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.record import record
from signscale.formats.files import hashed_tree, write_json
from signscale.formats.sample import Sample
from signscale.keypoints.readers.published import MARK
from signscale.keypoints.readers.published.clips import PublishedClips
from signscale.params import Params

logger = logging.getLogger(__name__)


def acquire_published(params: Params, source: Corpus) -> None:
    """Fetch the annotations if they are missing; write the ledger, and a file that names the published keypoints.

    A clip is `ok` in the ledger if the published files have its name. Raises SignScaleError if the corpus has no
    annotations of its own, if they cannot be had, or if the published files cannot be read.
    """
    if not hasattr(source, "official"):
        raise SignScaleError(f"keypoints.published: {source.name} comes with its keypoints; leave it out")
    raw = Path(params.acquire.raw)
    folder, settings = raw / source.name, params.keypoints.published[source.name]
    clips = PublishedClips(settings, source.name, folder)
    faults, samples = _annotated(source, clips, params)
    rows: dict[str, LedgerRow] = {}
    first_lacking = ""
    for sample in samples:
        lacking = clips.lacking(sample)
        first_lacking = first_lacking or lacking
        outcome = "missing" if lacking else "ok"
        if rows.get(sample.clip) is None or outcome == "ok":
            rows[sample.clip] = LedgerRow(sample.clip, settings.path, "", outcome, 0, "")
    record(folder, rows.values())
    write_faults(folder / FAULTS, faults)
    tell(source.name, faults, folder / FAULTS)
    write_json(folder / MARK, {"path": settings.path, "sha256": hashed_tree(Path(settings.path))})
    there = sum(row.outcome == "ok" for row in rows.values())
    logger.info(f"{source.name}: keypoints of {there} of {len(rows)} clips in {settings.path}")
    if first_lacking:
        logger.warning(f"{source.name}: the first that is missing: {first_lacking}")


def _annotated(source: Any, clips: PublishedClips, params: Params) -> tuple[list[Fault], list[Sample]]:
    """(faults, samples) of the annotations. Missing annotations are taken from the published files, or fetched."""
    raw = Path(params.acquire.raw)
    try:
        return source.annotation_faults(raw), list(source.samples(raw))
    except SignScaleError as missing:
        if not clips.write_annotations(raw / source.name):
            source.fetch(raw / source.name, params.acquire)
        try:
            return source.annotation_faults(raw), list(source.samples(raw))
        except SignScaleError:
            raise SignScaleError(
                f"{missing}; published keypoints need the official annotations, by {source.source}"
            ) from None
