"""Keypoints of a corpus that others published, one small reader a format; and their registry.

Adding a format is a file in this folder and a line in `_REGISTRY`. A module offers `open_reader(path, corpus)`, which
gives a `Reader` (reader.py).
"""

from importlib import import_module
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.reader import Reader

MARK = "published.json"
"""File in a corpus's raw folder that says which published keypoints stand in for its videos, with their sha256."""

_REGISTRY = {
    "slrt": "slrt",
    "unisign": "unisign",
    "seds": "seds",
    "openpose": "openpose_folders",
    "pose": "pose",
    "openhands": "openhands",
    "kaggle": "kaggle",
    "mp_data": "mp_data",
    "wlasl_hands": "wlasl_hands",
}


def open_reader(format_: str, path: Path, corpus: str) -> Reader:
    """The reader of published keypoints under `path`; raises SignScaleError on an unknown format or an absent path."""
    if format_ not in _REGISTRY:
        raise SignScaleError(f"keypoints.published: format {format_!r} is unknown; there are {', '.join(_REGISTRY)}")
    if not path.exists():
        raise SignScaleError(f"{path}: no such file or folder; keypoints.published names it, put it there")
    return import_module(f"signscale.keypoints.readers.published.{_REGISTRY[format_]}").open_reader(path, corpus)
