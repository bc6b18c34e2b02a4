"""The one check before anything is written for a corpus: a name from an annotation stays inside the corpus's folder."""

from pathlib import Path, PurePosixPath

from signscale.errors import SignScaleError

_LONGEST_NAME = 230
"""Bytes of a file's name: file systems take 255, and a file in the making has a longer name than the finished one."""


class OutsideError(SignScaleError):
    """A name that leads out of the corpus's folder, or that no file can have."""


def place(folder: Path, name: str) -> Path:
    """Where the file `name`, a relative path with slashes, goes below the corpus's folder.

    The name alone is looked at: a folder inside may be a link of the user's to another disk. Raises OutsideError for a
    name that is empty, absolute, has `..`, a backslash, a control character, or is too long for a file system.
    """
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts or "\\" in name:
        raise OutsideError(f"{name[:80]!r} leaves the folder {folder}; refused")
    if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF for letter in name):
        raise OutsideError(f"{name[:80]!r} has a control character, so no file is called that; refused")
    if any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise OutsideError(f"{name[:80]!r}... is longer than the name of a file can be; refused")
    return folder.joinpath(*parts)
