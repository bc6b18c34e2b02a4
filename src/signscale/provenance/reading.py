"""Reads provenance records. A damaged one counts as missing, so that its step is made again."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Output(BaseModel):
    """What a record notes of an output."""

    bytes: int
    sha256: str


class _Record(BaseModel):
    """The keys of a record that later runs compare; records of earlier versions may lack those with a default."""

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
    """The content of a record; empty if it is missing or damaged, which `signscale why` reports."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        _Record.model_validate(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return {}
    return content
