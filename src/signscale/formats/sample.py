"""The Sample row, and the manifest: one parquet file of rows for a corpus."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from signscale.errors import SignScaleError
from signscale.formats.files import written_whole
from signscale.formats.reading import reading

_BATCH_ROWS = 65_536
SPLITS = ("train", "dev", "test", "")

SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("corpus", pa.string()),
        ("split", pa.string()),
        ("language", pa.string()),
        ("signer", pa.string()),
        ("clip", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("fps", pa.float64()),
        ("gloss", pa.string()),
        ("text", pa.string()),
        ("label", pa.string()),
        ("view", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One signed clip of one corpus as one estimator sees it.

    sample_id: unique within the project, `corpus/...`. split: train, dev, test, or "" for none of them.
    language: the sign language (ISO 639-3). signer: as the corpus names them, "" if it does not.
    clip: source file or frame folder, relative to the corpus's raw folder; a composed sample: sample ids joined by "+".
    start, end: seconds within the source; end is -1 for "to the end". fps: frames per second, 0 if the video says.
    gloss: glosses separated by single spaces, "" if unknown. text: the sentence of the clip, "" if unpaired.
    label: the class of isolated recognition, "" if none. view: the estimator whose keypoints make this sample.
    """

    sample_id: str
    corpus: str
    split: str
    language: str
    signer: str
    clip: str
    start: float
    end: float
    fps: float
    gloss: str
    text: str
    label: str
    view: str


def write_manifest(path: Path | str, samples: Iterable[Sample]) -> int:
    """Write rows in the order given, whole or not at all; returns how many. Raises SignScaleError on a repeated id.

    Rows are taken a batch at a time, so the memory needed is that of the ids and one batch.
    """
    seen: set[str] = set()
    rows = iter(samples)
    with written_whole(path) as partial, pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        while batch := list(itertools.islice(rows, _BATCH_ROWS)):
            for sample in batch:
                _check(path, sample, seen)
                seen.add(sample.sample_id)
            columns = [[getattr(sample, name) for sample in batch] for name in SCHEMA.names]
            arrays = [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=SCHEMA))
    return len(seen)


def _check(path: Path | str, sample: Sample, seen: set[str]) -> None:
    if sample.sample_id in seen:
        raise SignScaleError(f"{path}: sample id {sample.sample_id!r} appears twice; ids must be distinct")
    if sample.split not in SPLITS:
        raise SignScaleError(f"{path}: {sample.sample_id}: split {sample.split!r} is not one of train, dev, test")


def read_manifest(path: Path | str) -> list[Sample]:
    """Read the rows of a manifest; raises SignScaleError if the file is not one."""
    with reading(path, "a manifest", "run its stage again"), pq.ParquetFile(path) as file:
        if not file.schema_arrow.equals(SCHEMA):
            raise SignScaleError(f"{path}: its columns are not those of a manifest; run its stage again")
        batches = file.iter_batches(_BATCH_ROWS)
        return [Sample(*row) for batch in batches for row in zip(*_columns(batch), strict=True)]


def count_rows(path: Path | str) -> int:
    """The number of rows of a manifest, without reading them; raises SignScaleError if the file is not one."""
    with reading(path, "a manifest", "run its stage again"):
        return pq.read_metadata(path).num_rows


def read_table(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """A manifest, or some of its columns, as a table; raises SignScaleError if the file is not one."""
    with reading(path, "a manifest", "run its stage again"), pq.ParquetFile(path) as file:
        return file.read(columns=columns)


def _columns(batch: pa.RecordBatch) -> list[list]:
    """Columns as Python values; equal values of a batch share one object, which spares most of the memory."""
    encoded = [column.dictionary_encode() for column in batch.columns]
    values = [column.dictionary.to_pylist() for column in encoded]
    return [[words[i] for i in column.indices.to_pylist()] for words, column in zip(values, encoded, strict=True)]


def languages(samples: Sequence[Sample]) -> list[str]:
    """The sign languages present, sorted."""
    return sorted({sample.language for sample in samples})
