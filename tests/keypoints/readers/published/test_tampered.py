"""One damaged clip among three costs itself, in one line that names it and why; its neighbours come through.

Numbers are damaged before the file is written, files afterwards. A format that is one file for all clips (slrt) is
refused whole where the file is damaged.
"""

import contextlib
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from asking import Asking
from keypoint_writers import CASES, Case, Clips, Landmarks, real_clips

from signscale.errors import SignScaleError
from signscale.formats.excluded import Excluded
from signscale.formats.shard import Shard
from signscale.params import Params

from .test_to_pack import NAMES, extracted, rows

FOLDERS = [name for name, case in CASES.items() if case.format != "slrt"]
PICKLES = ["unisign", "seds", "openhands"]
WITH_SCORES = ["nla_slr", "two_stream", "unisign", "seds", "openpose", "openhands", "openhands_array", "mp_data"]


def _nan(clip: Landmarks) -> Landmarks:
    shares = clip.shares.copy()
    shares[3, 15] = np.nan  # a wrist, which every format has
    return replace(clip, shares=shares)


def _larger(clip: Landmarks) -> Landmarks:
    return replace(clip, shares=clip.shares * 3)


def _sure(clip: Landmarks) -> Landmarks:
    confidence = clip.confidence.copy()
    confidence[2, 11] = 1.25
    return replace(clip, confidence=confidence)


def second_damaged(damage: Callable[[Landmarks], Landmarks]) -> dict[str, Landmarks]:
    """The real clips, the second one damaged."""
    clips = real_clips(NAMES)
    clips["two"] = damage(clips["two"])
    return clips


def kept_and_excluded(params: Params, name: str, clips: dict[str, Landmarks], folder: Path, **row) -> tuple:
    """Ids in the shard and what was excluded, of clips written below a folder; `row` changes the second row."""
    with published(name, folder, clips):
        return read_again(params, name, **row)


@contextlib.contextmanager
def published(name: str, folder: Path, clips: Clips | None = None) -> Iterator[Case]:
    """Work in a folder in which the clips, three real ones by default, lie in a format."""
    case = CASES[name]
    with contextlib.chdir(folder):
        case.write(Path(case.path), clips or real_clips(NAMES), case.picture)
        yield case


def read_again(params: Params, name: str, **row) -> tuple[list[str], list[Excluded]]:
    first, second, third = rows(CASES[name])
    shard, excluded = extracted(params, CASES[name], [first, replace(second, **row), third])
    with Shard(shard) as found:
        return [sample.partition("/")[2] for sample in found.ids], excluded


def only_the_second(found: tuple[list[str], list[Excluded]], *reasons: str) -> None:
    kept, excluded = found
    assert kept == ["one", "three"]
    (reason,) = [row.reason for row in excluded]
    assert "\n" not in reason
    assert all(part in reason for part in reasons), reason


@pytest.mark.parametrize("name", [name for name in CASES if name != "kaggle"])
def test_nan_costs_its_clip(name: str, params: Params, tmp_path: Path) -> None:
    found = kept_and_excluded(params, name, second_damaged(_nan), tmp_path)
    only_the_second(found, "two", "NaN or infinity among its numbers")


def test_nan_is_how_kaggle_writes_what_was_not_seen(params: Params, tmp_path: Path) -> None:
    kept, excluded = kept_and_excluded(params, "kaggle", second_damaged(_nan), tmp_path)
    assert (kept, excluded) == (list(NAMES), [])


@pytest.mark.parametrize("name", CASES)
def test_points_of_frames_of_another_size_cost_their_clip(name: str, params: Params, tmp_path: Path) -> None:
    found = kept_and_excluded(params, name, second_damaged(_larger), tmp_path)
    width, height = CASES[name].picture
    only_the_second(found, "two", f"in a picture of {width}x{height}", "its frames had another size")


@pytest.mark.parametrize("name", CASES)
def test_another_number_of_frames_than_the_annotation_states_costs_its_clip(name, params, tmp_path) -> None:
    found = kept_and_excluded(params, name, real_clips(NAMES), tmp_path, start=1.0, end=3.0)
    only_the_second(found, "two", "21 frames, 50 by the annotation", "another release of the corpus")


@pytest.mark.parametrize("name", WITH_SCORES)
def test_scores_above_one_are_cut_and_counted(name: str, params: Params, tmp_path: Path, capsys) -> None:
    kept, excluded = kept_and_excluded(params, name, second_damaged(_sure), tmp_path)
    assert (kept, excluded) == (list(NAMES), [])
    assert "00000: 1 clips have scores above 1, which are cut to 1\n" in capsys.readouterr().err


def one_clip(name: str, clip: str) -> Path:
    """The file of a clip, or the file of its fourth frame."""
    place = Path(CASES[name].path)
    if (place / clip).is_dir():
        return sorted((place / clip).iterdir())[3]
    (path,) = place.glob(f"{clip}.*")
    return path


@pytest.mark.parametrize("name", FOLDERS)
def test_half_a_file_costs_its_clip(name: str, params: Params, tmp_path: Path) -> None:
    with published(name, tmp_path):
        path = one_clip(name, "two")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        only_the_second(read_again(params, name), "two", "fetch it again")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_clip_under_another_name_is_told_with_what_was_tried(name: str, params: Params, tmp_path: Path) -> None:
    with published(name, tmp_path) as case:
        path = one_clip(name, "two")
        path = path.parent if path.parent.name == "two" else path
        path.rename(path.with_name(path.name.replace("two", "clip_2")))
        only_the_second(read_again(params, name), case.path, "no clip of", "tried train/two (train and id)", "two (id)")


@pytest.mark.parametrize("name", CASES)
def test_the_files_of_another_corpus_give_no_clip_and_say_so(name: str, params: Params, tmp_path: Path) -> None:
    clips = dict(zip(("11August_2010", "12August_2010", "13August_2010"), real_clips(NAMES).values(), strict=True))
    kept, excluded = kept_and_excluded(params, name, clips, tmp_path)
    assert kept == []
    assert len(excluded) == 3
    for row in excluded:
        assert row.reason.startswith(CASES[name].path)
        assert row.reason.endswith(": is it of another corpus?")
        assert "August_2010" in row.reason


ASKING = Asking(os.system, "touch asked")


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_that_asks_for_a_program_costs_its_clip_and_runs_nothing(name, params, tmp_path) -> None:
    with published(name, tmp_path):
        one_clip(name, "two").write_bytes(pickle.dumps({"keypoints": ASKING, "scores": [], "confidences": []}))
        only_the_second(read_again(params, name), "two.pkl: refused: the pickle asks for posix.system")
        assert not Path("asked").exists()


@pytest.mark.parametrize("name", ["openhands_array", "mp_data"])
def test_an_array_of_objects_costs_its_clip_and_runs_nothing(name: str, params: Params, tmp_path: Path) -> None:
    with published(name, tmp_path):
        np.save(one_clip(name, "two"), np.array([ASKING], object), allow_pickle=True)
        only_the_second(read_again(params, name), "two", "not an array of numbers")
        assert not Path("asked").exists()


@pytest.mark.parametrize("name", ["nla_slr", "two_stream"])
@pytest.mark.parametrize("damage", ["half", "asking"])
def test_one_pickle_of_all_clips_is_refused_whole_in_one_line(name, damage, params, tmp_path) -> None:
    with published(name, tmp_path) as case:
        whole = (path := Path(case.path)).read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if damage == "half" else pickle.dumps({"two": ASKING}))
        reason = {"half": "not a whole pickle", "asking": "refused: the pickle asks for posix.system"}[damage]
        with pytest.raises(SignScaleError, match=f"{path.name}: {reason}") as caught:
            extracted(params, case, rows(case))
        assert "\n" not in str(caught.value)
        assert not Path("asked").exists()


def test_a_frame_that_is_missing_costs_its_clip(params: Params, tmp_path: Path) -> None:
    for name in ("openpose", "mp_data"):
        folder = tmp_path / name
        folder.mkdir()
        with published(name, folder) as case:
            one_clip(name, "two").unlink()
            only_the_second(read_again(params, name), "two", "is missing or stands twice")
            shutil.rmtree(Path(case.path) / "two")
            only_the_second(read_again(params, name), "no clip of")
