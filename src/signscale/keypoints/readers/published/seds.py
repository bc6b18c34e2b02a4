"""A folder with a pickle a clip: {"keypoints": (T, 133, 3)} in pixels and score, and "img_list", which is not used.

SEDS (longtaojiang/SEDS, dataloaders/dataloader_ph_retrieval_pose.py; RTMPose). Frames: Phoenix14-T 210x260, CSL-Daily
512x512, How2Sign 256x256 (scripts/eval_h2s.sh): there each clip was cut out around the signer and stretched to a square
(FangyunWei/SLRT, CiCo/data_preparation/reaglined_and_crop.py).
"""

from pathlib import Path
from typing import ClassVar

from signscale.keypoints.readers.published.folder import FolderReader
from signscale.keypoints.readers.published.reader import Recorded
from signscale.keypoints.readers.published.slrt import as_points


class _Reader(FolderReader):
    estimator, version = "rtmpose", "COCO-WholeBody (SEDS)"
    sizes: ClassVar = {"phoenix14t": (210, 260), "csl_daily": (512, 512), "how2sign": (256, 256)}
    keys = ("keypoints",)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path, content = self.content(name)
        return Recorded(as_points(content["keypoints"], str(path)), size=self._size)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
