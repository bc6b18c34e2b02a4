"""The provenance record of the result of a command that somebody called directly, outside the workflow.

It lies where the workflow's would and holds what decided the result: the params with the values of `--set`, the code,
the packages, and what was read. The workflow does not use such a result.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import signscale
from signscale.formats.files import sha256, write_text
from signscale.formats.machine import where
from signscale.params import Params
from signscale.provenance.code import Code
from signscale.provenance.outputs import RECORD, files_of
from signscale.provenance.stages import ENTRIES

_ENTRIES = ENTRIES | {
    "fetch": ENTRIES["acquire"],
    "models": ("acquire.models",),
    "ablation": ENTRIES["table"],
    "clip": ("keypoints.one_clip",),
}


def record_of(result: Path) -> Path:
    """Where the record of a result lies: in a folder, beside a file."""
    return result / RECORD if result.is_dir() else result.with_name(f"{result.stem}.{RECORD}")


def _read_from(source: Path) -> dict[str, str]:
    """The sha256 of an input: of its record if it has one; else of the records in the folder; else of its files."""
    if (record := record_of(source)).is_file():
        return {record.name: sha256(record)}
    if not source.is_dir():
        return {source.name: sha256(source)}
    files = sorted(source.rglob(f"*{RECORD}")) or sorted(path for path in source.rglob("*") if path.is_file())
    return {file.relative_to(source).as_posix(): sha256(file) for file in files}


def write_direct(
    command: str,
    params: Params,
    changes: Sequence[str],
    inputs: Mapping[str, Path],
    plugins: Sequence[str],
    made: Sequence[Path],
) -> None:
    """Write the record of what a command made: one folder with all in it, or files, whose record is beside the first.

    changes: its `--set`. inputs: what it read, by name. plugins: modules of the package that it used by name.
    """
    root = Path(signscale.__file__).parents[2]
    entries = (*_ENTRIES[command], *plugins)
    code = Code(root)
    packages = code.packages(entries)
    record = record_of(made[0])
    outputs = files_of(record) if made[0].is_dir() else {os.path.relpath(path, record.parent): path for path in made}
    content: dict[str, Any] = {
        "step": f"signscale {'keypoints' if command == 'clip' else command}",
        "set": list(changes),
        "params": params.model_dump(mode="json"),
        "code": code.files(entries),
        "packages": packages,
        "manifests": {},
        "inputs": {name: _read_from(path) for name, path in inputs.items()},
        "made": where(root, tuple(packages)),
        "after": {},
        "built_on": {},
        "outputs": {name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for name, path in outputs.items()},
    }
    write_text(record, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
