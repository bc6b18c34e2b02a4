"""A keypoint shard gives back what it was given, within the rounding it states, and refuses what it cannot hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_shards import random_clip

from signscale.errors import SignScaleError
from signscale.formats.shard import Clip, Shard, write_shard


@pytest.mark.parametrize(
    ("width", "height", "steps"), [(256, 256, 16), (1920, 1080, 16), (3840, 2160, 8), (9000, 90, 2)]
)
def test_rounding_stays_within_half_a_step(tmp_path: Path, width: int, height: int, steps: int) -> None:
    """A step is 1/16 pixel, and coarser only where the picture is too wide for 16 bits."""
    drawn = [random_clip(str(seed), seed, size=(width, height)) for seed in range(5)]
    clips = [replace(clip, keypoints=clip.keypoints.clip(0, [width, height, 1]).astype(np.float32)) for clip in drawn]
    write_shard(tmp_path / "a.h5", clips, "made", "1")
    with Shard(tmp_path / "a.h5") as shard:
        for index, clip in enumerate(clips):
            read = shard.keypoints(index)
            assert read.dtype == np.float32
            error = np.abs(read.astype(np.float64) - clip.keypoints)
            assert error[..., :2].max() <= 0.5 / steps
            assert error[..., 2].max() <= 0.5 / 32767 + 1e-7


def test_every_part_of_every_clip_comes_back(tmp_path: Path) -> None:
    clips = [random_clip(f"corpus/ü{seed}", seed, size=(100 + seed, 50), fps=20 + seed / 3) for seed in range(7)]
    assert write_shard(tmp_path / "a.h5", iter(clips), "made", "1.0") == 7
    with Shard(tmp_path / "a.h5") as shard:
        assert len(shard) == 7
        assert (shard.estimator, shard.estimator_version) == ("made", "1.0")
        assert shard.lengths().tolist() == [len(clip.keypoints) for clip in clips]
        for index in [3, 0, 6, 3]:
            read, clip = shard.clip(index), clips[index]
            assert (read.sample_id, read.size, read.fps) == (clip.sample_id, clip.size, clip.fps)
            assert np.abs(read.keypoints - clip.keypoints).max() <= 1 / 32


def test_a_point_that_is_missing_stays_exactly_zero(tmp_path: Path) -> None:
    clip = random_clip("a", 1, 5)
    clip.keypoints[2, 91:112] = 0
    write_shard(tmp_path / "a.h5", [clip], "made", "1")
    with Shard(tmp_path / "a.h5") as shard:
        assert not shard.keypoints(0)[2, 91:112].any()


def test_what_was_read_is_written_back_bit_for_bit(tmp_path: Path) -> None:
    """So packing, or a piece kept in scratch, adds no second rounding."""
    write_shard(tmp_path / "a.h5", [random_clip(str(s), s, size=(3840, 2160)) for s in range(5)], "made", "1")
    with Shard(tmp_path / "a.h5") as shard:
        write_shard(tmp_path / "b.h5", (shard.clip(index) for index in range(5)), "made", "1")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_equal_clips_give_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_shard(tmp_path / f"{name}.h5", (random_clip(str(seed), seed) for seed in range(9)), "made", "1")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_shard_without_clips_is_a_shard(tmp_path: Path) -> None:
    assert write_shard(tmp_path / "a.h5", [], "made", "1") == 0
    with Shard(tmp_path / "a.h5") as shard:
        assert len(shard) == 0
        assert shard.lengths().tolist() == []


def broken(clip: Clip, value: float, at: int) -> Clip:
    points = clip.keypoints.copy()
    points[1, 2, at] = value
    return replace(clip, keypoints=points)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda clip: broken(clip, np.nan, 0), "NaN or infinity"),
        (lambda clip: broken(clip, np.inf, 2), "NaN or infinity"),
        (lambda clip: broken(clip, 1.01, 2), "confidence outside"),
        (lambda clip: broken(clip, -40000.0, 1), "beyond 32,767 pixels"),
        (lambda clip: replace(clip, keypoints=clip.keypoints[:0]), "T of 1 or more"),
        (lambda clip: replace(clip, keypoints=clip.keypoints[:, :79]), "expected .T, 133, 3"),
        (lambda clip: replace(clip, fps=0.0), "impossible"),
        (lambda clip: replace(clip, size=(0, 5)), "impossible"),
        (lambda clip: replace(clip, sample_id="good"), "appears twice"),
    ],
)
def test_a_bad_clip_is_refused_and_leaves_no_file(tmp_path: Path, change, reason: str) -> None:
    clips = [random_clip("good", 1, 4), change(random_clip("bad", 2, 4))]
    with pytest.raises(SignScaleError, match=reason) as caught:
        write_shard(tmp_path / "a.h5", clips, "made", "1")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_writer_that_is_stopped_leaves_the_old_file(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.h5", [random_clip("old", 1)], "made", "1")

    def clips():
        yield random_clip("new", 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "a.h5", clips(), "made", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    with Shard(tmp_path / "a.h5") as shard:
        assert shard.ids == ["old"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_torn_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.h5"
    write_shard(path, [random_clip(str(seed), seed) for seed in range(5)], "made", "1")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(SignScaleError, match=r"a\.h5: not a whole keypoint shard") as caught:
        Shard(path)
    assert "\n" not in str(caught.value)
