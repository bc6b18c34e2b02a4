"""From a user's clip (a video, a .pose file, keypoints) to the keypoints that a model takes."""

from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.shard import Clip, check_clip
from signscale.model.preprocessing import Preprocessing
from signscale.pack.run import FilterError, filtered
from signscale.predict.estimation import estimate


def clip_of(source: Path | str | np.ndarray | Clip, preprocessing: Preprocessing, size: tuple[int, int] | None) -> Clip:
    """The whole clip of a file or of keypoints, checked by the filters that the training clips passed.

    source: a video, a .pose file, a Clip, or keypoints (T, 133, 3) in pixels of a picture of `size` (width, height).
    Raises SignScaleError, one line naming the clip and the remedy.
    """
    if isinstance(source, Clip):
        clip = source
    elif isinstance(source, np.ndarray):
        if size is None:
            raise SignScaleError("keypoints: the picture's size is not known; give size=(width, height) in pixels")
        clip = Clip("keypoints", source.astype(np.float32), size, preprocessing.fps)
    else:
        clip = _read(Path(source), preprocessing)
    check_clip(clip)
    try:
        filtered(clip, preprocessing.filters)
    except FilterError as rejection:
        raise SignScaleError(f"{rejection}: no answer can be given") from None
    return clip


def _read(path: Path, preprocessing: Preprocessing) -> Clip:
    """The keypoints of a file; a video goes through the estimator that the model knows."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise SignScaleError(f"{path}: {found}; give a video or a .pose file")
    if path.suffix == ".pose":
        from signscale.keypoints.readers.pose_files import read_pose

        return Clip(str(path), *read_pose(path))
    return estimate(path, preprocessing)
