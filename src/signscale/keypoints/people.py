"""Which of several people in view is the signer: the largest one, followed through the clip by overlap.

The first frame that shows anybody decides: its largest box is the signer. In every later frame the signer is the box
that overlaps most with the last one, if it does by `_SAME`; a larger person who comes in later is not taken for the
signer. A frame without such a box is a frame without the signer. After `_PATIENCE` of them in a row the largest person
is the signer again.
"""

import numpy as np

_SAME = 0.3  # intersection over union of the same person's boxes in neighbouring frames
_PATIENCE = 12  # frames, half a second at 25 frames a second


class Signer:
    """The signer of one clip, asked frame by frame."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._unseen = 0

    def among(self, boxes: np.ndarray) -> np.ndarray | None:
        """The signer's box among `boxes` (n, 4) as left, top, right, bottom in pixels; None if not among them."""
        if len(boxes) and self._last is not None and self._unseen < _PATIENCE:
            overlaps = overlap(self._last, boxes)
            chosen = boxes[overlaps.argmax()] if overlaps.max() >= _SAME else None
        elif len(boxes):
            chosen = boxes[area(boxes).argmax()]
        else:
            chosen = None
        self._unseen = 0 if chosen is not None else self._unseen + 1
        self._last = self._last if chosen is None else chosen
        return chosen


def area(boxes: np.ndarray) -> np.ndarray:
    """Square pixels of boxes (..., 4)."""
    return (boxes[..., 2:] - boxes[..., :2]).clip(min=0).prod(axis=-1)


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of a box (4,) with each of boxes (n, 4)."""
    shared = (np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])).clip(min=0).prod(axis=-1)
    return shared / np.maximum(area(box) + area(boxes) - shared, 1e-9)
