"""The provenance record of what a command made that somebody called by hand, outside of the workflow.

It lies where the workflow's would and holds what decided the result: the params with the values of `--set`, the code,
the packages, and what was read. The workflow never takes such a result for its own.
"""

import json
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


def record_of(result: Path) -> Path:
    """Where the record of a result lies: in a folder, beside a file."""
    return result / RECORD if result.is_dir() else result.with_name(f"{result.stem}.{RECORD}")


def _read_from(source: Path) -> dict[str, str]:
    """The sha256 of an input: of its record if it has one, else of its files."""
    record = record_of(source)
    files = [record] if record.is_file() else sorted(source.iterdir()) if source.is_dir() else [source]
    return {file.name: sha256(file) for file in files if file.is_file()}


def write_direct(
    command: str, params: Params, changes: Sequence[str], inputs: Mapping[str, Path], task: str, out: Path
) -> None:
    """Write the record of what a command made, `out`.

    changes: its `--set`. task: what was trained or scored, or empty.
    """
    root = Path(signscale.__file__).parents[2]
    entries = (*ENTRIES[command], *([f"tasks.{task}"] if task else []))
    code = Code(root)
    packages = code.packages(entries)
    record = record_of(out)
    content: dict[str, Any] = {
        "step": f"signscale {command}",
        "set": list(changes),
        "params": params.model_dump(mode="json"),
        "code": code.files(entries),
        "packages": packages,
        "inputs": {name: _read_from(path) for name, path in inputs.items()},
        "made": where(root, tuple(packages)),
        "after": {},
        "built_on": {},
        "outputs": {
            name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for name, path in files_of(record).items()
        },
    }
    write_text(record, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
