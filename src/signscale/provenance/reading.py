"""A provenance record as it lies on the disk: whole, or taken as none, so that its step is made again."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Output(BaseModel):
    """What a record notes of an output."""

    bytes: int
    sha256: str


class _Record(BaseModel):
    """The keys of a record by which a later run goes; the last two came with a later version."""

    model_config = ConfigDict(strict=True)

    step: str
    params: dict[str, Any]
    code: dict[str, str]
    packages: dict[str, str]
    manifests: dict[str, str]
    dropped: dict[str, str] = {}
    source: dict[str, str] = {}
    raw: str = ""
    outputs: dict[str, _Output] = {}
    built_on: dict[str, str] = {}


def read_record(record: Path) -> dict[str, Any]:
    """A record as it was written; empty if there is none, or if it is torn: `signscale why` then says so."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        _Record.model_validate(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return {}
    return content
