"""Records: what each result was made from, and the file times that tell Snakemake so.

Every step leaves, written last, a record beside its result: the params, the sha256 of its code, of the manifests and
raw files it read, the pinned packages, and the sha256 of the records of the steps it builds on. A result is fresh if
its record is the one that would be written now, its outputs are as the record notes them (`outputs`), and so are those
it was made from (`built_on`). Where it was made (`made`) is noted too, and decides nothing.
Snakemake compares file times only, so once a run, before it builds its graph, `settle` puts a stamp for each step under
scratch/stamps: as old as can be if the result is fresh, new if it is not; fresh records are all made equally old.
Stamps and records are the only inputs of a rule whose time counts. Times of the results themselves mean nothing: a
pull, a touch or a copy may change them.
"""

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256 as hashed
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, sha256, write_text
from signscale.formats.machine import where
from signscale.formats.sample import count_rows, read_table
from signscale.keypoints.readers.published import MARK
from signscale.model.folder import FILES
from signscale.params import Params
from signscale.provenance.accepted import as_before, read_accepted
from signscale.provenance.code import Code
from signscale.provenance.outputs import damage, described
from signscale.provenance.raw import Allowance, digest_of, files_in
from signscale.provenance.reading import read_record
from signscale.provenance.stages import STAGES, Step, fetched, shard_step, steps

LONG_AGO = 315_532_800  # 1980-01-01: older than any result; time of a fresh stamp, its record comes a second later
NOT_KNOWN = "{}\n"  # stamp of a step whose manifest is not there yet
BESIDE = ("acquire/", "keypoints/")  # steps whose result is a file, not a folder


@dataclass(frozen=True)
class Place:
    """The folder a run happens in (the repository's root) and its params. Each file is looked at once a Place.

    stamps: the folder of the stamps; a dry run has another one, so that it changes nothing for a run that works.
    acquired: the corpora whose manifest counts; None for all that have one. While a run acquires corpora a manifest may
    lie there whose job is not done.
    reading: how much raw data this process may read; a plan only what changed since the jobs read all.
    """

    params: Params
    root: Path = Path()
    acquired: frozenset[str] | None = None
    stamps: str = "stamps"
    reading: Allowance = field(default_factory=lambda: Allowance(math.inf))
    _seen: dict[Path, str] = field(default_factory=dict)
    _code: list[Code] = field(default_factory=list)
    _accepted: list[list[dict[str, Any]]] = field(default_factory=list)
    _expected: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def results(self) -> Path:
        """Results of the preset."""
        return self.root / "results" / self.params.preset

    def raw(self, corpus: str) -> Path:
        """Raw data of a corpus, shared by the presets."""
        return self.root / self.params.acquire.raw / corpus

    def manifest(self, corpus: str) -> Path:
        """The manifest of a corpus."""
        return self.results / "acquire" / f"{corpus}.parquet"

    def has_manifest(self, corpus: str) -> bool:
        """Whether a corpus is acquired."""
        return (self.acquired is None or corpus in self.acquired) and self.manifest(corpus).is_file()

    def record(self, name: str) -> Path:
        """The record of a step."""
        return self.results / (f"{name}.provenance.json" if name.startswith(BESIDE) else f"{name}/provenance.json")

    def stamp(self, name: str) -> Path:
        """The stamp of a step."""
        return self.root / "scratch" / self.stamps / self.params.preset / f"{name}.json"

    def memory(self, name: str, of: str) -> Path:
        """Where sizes, times and sha256 of a step's `raw` files or `outputs` are kept: no decision, only a memory."""
        return self.root / "scratch" / "seen" / self.params.preset / f"{name}.{of}.json"

    def sha256(self, path: Path) -> str:
        """sha256 of a manifest or a lock."""
        if path not in self._seen:
            self._seen[path] = sha256(path)
        return self._seen[path]

    @property
    def code(self) -> Code:
        """The code of this place, as it was when first looked at."""
        if not self._code:
            self._code.append(Code(self.root))
        return self._code[0]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The edits that somebody said change no number."""
        if not self._accepted:
            self._accepted.append(read_accepted(self.root))
        return self._accepted[0]

    def accepted_of(self, step: Step) -> dict[str, str] | None:
        """Who said that the present code of a step changes no number, why and when; None if nobody had to."""
        return as_before(self.accepted, step.stage, code_of(self, step))[1]


def code_of(place: Place, step: Step) -> dict[str, dict[str, str]]:
    """The `code` by file and the `packages` by name that decide a step, as they are."""
    packages = {} if step.lock else place.code.packages(step.entries)
    return {"code": place.code.files(step.entries), "packages": packages}


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

    Accepted edits are taken back, unless it is wanted as it is.
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
        decides["dropped"] = _dropped_content(place, step)
    if step.source:
        decides["source"] = _source_content(place, step)
    return decides if as_it_is else as_before(place.accepted, step.stage, decides)[0]


def _dropped_content(place: Place, step: Step) -> dict[str, str]:
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


def _source_content(place: Place, step: Step) -> dict[str, str]:
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
    """Read the raw data of an acquired corpus, so that no plan has to; not again what is known by its stamps."""
    if corpus not in fetched(place.params) or not place.raw(corpus).is_dir():
        return
    for k in range(shard_counts(place)[corpus] or 0):
        _raw_digest(place, corpus, k)


def _raw_digest(place: Place, corpus: str, k: int) -> str:
    """One digest of the raw files of a shard."""
    clips = _clips_of(place, corpus, _rows(place, corpus, k))
    return digest_of(place.memory(shard_step(corpus, k), "raw"), place.raw(corpus), clips, place.reading.read)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def decided_text(record: Path) -> str:
    """What decided a result, as its record has it: what steps after it and later runs compare."""
    return _decided(read_json(record))


def _decided(content: Mapping[str, Any]) -> str:
    return _text(
        {key: value for key, value in content.items() if key not in ("made", "outputs", "built_on", "accepted")}
    )


def _outputs_digest(record: Mapping[str, Any]) -> str:
    """Digest of the outputs that a record notes."""
    return hashed(json.dumps(record.get("outputs"), sort_keys=True).encode()).hexdigest()


def expected(place: Place) -> dict[str, tuple[str, str | None]]:
    """Stamp and record of every step as they would be written now; record None while something is not known."""
    texts = place._expected
    digests: dict[str, str] = {}
    for name, step in known_steps(place).items() if not texts else ():
        decides = definition(place, step)
        if decides is None or any(texts[upstream][1] is None for upstream in step.after):
            texts[name] = (NOT_KNOWN if decides is None else _text(decides), None)
        else:
            record = _text(decides | {"after": {upstream: digests[upstream] for upstream in step.after}})
            texts[name] = (_text(decides), record)
            digests[name] = hashed(record.encode()).hexdigest()
    return texts


def settle(place: Place) -> dict[str, bool]:
    """Write every stamp and set its time; returns which steps are fresh."""
    fresh = {}
    for name, (stamp_text, record_text) in expected(place).items():
        stamp, record = place.stamp(name), place.record(name)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != stamp_text:
            write_text(stamp, stamp_text)
        fresh[name] = record_text is not None and is_fresh(place, name, record_text)
        if fresh[name]:
            os.utime(stamp, (LONG_AGO, LONG_AGO))
            os.utime(record, (LONG_AGO + 1, LONG_AGO + 1))
        else:
            newer = max(time.time(), record.stat().st_mtime + 1) if record.is_file() else time.time()
            os.utime(stamp, (newer, newer))
    return fresh


def is_fresh(place: Place, name: str, record_text: str) -> bool:
    """Whether a step's result is what would be made now (`record_text`, of `expected`), and undamaged."""
    record = place.record(name)
    content = read_record(record)
    if not content or _decided(content) != record_text or "outputs" not in content:
        return False
    return not damage(record, content["outputs"], place.memory(name, "outputs")) and not remade(place, content)


def remade(place: Place, content: Mapping[str, Any]) -> list[str]:
    """The steps whose outputs are others now than when the step of a record was made from them."""
    there = ((name, digest, read_record(place.record(name))) for name, digest in content["built_on"].items())
    return [name for name, digest, record in there if record and _outputs_digest(record) != digest]


def complete(fresh: Mapping[str, bool]) -> list[str]:
    """The stages whose every step is fresh, in order."""
    return [m for m in STAGES if (mine := [ok for n, ok in fresh.items() if n.split("/")[0] == m]) and all(mine)]


def fingerprint(place: Place, name: str) -> str:
    """16 hex digits of the record that a step would get now, to name the folder of its resume state."""
    text = expected(place)[name][1]
    return hashed(text.encode()).hexdigest()[:16] if text else "unknown"


def begin(place: Place, name: str) -> dict[str, Any]:
    """What decides the step, at the start of its job.

    Raises SignScaleError if it is not what the run was planned with: params or code have changed since.
    """
    step = known_steps(place).get(name)
    if step is None:
        raise SignScaleError(f"{name}: no such step in preset {place.params.preset}; start snakemake again")
    decides = definition(place, step)
    stamp = place.stamp(name)
    if decides is None or not stamp.is_file() or stamp.read_text(encoding="utf-8") != _text(decides):
        raise SignScaleError(
            f"{name}: params.yaml, the code or the raw data changed since this run was planned; start snakemake again"
        )
    return decides | {"after": list(step.after)}


def finish(place: Place, name: str, begun: dict[str, Any]) -> None:
    """Write the record of a step whose result is complete; `begun` is what `begin` gave."""
    missing = [upstream for upstream in begun["after"] if not place.record(upstream).is_file()]
    if missing:
        raise SignScaleError(f"{place.record(missing[0])}: no such file; run snakemake {missing[0].split('/')[0]}")
    after = {upstream: hashed(decided_text(place.record(upstream)).encode()).hexdigest() for upstream in begun["after"]}
    step = known_steps(place)[name]
    for key, content in (("dropped", _dropped_content), ("source", _source_content)):
        if key in begun:
            begun = begun | {key: _since(name, begun[key], content(place, step))}
    if name.startswith("acquire/"):
        read_raw(place, name.removeprefix("acquire/"))
    noted = {
        "made": where(place.root, tuple(begun["packages"])),
        "outputs": described(place.record(name), place.memory(name, "outputs")),
        "built_on": {upstream: _outputs_digest(read_json(place.record(upstream))) for upstream in begun["after"]},
    }
    if accepted := place.accepted_of(step):
        noted["accepted"] = accepted
    write_text(place.record(name), _text(begun | {"after": after} | noted))


def _since(name: str, begun: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """What was read as it is now: the job itself may have made what was absent, the rest has to be as it was."""
    changed = [file for file, was in begun.items() if was not in ("absent", now.get(file))]
    if changed:
        raise SignScaleError(f"{changed[0]}: changed while {name} read it; start snakemake again")
    return now
