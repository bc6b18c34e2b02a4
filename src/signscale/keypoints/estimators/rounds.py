"""Takes the frames of many clips through an estimator that shares batches.

A detector finds the people of a batch of frames, `people.Signer` chooses one, the estimator crops it and gives its
points. Four things run at once: a thread decodes frames, one detects and crops, the caller's computes the poses, others
turn a network's outputs into points. The last batch is filled up by the estimators, so that a frame's points do not
depend on the clips beside it.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.skeleton import WHOLEBODY_POINTS
from signscale.keypoints.estimators.prefetch import prefetched
from signscale.keypoints.people import Signer

_ROUNDS_AHEAD = 2
_ROUNDS_DECODING = 1


class Points(Protocol):
    """Points that another thread or process still computes; a Future is one."""

    def result(self) -> np.ndarray:
        """Wait for the points of one frame, float32 (133, 3)."""


class RoundsEstimator(ABC):
    """A SharingEstimator made of the four steps that differ. batch_size: frames at once."""

    name: str
    version: str
    batch_size: int

    @abstractmethod
    def boxes(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """The people in up to a batch of frames, uint8 (H, W, 3) RGB.

        For each frame float32 (n, 4): left, top, right, bottom in pixels.
        """

    @abstractmethod
    def crop(self, frame: np.ndarray, box: np.ndarray) -> Any:
        """What `points` needs of a frame, uint8 (H, W, 3) RGB, and its signer's box (left, top, right, bottom)."""

    @abstractmethod
    def points(self, crops: list[Any], decoders: Executor) -> list["Points"]:
        """The points float32 (133, 3) of up to a batch of crops, to come."""

    @abstractmethod
    def decoders(self) -> Executor:
        """What `points` may hand work to."""

    def estimate(self, frames: Iterable[np.ndarray]) -> np.ndarray:
        """See PoseEstimator."""
        (points,) = self.estimate_clips([frames])
        if isinstance(points, SignScaleError):
            raise points
        return points

    def estimate_clips(self, clips: Iterable[Iterable[np.ndarray]]) -> Iterator[np.ndarray | SignScaleError]:
        """The points (T, 133, 3) of each clip, in order, at the latest when one batch more than its last is computed.

        A clip whose frames raise SignScaleError gives that error in place of its points; the others go on.
        """
        with (
            prefetched(_rounds(clips, self.batch_size), _ROUNDS_AHEAD) as rounds,
            prefetched(map(self._located, rounds), _ROUNDS_AHEAD) as located,
            self.decoders() as decoders,
        ):
            yield from _assembled(self._posed(located, decoders))

    def _located(self, round_: "Round") -> "Round":
        """The round with the signer's crop of every frame, instead of the frames."""
        people = self.boxes(round_.frames)
        for clip, frame, boxes in zip(round_.clips, round_.frames, people, strict=True):
            box = clip.signer.among(boxes)
            round_.crops.append(None if box is None else self.crop(frame, box))
        round_.frames.clear()
        return round_

    def _posed(self, rounds: Iterable["Round"], decoders: Executor) -> Iterator[tuple["Round", list["Points | None"]]]:
        """Each round with the points of every frame, to come; None where there is no signer."""
        begun: deque = deque()
        for round_ in rounds:
            crops = [crop for crop in round_.crops if crop is not None]
            coming = iter(self.points(crops, decoders) if crops else [])
            begun.append((round_, [None if crop is None else next(coming) for crop in round_.crops]))
            if len(begun) > _ROUNDS_DECODING:
                yield begun.popleft()
        yield from begun


@dataclass(eq=False)
class Clip:
    """A clip on its way. points: of the frames so far. failure: why its frames ended early."""

    signer: Signer = field(default_factory=Signer)
    points: list[np.ndarray] = field(default_factory=list)
    failure: SignScaleError | None = None


@dataclass(eq=False)
class Round:
    """Up to a batch of frames of one or more clips, and the clip of each. ended: the clips that are complete with it.

    crops: the signer's part of each frame, None where the signer is not seen.
    """

    clips: list[Clip] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    crops: list[Any] = field(default_factory=list)
    ended: list[Clip] = field(default_factory=list)


def _rounds(clips: Iterable[Iterable[np.ndarray]], size: int) -> Iterator[Round]:
    """The frames of all clips, `size` at a time."""
    filling = Round()
    for frames in clips:
        clip = Clip()
        try:
            for frame in frames:
                if len(filling.frames) == size:
                    yield filling
                    filling = Round()
                filling.clips.append(clip)
                filling.frames.append(frame)
        except SignScaleError as error:
            clip.failure = error
        filling.ended.append(clip)
    yield filling


def _assembled(rounds: Iterable[tuple[Round, list[Points | None]]]) -> Iterator[np.ndarray | SignScaleError]:
    nobody = np.zeros((WHOLEBODY_POINTS, 3), np.float32)
    for round_, points in rounds:
        for clip, coming in zip(round_.clips, points, strict=True):
            clip.points.append(nobody if coming is None else coming.result())
        for clip in round_.ended:
            yield clip.failure or np.array(clip.points, np.float32).reshape(-1, WHOLEBODY_POINTS, 3)
