"""Reads datasets of HDF5 files of unknown origin; checks first that each is stored in the file itself, and as expected.

HDF5 can point to other files in three ways: by external links, external storage and virtual datasets. A file that does
would show whatever lies on the reader's disk as its own content; ours never do, and such a file is refused.
"""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

Shape = tuple[int | None, ...]


def dataset(file: h5py.File, name: str, kinds: Sequence[str], shape: Shape) -> h5py.Dataset:
    """The dataset of that name. kinds: the numpy types it may have; shape: with None for any length.

    Raises KeyError if it is absent, ValueError if it lies in another file or is of another type or shape.
    """
    found = _inside(file, name)
    if found.dtype not in map(np.dtype, kinds):
        raise ValueError(f"{name} is of type {found.dtype}, not {' or '.join(str(np.dtype(kind)) for kind in kinds)}")
    _check_shape(found, name, shape)
    return found


def small_array(file: h5py.File, name: str, kind: str, shape: Shape) -> np.ndarray:
    """The whole of a dataset that is stored plainly, as `dataset` checks it.

    Raises ValueError too if it is larger than its file, which a header of a few bytes can claim.
    """
    found = dataset(file, name, (kind,), shape)
    _check_size(file, found, name)
    return found[:]


def texts(file: h5py.File, name: str, count: int | None) -> list[str]:
    """A dataset of `count` UTF-8 strings, any number if None. Raises KeyError or ValueError as `small_array` does."""
    return [text.decode() for text in _text_dataset(file, name, count)[:]]


def count_texts(file: h5py.File, name: str) -> int:
    """How many strings `texts` would give, without reading them."""
    return len(_text_dataset(file, name, None))


def _text_dataset(file: h5py.File, name: str, count: int | None) -> h5py.Dataset:
    found = _inside(file, name)
    if h5py.check_string_dtype(found.dtype) is None:
        raise ValueError(f"{name} is not text")
    _check_shape(found, name, (count,))
    _check_size(file, found, name)
    return found


def _inside(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset whose numbers lie in this file. The link is looked at before it is followed.

    Raises KeyError if it is absent, ValueError if its numbers lie elsewhere or it is none.
    """
    if (link := file.get(name, getlink=True)) is None:
        raise KeyError(name)
    if not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name} is a link, which may lead to another file")
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        raise ValueError(f"{name} is not a dataset")
    if found.is_virtual or found.external:
        raise ValueError(f"{name} is stored in another file")
    return found


def _check_shape(found: h5py.Dataset, name: str, shape: Shape) -> None:
    fits = found.shape is not None and len(found.shape) == len(shape)
    if not fits or any(want not in (None, have) for want, have in zip(shape, found.shape, strict=True)):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} has shape {found.shape}, not ({wanted})")


def _check_size(file: h5py.File, found: h5py.Dataset, name: str) -> None:
    if found.nbytes > Path(file.filename).stat().st_size:
        raise ValueError(f"{name} claims to be larger than the file")
