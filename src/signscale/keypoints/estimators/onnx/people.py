"""The person detector: YOLOX or RTMDet as an ONNX file, with its non-maximum suppression in the file or here."""

import cv2
import numpy as np

from signscale.errors import SignScaleError
from signscale.keypoints.estimators.onnx import OnnxDetectorParams
from signscale.keypoints.estimators.onnx.session import Network

_GREY = 114  # around a picture of another shape
_STRIDES = (8, 16, 32)
_OVERLAP = 0.45  # intersection over union of boxes of the same person
_RTMDET_MEAN, _RTMDET_STD = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])


class People:
    """Finds people in frames of a clip; see RoundsEstimator.boxes."""

    def __init__(self, settings: OnnxDetectorParams, batch_size: int, threads: int | None = None):
        self.network, self._min_score = Network(settings.weights, batch_size, threads), settings.min_score
        self._cells = _cells(self.network.height, self.network.width)
        values = np.repeat(np.arange(256.0)[:, None], 3, axis=1)
        if settings.kind == "rtmdet":
            values = (values - _RTMDET_MEAN) / _RTMDET_STD
        self._shown = values.astype(np.float32)[:, None]

    def boxes(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """The people in frames, uint8 (H, W, 3) RGB: for each float32 (n, 4) left, top, right, bottom in pixels."""
        if not frames:
            return []
        pictures, scales = zip(*(self._picture(frame) for frame in frames), strict=True)
        outputs = self.network.outputs(np.stack(pictures))
        suppressed = outputs[0].ndim == 3 and outputs[0].shape[-1] == 5
        scores, boxes = _apart_already(outputs) if suppressed else self._decoded(outputs[0])
        people = []
        for of_frame, there, scale in zip(scores, boxes, scales, strict=True):
            sure = of_frame > self._min_score
            found = there[sure] / np.float32(scale)
            people.append(found if suppressed else found[apart(found, of_frame[sure])])
        return people

    def _picture(self, frame: np.ndarray) -> tuple[np.ndarray, float]:
        """The frame in the upper left of a grey picture of the network's size, BGR, and its scale."""
        height, width = frame.shape[:2]
        scale = min(self.network.height / height, self.network.width / width)
        small = cv2.resize(frame, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_LINEAR)
        picture = np.full((self.network.height, self.network.width, 3), _GREY, np.uint8)
        picture[: small.shape[0], : small.shape[1]] = small[..., ::-1]
        return np.ascontiguousarray(cv2.LUT(picture, self._shown).transpose(2, 0, 1)), scale

    def _decoded(self, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of (n, m, 5 + classes): scores of being a person (n, m), boxes (n, m, 4) in pixels of the picture shown."""
        if found.ndim != 3 or found.shape[1] != len(self._cells) or found.shape[-1] < 6:
            raise SignScaleError(f"{self.network.path}: gives {found.shape}, no boxes of YOLOX or RTMDet; name another")
        centre = ((found[..., :2] + self._cells[:, :2]) * self._cells[:, 2:]).astype(np.float32)
        size = (np.exp(found[..., 2:4]) * self._cells[:, 2:]).astype(np.float32)
        return found[..., 4] * found[..., 5], np.concatenate([centre - size / 2, centre + size / 2], axis=-1)


def _apart_already(outputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Of boxes with their score (n, m, 5) and, if the file gives it, their class (n, m), where a person is 0."""
    people = outputs[1] == 0 if len(outputs) > 1 else True
    return np.where(people, outputs[0][..., 4], 0), outputs[0][..., :4]


def _cells(height: int, width: int) -> np.ndarray:
    """(m, 3): column, row and stride of every cell that a box comes from."""
    cells = []
    for stride in _STRIDES:
        row, column = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([column.ravel(), row.ravel(), np.full(row.size, stride)], axis=-1))
    return np.concatenate(cells)


def apart(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Indices, best score first, of boxes (n, 4) that overlap no better one by more than `_OVERLAP`.

    The right and bottom pixels count as inside.
    """
    order, kept = np.argsort(-scores, kind="stable"), []
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=-1)
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        corner = np.minimum(boxes[best, 2:], boxes[order, 2:]) - np.maximum(boxes[best, :2], boxes[order, :2])
        shared = (corner + 1).clip(min=0).prod(axis=-1)
        order = order[shared <= _OVERLAP * (area[best] + area[order] - shared)]
    return np.array(kept, np.int64)
