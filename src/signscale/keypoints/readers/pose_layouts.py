"""Whose points a `.pose` file holds, and where each goes among the 133.

Three layouts are known, each by the names of its components, in whatever order these come; other components (the world
landmarks of MediaPipe) are left aside. MediaPipe's may be reduced (sign-language-processing writes 178 points, without
nose, eyes and ears of the body, and of the face its contours alone): then each point is found by its name, and what is
not there is missing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from pose_format import Pose
from pose_format.pose_header import PoseHeader

from signscale.formats import skeleton
from signscale.formats.wholebody import wholebody, wholebody_of_openpose
from signscale.keypoints.readers import openpose

_FACE_NAMES = {str(number): number for number in range(478)}
_POSE_NAMES = {name: number for number, name in enumerate(skeleton.MEDIAPIPE_POSE_NAMES)}
_FACE_NEEDED = {
    source
    for source, target in skeleton.MEDIAPIPE_FACE_TO_WHOLEBODY.items()
    if target in set(skeleton.JAW[:17]) | set(skeleton.MOUTH)
}
_POSE_NEEDED = {
    source
    for source, target in skeleton.MEDIAPIPE_POSE_TO_WHOLEBODY.items()
    if skeleton.LEFT_SHOULDER <= target <= skeleton.RIGHT_WRIST
}


class Layout(NamedTuple):
    """One way of laying out a person. name: of the estimator; version: as shards keep it.

    sizes: component name -> how many points it may have, all in the layout's own order. placed: the components' points,
    float32 (T, n, 3) each and in the order of `sizes`, to (T, 133, 3).
    """

    name: str
    version: str
    sizes: dict[str, tuple[int, ...]]
    placed: Callable[..., np.ndarray]


def _wholebody(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, axis=1)


def _openpose(*parts: np.ndarray) -> np.ndarray:
    return wholebody_of_openpose(np.concatenate(parts, axis=1))


WHOLEBODY = Layout(
    "wholebody", "COCO-WholeBody (recorded)",
    {"BODY": (23,), "FACE": (68,), "LEFT_HAND": (21,), "RIGHT_HAND": (21,)}, _wholebody,
)  # fmt: skip
HOLISTIC = Layout(
    "mediapipe", "holistic (recorded)",
    # The face mesh comes with and without the irises.
    {"POSE_LANDMARKS": (33,), "FACE_LANDMARKS": (468, 478), "LEFT_HAND_LANDMARKS": (21,),
     "RIGHT_HAND_LANDMARKS": (21,)}, wholebody,
)  # fmt: skip
OPENPOSE = Layout(
    openpose.ESTIMATOR, openpose.ESTIMATOR_VERSION,
    {name: (count,) for name, count in openpose.LISTS.items()}, _openpose,
)  # fmt: skip


def layout_of(header: PoseHeader) -> Layout:
    """The layout whose components are all there, else the one of MediaPipe, which `parts_of` then refuses by name."""
    names = {component.name for component in header.components}
    return next((layout for layout in (WHOLEBODY, OPENPOSE) if names >= set(layout.sizes)), HOLISTIC)


def parts_of(pose: Pose, layout: Layout) -> list[np.ndarray]:
    """The components of one person as float32 (T, points, 3): pixels and confidence, 0 where masked.

    Raises ValueError naming a component that is absent or of other points.
    """
    return [_part(pose, name, sizes) for name, sizes in layout.sizes.items()]


def _part(pose: Pose, name: str, sizes: tuple[int, ...]) -> np.ndarray:
    first = 0
    for component in pose.header.components:
        count = len(component.points)
        if component.name == name and (places := _places(name, component.points, sizes)) is not None:
            confidence = np.asarray(pose.body.confidence[:, 0, first : first + count], np.float32)
            data = pose.body.data[:, 0, first : first + count, :2]
            masked = np.ma.getmaskarray(data).any(axis=-1)
            landmarks = np.concatenate([np.ma.filled(data, 0), confidence[..., None]], axis=-1, dtype=np.float32)
            landmarks[masked] = 0
            part = np.zeros((len(landmarks), max(sizes), 3), np.float32)
            part[:, places] = landmarks
            return part
        first += count
    raise ValueError(f"no {name}")


def _places(name: str, points: Sequence[str], sizes: tuple[int, ...]) -> Sequence[int] | None:
    """Where a component's points belong among all that it may have; None if these are other points."""
    if len(points) in sizes:
        return range(len(points))
    known, needed = {
        "POSE_LANDMARKS": (_POSE_NAMES, _POSE_NEEDED),
        "FACE_LANDMARKS": (_FACE_NAMES, _FACE_NEEDED),
    }.get(name, ({}, {-1}))
    places = [known.get(point, -1) for point in points]
    return places if -1 not in places and needed <= set(places) else None
