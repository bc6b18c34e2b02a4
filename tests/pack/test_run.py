"""Packing joins, filters and trims; every row of the manifest ends among the kept or among those excluded."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_shards import extracted, random_clip

from signscale.data.augment import mirror
from signscale.data.handedness import dominant_hand
from signscale.errors import SignScaleError
from signscale.formats.excluded import Excluded, read_excluded
from signscale.formats.hands import Hands, read_hands
from signscale.formats.packed import open_pack
from signscale.formats.quality import Quality, measure, read_quality
from signscale.formats.sample import Sample, read_manifest, write_manifest
from signscale.formats.shard import Clip, Shard
from signscale.formats.skeleton import BODY, LEFT_HAND, RIGHT_HAND
from signscale.pack import run as pack
from signscale.params import PackParams, load_params

GATES = PackParams(
    min_frames=4, min_person_share=0.5, min_hand_share=0.25, composed_share=1.0,
    max_jump_share=1.0, max_swap_share=1.0, min_confidence=0.0,
)  # fmt: skip


def row(name: str, clip: str = "") -> Sample:
    return Sample(name, "made", "train", "ase", "", clip, 0.0, -1.0, 0.0, "", name, name, "made")


@pytest.fixture
def run(root: Path, tmp_path: Path, monkeypatch):
    """Pack rows from shards with GATES into tmp_path/pack."""
    params = load_params(root, "demo")

    def packing(
        rows: list[Sample], shards: list[Path], kind: str = "pose", out: str = "pack", gates: PackParams = GATES
    ) -> Path:
        monkeypatch.setattr(pack, "load_corpus", lambda name: SimpleNamespace(kind=kind))
        write_manifest(tmp_path / "rows.parquet", rows)
        pack.pack_corpus(
            params.model_copy(update={"pack": gates}), "made", tmp_path / "rows.parquet", shards, tmp_path / out
        )
        return tmp_path / out

    return packing


def test_rows_clips_and_rates_stay_together_across_shards(run, tmp_path: Path, capsys) -> None:
    clips = [random_clip(f"c{n}", n, 5 + n, fps=20.0 + n) for n in range(6)]
    lost = Excluded("c6", "keypoints", "6.mp4: cut short")
    shards = [extracted(tmp_path / "0.h5", clips[:4]), extracted(tmp_path / "1.h5", clips[4:], [lost])]
    folder = run([row(f"c{n}") for n in range(7)], shards)
    packed = open_pack(folder)
    assert [sample.sample_id for sample in packed.samples] == packed.shard.ids == [f"c{n}" for n in range(6)]
    assert [sample.fps for sample in packed.samples] == [20.0 + n for n in range(6)]
    for index, clip in enumerate(clips):
        assert np.abs(packed.shard.keypoints(index) - clip.keypoints).max() <= 1 / 32
    assert read_excluded(folder / "excluded.csv") == [lost]
    assert (packed.shard.estimator, packed.shard.estimator_version) == ("made", "1")
    assert capsys.readouterr().err.endswith("pack: made: 6 clips kept, 1 excluded\n")


def test_equal_inputs_give_equal_bytes(run, tmp_path: Path) -> None:
    shards = [extracted(tmp_path / "0.h5", [random_clip(f"c{n}", n, 30) for n in range(3)])]
    rows = [row(f"c{n}") for n in range(3)]
    first, second = run(rows, shards, out="a"), run(rows, shards, out="b")
    for name in ("shard.h5", "manifest.parquet", "excluded.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_clip_stays_whole_however_long(run, tmp_path: Path) -> None:
    clip = random_clip("long", 1, 1200)
    clip.keypoints[..., 2] = 0.5
    packed = open_pack(run([row("long")], [extracted(tmp_path / "0.h5", [clip])]))
    assert np.abs(packed.shard.keypoints(0) - clip.keypoints).max() <= 1 / 32


def test_ends_without_a_hand_are_cut_when_asked_and_gaps_stay() -> None:
    clip = random_clip("a", 1, 9)
    clip.keypoints[..., 2] = 0
    clip.keypoints[[2, 6], 100, 2] = 0.9  # a left hand, with a gap of three frames
    assert np.array_equal(pack.trimmed(clip).keypoints, clip.keypoints[2:7])
    clip.keypoints[..., 2] = 0
    assert len(pack.trimmed(clip).keypoints) == 9


def test_packs_are_trimmed_by_the_key(root: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pack, "load_corpus", lambda name: SimpleNamespace(kind="pose"))
    clip = random_clip("a", 1, 9)
    clip.keypoints[..., 2] = 0.9
    clip.keypoints[:2, 91:, 2] = 0
    shards = [extracted(tmp_path / "0.h5", [clip])]
    write_manifest(tmp_path / "rows.parquet", [row("a")])
    for trim, frames in ((False, 9), (True, 7)):
        params = load_params(root, "demo").model_copy(update={"pack": GATES.model_copy(update={"trim_ends": trim})})
        pack.pack_corpus(params, "made", tmp_path / "rows.parquet", shards, tmp_path / f"pack{trim}")
        assert open_pack(tmp_path / f"pack{trim}").shard.offsets.tolist() == [0, frames]


def test_each_gate_holds_back_what_it_should_and_names_its_knob() -> None:
    clip = random_clip("a", 1, 8)
    clip.keypoints[..., 2] = 1
    with pytest.raises(pack.FilterError, match=r"3 frames, fewer than pack\.min_frames"):
        pack.filtered(replace(clip, keypoints=clip.keypoints[:3]), GATES)
    person, hand = clip.keypoints.copy(), clip.keypoints.copy()
    person[:4, :11, 2] = 0.1  # exactly at the bound is not seen: 4 of 8 frames are left, which is enough
    assert pack.filtered(replace(clip, keypoints=person), GATES)
    person[4, :11, 2] = 0.1
    with pytest.raises(pack.FilterError, match=r"a person in 0\.38 of the frames, less than pack\.min_person_share"):
        pack.filtered(replace(clip, keypoints=person), GATES)
    hand[:, 91:112, 2] = 0  # one hand is enough
    hand[:6, 112:, 2] = 0
    assert pack.filtered(replace(clip, keypoints=hand), GATES)
    hand[6, 112:, 2] = 0
    with pytest.raises(pack.FilterError, match=r"a hand in 0\.12 of the frames, less than pack\.min_hand_share"):
        pack.filtered(replace(clip, keypoints=hand), GATES)


def test_keypoints_that_jump_swap_or_are_unsure_are_held_back_by_name() -> None:
    strict = GATES.model_copy(update={"max_jump_share": 0.1, "max_swap_share": 0.1, "min_confidence": 0.3})
    good = Quality("a", 20, 1.0, 1.0, 1.0, 0.3, 2, 2)
    pack.check_quality(good, strict)
    for change, reason in [
        ({"jumps": 3}, r"a: jumps in 0\.15 of the frames, more than pack\.max_jump_share \(0\.1\)"),
        ({"swaps": 4}, r"a: left and right swapped in 0\.20 of the frames, more than pack\.max_swap_share \(0\.1\)"),
        ({"confidence": 0.29}, r"a: mean confidence 0\.29, less than pack\.min_confidence \(0\.3\)"),
    ]:
        with pytest.raises(pack.FilterError, match=reason):
            pack.check_quality(replace(good, **change), strict)


def test_the_quality_of_every_extracted_row_is_gathered_packed_or_not(run, tmp_path: Path) -> None:
    clips = [random_clip("c0", 1, 8), random_clip("c1", 2, 3)]
    shards = [extracted(tmp_path / "0.h5", clips, [Excluded("c2", "keypoints", "2.mp4: cut short")])]
    folder = run([row("c1"), row("c2"), row("c0")], shards)
    assert read_quality(folder / "quality.csv") == [measure(clips[1]), measure(clips[0])]
    assert open_pack(folder).shard.ids == ["c0"]


def test_left_handed_clips_are_told_and_with_dominant_right_mirrored(run, tmp_path: Path) -> None:
    left, right = random_clip("l", 1, 8), random_clip("r", 2, 8)
    for clip, missing in ((left, RIGHT_HAND), (right, LEFT_HAND)):
        clip.keypoints[..., 2] = 1
        clip.keypoints[:, missing] = 0
    shards = [extracted(tmp_path / "0.h5", [left, right])]
    rows = [row("w/lr", "l+r"), row("w/rr", "r+r")]
    folder = run(rows, shards, kind="composed")
    assert read_hands(folder) == [Hands("w/lr", "left+right"), Hands("w/rr", "right+right")]
    assert np.abs(open_pack(folder).shard.keypoints(0)[:8] - left.keypoints).max() <= 1 / 32
    gates = GATES.model_copy(update={"handedness": "dominant_right"})
    turned = run(rows, shards, kind="composed", out="turned", gates=gates)
    assert read_hands(turned) == read_hands(folder)
    points = open_pack(turned).shard.keypoints(0)
    assert np.abs(points[:8] - mirror(left.keypoints, left.size[0])).max() <= 1 / 16
    assert np.abs(points[8:] - right.keypoints).max() <= 1 / 32


def test_a_word_is_its_letters_end_to_end(run, tmp_path: Path) -> None:
    """Random reads across shards, a letter twice; the rate is the first letter's."""
    letters = {name: random_clip(name, n, 3, fps=25.0 + n) for n, name in enumerate(["x/a", "x/b", "x/c"])}
    shards = [
        extracted(tmp_path / "0.h5", [letters["x/a"]]),
        extracted(tmp_path / "1.h5", [letters["x/b"], letters["x/c"]], [Excluded("x/d", "keypoints", "d.pose: cut")]),
    ]
    rows = [row("w/cab", "x/c+x/a+x/b"), row("w/dab", "x/d+x/a+x/b"), row("w/a", "x/a"), row("w/bb", "x/b+x/b")]
    folder = run(rows, shards, kind="composed")
    packed = open_pack(folder)
    assert packed.shard.ids == ["w/cab", "w/bb"]
    assert [sample.fps for sample in packed.samples] == [27.0, 26.0]
    expected = np.concatenate([letters[name].keypoints for name in ("x/c", "x/a", "x/b")])
    assert np.abs(packed.shard.keypoints(0) - expected).max() <= 1 / 32
    aside = read_excluded(folder / "excluded.csv")
    assert [(a.sample_id, a.stage) for a in aside] == [("w/dab", "keypoints"), ("w/a", "pack")]
    assert aside[0].reason == "d.pose: cut"


def test_letters_of_different_picture_sizes_make_no_word() -> None:
    parts = [random_clip("a", 1, 3, size=(500, 500)), random_clip("b", 2, 3, size=(640, 360))]
    with pytest.raises(pack.FilterError, match="b is 640x360 pixels, a 500x500"):
        pack.joined("ab", parts)


def test_many_shards_are_read_with_few_open(run, tmp_path: Path) -> None:
    clips = [random_clip(f"c{n}", n, 5) for n in range(40)]
    shards = [extracted(tmp_path / f"{n}.h5", [clip]) for n, clip in enumerate(clips)]
    order = np.random.default_rng(1).permutation(40)
    with Shard(run([row(f"c{n}") for n in order], shards) / "shard.h5") as shard:
        for index, n in enumerate(order):
            assert np.abs(shard.keypoints(index) - clips[n].keypoints).max() <= 1 / 32


def test_a_corpus_of_which_nothing_passes_is_packed_empty(run, tmp_path: Path) -> None:
    folder = run([row("c0")], [extracted(tmp_path / "0.h5", [random_clip("c0", 1, 2)])])
    assert open_pack(folder).samples == []
    assert len(read_excluded(folder / "excluded.csv")) == 1


def test_shards_that_do_not_fit_together_are_refused(run, tmp_path: Path) -> None:
    one = extracted(tmp_path / "0.h5", [random_clip("c0", 1, 5)])
    other = extracted(tmp_path / "1.h5", [random_clip("c1", 1, 5)], version="2")
    with pytest.raises(SignScaleError, match="different estimators"):
        run([row("c0")], [one, other])
    with pytest.raises(SignScaleError, match="c9 is in no keypoint shard"):
        run([row("c0"), row("c9")], [one])
    with pytest.raises(SignScaleError, match="no keypoint shards"):
        run([row("c0")], [])
    (tmp_path / "0.quality.csv").rename(tmp_path / "q.csv")
    with pytest.raises(SignScaleError, match=r"0\.quality\.csv: no such file; run keypoints again"):
        run([row("c0")], [one])
    (tmp_path / "q.csv").rename(tmp_path / "0.quality.csv")
    (tmp_path / "0.excluded.csv").unlink()
    with pytest.raises(SignScaleError, match=r"0\.excluded\.csv: no such file; run its stage again"):
        run([row("c0")], [one])
    assert not (tmp_path / "pack/shard.h5").exists()


def test_a_pack_whose_files_disagree_is_not_opened(run, tmp_path: Path) -> None:
    folder = run(
        [row(f"c{n}") for n in range(2)], [extracted(tmp_path / "0.h5", [random_clip(f"c{n}", n, 5) for n in range(2)])]
    )
    rows = read_manifest(folder / "manifest.parquet")
    write_manifest(folder / "manifest.parquet", rows[::-1])
    with pytest.raises(SignScaleError, match="name different samples; run pack again"):
        open_pack(folder)
    (folder / "manifest.parquet").unlink()
    with pytest.raises(SignScaleError, match=r"manifest\.parquet"):
        open_pack(folder)


def test_a_composed_clip_is_right_handed_as_packed_so_that_an_index_does_not_turn_it_again(run, tmp_path: Path) -> None:
    """The part is right-handed as filmed; of its middle, which is packed, the left hand is seen more."""
    points = np.zeros((20, 133, 3), np.float32)
    points[:, BODY] = (50, 50, 1)
    points[5:15, LEFT_HAND] = (70, 60, 1)
    points[[*range(6), *range(14, 20)], RIGHT_HAND[:, None]] = (30, 60, 1)
    shards = [extracted(tmp_path / "0.h5", [Clip("x/a", points, (100, 100), 25.0)])]
    gates = GATES.model_copy(update={"handedness": "dominant_right", "composed_share": 0.5})
    with open_pack(run([row("w/aa", "x/a+x/a")], shards, kind="composed", gates=gates)).shard as shard:
        packed = shard.keypoints(0)
    assert dominant_hand(points) == "right"
    assert packed[:, RIGHT_HAND[0], 2].tolist() == [1] * 20
    assert packed[:, RIGHT_HAND[0], 0].tolist() == [30] * 20  # 100 - 70
    assert dominant_hand(packed) == "right"
