"""Moving skeletons: a clip's 79 points as one still picture (works without scripts) and as data the page animates."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from signscale.formats import skeleton
from signscale.formats.shard import Clip

BOX = 1000  # side of the picture in its own units
MISSING = -32768
SLOWEST = 10.0  # frames per second: faster clips drop frames down to this, never below

# Nodes a picture is cropped to: hands, face and shoulders. Elbows may be cut off, so that hands stay large.
_FRAMED = np.concatenate(
    [
        skeleton.NODE_NON_MANUAL,
        [skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER],
        skeleton.NODE_LEFT_HAND,
        skeleton.NODE_RIGHT_HAND,
    ]
)
_NOSE_TIP = int(skeleton.NODE_JAW[17])
_WRISTS = [
    (skeleton.LEFT_WRIST, int(skeleton.NODE_LEFT_HAND[0])),
    (skeleton.RIGHT_WRIST, int(skeleton.NODE_RIGHT_HAND[0])),
]
_GROUPS = {
    "jaw": skeleton.NODE_JAW[:17],
    "mouth": skeleton.NODE_MOUTH,
    "arms": np.arange(skeleton.LEFT_SHOULDER, skeleton.RIGHT_WRIST + 1),
    "left": skeleton.NODE_LEFT_HAND,
    "right": skeleton.NODE_RIGHT_HAND,
}


def _bones(*groups: str) -> list[tuple[int, int]]:
    """Links of the graph that stay within one of the groups; others, as nose to shoulder, no eye would draw."""
    nodes = [{int(node) for node in _GROUPS[group]} for group in groups]
    return [edge for edge in skeleton.EDGES if any(set(edge) <= group for group in nodes)]


# Part -> its bones, in drawing order: hands last, on top. A bone from a point to itself is a dot.
PARTS = {
    "face": _bones("jaw", "mouth"),
    "dots": [(node, node) for node in (skeleton.LEFT_EYE, skeleton.RIGHT_EYE, _NOSE_TIP)],
    "body": _bones("arms") + _WRISTS,
    "left": _bones("left"),
    "right": _bones("right"),
}


@dataclass(frozen=True, slots=True)
class Motion:
    """A clip ready for the page.

    points: int16 (T, 79, 2), the picture being 0..1000; MISSING where there is no point. fps: frames per second.
    poster: the frame shown where nothing moves.
    """

    points: np.ndarray
    fps: float
    poster: int

    def data(self) -> dict[str, Any]:
        """What the page's script needs: rate, and the points as base64 of little-endian int16."""
        return {"fps": round(self.fps, 3), "points": base64.b64encode(self.points.astype("<i2").tobytes()).decode()}


def motion(clip: Clip) -> Motion:
    """A clip's 79 modelled points, ready for the page."""
    return moving(clip.keypoints[:, skeleton.SELECTED], clip.fps)


def moving(points: np.ndarray, fps: float, view: np.ndarray | None = None, poster: int | None = None) -> Motion:
    """(T, 79, 3) in pixels, scaled to a square around hands, face and shoulders over all of `view`, the points if None.

    Missing points (confidence 0) are not drawn. poster: the frame to stand for it, a full one if None.
    """
    step = max(1, int(fps // SLOWEST))
    centre, side = _square(points[::step] if view is None else view[::step])
    shown = points[::step]
    scaled = np.rint((shown[..., :2] - centre + side / 2) / side * BOX)
    scaled = np.clip(scaled, -3 * BOX, 4 * BOX)  # far outside the picture, and well within int16
    drawn = np.where(shown[..., 2:] > 0, scaled, MISSING).astype(np.int16)
    return Motion(drawn, fps / step, full_frame(drawn) if poster is None else poster // step)


def full_frame(points: np.ndarray) -> int:
    """The middle one of the frames in which most points are there."""
    there = (points[..., 0] != MISSING).sum(axis=1)
    fullest = np.flatnonzero(there == there.max())
    return int(fullest[len(fullest) // 2])


def _square(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and side of the square around what a picture is cropped to; any square where nothing was seen."""
    framed = points[:, _FRAMED]
    seen = framed[..., :2][framed[..., 2] > 0]
    if len(seen) == 0:
        return np.zeros(2), 1.0
    low, high = seen.min(axis=0), seen.max(axis=0)
    return (low + high) / 2, max(float((high - low).max()), 1.0) * 1.16


def _path(points: np.ndarray, edges: list[tuple[int, int]]) -> str:
    """Bones with both ends there, as an SVG path."""
    drawn = [(points[a], points[b]) for a, b in edges if points[a][0] != MISSING and points[b][0] != MISSING]
    return "".join(f"M{p[0]} {p[1]}L{q[0]} {q[1]}" for p, q in drawn)


def still(points: np.ndarray, label: str) -> Markup:
    """One frame, int16 (79, 2), as an SVG; `label` says in words what it shows."""
    paths = Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(part, _path(points, edges)) for part, edges in PARTS.items()
    )
    return (
        Markup('<svg class="skeleton" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">').format(BOX, label)
        + paths
        + Markup("</svg>")
    )
