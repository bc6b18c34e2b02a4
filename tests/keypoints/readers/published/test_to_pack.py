"""Real clips, written in each published format as its publishers write it, come through reader, extraction and pack."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from keypoint_writers import CASES, Case, real_clips

from signscale.formats.excluded import Excluded, beside, read_excluded
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Shard
from signscale.keypoints.run import extract_shard
from signscale.pack.run import pack_corpus
from signscale.params import Params, PublishedParams

NAMES = ("one", "two", "three")
STEP = 1 / 32
"""Pixels that a shard rounds by (formats/shard.py)."""


def rows(case: Case) -> list[Sample]:
    """The corpus's rows of the three clips."""
    return [
        Sample(
            f"{case.corpus}/{name}", case.corpus, "train", "ase", "", f"videos/{name}.mp4",
            0.0, -1.0, 25.0, "A", "a", "0", "mmpose",
        )
        for name in NAMES
    ]  # fmt: skip


def with_published(params: Params, case: Case) -> Params:
    """The params in which the corpus comes from the case's file."""
    size = None if case.told else list(case.picture)
    entry = PublishedParams(format=case.format, path=case.path, size=size)
    return params.model_copy(
        update={"keypoints": params.keypoints.model_copy(update={"published": {case.corpus: entry}})}
    )


def extracted(params: Params, case: Case, manifest_rows: list[Sample]) -> tuple[Path, list[Excluded]]:
    """The shard of the rows and what was excluded from it."""
    write_manifest("manifest.parquet", manifest_rows)
    shard = Path("00000.h5")
    extract_shard(with_published(params, case), case.corpus, Path("manifest.parquet"), 0, shard)
    return shard, read_excluded(beside(shard))


@pytest.mark.parametrize("name", CASES)
def test_three_real_clips_come_through_to_the_pack(name: str, params: Params, tmp_path: Path) -> None:
    case, clips = CASES[name], real_clips(NAMES)
    as_filmed = params.pack.model_copy(update={"handedness": "as_filmed"})  # so that each point stays where it was
    params = params.model_copy(update={"pack": as_filmed})
    with contextlib.chdir(tmp_path):
        case.write(Path(case.path), clips, case.picture)
        shard, excluded = extracted(params, case, rows(case))
        pack_corpus(params, case.corpus, Path("manifest.parquet"), [shard], Path("pack"))
    assert excluded == []
    assert read_excluded(tmp_path / "pack/excluded.csv") == []
    with Shard(tmp_path / "pack/shard.h5") as packed:
        assert packed.ids == [f"{case.corpus}/{clip}" for clip in NAMES]
        assert packed.estimator_version.endswith(f", published as {case.format}")
        for index, clip in enumerate(clips.values()):
            found, right = packed.clip(index), case.expected(clip)
            assert (found.size, found.fps) == (case.picture, 25.0)
            assert found.keypoints.shape == right.shape
            assert np.abs(found.keypoints[..., 2] - right[..., 2]).max() <= 1e-4
            assert np.abs(found.keypoints[..., :2] - right[..., :2]).max() <= STEP + case.rounding
            assert (right[..., 2] > 0).mean() > 0.4, "most of what is compared is there"
