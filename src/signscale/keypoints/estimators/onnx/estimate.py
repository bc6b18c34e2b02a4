"""Top-down whole-body estimation by two ONNX networks: a person detector and a SimCC pose model of 133 points.

On the same files the points are rtmlib's (0.0.16) within 1e-3 px, faster: frames of several clips share a batch, and
detection and cropping of the next batch overlap with the poses of this one (rounds.py). rtmlib shows the pose model the
colours in the order BGR; `colours: rgb` shows it what MMPose trained it on. Scores above 1 are confidence 1.
"""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from signscale.errors import SignScaleError
from signscale.formats.skeleton import WHOLEBODY_POINTS
from signscale.keypoints.estimators.onnx import OnnxParams, simcc
from signscale.keypoints.estimators.onnx.people import People
from signscale.keypoints.estimators.onnx.session import Network
from signscale.keypoints.estimators.rounds import Points, RoundsEstimator
from signscale.params.weights import WeightsParams


class OnnxEstimator(RoundsEstimator):
    """SharingEstimator on onnxruntime.

    Raises SignScaleError if a file is absent, has another sha256, or is no such network.
    """

    name = "onnx"

    def __init__(self, settings: OnnxParams):
        self.batch_size, self._colours = settings.batch_size, settings.colours
        self.network = Network(settings.weights, settings.batch_size)
        self.people = People(settings.detector, settings.batch_size)
        labels = f"{_label(settings.weights)} {settings.colours}, persons {_label(settings.detector.weights)}"
        self.version = f"{labels}, onnxruntime {onnxruntime.__version__}"

    def boxes(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """See RoundsEstimator."""
        return self.people.boxes(frames)

    def crop(self, frame: np.ndarray, box: np.ndarray) -> Any:
        """See RoundsEstimator."""
        place = simcc.window_of(box, self.network.width, self.network.height)
        shown = frame if self._colours == "rgb" else np.ascontiguousarray(frame[..., ::-1])
        return simcc.crop(shown, place, self.network.width, self.network.height), place

    def points(self, crops: list[Any], decoders: Executor) -> list[Points]:
        """See RoundsEstimator."""
        outputs = self.network.outputs(np.stack([picture for picture, _ in crops]))
        cells = (2 * self.network.width, 2 * self.network.height)
        if tuple(array.shape[1:] for array in outputs) != tuple((WHOLEBODY_POINTS, count) for count in cells):
            raise SignScaleError(
                f"{self.network.path}: gives {[array.shape for array in outputs]}, not two vectors of 133 points; "
                "name a whole-body model in keypoints.onnx.weights"
            )
        found = simcc.positions(*outputs)
        return [
            _done(simcc.in_picture(one, place, self.network.width, self.network.height))
            for one, (_, place) in zip(found, crops, strict=True)
        ]

    def decoders(self) -> Executor:
        """See RoundsEstimator; nothing is handed over, decoding takes no time here."""
        return ThreadPoolExecutor(1)


def _done(points: np.ndarray) -> Future:
    future: Future = Future()
    future.set_result(points)
    return future


def _label(weights: WeightsParams) -> str:
    """A file in few words, for the shard."""
    return f"{Path(weights.source).stem} {weights.sha256[:8]}"
