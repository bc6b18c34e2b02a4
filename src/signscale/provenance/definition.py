"""What decides the result of a step: params, code, the manifests and raw files it reads, a model it takes over."""

import json
import math
from hashlib import sha256 as hashed
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from signscale.formats.sample import count_rows, read_table
from signscale.keypoints.readers.published import MARK
from signscale.model.folder import FILES
from signscale.provenance.accepted import as_before
from signscale.provenance.place import Place
from signscale.provenance.raw import Allowance, digest_of, files_in
from signscale.provenance.reading import read_record
from signscale.provenance.stages import Step, fetched, shard_step, steps


def code_of(place: Place, step: Step) -> dict[str, dict[str, str]]:
    """The `code` by file and the `packages` by name that decide a step, as they are."""
    packages = {} if step.lock else place.code.packages(step.entries)
    return {"code": place.code.files(step.entries), "packages": packages}


def accepted_of(place: Place, step: Step) -> dict[str, str] | None:
    """Who said that the present code of a step changes no number, why and when; None if nobody had to."""
    return as_before(place.accepted, step.stage, code_of(place, step))[1]


def shard_counts(place: Place) -> dict[str, int | None]:
    """How many keypoint shards each fetched corpus has; None where the manifest is not there."""
    size = place.params.keypoints.clips_per_shard
    counts: dict[str, int | None] = {}
    for corpus in fetched(place.params):
        rows = count_rows(place.manifest(corpus)) if place.has_manifest(corpus) else None
        counts[corpus] = None if rows is None else -(-rows // size)
    return counts


def known_steps(place: Place) -> dict[str, Step]:
    """The steps of this place by name, in order; without the keypoints steps of a corpus that has no manifest yet."""
    return steps(place.params, shard_counts(place))


def definition(place: Place, step: Step, as_it_is: bool = False) -> dict[str, Any] | None:
    """What decides the result of a step, apart from the steps it builds on; None if a manifest is not there yet.

    Accepted edits count as not made, unless `as_it_is`.
    """
    if not all(place.has_manifest(corpus) for corpus in step.manifests):
        return None
    decides: dict[str, Any] = {
        "step": step.name,
        "params": step.params,
        **code_of(place, step),
        "manifests": {corpus: place.sha256(place.manifest(corpus)) for corpus in step.manifests},
    }
    if step.lock:
        decides["lock"] = place.sha256(place.root / step.lock)
    if step.shard:
        decides |= _shard_content(place, step)
    if step.dropped:
        decides["dropped"] = dropped_content(place, step)
    if step.source:
        decides["source"] = source_content(place, step)
    return decides if as_it_is else as_before(place.accepted, step.stage, decides)[0]


def dropped_content(place: Place, step: Step) -> dict[str, str]:
    """sha256 by file of what people brought; without a raw folder or published keypoints, what its record says."""
    corpus, files = step.dropped
    published = place.params.keypoints.published.get(corpus)
    if place.raw(corpus).is_dir() or (published and (place.root / published.path).exists()):
        return files_in(place.memory(step.name, "raw"), place.raw(corpus), files, Allowance(math.inf).read)
    return read_record(place.record(step.name)).get("dropped", {})


def _rows(place: Place, corpus: str, k: int) -> pa.Table:
    """The manifest's rows of a shard."""
    size = place.params.keypoints.clips_per_shard
    return _table(place.manifest(corpus)).slice(k * size, size)


def source_content(place: Place, step: Step) -> dict[str, str]:
    """sha256 by file of the model that is taken over; without its folder, what the step's record says."""
    folder, memory = place.root / step.source, place.memory(step.name, "source")
    if not folder.is_dir():
        return read_record(place.record(step.name)).get("source", {})
    return files_in(memory, folder, FILES, Allowance(math.inf).read)


def _shard_content(place: Place, step: Step) -> dict[str, str]:
    """Digests of a shard's manifest rows and of its raw files; without a raw folder, the raw digest of its record."""
    corpus, k = step.shard
    if place.raw(corpus).is_dir():
        raw = _raw_digest(place, corpus, k)
    else:
        raw = read_record(place.record(step.name)).get("raw", "absent")
    return {"rows": _rows_digest(_rows(place, corpus, k)), "raw": raw}


def _rows_digest(rows: pa.Table) -> str:
    """Digest of a table's values, column by column: of strings their lengths and all of them in a row."""
    digest = hashed(json.dumps(rows.schema.names).encode())
    for column in rows.combine_chunks().columns:
        values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_string(values.type):
            digest.update(pc.binary_length(values).to_numpy(zero_copy_only=False).tobytes())
            together = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
            digest.update(pc.binary_join(together, "\0")[0].as_py().encode())
        else:
            digest.update(values.to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()


_TABLES: dict[tuple[Path, int], pa.Table] = {}


def _table(path: Path) -> pa.Table:
    """The manifest's table, read again only if the file has changed."""
    key = (path, path.stat().st_mtime_ns)
    if key not in _TABLES:
        _TABLES[key] = read_table(path)
    return _TABLES[key]


def _clips_of(place: Place, corpus: str, rows: pa.Table) -> list[str]:
    """The raw files and folders that rows of a manifest name; of published keypoints their mark."""
    return [MARK] if corpus in place.params.keypoints.published else sorted(set(rows["clip"].to_pylist()))


def read_raw(place: Place, corpus: str) -> None:
    """Compute the checksums of an acquired corpus's raw data, so that no plan has to; unchanged files are not read
    again."""
    if corpus not in fetched(place.params) or not place.raw(corpus).is_dir():
        return
    for k in range(shard_counts(place)[corpus] or 0):
        _raw_digest(place, corpus, k)


def _raw_digest(place: Place, corpus: str, k: int) -> str:
    """One digest of the raw files of a shard."""
    clips = _clips_of(place, corpus, _rows(place, corpus, k))
    return digest_of(place.memory(shard_step(corpus, k), "raw"), place.raw(corpus), clips, place.reading.read)
