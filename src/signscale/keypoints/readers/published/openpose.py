"""A folder a clip with OpenPose's JSON a frame, 137 points: How2Sign's own keypoints (1280x720, 24 frames a second)."""

from pathlib import Path

from signscale.formats.wholebody import wholebody_of_openpose
from signscale.keypoints.readers import openpose
from signscale.keypoints.readers.published.reader import Recorded

_SIZES = {"how2sign": (1280, 720)}


class _Reader:
    estimator, version = openpose.ESTIMATOR, openpose.ESTIMATOR_VERSION

    def __init__(self, path: Path, corpus: str):
        folders = sorted({file.parent for file in path.rglob("*.json")})
        self._folders = {folder.relative_to(path).as_posix(): folder for folder in folders}
        self._size = _SIZES.get(corpus)
        self.names = list(self._folders)

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        people = openpose.read_folder(self._folders[name])
        return Recorded(wholebody_of_openpose(people), size=self._size, above_one=bool((people[..., 2] > 1).any()))


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
