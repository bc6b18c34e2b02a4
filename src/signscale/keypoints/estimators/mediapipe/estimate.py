"""The MediaPipe Holistic estimator: runs on a CPU with the models inside its own wheel.

It stands in for HRNet-W48 + DARK and InterWild where those cannot run. On the recorded MMPose clip the mean distance to
HRNet + DARK is .039 shoulder widths for the body, .009 face, .045 left hand, .053 right hand.
Of several people it follows one through the clip, the one its detector is surest of: one twice as large as the others.
Confidence: MediaPipe's visibility for the body; face and hands carry none, so 1 where the part was found, 0 where not.
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.wholebody import wholebody
from signscale.keypoints.estimators.mediapipe import MediaPipeParams

# MediaPipe imports matplotlib, which takes as long as all the rest of it, for plots that nobody makes here.
_plots = {name: ModuleType(name) for name in ("matplotlib", "matplotlib.pyplot") if name not in sys.modules}
sys.modules.update(_plots)
try:
    import mediapipe
    from mediapipe.python.solutions.holistic import Holistic
finally:
    for _name in _plots:
        del sys.modules[_name]

# Landmarks of each part in the order they are handed to `wholebody`, and whether they carry a visibility of their own.
_PARTS = (
    ("pose_landmarks", 33, True),
    ("face_landmarks", 468, False),
    ("left_hand_landmarks", 21, False),
    ("right_hand_landmarks", 21, False),
)
# What the library always says on stderr, whatever its log level; every other line is passed on.
_CHATTER = (b"Created TensorFlow Lite XNNPACK delegate", b"before absl::InitializeLog()", b"inference_feedback_manager")
_MODELS = {0: "pose_landmark_lite", 1: "pose_landmark_full", 2: "pose_landmark_heavy"}


class MediaPipeEstimator:
    """PoseEstimator on MediaPipe Holistic.

    Raises SignScaleError if the model of the wanted complexity is not on this machine: the library would download it in
    the middle of a job, without a checksum.
    """

    name = "mediapipe"
    version = f"holistic {mediapipe.__version__}"

    def __init__(self, settings: MediaPipeParams):
        model = Path(mediapipe.__file__).parent / f"modules/pose_landmark/{_MODELS[settings.model_complexity]}.tflite"
        if not model.is_file():
            raise SignScaleError(
                f"keypoints.mediapipe.model_complexity: {settings.model_complexity} needs {model.name}, which this "
                f"mediapipe wheel does not carry; use 1 or put the file at {model}"
            )
        self._settings = settings

    def estimate(self, frames: Iterable[np.ndarray]) -> np.ndarray:
        """See PoseEstimator. A new graph for every clip (20 ms), so that no tracking leaks into the next."""
        parts: list[list[np.ndarray]] = [[] for _ in _PARTS]
        with _without_chatter(), Holistic(**self._settings.model_dump()) as holistic:
            for frame in frames:
                found = holistic.process(np.ascontiguousarray(frame))
                height, width = frame.shape[:2]
                for rows, (part, count, has_visibility) in zip(parts, _PARTS, strict=True):
                    rows.append(_pixels(getattr(found, part), count, width, height, has_visibility))
        return wholebody(
            *(np.array(rows).reshape(-1, count, 3) for rows, (_, count, _) in zip(parts, _PARTS, strict=True))
        )


def _pixels(landmarks: Any, count: int, width: int, height: int, has_visibility: bool) -> np.ndarray:
    """One part's landmarks (shares of the picture, or None) as float32 (count, 3): pixels and confidence."""
    if landmarks is None:
        return np.zeros((count, 3), np.float32)
    return np.array(
        [
            (point.x * width, point.y * height, point.visibility if has_visibility else 1.0)
            for point in landmarks.landmark
        ],
        np.float32,
    )


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what native code writes to stderr and pass on, at the end, the lines that are not `_CHATTER`."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="SymbolDatabase.GetPrototype", category=UserWarning)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not any(known in line for known in _CHATTER):
                    os.write(2, line)
