"""The text store of a run that is under way or was killed: laid out whole, its features written batch after batch.

Two files stand beside the store to be: the store itself, and a mark of how many batches are on the disk. The batches
come in the same order in every run, so the next one goes on behind the last that is marked, and ends with the bytes of
a run that was never killed. The mark also says of what the store is made: of anything else it is begun anew.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, synced, write_json, written_whole


class UnfinishedStore:
    """The store `out` before it is whole.

    identity: hex digest of all that decides its bytes. lay_out: writes everything but the features into an empty file,
    with a dataset `features` whose place is taken. done: how many batches are written.
    """

    def __init__(self, out: Path, identity: str, lay_out: Callable[[h5py.File], None]):
        self._out = Path(out)
        self._file, self._mark = (
            self._out.with_name(f".{self._out.name}.{what}.partial") for what in ("unfinished", "encoded")
        )
        self._identity = identity
        self.done = self._batches_marked()
        if not self.done:
            self._mark.unlink(missing_ok=True)
            with h5py.File(self._file, "w") as file:
                lay_out(file)
        with h5py.File(self._file, "r") as file:
            data = file["features"]
            dtype, shape, start = data.dtype, data.shape, data.id.get_offset()
        self.features = np.memmap(self._file, dtype, "r+", start, shape) if shape[0] else np.zeros(shape, dtype)

    def _batches_marked(self) -> int:
        if not (self._mark.is_file() and self._file.is_file()):
            return 0
        with suppress(SignScaleError):  # torn by a power cut: what it marked is made again
            marked = read_json(self._mark)
            if isinstance(marked, dict) and marked.get("identity") == self._identity:
                return marked["batches"]
        return 0

    def mark(self, batches: int) -> None:
        """Note that this many batches are written, once they are on the disk."""
        if isinstance(self.features, np.memmap):
            self.features.flush()
            synced(self._file)
        write_json(self._mark, {"identity": self._identity, "batches": batches})

    def finish(self) -> None:
        """Make it the store."""
        del self.features
        with written_whole(self._out) as whole:
            self._file.replace(whole)
        self._mark.unlink(missing_ok=True)
