"""Provenance records: what each result was made from, and the file times by which Snakemake knows what is fresh.

When a step ends, it writes a record beside its result: the params, the sha256 of its code, of the manifests and
raw files it read, the pinned packages, and the sha256 of the records of the steps it builds on. A result is fresh if
its record is the one that would be written now, its outputs are as the record notes them (`outputs`), and so are those
it was made from (`built_on`). The machine and the commit (`made`) are noted too, but never compared.
Snakemake compares file times only, so once a run, before it builds its graph, `settle` puts a stamp for each step under
scratch/stamps: as old as can be if the result is fresh, new if it is not; fresh records are all made equally old.
Rules compare the times of stamps and records alone. The times of the results are ignored, because a pull, a touch or a
copy may change them.
"""

import json
import os
import time
from collections.abc import Mapping
from hashlib import sha256 as hashed
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_text
from signscale.formats.machine import where
from signscale.provenance.definition import (
    accepted_of,
    definition,
    dropped_content,
    known_steps,
    read_raw,
    source_content,
)
from signscale.provenance.outputs import damage, described
from signscale.provenance.place import Place
from signscale.provenance.reading import read_record
from signscale.provenance.stages import STAGES

LONG_AGO = 315_532_800  # 1980-01-01: older than any result; time of a fresh stamp, its record comes a second later
NOT_KNOWN = "{}\n"  # stamp of a step whose manifest is not there yet


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def decided_text(record: Path) -> str:
    """The part of a record that later steps and later runs compare: what decided the result."""
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
        _bring_forward(record)
        if fresh[name]:
            os.utime(stamp, (LONG_AGO, LONG_AGO))
            os.utime(record, (LONG_AGO + 1, LONG_AGO + 1))
        else:
            newer = max(time.time(), record.stat().st_mtime + 1) if record.is_file() else time.time()
            os.utime(stamp, (newer, newer))
    return fresh


def _bring_forward(record: Path) -> None:
    """Give outputs of a record that are older than any stamp, as archives without times leave them, a later time.

    Snakemake would make one of 1975 again for ever, and one of the first second of 1970 never.
    """
    for name in read_record(record).get("outputs", {}):
        path = record.parent / name
        if path.is_file() and path.stat().st_mtime <= LONG_AGO:
            os.utime(path, (LONG_AGO + 1, LONG_AGO + 1))


def is_fresh(place: Place, name: str, record_text: str) -> bool:
    """Whether a step's result is what would be made now (`record_text`, of `expected`), and undamaged."""
    record = place.record(name)
    content = read_record(record)
    if not content or _decided(content) != record_text or "outputs" not in content:
        return False
    return not damage(record, content["outputs"], place.memory(name, "outputs")) and not remade(place, content)


def remade(place: Place, content: Mapping[str, Any]) -> list[str]:
    """The earlier steps whose outputs have changed since this record's step was made from them."""
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
    for key, content in (("dropped", dropped_content), ("source", source_content)):
        if key in begun:
            begun = begun | {key: _since(name, begun[key], content(place, step))}
    if name.startswith("acquire/"):
        read_raw(place, name.removeprefix("acquire/"))
    noted = {
        "made": where(place.root, tuple(begun["packages"])),
        "outputs": described(place.record(name), place.memory(name, "outputs")),
        "built_on": {upstream: _outputs_digest(read_json(place.record(upstream))) for upstream in begun["after"]},
    }
    if accepted := accepted_of(place, step):
        noted["accepted"] = accepted
    write_text(place.record(name), _text(begun | {"after": after} | noted))


def _since(name: str, begun: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """The checksums of what was read, as they are now. A file that was absent may have been made by the job; every
    other file has to be unchanged."""
    changed = [file for file, was in begun.items() if was not in ("absent", now.get(file))]
    if changed:
        raise SignScaleError(f"{changed[0]}: changed while {name} read it; start snakemake again")
    return now
