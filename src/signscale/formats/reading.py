"""Turns the errors that libraries raise on a bad file into a SignScaleError: one line that names the file."""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signscale.errors import SignScaleError

FROM_LIBRARIES = (
    OSError, EOFError, MemoryError, ArithmeticError, RuntimeError, LookupError, TypeError, ValueError, AttributeError,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip
"""What h5py, pyarrow, numpy, json and the standard library raise on a file that is not what it should be."""


@contextmanager
def reading(path: Path | str, kind: str, remedy: str, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn errors within the block, which only reads `path`, into a SignScaleError. kind: what the file is, for example
    "a keypoint shard".

    also: error classes of a library that do not inherit from Python's. Raises SignScaleError, one line: the file, what
    is wrong with it and the remedy; a lock or a missing permission has a remedy of its own.
    """
    try:
        yield
    except SignScaleError:
        raise
    except (*FROM_LIBRARIES, *also) as error:
        raise SignScaleError(f"{path}: {_explained(Path(path), error, kind, remedy)}") from error


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks; its kind if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _explained(path: Path, error: Exception, kind: str, remedy: str) -> str:
    """What is wrong with the file, and the remedy."""
    if "unable to lock file" in str(error):
        return (
            "locked by another process; wait until it is done, "
            "or set HDF5_USE_FILE_LOCKING=FALSE if the file system cannot lock"
        )
    if os.path.isdir(path):  # noqa: PTH112 - (never raises, whatever the name)
        return f"a folder, not {kind}; name the file"
    if isinstance(error, FileNotFoundError):
        return f"no such file; {remedy}"
    if isinstance(error, OSError) and error.errno:
        return f"cannot be read ({os.strerror(error.errno)}); {remedy}"
    if isinstance(error, MemoryError):
        return f"more than fits in memory, so not {kind}; {remedy}"
    if isinstance(error, KeyError):
        return f"not {kind} (without {one_line(error)}); {remedy}"
    return f"not {kind} ({one_line(error)}); {remedy}"
