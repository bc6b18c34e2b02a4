"""A row finds its published clip by whatever naming, in pixels; what does not fit the row is refused in one line."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.keypoints.readers.published.clips import PublishedClips
from signscale.keypoints.readers.published.names import Names
from signscale.params import PublishedParams

ROW = Sample(
    "phoenix14t/01April-1", "phoenix14t", "dev", "gsg", "", "release/dev/01April-1",
    0.0, -1.0, 25.0, "", "t", "", "mmpose",
)  # fmt: skip


def points(frames: int = 20, size: tuple[int, int] = (210, 260), score: float = 0.8) -> np.ndarray:
    drawn = np.random.default_rng(2).uniform(0.05, 0.95, (frames, 133, 3)) * [*size, 1]
    drawn[..., 2] = score
    return drawn.astype(np.float32)


def clips(tmp_path: Path, content: object, corpus: str = "phoenix14t", **more) -> PublishedClips:
    path = tmp_path / "keypoints.pkl"
    path.write_bytes(pickle.dumps(content))
    return PublishedClips(PublishedParams(format="slrt", path=str(path), **more), corpus, tmp_path / "raw")


@pytest.mark.parametrize(
    "name",
    ["dev/01April-1", "val/01April-1", "01April-1", "01April-1.mp4", "some/where/01April-1", "release/dev/01April-1"],
)
def test_a_row_is_found_by_every_naming_that_publishers_use(name: str) -> None:
    assert Names(["train/x", name]).find(ROW) == name


def test_a_sentence_of_how2sign_is_found_by_its_name_in_any_folder() -> None:
    name = "-fZc293MpJk_0-1-rgb_front"
    row = replace(ROW, sample_id=f"how2sign/{name}", corpus="how2sign", clip="videos/dev/-fZc293MpJk-1-rgb_front.mp4")
    assert Names([f"json/{name}", "json/-fZc293MpJk_1-1-rgb_front"]).find(row) == f"json/{name}"


def test_a_clip_of_phoenix14_is_found_by_the_folder_that_has_its_id() -> None:
    """Names of FangyunWei/SLRT 38a4f7b, TwoStreamNetwork/data/phoenix-2014/phoenix-2014.train."""
    names = [
        f"fullFrame-210x260px/train/01April_2010_Thursday_heute_default-{number}/1/01April_2010_Thursday_heute"
        for number in (0, 2)
    ]
    row = replace(
        ROW, sample_id="phoenix14/01April_2010_Thursday_heute_default-2", corpus="phoenix14", split="train",
        clip="release/train/01April_2010_Thursday_heute_default-2/1",
    )  # fmt: skip
    assert Names(names).find(row) == names[1]
    other = replace(row, sample_id="phoenix14/01April_2010_Thursday_heute_default-3", clip="release/train/x/1")
    for known in (names, names[:1]):
        with pytest.raises(SignScaleError, match="no clip of"):
            Names(known).find(other)


def test_the_renamed_clip_of_csl_daily_is_found_by_the_name_that_publishers_keep() -> None:
    """FangyunWei/SLRT, ZechengLi19/Uni-Sign and longtaojiang/SEDS all have S000005_P0004_T00 in their lists."""
    row = replace(ROW, sample_id="csl_daily/S000007_P0003_T00", corpus="csl_daily", split="train", clip="x")
    assert Names(["S000005_P0004_T00", "S000005_P0003_T00"]).find(row) == "S000005_P0004_T00"


def test_a_last_part_that_two_names_share_finds_neither_and_what_was_tried_is_said() -> None:
    with pytest.raises(SignScaleError) as caught:
        Names(["a/01April-1", "b/01April-1"]).find(ROW)
    told = str(caught.value)
    assert "tried dev/01April-1 (dev and id), val/01April-1 (val and id), 01April-1 (id)" in told
    assert "its names are like a/01April-1: is it of another corpus?" in told
    assert "\n" not in told


def test_the_clip_is_the_published_one_with_size_rate_estimator_and_source(tmp_path: Path) -> None:
    published = clips(tmp_path, {"dev/01April-1": {"keypoints": points()}}, source="SLRT of 2023-05-01")
    clip = published.clip(ROW)
    assert np.array_equal(clip.keypoints, points())
    assert (clip.sample_id, clip.size, clip.fps) == (ROW.sample_id, (210, 260), 25.0)
    assert (published.estimator, published.version) == ("hrnet", "SLRT of 2023-05-01, published as slrt")
    assert published.lacking(ROW) == ""
    assert "no clip of phoenix14t/x" in published.lacking(replace(ROW, sample_id="phoenix14t/x", clip="x"))


def test_scores_above_one_are_cut_and_points_without_score_are_missing(tmp_path: Path) -> None:
    drawn = points()
    drawn[0, 5, 2], drawn[1, 6, 2], drawn[2, 7, 2] = 1.3, 0, -0.2
    published = clips(tmp_path, {"01April-1": drawn})
    found = published.clip(ROW).keypoints
    assert found[0, 5, 2] == 1
    assert not found[1, 6].any()
    assert not found[2, 7].any()
    assert published.note() == "1 clips have scores above 1, which are cut to 1"


def test_what_does_not_fit_the_row_is_refused_in_one_line(tmp_path: Path) -> None:
    nan = points()
    nan[3, 9, 0] = np.nan
    cases = {
        "NaN or infinity": (nan, ROW),
        "points reach 4.., 4.. in a picture of 210x260": (points(size=(512, 512)), ROW),
        "are shares of a picture, not pixels": (points(size=(1, 1)), ROW),
        "20 frames, 50 by the annotation": (points(), replace(ROW, start=1.0, end=3.0)),
    }
    for reason, (drawn, row) in cases.items():
        with pytest.raises(SignScaleError, match=reason) as caught:
            clips(tmp_path, {"01April-1": drawn}).clip(row)
        assert str(caught.value).startswith(f"{tmp_path / 'keypoints.pkl'}: 01April-1: ")
        assert "\n" not in str(caught.value)
    assert len(clips(tmp_path, {"01April-1": points()}).clip(replace(ROW, end=0.88)).keypoints) == 20, (
        "two less are whole"
    )


@pytest.mark.parametrize(
    ("name", "start", "seconds", "frames", "rate"),
    [
        ("-g0sqksgyc4_2-2", 0.0, 22.25, 536, 24.0),
        ("-fZc293MpJk_7-1", 0.0, 4.53, 228, 50.0),
        ("x", 3.0, 10.0, 302, 30.0),
    ],
)
def test_a_clip_of_how2sign_has_the_rate_that_its_length_tells(tmp_path, name, start, seconds, frames, rate) -> None:
    """Lengths of the re-aligned table, numbers of frames of longtaojiang/SEDS 434e3f7, data_h2/test.pkl."""
    row = replace(
        ROW, sample_id=f"how2sign/{name}", corpus="how2sign", clip="x", fps=0.0, start=start, end=start + seconds
    )
    assert clips(tmp_path, {name: points(frames)}, "how2sign", size=[210, 260]).clip(row).fps == rate
    with pytest.raises(SignScaleError, match=f"{frames // 3} frames, .* by the annotation"):
        clips(tmp_path, {name: points(frames // 3)}, "how2sign", size=[210, 260]).clip(row)
    with pytest.raises(SignScaleError, match=r"give keypoints\.published\.how2sign\.fps"):
        clips(tmp_path, {name: points(frames)}, "how2sign", size=[210, 260]).clip(replace(row, start=0.0, end=-1.0))


def test_the_folder_of_frames_counts_too_if_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / ROW.clip
    folder.mkdir(parents=True)
    for frame in range(30):
        (folder / f"images{frame:04d}.png").touch()
    with pytest.raises(SignScaleError, match="20 frames, 30 by "):
        clips(tmp_path, {"01April-1": points()}).clip(ROW)


def test_size_and_rate_that_nobody_says_are_asked_for(tmp_path: Path) -> None:
    row = replace(ROW, sample_id="slr500/a", corpus="slr500", fps=0.0)
    with pytest.raises(SignScaleError, match=r"give keypoints\.published\.slr500\.size"):
        clips(tmp_path, {"a": points()}, "slr500").clip(row)
    with pytest.raises(SignScaleError, match=r"give keypoints\.published\.slr500\.fps"):
        clips(tmp_path, {"a": points()}, "slr500", size=[210, 260]).clip(row)
    clip = clips(tmp_path, {"a": points()}, "slr500", size=[300, 300], fps=30.0).clip(row)
    assert (clip.size, clip.fps) == ((300, 300), 30.0)
