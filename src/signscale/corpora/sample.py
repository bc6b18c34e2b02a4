"""The Sample row, and the manifest: one parquet file of rows for a corpus."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from signscale.errors import SignScaleError
from signscale.files import written_whole

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
    start, end: seconds within the source; end is -1 for "to the end". fps: frames a second, 0 if only the video knows.
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
    """Write rows in the order given, whole or not at all; returns how many. Raises SignScaleError on a repeated id."""
    rows = [asdict(sample) for sample in samples]
    seen: set[str] = set()
    for row in rows:
        if row["sample_id"] in seen:
            raise SignScaleError(f"{path}: sample id {row['sample_id']!r} stands twice; ids must be distinct")
        if row["split"] not in SPLITS:
            raise SignScaleError(f"{path}: {row['sample_id']}: split {row['split']!r} is none of train, dev, test")
        seen.add(row["sample_id"])
    with written_whole(path) as partial:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), partial, compression="zstd")
    return len(rows)


def read_manifest(path: Path | str) -> list[Sample]:
    """Read the rows of a manifest; raises SignScaleError if the file is not one."""
    try:
        table = pq.read_table(path, schema=SCHEMA)
    except (OSError, pa.ArrowInvalid) as error:
        raise SignScaleError(f"{path}: not a manifest ({str(error).splitlines()[0]}); run its stage again") from error
    return [Sample(**row) for row in table.to_pylist()]


def languages(samples: Sequence[Sample]) -> list[str]:
    """The sign languages present, sorted."""
    return sorted({sample.language for sample in samples})
