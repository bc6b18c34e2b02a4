"""Reads pickles of unknown origin with an unpickler that makes numpy arrays and plain containers, and nothing else.

A pickle is a program that may call any function by its name. Here only the names below are known. Any other is refused
before it is looked up, and the error names it.
"""

import io
import pickle
import struct
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError

_ALLOWED = {
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (("multiarray", "_reconstruct"), ("multiarray", "scalar"), ("numeric", "_frombuffer"))
    ),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how protocol 2 writes the bytes of an array
    ("collections", "OrderedDict"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "bytearray"),
    ("__builtin__", "set"),
    ("__builtin__", "frozenset"),
    ("__builtin__", "bytearray"),
    ("__builtin__", "bytes"),
}


class _ForbiddenError(Exception):
    """A pickle asked for something else; the text is its name."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _ForbiddenError(f"{module}.{name}")
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Any:
        raise _ForbiddenError("a persistent id")


def read_pickle(path: Path) -> Any:
    """The content of a pickle of numpy arrays and plain containers (of Python 2 too).

    Raises SignScaleError if the file is absent or torn, or asks for anything else, which it names.
    """
    if path.exists() and not path.is_file():
        raise SignScaleError(f"{path}: not a regular file; put the pickle itself there")
    try:
        with path.open("rb") as file:
            return _Unpickler(io.BufferedReader(file), encoding="latin1").load()
    except FileNotFoundError:
        raise SignScaleError(f"{path}: no such file; put it there again") from None
    except _ForbiddenError as asked:
        raise SignScaleError(
            f"{path}: refused: the pickle asks for {asked}; only numpy arrays and plain containers are read"
        ) from None
    # What unpickling raises on torn and foreign files.
    except (
        pickle.UnpicklingError, EOFError, OSError, AttributeError, ImportError, LookupError, ValueError, TypeError,
        ArithmeticError, MemoryError, RecursionError, struct.error,
    ) as error:  # fmt: skip
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SignScaleError(f"{path}: not a whole pickle ({reason}); fetch it again") from error
