"""Made clips: videos whose frames can be told apart, `.pose` files with known numbers, rows and params."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

from signscale.formats.sample import Sample

COMPONENTS = {"POSE_LANDMARKS": 33, "FACE_LANDMARKS": 478, "LEFT_HAND_LANDMARKS": 21, "RIGHT_HAND_LANDMARKS": 21}


def write_video(path: Path, frames: int, size: tuple[int, int] = (64, 48), fps: int = 25) -> None:
    """Frame i is grey of value 4 i + 20, its left half black."""
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as container:
        stream = container.add_stream("mpeg4", rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *size, "yuv420p", 4_000_000
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), 4 * index + 20, np.uint8)
            picture[:, : size[0] // 2] = 0
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def write_frames(folder: Path, frames: int, name: str, first: int = 0, size: tuple[int, int] = (64, 48)) -> None:
    """The frames of write_video as pictures named by `name` and their number, counted from `first`."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(frames):
        picture = np.full((size[1], size[0], 3), 4 * index + 20, np.uint8)
        picture[:, : size[0] // 2] = 0
        Image.fromarray(picture).save(folder / name.format(first + index))


def write_pose(
    path: Path, data: np.ndarray, confidence: np.ndarray, components: dict[str, int] | None = None, fps: float = 25.0
) -> None:
    """data (T, people, points, 3) and confidence (T, people, points) as a .pose file of 500 x 400 pixels."""
    parts = [
        PoseHeaderComponent(name, [str(i) for i in range(count)], [], [], "XYZC")
        for name, count in (components or COMPONENTS).items()
    ]
    header = PoseHeader(0.2, PoseHeaderDimensions(500, 400, 100), parts)
    with path.open("wb") as file:
        Pose(header, NumPyPoseBody(fps, data.astype(np.float32), confidence.astype(np.float32))).write(file)


def row(name: str, clip: str, start: float = 0.0, end: float = -1.0) -> Sample:
    """A row of the corpus `made`."""
    return Sample(f"made/{name}", "made", "train", "ase", "", clip, start, end, 0.0, "", name, name, "mediapipe")
