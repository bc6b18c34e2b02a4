"""A folder with a pickle a clip: {"keypoints": (T, 133, 3)} in pixels and score, and "img_list", which is not used.

SEDS (Phoenix14-T 210x260, CSL-Daily 512x512, How2Sign 256 wide), dataloaders/dataloader_ph_retrieval_pose.py; RTMPose.
"""

from pathlib import Path

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.pickles import read_pickle
from signscale.keypoints.readers.published.reader import Recorded, files_by_name
from signscale.keypoints.readers.published.slrt import as_points

_SIZES = {"phoenix14t": (210, 260), "csl_daily": (512, 512), "how2sign": (256, 144)}


class _Reader:
    estimator, version = "rtmpose", "COCO-WholeBody (SEDS)"

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".pkl")
        self._size = _SIZES.get(corpus)
        self.names = list(self._files)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path = self._files[name]
        content = read_pickle(path)
        if not isinstance(content, dict) or "keypoints" not in content:
            raise SignScaleError(f"{path}: no keypoints in it; is it of another format?")
        return Recorded(as_points(content["keypoints"], str(path)), size=self._size)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
