"""Keypoint shards: many clips' 133 keypoints in one HDF5 file, one clip read without touching the others.

Layout (format 1)
    keypoints  int16 (frames, 133, 3)  all clips back to back: x and y in 1/`subpixel` pixel, confidence in 1/32767
    offsets    int64 (clips + 1,)      clip i is frames offsets[i]:offsets[i + 1]
    subpixel   int16 (clips,)          steps a pixel: 16 for frames up to 2,047 pixels, halved until the clip fits
    sizes      int32 (clips, 2)        width and height of the picture in pixels
    fps        float64 (clips,)        frames per second
    ids        utf-8 (clips,)          sample ids, in file order
    attributes format, estimator, estimator_version
Rounding error: at most half a step, so 1/32 pixel for frames up to 2,047 pixels, and 1/65534 in confidence. The file
holds no time stamps: equal clips in equal order give equal bytes.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.files import check_room, written_whole
from signscale.formats.hdf5 import dataset, small_array, texts
from signscale.formats.reading import reading
from signscale.formats.skeleton import WHOLEBODY_POINTS

FORMAT = 1
FINEST_SUBPIXEL = 16
CONFIDENCE_STEPS = _LARGEST = 32767
_CHUNK_FRAMES = 64
_ROOM = 8 << 20  # bytes that must be free beside a clip's own: what HDF5 still holds in memory, ids and offsets
_KIND, _REMEDY = "a whole keypoint shard", "run its stage again"


@dataclass(frozen=True, slots=True)
class Clip:
    """The keypoints of one sample.

    keypoints: float32 (T, 133, 3), x and y in pixels and confidence in 0..1; a missing point has confidence 0.
    size: width and height of the picture in pixels. fps: frames per second.
    """

    sample_id: str
    keypoints: np.ndarray
    size: tuple[int, int]
    fps: float


def check_clip(clip: Clip) -> None:
    """Raise SignScaleError if the clip has no frame, a wrong shape, a NaN, or an impossible size or number."""
    points = clip.keypoints
    if points.ndim != 3 or points.shape[1:] != (WHOLEBODY_POINTS, 3) or len(points) == 0:
        raise SignScaleError(
            f"{clip.sample_id}: keypoints are {points.shape}, expected (T, 133, 3) with T of 1 or more"
        )
    if not np.isfinite(points).all():
        raise SignScaleError(f"{clip.sample_id}: keypoints hold NaN or infinity; extract the clip again")
    if points[..., 2].min() < 0 or points[..., 2].max() > 1:
        raise SignScaleError(f"{clip.sample_id}: confidence outside 0..1; clip it in the estimator")
    if np.abs(points[..., :2]).max() > _LARGEST:
        raise SignScaleError(f"{clip.sample_id}: a coordinate lies beyond 32,767 pixels; scale the video down")
    if min(clip.size) < 1 or not clip.fps > 0:
        raise SignScaleError(f"{clip.sample_id}: picture size {clip.size} at {clip.fps} fps is impossible")


def _subpixel(points: np.ndarray) -> int:
    """The finest step count, a power of two up to 16, with which the clip's coordinates fit in 16 bits."""
    largest, steps = float(np.abs(points[..., :2]).max()), FINEST_SUBPIXEL
    while largest * steps > _LARGEST and steps > 1:
        steps //= 2
    return steps


def _encode(clip: Clip) -> tuple[np.ndarray, int]:
    """(T, 133, 3) float to int16 and the clip's steps a pixel."""
    steps = _subpixel(clip.keypoints)
    scaled = np.rint(clip.keypoints.astype(np.float64) * [steps, steps, CONFIDENCE_STEPS])
    return scaled.astype(np.int16), steps


def write_shard(path: Path | str, clips: Iterable[Clip], estimator: str, estimator_version: str) -> int:
    """Write clips in the order given, whole or not at all; returns how many. Raises SignScaleError on a bad clip.

    Clips are taken one at a time, so a shard of any size needs the memory of one clip.
    """
    offsets, subpixel, sizes, fps, ids = [0], [], [], [], []
    with written_whole(path) as partial, h5py.File(partial, "w") as file:
        frames = file.create_dataset(
            "keypoints", (0, WHOLEBODY_POINTS, 3), "<i2", maxshape=(None, WHOLEBODY_POINTS, 3),
            chunks=(_CHUNK_FRAMES, WHOLEBODY_POINTS, 3), **hdf5plugin.Blosc2(cname="zstd", clevel=3, filters=2),
        )  # fmt: skip
        for clip in clips:
            check_clip(clip)
            encoded, steps = _encode(clip)
            check_room(Path(path), encoded.nbytes + _ROOM)
            frames.resize(offsets[-1] + len(encoded), axis=0)
            frames[offsets[-1] :] = encoded
            offsets.append(offsets[-1] + len(encoded))
            subpixel.append(steps)
            sizes.append(clip.size)
            fps.append(clip.fps)
            ids.append(clip.sample_id)
        if len(set(ids)) != len(ids):
            raise SignScaleError(f"{path}: a sample id appears twice; ids must be distinct")
        file["offsets"] = np.asarray(offsets, "<i8")
        file["subpixel"] = np.asarray(subpixel, "<i2")
        file["sizes"] = np.asarray(sizes, "<i4").reshape(-1, 2)
        file["fps"] = np.asarray(fps, "<f8")
        file.create_dataset(
            "ids", data=np.asarray(ids, dtype=object), dtype=h5py.string_dtype("utf-8"), shape=(len(ids),)
        )
        file.attrs["format"] = FORMAT
        file.attrs["estimator"] = estimator
        file.attrs["estimator_version"] = estimator_version
    return len(ids)


def _text(file: h5py.File, name: str) -> str:
    """An attribute that is text; raises ValueError on another kind."""
    if not isinstance(value := file.attrs[name], str):
        raise ValueError(f"attribute {name} is not text")
    return value


class Shard:
    """A shard open for reading; random access to one clip reads only that clip's chunks.

    A process forked from the one that opened it opens the file for itself: HDF5 shares no open file. Raises
    SignScaleError when the file is not a whole shard of this format.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        with reading(self.path, _KIND, _REMEDY):
            self._file = h5py.File(self.path, "r")
            try:
                self._read()
            except BaseException:
                self._file.close()
                raise

    def _read(self) -> None:
        """Take everything but the keypoints into memory; raises ValueError on a part of another type, shape or sense.

        The file may come from a stranger, so every part is checked.
        """
        format_ = int(self._file.attrs["format"])
        if format_ != FORMAT:
            raise SignScaleError(f"{self.path}: shard format {format_}, this version reads {FORMAT}; pack it again")
        self.estimator, self.estimator_version = (
            _text(self._file, name) for name in ("estimator", "estimator_version")
        )
        self.offsets = small_array(self._file, "offsets", "<i8", (None,))
        clips = len(self.offsets) - 1
        if clips < 0 or self.offsets[0] != 0 or (np.diff(self.offsets) < 1).any():
            raise ValueError("offsets does not rise from 0")
        self.sizes = small_array(self._file, "sizes", "<i4", (clips, 2))
        self.fps = small_array(self._file, "fps", "<f8", (clips,))
        self._subpixel = small_array(self._file, "subpixel", "<i2", (clips,))
        self.ids = texts(self._file, "ids", clips)
        self._frames = dataset(self._file, "keypoints", ("<i2",), (int(self.offsets[-1]), WHOLEBODY_POINTS, 3))
        if clips and (self.sizes.min() < 1 or not (np.isfinite(self.fps) & (self.fps > 0)).all()):
            raise ValueError("a picture size or a rate is impossible")
        if clips and self._subpixel.min() < 1:
            raise ValueError("subpixel below 1")
        if len(set(self.ids)) != clips:
            raise ValueError("a sample id stands twice")

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> np.ndarray:
        """Frames of each clip, int64 (clips,)."""
        return np.diff(self.offsets)

    def keypoints(self, index: int) -> np.ndarray:
        """float32 (T, 133, 3) of clip `index`: x and y in pixels, confidence in 0..1."""
        if self._process != os.getpid():
            self._file.close()
            self._open()
        with reading(self.path, _KIND, _REMEDY):
            raw = self._frames[self.offsets[index] : self.offsets[index + 1]]
        steps = float(self._subpixel[index])
        return np.divide(raw, np.array([steps, steps, CONFIDENCE_STEPS], np.float32), dtype=np.float32)

    def clip(self, index: int) -> Clip:
        """Clip `index` with its id, picture size and rate."""
        size = (int(self.sizes[index, 0]), int(self.sizes[index, 1]))
        return Clip(self.ids[index], self.keypoints(index), size, float(self.fps[index]))

    def close(self) -> None:
        """Close the file; the arrays already read stay valid."""
        self._file.close()

    def __enter__(self) -> "Shard":
        return self

    def __exit__(self, *_) -> None:
        self.close()
