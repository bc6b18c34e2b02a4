"""One pickle of all clips: name -> {"keypoints": (T, 133, 3)}, or name -> (T, 133, 3); x, y in pixels and score.

TwoStreamNetwork (Phoenix14, Phoenix14-T, CSL-Daily: FangyunWei/SLRT, TwoStreamNetwork/dataset/Dataset.py) and NLA-SLR
(WLASL, MS-ASL, NMFs-CSL: NLA-SLR/gen_pose.py, HRNet-W48 + DARK, the paper's own estimator). A frame without a person is
zeros. The whole file is in memory: 1.5 to 4 GB.
"""

from pathlib import Path
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.pickles import read_pickle
from signscale.keypoints.readers.published.reader import Recorded

# Width and height of the frames they were estimated on.
_SIZES = {
    "phoenix14": (210, 260), "phoenix14t": (210, 260), "csl_daily": (512, 512),
    "wlasl": (256, 256), "msasl": (256, 256), "nmfs_csl": (512, 512),
}  # fmt: skip
_NLA_SLR = ("wlasl", "msasl", "nmfs_csl")


class _Reader:
    def __init__(self, path: Path, corpus: str):
        content = read_pickle(path)
        if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
            raise SignScaleError(f"{path}: holds {type(content).__name__}, not name -> keypoints; is it another file?")
        self._path, self._content = path, content
        self._size = _SIZES.get(corpus)
        self.names = list(content)
        self.estimator = "hrnet"
        self.version = "W48 DARK (NLA-SLR)" if corpus in _NLA_SLR else "COCO-WholeBody (TwoStreamNetwork)"

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        clip = self._content[name]
        found = clip.get("keypoints") if isinstance(clip, dict) else clip
        return Recorded(as_points(found, f"{self._path}: {name}"), size=self._size)


def as_points(found: Any, where: str) -> np.ndarray:
    """Numbers as float32 (T, 133, 3); raises SignScaleError if they are of another shape or none."""
    shape = getattr(found, "shape", None)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu" or found.ndim != 3:
        raise SignScaleError(f"{where}: keypoints are {shape or type(found).__name__}, expected (T, 133, 3) numbers")
    if shape[1:] != (133, 3) or shape[0] == 0:
        raise SignScaleError(f"{where}: keypoints are {shape}, expected (T, 133, 3)")
    return found.astype(np.float32)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
