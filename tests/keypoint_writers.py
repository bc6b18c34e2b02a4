"""Real clips of signing as the publishers of keypoints write them: one function a format.

Each function names the code it follows: repository, commit, file and lines. `clips` is a clip's name -> its Landmarks;
`size` is the width and height of the picture the points are written for.
"""

import json
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderDimensions
from pose_format.utils.holistic import holistic_components

from signscale.formats import skeleton
from signscale.formats.wholebody import wholebody

PARTS = {"pose": slice(0, 33), "face": slice(33, 501), "left_hand": slice(501, 522), "right_hand": slice(522, 543)}
"""Where each part of MediaPipe Holistic stands among its 543 points."""


@dataclass(frozen=True)
class Landmarks:
    """A clip as MediaPipe Holistic gives it: shares of the picture (T, 543, 2), confidence (T, 543).

    A face or hand is there whole, with confidence 1, or not at all.
    """

    shares: np.ndarray
    confidence: np.ndarray

    def wholebody(self, size: tuple[int, int]) -> np.ndarray:
        """The 133 points, float32 (T, 133, 3), in pixels of a picture of that size."""
        halved = np.concatenate([self.shares * size, self.confidence[..., None] / 2], axis=-1)
        points = wholebody(*(halved[:, part] for part in PARTS.values()))
        points[..., 2] *= 2  # scores above 1 are kept
        return points


Clips = dict[str, Landmarks]


def real_clips(names: Iterable[str]) -> Clips:
    """The three clips of keypoint_writers_data/letters.npz under these names."""
    with np.load(Path(__file__).with_name("keypoint_writers_data") / "letters.npz") as file:
        landmarks, ends = file["landmarks"].astype(np.float64), np.cumsum(file["frames"])
    clips = {}
    for name, clip in zip(names, np.split(landmarks, ends[:-1]), strict=True):
        confidence = clip[..., 2] / 32767
        for part in ("face", "left_hand", "right_hand"):
            confidence[:, PARTS[part]] = (confidence[:, PARTS[part]] > 0).any(axis=1, keepdims=True)
        clips[name] = Landmarks(np.where(confidence[..., None] > 0, clip[..., :2] / (16 * 500), 0), confidence)
    return clips


def _xyz(clip: Landmarks, size: tuple[int, int] = (1, 1)) -> np.ndarray:
    """(T, 543, 3): x, y and a depth, which nobody reads."""
    return np.concatenate([clip.shares * size, np.zeros((*clip.confidence.shape, 1))], axis=-1)


def _dump(path: Path, content: object, protocol: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol))


def nla_slr(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """A dict of float32 arrays. FangyunWei/SLRT 38a4f7b, NLA-SLR/gen_pose.py 79-94, 253-271, utils/misc.py 304-314."""
    _dump(path, {name: clip.wholebody(size) for name, clip in clips.items()})


def two_stream(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """One dict of dicts. FangyunWei/SLRT 38a4f7b, TwoStreamNetwork/dataset/Dataset.py 45-58, which reads it."""
    _dump(path, {name: {"keypoints": clip.wholebody(size)} for name, clip in clips.items()})


def unisign(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """A list of one person's shares and of scores a frame. ZechengLi19/Uni-Sign 2c9028f, demo/pose_extraction.py 11-49.

    rtmlib gives places as float64 and scores as float32.
    """
    for name, clip in clips.items():
        points = clip.wholebody(size)[:, None]
        places = [frame[..., :2].astype(np.float64) / np.array(size)[None, None] for frame in points]
        _dump(path / f"{name}.pkl", {"keypoints": places, "scores": [frame[..., 2] for frame in points]})


def seds(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """Pixels and the names of the frames. longtaojiang/SEDS 434e3f7, dataloaders/dataloader_ph_retrieval_pose.py
    244-283 and its GetTotalFrameList, which read it.
    """
    for name, clip in clips.items():
        points = clip.wholebody(size)
        frames = [f"images{number:04d}.png" for number in range(1, len(points) + 1)]
        _dump(path / f"{name}.pkl", {"keypoints": points, "img_list": frames})


def openhands(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """Shares without the face. AI4Bharat/OpenHands b9ccf9e, scripts/mediapipe_extract.py 36-53, 83-109."""
    kept = [*range(33), *range(501, 543)]
    for name, clip in clips.items():
        content = {"keypoints": _xyz(clip)[:, kept], "confidences": clip.confidence[:, kept]}
        _dump(path / f"{name}.pkl", content, protocol=4)


def openhands_array(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """Pixels with the face, height and width mixed up. AI4Bharat/OpenHands ab28bc9, scripts/mediapipe_extract.py
    34-47, 58-88, 104-121: an array's shape begins with its height.
    """
    path.mkdir(parents=True, exist_ok=True)
    for name, clip in clips.items():
        width, height = size[1], size[0]
        np.save(path / name, np.concatenate([_xyz(clip, (width, height)), clip.confidence[..., None]], axis=-1))


def kaggle(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """543 rows a frame, empty where a part was not seen. Google's Isolated Sign Language Recognition (2023), its page
    "Data": train_landmark_files/<participant>/<sequence>.parquet; frames count on from where the recording began.
    """
    path.mkdir(parents=True, exist_ok=True)
    order = ("face", "left_hand", "pose", "right_hand")
    for name, clip in clips.items():
        frames = np.arange(20, 20 + len(clip.shares), dtype=np.int16)
        places = np.where(clip.confidence[..., None] > 0, _xyz(clip), np.nan)
        places = np.concatenate([places[:, PARTS[kind]] for kind in order], axis=1).reshape(-1, 3)
        kinds = [kind for kind in order for _ in range(543)[PARTS[kind]]]
        index = [number for kind in order for number in range(len(range(543)[PARTS[kind]]))]
        rows = [f"{frame}-{kind}-{number}" for frame in frames for kind, number in zip(kinds, index, strict=True)]
        columns = {"frame": frames.repeat(543), "row_id": rows, "type": kinds * len(frames)}
        columns["landmark_index"] = np.array(index * len(frames), np.int16)
        pq.write_table(pa.table(columns | dict(zip("xyz", places.T, strict=True))), path / f"{name}.parquet")


def mp_data(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """1,662 numbers a frame: body with visibility, face, hands. nicknochnack/ActionDetectionforSignLanguage 093fc3e,
    Action Detection Refined.ipynb, extract_keypoints and the cell that collects MP_Data/<word>/<clip>/<frame>.npy.
    """
    for name, clip in clips.items():
        (path / name).mkdir(parents=True, exist_ok=True)
        for number, (places, confidence) in enumerate(zip(_xyz(clip), clip.confidence, strict=True)):
            body = np.concatenate([places[PARTS["pose"]], confidence[PARTS["pose"], None]], axis=-1).flatten()
            others = [places[PARTS[part]].flatten() for part in ("face", "left_hand", "right_hand")]
            np.save(path / name / str(number), np.concatenate([body, *others]))


def pose(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """Pixels with the face and the world's landmarks. pose-format 0.15.0 itself, pose_format/utils/holistic.py 213-245,
    359-400, 515-530.
    """
    path.mkdir(parents=True, exist_ok=True)
    for name, clip in clips.items():
        data = np.concatenate([_xyz(clip, size), np.zeros((len(clip.shares), 33, 3))], axis=1)
        confidence = np.concatenate([clip.confidence, np.zeros((len(clip.shares), 33))], axis=1)
        header = PoseHeader(0.2, PoseHeaderDimensions(*size, 0), holistic_components("XYZC"))
        with (path / f"{name}.pose").open("wb") as file:
            Pose(header, NumPyPoseBody(25, data[:, None].astype(np.float32), confidence[:, None])).write(file)


def openpose(path: Path, clips: Clips, size: tuple[int, int]) -> None:
    """A JSON file a frame with six digits a number. CMU-Perceptual-Computing-Lab/openpose 00a228b,
    src/openpose/filestream/fileStream.cpp, addKeypointsToJson and savePeopleJson; How2Sign has a folder a sentence.
    """
    counts = {"pose": 25, "face": 70, "hand_left": 21, "hand_right": 21}
    source = {place: number for number, place in skeleton.OPENPOSE_TO_WHOLEBODY.items()}
    for name, clip in clips.items():
        (path / name).mkdir(parents=True, exist_ok=True)
        wholebody_points = clip.wholebody(size)
        people = np.zeros((len(wholebody_points), sum(counts.values()), 3))
        people[:, list(source.values())] = wholebody_points[:, list(source)]
        for number, points in enumerate(people):
            numbers = [float(f"{value:.6g}") for value in points.flatten()]
            person, first = {"person_id": [-1]}, 0
            for part, count in counts.items():
                person[f"{part}_keypoints_2d"] = numbers[3 * first : 3 * (first + count)]
                person[f"{part}_keypoints_3d"] = []
                first += count
            content = json.dumps({"version": 1.3, "people": [person]})
            (path / name / f"{name.rpartition('/')[2]}_{number:012d}_keypoints.json").write_text(content)


@dataclass(frozen=True)
class Case:
    """A format as a corpus is published in it.

    format, path: as params name them. picture: width and height of the picture the points are written for.
    carried: which of the 133 points it has. certain: it has no confidence, so that what is there has 1.
    rounding: pixels lost in writing. told: files or corpus say the size of the picture, so params need not.
    """

    write: Callable[[Path, Clips, tuple[int, int]], None]
    format: str
    corpus: str
    picture: tuple[int, int]
    path: str
    told: bool = True
    carried: tuple[int, ...] = tuple(range(skeleton.WHOLEBODY_POINTS))
    certain: bool = False
    rounding: float = 1e-3

    def expected(self, clip: Landmarks) -> np.ndarray:
        """The 133 points of a clip, float32 (T, 133, 3), that this format can give back."""
        seen = replace(clip, confidence=(clip.confidence > 0).astype(float)) if self.certain else clip
        points = seen.wholebody(self.picture)
        points[:, [point for point in range(skeleton.WHOLEBODY_POINTS) if point not in self.carried]] = 0
        return points


_NO_FACE = (*range(23), *range(91, 133))
CASES = {
    "nla_slr": Case(nla_slr, "slrt", "nmfs_csl", (512, 512), "keypoints_hrnet_dark_coco_wholebody.pkl"),
    "two_stream": Case(two_stream, "slrt", "phoenix14t", (210, 260), "phoenix-2014t-keypoints.pkl"),
    "unisign": Case(unisign, "unisign", "csl_daily", (512, 512), "pose_format"),
    "seds": Case(seds, "seds", "phoenix14t", (210, 260), "keypoints_mmpose"),
    "openpose": Case(
        openpose, "openpose", "how2sign", (1280, 720), "json", rounding=6e-3,
        carried=tuple(sorted(set(skeleton.OPENPOSE_TO_WHOLEBODY.values()))),
    ),
    "pose": Case(pose, "pose", "phoenix14t", (210, 260), "poses"),
    "openhands": Case(openhands, "openhands", "wlasl", (640, 480), "poses_pickle", told=False, carried=_NO_FACE),
    "openhands_array": Case(openhands_array, "openhands", "wlasl", (640, 480), "holistic_poses", told=False),
    "kaggle": Case(kaggle, "kaggle", "wlasl", (640, 480), "train_landmark_files", told=False, certain=True),
    "mp_data": Case(mp_data, "mp_data", "wlasl", (640, 480), "MP_Data", told=False),
}  # fmt: skip

WRITERS = {case.format: case.write for case in CASES.values()}
"""Format -> a function that writes it; of the two kinds of `slrt` and of `openhands`, the second."""
