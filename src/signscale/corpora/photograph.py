"""One clip of real pixels that needs no download: a view that moves over a photograph of a person.

It shows that the video entrance works end to end: decoding, the real pose estimator, the quality filters. The
photograph is NASA's portrait of the astronaut Eileen Collins (public domain), which scikit-image carries. Nobody signs
in it and no hand is seen, so the clip is in no split and the filters rightly exclude it.
"""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from skimage import data

from signscale.errors import SignScaleError
from signscale.fetch.ledger import LedgerRow, day_of, write_ledger
from signscale.formats import files
from signscale.formats.sample import Sample
from signscale.formats.video_file import write_video
from signscale.params import AcquireParams

PIXELS_SHA256 = "a8c429c18afa7b0fd5673e598d73a21225d94c864a71bbb3885126fdecb41071"  # of the 512 x 512 x 3 bytes
VIDEO = "astronaut.mp4"
FRAMES = 24
FPS = 25
SIDE = 416  # pixels of the moving view
STEP = 4  # pixels to the right a frame; 416 + 23 * 4 = 508 of 512


def views() -> np.ndarray:
    """The pictures of the clip, uint8 (24, 416, 416, 3) RGB; raises SignScaleError if the photograph is another."""
    photograph = data.astronaut()
    if hashlib.sha256(photograph.tobytes()).hexdigest() != PIXELS_SHA256:
        raise SignScaleError("scikit-image's astronaut is another picture; install the version named in envs/base.txt")
    return np.stack([photograph[:SIDE, STEP * i : STEP * i + SIDE] for i in range(FRAMES)])


class Photograph:
    """One video, in no split, without text or label."""

    name = "photograph"
    title = "A view moving over a photograph"
    access = "auto"
    kind = "video"
    licence = "public domain (NASA)"
    source = "pypi:scikit-image!skimage/data/astronaut.png"
    base = None
    views = ("mediapipe",)

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Make the video of the photograph scikit-image carries; nothing is fetched."""
        folder = raw / self.name
        video = folder / VIDEO
        if not video.is_file():
            write_video(video, views(), FPS)
        url = f"pypi:scikit-image=={version('scikit-image')}!skimage/data/astronaut.png"
        row = LedgerRow(VIDEO, url, day_of(video), "ok", video.stat().st_size, files.sha256(video))
        write_ledger(folder / "ledger.csv", [row])

    def samples(self, raw: Path) -> Iterator[Sample]:
        """The one sample."""
        yield Sample(
            sample_id=f"{self.name}/{Path(VIDEO).stem}",
            corpus=self.name,
            split="",
            language="",
            signer="",
            clip=VIDEO,
            start=0.0,
            end=-1.0,
            fps=0.0,
            gloss="",
            text="",
            label="",
            view="mediapipe",
        )


CORPUS = Photograph()
