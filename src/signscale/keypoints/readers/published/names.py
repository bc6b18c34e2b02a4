"""Finds the published clip of a row: tries the ways in which publishers name clips, always in the same order."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample

_SUFFIXES = (".mp4", ".avi", ".mkv", ".webm", ".swf", ".pkl", ".npy", ".json")
_ALSO = {"S000007_P0003_T00": "S000005_P0004_T00"}
"""A clip of CSL-Daily: its name in the release, and the one of split_1.txt, which publishers of keypoints keep."""
_SPLITS = {"train": ("train",), "dev": ("dev", "val"), "test": ("test",)}


class Names:
    """The names of published clips, found by a row.

    A name is found whole, without the ending of a file, or by its last part if no other name ends so; at last, by a
    folder on its path that no other name has: TwoStreamNetwork names a clip of Phoenix14 by its id with a folder and a
    file below it.
    """

    def __init__(self, names: Iterable[str]):
        self._whole = {name: name for name in names}
        self._short: dict[str, str] = {}
        self._folder: dict[str, str] = {}
        for name in self._whole:
            _add(self._short, {_bare(name), PurePosixPath(_bare(name)).name}, name)
            _add(self._folder, set(PurePosixPath(name).parent.parts), name)

    def find(self, row: Sample) -> str:
        """The name of a row's clip; raises SignScaleError saying what was tried and how the names there look."""
        tried = dict(namings(row))
        for name in tried.values():
            if found := self._whole.get(name) or self._short.get(name):
                return found
        if found := self._folder.get(tried["id"]):
            return found
        looked = ", ".join(f"{name} ({how})" for how, name in tried.items())
        example = f"its names are like {next(iter(self._whole))}" if self._whole else "it holds no clip at all"
        raise SignScaleError(f"no clip of {row.sample_id} in it, tried {looked}; {example}: is it of another corpus?")


def namings(row: Sample) -> Iterator[tuple[str, str]]:
    """(how, name) of every way publishers name a row's clip."""
    own = row.sample_id.partition("/")[2]
    clip = PurePosixPath(_bare(row.clip))
    for split in _SPLITS.get(row.split, ()):
        yield f"{split} and id", f"{split}/{own}"
    yield "id", own
    yield "last part of the id", PurePosixPath(own).name
    if own in _ALSO:
        yield "id in split_1.txt", _ALSO[own]
    yield "clip", clip.as_posix()
    yield "name of the clip", clip.name


def _add(known: dict[str, str], parts: set[str], name: str) -> None:
    """Let each of the parts stand for the name, or for none ("") if it stands for another already."""
    for part in parts:
        known[part] = "" if known.get(part, name) != name else name


def _bare(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.lower().endswith(suffix)), name)
