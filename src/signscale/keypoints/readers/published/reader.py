"""What every reader of published keypoints offers: the names of its clips, and a clip's points by its name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Recorded:
    """A clip as it was published.

    points: float32 (T, 133, 3): x and y in pixels, or in shares of the picture if `shares`; confidence as published.
    size: width and height of the picture, fps: frames a second; None where the files do not say. turned: the publisher
    took the picture's height for its width, so x is a share times the height and y a share times the width. above_one:
    the reader has cut scores above 1.
    """

    points: np.ndarray
    shares: bool = False
    size: tuple[int, int] | None = None
    fps: float | None = None
    turned: bool = False
    above_one: bool = False


class Reader(Protocol):
    """Published clips by name. estimator, version: as shards keep them; names: of all clips, as the files have them."""

    estimator: str
    version: str
    names: list[str]

    def read(self, name: str) -> Recorded:
        """A clip by one of `names`; raises SignScaleError, one line naming the file, if it is not what it should be."""


def files_by_name(folder: Path, suffix: str) -> dict[str, Path]:
    """Name -> file of every file of that suffix below a folder; the name is its path without the suffix."""
    found = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    return {path.relative_to(folder).as_posix().removesuffix(suffix): path for path in found}
