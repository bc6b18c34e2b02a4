"""How good the keypoints of a clip are, in seven numbers: one CSV beside each keypoint shard, gathered by pack.

Lengths are in shoulder widths: the clip's median distance between the shoulders. A clip whose shoulders are never seen
has no such unit; its jumps and swaps count as none, and its share of frames with a person tells the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from signscale.formats import skeleton
from signscale.formats.csv_file import read_rows, write_rows
from signscale.formats.reading import reading
from signscale.formats.shard import Clip

SEEN = 0.1
"""A point counts as seen above this confidence (PAPER: the hand crop's interpretation)."""
JUMP = 25.0
"""Shoulder widths a second: faster than this is no motion. In 99 % of the frames of real signs no part passes 20."""
_APART = 0.3
"""Shoulder widths: a left and a right part nearer to each other than this may have swapped without anybody seeing
it."""

_FACE = np.concatenate([skeleton.JAW, skeleton.MOUTH])
_PAIRS = (
    ([skeleton.LEFT_SHOULDER], [skeleton.RIGHT_SHOULDER]),
    ([skeleton.LEFT_WRIST], [skeleton.RIGHT_WRIST]),
    (skeleton.LEFT_HAND, skeleton.RIGHT_HAND),
)


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of one clip, or of several together.

    person, left_hand, right_hand: share of the frames in which a point of the upper body, of that hand, is seen.
    confidence: mean over the seen points of the 79 modelled ones, 0 if none is seen. jumps: frames in which a part
    moved faster than a person can. swaps: frames in which a left and a right part have changed places.
    """

    sample_id: str
    frames: int
    person: float
    left_hand: float
    right_hand: float
    confidence: float
    jumps: int
    swaps: int


def measure(clip: Clip) -> Quality:
    """The quality of a clip's keypoints."""
    seen = clip.keypoints[..., 2] > SEEN
    shares = [seen[:, part].any(axis=1).mean() for part in (skeleton.BODY, skeleton.LEFT_HAND, skeleton.RIGHT_HAND)]
    modelled = clip.keypoints[:, skeleton.SELECTED, 2]
    confidence = modelled[modelled > SEEN].mean() if (modelled > SEEN).any() else 0.0
    width = _shoulder_width(clip.keypoints)
    jumps, swaps = (_jumps(clip, width), _swaps(clip.keypoints, width)) if width > 0 else (0, 0)
    rounded = (round(float(number), 4) for number in (*shares, confidence))
    return Quality(clip.sample_id, len(clip.keypoints), *rounded, jumps, swaps)


def together(sample_id: str, parts: Sequence[Quality]) -> Quality:
    """The quality of clips end to end: shares and confidence weighted by frames, jumps and swaps summed."""
    frames = sum(part.frames for part in parts)
    shares = (
        round(sum(getattr(part, name) * part.frames for part in parts) / frames, 4)
        for name in ("person", "left_hand", "right_hand", "confidence")
    )
    return Quality(sample_id, frames, *shares, sum(part.jumps for part in parts), sum(part.swaps for part in parts))


@dataclass(frozen=True, slots=True)
class Summary:
    """A corpus in five numbers.

    frames: the median length of its clips. hand, second_hand: share of all frames that show the hand seen in more of
    them, and the other one. confidence: the mean over the points seen.
    """

    clips: int
    frames: float
    hand: float
    second_hand: float
    confidence: float


def summary(rows: Sequence[Quality]) -> Summary:
    """The summary of a table's clips, one at least."""
    whole = together("", rows)
    second, first = sorted((whole.left_hand, whole.right_hand))
    frames = float(np.median([row.frames for row in rows]))
    return Summary(len(rows), frames, first, second, whole.confidence)


def described(found: Quality) -> str:
    """The quality in a line of words."""
    return (
        f"{found.frames} frames, person {found.person:.0%}, left hand {found.left_hand:.0%}, right hand "
        f"{found.right_hand:.0%}, confidence {found.confidence:.2f}, jumps {found.jumps}, swaps {found.swaps}"
    )


def _shoulder_width(points: np.ndarray) -> float:
    """Median distance of the shoulders in pixels over the frames that show both; 0 if none does."""
    pair = points[:, [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER]]
    both = (pair[..., 2] > SEEN).all(axis=1)
    return float(np.median(np.linalg.norm(pair[both, 0, :2] - pair[both, 1, :2], axis=-1))) if both.any() else 0.0


def _place(points: np.ndarray, part: Sequence[int] | np.ndarray) -> np.ndarray:
    """The middle (median) of a part's seen points in each frame, (T, 2); NaN where none is seen."""
    seen = points[:, part, 2:] > SEEN
    masked = np.where(seen, points[:, part, :2], np.nan)
    place = np.full((len(points), 2), np.nan)
    there = seen.any(axis=(1, 2))
    place[there] = np.nanmedian(masked[there], axis=1)
    return place


def _jumps(clip: Clip, width: float) -> int:
    """Frames in which the face, a wrist or a hand lies further from the frame before than JUMP allows."""
    jumped = np.zeros(len(clip.keypoints) - 1, bool)
    for part in (_FACE, *(side for pair in _PAIRS[1:] for side in pair)):
        step = np.linalg.norm(np.diff(_place(clip.keypoints, part), axis=0), axis=-1)
        jumped |= step * clip.fps / width > JUMP  # NaN, a part not seen in both, is no jump
    return int(jumped.sum())


def _swaps(points: np.ndarray, width: float) -> int:
    """Frames in which some left and right part lie where the other was in the frame before.

    Both were seen in both frames, and each is less than half as far from the other's old place as from its own; or
    only one of the hands was seen before and only the other one is seen now, in the same place.
    """
    swapped = np.zeros(len(points) - 1, bool)
    for left, right in _PAIRS:
        a, b = _place(points, left), _place(points, right)
        own = [np.linalg.norm(side[1:] - side[:-1], axis=-1) for side in (a, b)]
        other = [np.linalg.norm(side[1:] - back[:-1], axis=-1) for side, back in ((a, b), (b, a))]
        told_apart = np.minimum(*(np.linalg.norm(a[i] - b[i], axis=-1) for i in (slice(1, None), slice(-1)))) > (
            _APART * width
        )
        swapped |= told_apart & (other[0] < own[0] / 2) & (other[1] < own[1] / 2)
    left, right = (_place(points, hand) for hand in _PAIRS[2])
    for here, there in ((left, right), (right, left)):
        alone = np.isnan(there[:-1, 0]) & np.isnan(here[1:, 0])
        swapped |= alone & (np.linalg.norm(there[1:] - here[:-1], axis=-1) < _APART / 2 * width)
    return int(swapped.sum())


def table_beside(shard: Path | str) -> Path:
    """The table that belongs to a keypoint shard: `00003.h5` has `00003.quality.csv`."""
    return Path(shard).with_suffix(".quality.csv")


def write_quality(path: Path | str, rows: Iterable[Quality]) -> None:
    """Write the rows as CSV with a header, whole or not at all."""
    write_rows(path, [field.name for field in fields(Quality)], map(astuple, rows))


def read_quality(path: Path | str) -> list[Quality]:
    """Read such a CSV; raises SignScaleError if it is absent or torn."""
    kinds = {field.name: field.type for field in fields(Quality)}
    table = "a quality table", "run keypoints again"
    rows = read_rows(path, list(kinds), *table)
    with reading(path, *table):
        return [Quality(**{name: kinds[name](value) for name, value in row.items()}) for row in rows]
