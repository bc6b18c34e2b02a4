"""Clips of an archive of recorded keypoints: in pixels, within bounds, and by name."""

from pathlib import Path

import numpy as np
import pytest

from signscale.corpora.pose_set import word_sample
from signscale.errors import SignScaleError
from signscale.keypoints.readers.recorded import RecordedArchives


def archive(folder: Path, points: np.ndarray, names: list[str]) -> RecordedArchives:
    """Archives of one file, the picture being 200 x 100 pixels."""
    np.savez(folder / "a.npz", kp=points, y=np.zeros(len(names), int), classes=np.array(["no"]), ids=np.array(names))
    return RecordedArchives(folder, (200, 100))


def test_shares_become_pixels_and_stay_within_a_picture_of_it(tmp_path):
    points = np.zeros((2, 3, 133, 3), np.float16)
    points[1, 0, :3] = [[0.5, 0.25, 0.75], [-0.5, 1.5, 1.5], [9.0, -9.0, -0.5]]
    clip = archive(tmp_path, points, ["no/0", "no/1"]).clip(word_sample("set", "a.npz", "no/1", "train", "no", ""))
    assert (clip.sample_id, clip.size, clip.keypoints.shape) == ("set/no/1", (200, 100), (3, 133, 3))
    assert clip.keypoints[0, :3].tolist() == [[100, 25, 0.75], [-100, 150, 1], [400, -100, 0]]
    assert clip.keypoints.dtype == np.float32


def test_a_clip_that_the_archive_lacks_is_one_line(tmp_path):
    clips = archive(tmp_path, np.zeros((1, 3, 133, 3), np.float16), ["no/0"])
    with pytest.raises(SignScaleError, match=r"a\.npz: no clip no/7; .* run again"):
        clips.clip(word_sample("set", "a.npz", "no/7", "train", "no", ""))
