"""A folder with a `.pose` file a clip, as sign-language-datasets hands them out."""

from pathlib import Path

from signscale.errors import SignScaleError
from signscale.keypoints.readers import pose_files, pose_layouts
from signscale.keypoints.readers.published.reader import Recorded, files_by_name


class _Reader:
    """The estimator is that of the first file that can be read; files of another are refused."""

    def __init__(self, path: Path, corpus: str):
        self._files = files_by_name(path, ".pose")
        self.names = list(self._files)
        self.estimator, self.version = pose_layouts.HOLISTIC[:2]
        for file in self._files.values():
            try:
                self.estimator, self.version = pose_files.estimator_of(file)
                break
            except SignScaleError:
                continue  # reported when it is read

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        path = self._files[name]
        points, size, fps = pose_files.read_pose(path)
        if (found := pose_files.estimator_of(path)) != (self.estimator, self.version):
            raise SignScaleError(f"{path}: made by {found[0]}, others beside it by {self.estimator}")
        return Recorded(points, size=size, fps=fps)


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package."""
    return _Reader(path, corpus)
