"""A folder with a parquet file a clip, 543 rows a frame: the landmarks of Google's ISLR competition.

Columns frame, type (face 468, left_hand 21, pose 33, right_hand 21), landmark_index, x, y in shares of the picture;
what was not seen is empty (NaN). There is no confidence: what is there has 1. The picture's size is not in it.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from signscale.errors import SignScaleError
from signscale.formats.wholebody import wholebody
from signscale.keypoints.readers.published.reader import Recorded, files_by_name

_PARTS = {"pose": 33, "face": 468, "left_hand": 21, "right_hand": 21}


class _Reader:
    estimator, version = "mediapipe", "holistic (Kaggle)"

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".parquet")
        self.names = list(self._files)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path = self._files[name]
        try:
            table = pq.read_table(path, columns=["frame", "type", "landmark_index", "x", "y"])
        except (OSError, pa.ArrowInvalid, KeyError) as error:
            raise SignScaleError(f"{path}: not landmarks ({str(error).splitlines()[0]}); fetch it again") from error
        kinds = np.asarray(table["type"].to_pylist(), dtype=str)
        frames, at = np.unique(table["frame"].to_numpy(), return_inverse=True)
        places, index = (
            np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()]),
            table["landmark_index"].to_numpy(),
        )
        parts = []
        for kind, count in _PARTS.items():
            rows = kinds == kind
            if rows.sum() != count * len(frames) or set(index[rows].tolist()) != set(range(count)):
                raise SignScaleError(
                    f"{path}: {rows.sum()} rows of {kind} in {len(frames)} frames, expected {count} each"
                )
            part = np.zeros((len(frames), count, 3), np.float32)
            there = np.isfinite(places[rows]).all(axis=1)
            part[at[rows], index[rows]] = np.column_stack([np.where(there[:, None], places[rows], 0), there])
            parts.append(part)
        return Recorded(wholebody(*parts), shares=True)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
