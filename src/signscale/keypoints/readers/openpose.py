"""OpenPose skeletons of whole episodes, recorded by the corpus's makers, as 133 keypoints of each clip.

An episode is a .tar.gz of one JSON file a frame: BODY_25, 70 face and 2 x 21 hand points = 137. It is streamed once for
all the clips a job takes of it and never unpacked; only the frames of those clips are kept, 1.6 kB each. Where several
people are seen the signer is the one with the most confident body (interpretation). Left and right are the person's
own.
"""

import json
import math
import re
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.formats.wholebody import wholebody_of_openpose
from signscale.keypoints.readers.video import allowed_to_miss

ESTIMATOR, ESTIMATOR_VERSION = "openpose", "BODY_25 + face + hands (recorded)"

# The lists of a person, in the order of skeleton.OPENPOSE_TO_WHOLEBODY, and their points.
LISTS = {
    "pose_keypoints_2d": 25,
    "face_keypoints_2d": 70,
    "hand_left_keypoints_2d": 21,
    "hand_right_keypoints_2d": 21,
}
_NUMBER = re.compile(r"(\d+)(?:_keypoints)?\.json$")
_LARGEST_JSON = 1 << 20
"""Bytes of a frame's file; a person takes about 5 kB."""


class _FrameError(Exception):
    """A frame's file that is not what OpenPose writes; the text is the reason."""


@dataclass
class _Episode:
    """What was kept of an episode. frames: (133, 3) by number in the archive; bad: reason by number.

    first, last: lowest and highest number in the archive. torn: what is wrong with the archive itself, "" if nothing.
    """

    frames: dict[int, np.ndarray] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    first: int = -1
    last: int = -1
    torn: str = ""


class Episodes:
    """The clips of a job's rows; one episode is in memory at a time, so rows should come episode by episode."""

    def __init__(self, folder: Path, rows: Iterable[Sample]):
        self._folder = folder
        self._rows: dict[str, list[Sample]] = defaultdict(list)
        for row in rows:
            self._rows[row.clip].append(row)
        self._name, self._episode = "", _Episode()

    def points(self, row: Sample) -> np.ndarray:
        """Keypoints float32 (T, 133, 3) of the row's part, which has an end; a frame without a person is all zero.

        Raises SignScaleError if the archive is absent or torn, or lacks a frame of the part.
        """
        path = self._folder / row.clip
        if row.clip != self._name:
            wanted = {n for other in self._rows[row.clip] for n in _numbers(other)}
            self._name, self._episode = row.clip, _read_episode(path, wanted)
        episode = self._episode
        if episode.first not in (0, 1):
            counted = f"its frames count from {episode.first}, not 0 or 1" if episode.last >= 0 else "no frame in it"
            raise SignScaleError(f"{path}: {episode.torn or counted}; fetch it again")
        asked = [episode.first + index for index in _numbers(row)[:-1]]
        there = [number for number in asked if number <= episode.last]
        for number in there:
            if number not in episode.frames:
                reason = episode.bad.get(number) or episode.torn or "missing"
                raise SignScaleError(f"{path}: frame {number}: {reason}; fetch it again")
        if not there or len(asked) - len(there) > allowed_to_miss(len(there)):
            reason = episode.torn or f"ends before {row.end} s"
            raise SignScaleError(f"{path}: {reason}; fetch it again or correct the sample's start and end")
        return np.stack([episode.frames[number] for number in there])


def _numbers(row: Sample) -> range:
    """Numbers of the row's frames in an archive that counts from 0, and one more, for archives that count from 1.

    A frame belongs to the part if its time, rounded to whole frames, does: as in `video`.
    """
    return range(max(0, math.ceil(row.start * row.fps - 0.5)), max(0, math.ceil(row.end * row.fps - 0.5)) + 1)


def _read_episode(path: Path, wanted: set[int]) -> _Episode:
    """Stream the archive once and keep the frames `wanted`."""
    if not path.is_file():
        raise SignScaleError(f"{path}: no such file; acquire its corpus again")
    episode = _Episode()
    try:
        for number, content in _members(path, wanted):
            episode.first = number if episode.first < 0 else min(episode.first, number)
            episode.last = max(episode.last, number)
            if content is None:
                continue
            try:
                if number in episode.frames:
                    raise _FrameError("stands there twice")
                episode.frames[number] = frame_points(content)
            except _FrameError as reason:
                episode.frames.pop(number, None)
                episode.bad[number] = str(reason)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        episode.torn = f"not a whole archive ({error})"
    return episode


def _members(path: Path, wanted: set[int]) -> Iterator[tuple[int, bytes | None]]:
    """(number, content) of every frame of the archive in its own order; content None if the frame is not wanted."""
    with tarfile.open(path, "r|gz") as tar:
        for member in tar:
            found = _NUMBER.search(PurePosixPath(member.name).name)
            if not member.isfile() or not found:
                continue
            number = int(found.group(1))
            if number not in wanted:
                yield number, None
            elif member.size > _LARGEST_JSON:
                yield number, b""
            else:
                yield number, tar.extractfile(member).read()


def read_folder(folder: Path) -> np.ndarray:
    """The signer's 137 points, float32 (T, 137, 3), of a clip's folder of one JSON file a frame.

    Scores are OpenPose's own, which may pass 1. Raises SignScaleError on a gap or a bad frame.
    """
    found = [(int(number.group(1)), path) for path in folder.glob("*.json") if (number := _NUMBER.search(path.name))]
    frames = []
    for number, path in sorted(found):
        if number != min(found)[0] + len(frames):
            raise SignScaleError(f"{folder}: frame {min(found)[0] + len(frames)} is missing or stands twice")
        try:
            frames.append(_signer(path.read_bytes() if path.stat().st_size <= _LARGEST_JSON else b""))
        except (_FrameError, OSError) as reason:
            raise SignScaleError(f"{path}: {reason}; fetch it again") from None
    if not frames:
        raise SignScaleError(f"{folder}: no JSON of OpenPose in it; fetch it again")
    return np.stack(frames)


def frame_points(content: bytes) -> np.ndarray:
    """One frame's JSON as float32 (133, 3): pixels and confidence of the most confident person, zeros for nobody."""
    return wholebody_of_openpose(_signer(content))


def _signer(content: bytes) -> np.ndarray:
    """The most confident person of one frame's JSON, float32 (137, 3), zeros for nobody."""
    try:
        people = json.loads(content)["people"]
        found = [_person(person) for person in people]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _FrameError(f"not an OpenPose file ({error!r})") from None
    if not found:
        return np.zeros((sum(LISTS.values()), 3), np.float32)
    body = LISTS["pose_keypoints_2d"]
    return max(found, key=lambda candidate: candidate[:body, 2].sum())


def _person(person: dict[str, Any]) -> np.ndarray:
    """A person's 137 points, (137, 3); a face or hand that OpenPose was not asked for is an empty list: all zero."""
    lists: list[Sequence[float]] = []
    for name, count in LISTS.items():
        numbers = person[name]
        if not numbers and name != "pose_keypoints_2d":
            numbers = [0.0] * (3 * count)
        if len(numbers) != 3 * count:
            raise _FrameError(f"{name} has {len(numbers)} numbers, expected {3 * count}")
        lists.append(numbers)
    points = np.array([number for numbers in lists for number in numbers], np.float32).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise _FrameError("NaN or infinity among its numbers")
    return points
