"""Keypoints of a corpus that others published, one small reader a format; and their registry.

Adding a format is a file in this folder and its name in `FORMATS`. A module offers `open_reader(path, corpus)`, which
gives a `Reader` (reader.py).
"""

from importlib import import_module
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.reader import Reader

MARK = "published.json"
"""File in a corpus's raw folder that says which published keypoints stand in for its videos, with their sha256."""

FORMATS = ("slrt", "unisign", "seds", "openpose", "pose", "openhands", "kaggle", "mp_data", "wlasl_hands")
"""The formats: a file of that name in this folder each."""


def open_reader(format_: str, path: Path, corpus: str) -> Reader:
    """The reader of published keypoints under `path`; raises SignScaleError on an unknown format or an absent path."""
    if format_ not in FORMATS:
        raise SignScaleError(f"keypoints.published: format {format_!r} is unknown; there are {', '.join(FORMATS)}")
    if not path.exists():
        raise SignScaleError(f"{path}: no such file or folder; keypoints.published names it, put it there")
    return import_module(f"signscale.keypoints.readers.published.{format_}").open_reader(path, corpus)
