"""The output files of a step: recorded with size and sha256, and compared with the files that are there now.

A file whose size and time are unchanged is trusted. If only its time differs, it is read again; if its size differs, it
has changed. Checksums are cached under scratch/seen, which may be deleted.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signscale.formats.files import SPARED, read_json, sha256, write_text

VERIFY = "SIGNSCALE_VERIFY"
"""Environment variable; if it is set, every output is read again, whatever its size and time."""
RECORD = "provenance.json"


def files_of(record: Path) -> dict[str, Path]:
    """The outputs beside a record, by their path from its folder.

    `NAME.provenance.json` stands for the files `NAME.*` beside it; `provenance.json` for its folder, less the folders
    in it that have records of their own.
    """
    if record.name != RECORD:
        prefix = record.name.removesuffix(RECORD)
        found = [path for path in record.parent.glob(f"{prefix}*") if path.is_file()]
    else:
        found = []
        for here, below, names in os.walk(record.parent):
            below[:] = [name for name in below if not Path(here, name, RECORD).exists()]
            found += [Path(here, name) for name in names]
    kept = (path for path in found if path != record and not path.name.endswith(".partial"))
    return {path.relative_to(record.parent).as_posix(): path for path in sorted(kept)}


def described(record: Path, memory: Path) -> dict[str, dict[str, Any]]:
    """Size (`bytes`) and `sha256` of every output beside a record; what was read is noted in `memory`."""
    seen = {name: _seen(path) for name, path in files_of(record).items()}
    write_text(memory, json.dumps(seen))
    return {name: {"bytes": entry[0], "sha256": entry[2]} for name, entry in seen.items()}


def damage(record: Path, outputs: Mapping[str, Mapping[str, Any]], memory: Path) -> str:
    """What is wrong with the outputs that a record names, in words; empty if they are as they were made."""
    known = read_json(memory, SPARED) if memory.is_file() and VERIFY not in os.environ else {}
    now = dict(known)
    wrong = ""
    for name, made in outputs.items():
        path = record.parent / name
        if not path.is_file():
            wrong = f"output {name} missing"
        elif path.stat().st_size != made["bytes"]:
            wrong = f"output {name} damaged"
        else:
            status = path.stat()
            if now.get(name, [])[:2] != [status.st_size, status.st_mtime_ns]:
                now[name] = _seen(path)
            if now[name][2] != made["sha256"]:
                wrong = f"output {name} damaged"
        if wrong:
            break
    if now != known:
        write_text(memory, json.dumps(now))
    return wrong


def _seen(path: Path) -> list[Any]:
    """[bytes, time in ns, sha256] of a file."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, sha256(path)]
