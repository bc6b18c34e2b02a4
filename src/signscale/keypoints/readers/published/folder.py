"""What the readers of a folder with one pickle for each clip share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.pickles import read_pickle
from signscale.keypoints.readers.published.reader import files_by_name


class FolderReader:
    """The part of a Reader that finds and opens its files; a subclass reads what is in one.

    sizes: width and height of the frames that a corpus's points were estimated on. keys: what every pickle's dict has.
    """

    sizes: ClassVar[Mapping[str, tuple[int, int]]]
    keys: ClassVar[tuple[str, ...]]

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".pkl")
        self._size = self.sizes.get(corpus)
        self.names = list(self._files)

    def content(self, name: str) -> tuple[Path, dict[str, Any]]:
        """The file of a clip and the dict in it; raises SignScaleError if it is not one with these keys."""
        path = self._files[name]
        content = read_pickle(path)
        if not isinstance(content, dict) or not set(self.keys) <= set(content):
            raise SignScaleError(f"{path}: no {' and '.join(self.keys)} in it; is it of another format?")
        return path, content
