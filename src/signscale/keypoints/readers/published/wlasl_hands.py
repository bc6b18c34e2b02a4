"""One numpy archive with the hands of WLASL's clips as MediaPipe Hands found them: no body, no face, no handedness.

kp (F, 2, 21, 3): up to two hands a frame in the order of detection, x and y in shares of the picture, z; -1 where there
is none. offset (N + 1,), ids (N,) WLASL's video ids, label (N,) places in classes, split (N,), signer (N,) or -1.

Which hand is which is an interpretation: of two, the one further right in the picture is the signer's left one; a
single hand is the one whose wrist was nearest when it was last seen, and at first that of its half of the picture.
The archive holds no annotation file, so `write_annotations` makes WLASL's own of what it says.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from signscale.corpora.wlasl import ANNOTATIONS
from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.files import write_json
from signscale.keypoints.readers.published.reader import Recorded

_ARRAYS = ("kp", "offset", "ids", "label", "classes", "split", "signer")


class _Reader:
    estimator, version = "mediapipe", "hands alone"

    def __init__(self, path: Path):
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in _ARRAYS}
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise SignScaleError(f"{path}: not the hands of WLASL ({error}); put the file there again") from error
        self._arrays, self._path = arrays, path
        self.names = [str(name) for name in arrays["ids"]]
        self._place = {name: place for place, name in enumerate(self.names)}
        if arrays["kp"].shape[1:] != (2, 21, 3) or len(arrays["offset"]) != len(self.names) + 1:
            raise SignScaleError(f"{path}: kp is {arrays['kp'].shape} for {len(self.names)} ids; put it there again")

    def read(self, name: str) -> Recorded:
        """The clip; see Reader."""
        place = self._place[name]
        first, end = self._arrays["offset"][place : place + 2]
        if end <= first:
            raise SignScaleError(f"{self._path}: {name}: no frame of it")
        return Recorded(wholebody_of_hands(self._arrays["kp"][first:end].astype(np.float32)), shares=True)

    def write_annotations(self, folder: Path) -> None:
        """WLASL_v0.3.json of the archive's ids, words, splits and signers; a box and a time that say nothing."""
        entries: list[dict[str, Any]] = [{"gloss": str(word), "instances": []} for word in self._arrays["classes"]]
        for place, name in enumerate(self.names):
            signer = int(self._arrays["signer"][place])
            entries[int(self._arrays["label"][place])]["instances"].append(
                {
                    "video_id": name, "split": str(self._arrays["split"][place]), "url": f"{name}.mp4",
                    "signer_id": signer if signer >= 0 else "", "bbox": [0, 0, 1, 1], "frame_start": 1, "frame_end": -1,
                }
            )  # fmt: skip
        write_json(folder / ANNOTATIONS, entries)


def wholebody_of_hands(hands: np.ndarray) -> np.ndarray:
    """Hands (T, 2, 21, 3) in order of detection, negative where there is none, to float32 (T, 133, 3), confidence 1."""
    points = np.zeros((len(hands), skeleton.WHOLEBODY_POINTS, 3), np.float32)
    last: dict[str, np.ndarray] = {}
    for frame, found in enumerate(hands):
        seen = sorted((hand[:, :2] for hand in found if hand[0, 0] >= 0), key=lambda hand: hand[:, 0].mean())
        sides = ["right", "left"] if len(seen) == 2 else [_side(hand, last) for hand in seen]
        for side, hand in zip(sides, seen, strict=True):
            last[side] = hand[0]
            place = skeleton.LEFT_HAND if side == "left" else skeleton.RIGHT_HAND
            points[frame, place, :2], points[frame, place, 2] = hand, 1
    return points


def _side(hand: np.ndarray, last: dict[str, np.ndarray]) -> str:
    if last:
        return min(last, key=lambda side: float(np.linalg.norm(last[side] - hand[0])))
    return "left" if hand[:, 0].mean() > 0.5 else "right"


def open_reader(path: Path, corpus: str) -> _Reader:
    """See the package; raises SignScaleError if the corpus is not WLASL."""
    if corpus != "wlasl":
        raise SignScaleError(f"{path}: the hands of WLASL; {corpus} cannot be read from them")
    return _Reader(path)
