"""What every corpus module offers: an object CORPUS of this shape."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

from signscale.formats.sample import Sample
from signscale.params import AcquireParams

Access = Literal["auto", "manual", "composed"]
"""auto: downloaded. manual: a person puts it into its folder after signing a licence. composed: made of another
corpus."""

ClipKind = Literal["pose", "video", "frames", "openpose", "recorded", "composed"]
"""What a source clip is: a .pose file, a video, a folder of images, OpenPose skeletons, a part of an archive of
recorded clips, or other samples joined."""


class Corpus(Protocol):
    """A corpus: where it comes from, under which licence, and its rows.

    One of videos or frames has `views` too: the estimators whose keypoints make a sample of each clip (mmpose,
    interwild, mediapipe). One had by hand has `check_access(folder)`, which raises SignScaleError while the corpus is
    not there.
    """

    name: str
    title: str
    access: Access
    kind: ClipKind
    licence: str
    source: str
    base: str | None  # the corpus whose samples a composed corpus joins

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Bring the raw data under `raw`/<name> and write `raw`/<name>/ledger.csv; what is there already stays.

        Raises SignScaleError naming the remedy if the corpus cannot be had at all.
        """

    def samples(self, raw: Path) -> Iterable[Sample]:
        """Sample rows from the annotations under `raw`, in a fixed order."""
