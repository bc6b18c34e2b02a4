"""Unusual and bad videos, each made for its test: what comes of it is defined, not left to chance.

| input | what happens | tested |
|---|---|---|
| zero bytes, no video at all | refused by name | test_video |
| truncated, in a group of pictures too | refused: frames are missing | here, test_video |
| variable frame rate | every frame once; parts go by time; the rate is the average | here |
| rotated by metadata | upright | here, test_video |
| odd sides | as they are | here |
| 1 frame | a clip of 1 frame (pack.min_frames decides) | here |
| 4K | as it is; keypoints keep an eighth of a pixel | here |
| 10 bit, grey | 8 bit RGB | here |
| corrupt frames in the middle | refused if the decoder gives up, or says so of more frames than may be missing | here |
| no person | confidence 0 everywhere | test_mediapipe; pack.min_person_share sets it aside |
| three persons | one of them from the first frame to the last, the one clearly larger if there is one | here |
| a PNG folder with a missing number, a picture that is none | refused, the number or file named | test_frames |
"""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats import skeleton
from signscale.formats.shard import Clip, Shard, write_shard
from signscale.keypoints.estimators.mediapipe.estimate import MediaPipeEstimator
from signscale.keypoints.readers.video import open_video

GOP = {"g": "12", "bf": "2"}


def encode(path: Path, codec: str, pixels: str, times=None, frames=3, size=(64, 48), noise=False, options=None) -> None:
    """Frame i is grey of value 4 i + 20, its left half black; times in milliseconds, else 25 frames a second."""
    draw = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if times:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for index in range(len(times) if times else frames):
            picture = np.full((size[1], size[0], 3), 4 * index + 20, np.uint8)
            if noise:
                picture = (picture // 2 + draw.integers(0, 120, picture.shape)).astype(np.uint8)
            picture[:, : size[0] // 2] = 0
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def shades(path: Path, start: float = 0.0, end: float = -1.0) -> list[int]:
    """Which frames came: the index that each frame's grey stands for."""
    with open_video(path, start, end) as video:
        return [round((float(f[10:, f.shape[1] * 3 // 4 :].mean()) - 20) / 4) for f in video.frames]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_rate_gives_every_frame_once_and_parts_by_time(tmp_path: Path, suffix: str) -> None:
    times = [0, *np.cumsum([80 if index % 3 == 0 else 20 for index in range(29)]).tolist()]
    path = tmp_path / f"clip.{suffix}"
    encode(path, "libx264", "yuv420p", times)
    assert shades(path) == list(range(30))
    assert shades(path, 0.5, 1.0) == [index for index, time in enumerate(times) if time + 20 >= 500 and time < 980]
    with open_video(path) as video:
        assert 24 < video.fps < 26


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "size"),
    [
        ("odd.mkv", "ffv1", "yuv444p", (65, 49)),
        ("odd.mp4", "mpeg4", "yuv420p", (65, 49)),
        ("ten_bit.mp4", "libx264", "yuv420p10le", (64, 48)),
        ("ten_bit.mkv", "ffv1", "yuv420p10le", (64, 48)),
        ("grey.mkv", "ffv1", "gray", (64, 48)),
    ],
)
def test_odd_sides_ten_bits_and_grey_come_as_8_bit_rgb_of_their_size(tmp_path, name, codec, pixels, size) -> None:
    encode(tmp_path / name, codec, pixels, size=size)
    with open_video(tmp_path / name) as video:
        frames = list(video.frames)
    assert video.size == size
    assert [(frame.shape, frame.dtype) for frame in frames] == [((size[1], size[0], 3), np.uint8)] * 3
    for index, frame in enumerate(frames):
        right = frame[10:, size[0] * 3 // 4 :].astype(int)
        assert np.abs(right - (4 * index + 20)).max() <= 4
        assert frame[:, : size[0] // 4].max() <= 4


@pytest.mark.parametrize("name", ["one.mp4", "one.mkv"])
def test_one_frame_is_a_clip_of_one_frame(tmp_path: Path, name: str) -> None:
    encode(tmp_path / name, "libx264", "yuv420p", frames=1)
    assert shades(tmp_path / name) == [0]


def test_4k_comes_whole_and_its_keypoints_keep_an_eighth_of_a_pixel(tmp_path: Path) -> None:
    encode(tmp_path / "4k.mp4", "libx264", "yuv420p", frames=2, size=(3840, 2160), options={"preset": "ultrafast"})
    with open_video(tmp_path / "4k.mp4") as video:
        assert [frame.shape for frame in video.frames] == [(2160, 3840, 3)] * 2
    points = np.random.default_rng(1).uniform(0, 3839, (2, 133, 3)).astype(np.float32)
    points[..., 2] = 1
    write_shard(tmp_path / "a.h5", [Clip("a", points, video.size, 25.0)], "made", "1")
    with Shard(tmp_path / "a.h5") as shard:
        assert np.abs(shard.keypoints(0) - points).max() <= 1 / 16


@pytest.mark.parametrize(("turned", "black"), [(180, "right"), (270, "bottom")])
def test_other_rotations_are_upright_too(tmp_path: Path, turned: int, black: str) -> None:
    """90 degrees: test_video."""
    path = tmp_path / "clip.mp4"
    encode(path, "mpeg4", "yuv420p")
    raw, one = path.read_bytes(), 1 << 16
    lying = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    matrix = {
        180: (-one, 0, 0, 0, -one, 0, 64 << 16, 48 << 16, 1 << 30),
        270: (0, -one, 0, one, 0, 0, 0, 64 << 16, 1 << 30),
    }[turned]
    at = raw.index(lying, raw.index(b"tkhd"))
    path.write_bytes(raw[:at] + struct.pack(">9i", *matrix) + raw[at + len(lying) :])
    with open_video(path) as video:
        picture = next(video.frames)
        assert video.size == ((64, 48) if turned == 180 else (48, 64))
    dark = {"right": picture[:, 40:], "bottom": picture[40:]}[black]
    light = {"right": picture[:, :24], "bottom": picture[:24]}[black]
    assert dark.max() < 10 < light.min()


@pytest.fixture(scope="module")
def groups(tmp_path_factory) -> dict[str, bytes]:
    """50 frames in groups of 12, in two codecs, the index in front so that a cut hits pictures only."""
    folder, videos = tmp_path_factory.mktemp("groups"), {}
    for codec in ("libx264", "mpeg4"):
        path = folder / f"{codec}.mp4"
        options = (GOP if codec == "libx264" else {"g": "12"}) | {"movflags": "faststart"}
        encode(path, codec, "yuv420p", frames=50, size=(160, 120), noise=True, options=options)
        videos[codec] = path.read_bytes()
    return videos


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.85])
def test_a_video_cut_within_a_group_of_pictures_is_refused(tmp_path: Path, groups, codec: str, share: float) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(groups[codec][: int(len(groups[codec]) * share)])
    with pytest.raises(SignScaleError, match=r"clip\.mp4: .*fetch it again") as caught:
        shades(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("how", ["zeros", "noise"])
def test_frames_overwritten_in_the_middle_are_refused(tmp_path: Path, groups, codec: str, how: str) -> None:
    path, raw = tmp_path / "clip.mp4", groups[codec]
    first, last = int(len(raw) * 0.4), int(len(raw) * 0.6)
    filling = bytes(last - first) if how == "zeros" else np.random.default_rng(1).bytes(last - first)
    path.write_bytes(raw[:first] + filling + raw[last:])
    with pytest.raises(SignScaleError, match=r"clip\.mp4: .*damaged.*fetch it again"):
        shades(path)


def test_a_single_damaged_frame_is_forgiven_as_a_missing_one_would_be(tmp_path: Path, groups) -> None:
    path, raw = tmp_path / "clip.mp4", groups["mpeg4"]
    at = len(raw) // 2
    path.write_bytes(raw[:at] + bytes(20) + raw[at + 20 :])
    assert len(shades(path)) == 50
    with av.open(str(path)) as container:
        assert sum(frame.is_corrupt for frame in container.decode(video=0)) == 1


@pytest.mark.parametrize("places", [[(80, 0.6), (420, 1.4), (980, 0.6)], [(0, 1.4), (560, 0.7), (900, 0.7)]])
def test_of_three_persons_the_clearly_larger_is_followed_in_every_frame(shared: Path, params, places) -> None:
    """One policy, MediaPipe's: the person its detector is surest of, tracked through the clip; nobody is mixed."""
    with open_video(shared / "pose_reference/FOOTBALL.mp4") as video:
        signer = [frame[40:, 180:500] for frame in list(video.frames)[10:18]]
    scenes = [np.full((480, 1280, 3), 255, np.uint8) for _ in signer]
    for scene, frame in zip(scenes, signer, strict=True):
        for left, scale in places:
            person = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            scene[480 - len(person) :, left : left + person.shape[1]] = person
    points = MediaPipeEstimator(params.keypoints.mediapipe).estimate(scenes)
    left, scale = max(places, key=lambda place: place[1])
    seen = points[..., 2] > 0.5
    assert seen[:, skeleton.BODY].all()
    upper = points[:, np.concatenate([skeleton.BODY, skeleton.JAW, skeleton.LEFT_HAND, skeleton.RIGHT_HAND])]
    x = upper[..., 0][upper[..., 2] > 0.5]
    assert left < x.min()
    assert x.max() < left + 320 * scale
