"""What is exported comes back through the field's own libraries, number by number."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_shards import random_clip
from pose_format import Pose

from signscale.errors import SignScaleError
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import write_shard
from signscale.pack import export as exporting
from signscale.pack.export import export_pack

IDS = ["train/a.b", "train/é 1", "test/c", "none/d"]


def packed(folder: Path, corpus: str = "signwish") -> Path:
    clips = [random_clip(f"{corpus}/{name}", seed, 6 + seed) for seed, name in enumerate(IDS)]
    rows = [
        Sample(f"{corpus}/{name}", corpus, split, "ase", "s1", name, 0.0, -1.0, 25.0, "", "Ünïcode.", "3", "mediapipe")
        for name, split in zip(IDS, ("train", "train", "test", ""), strict=True)
    ]
    write_shard(folder / "shard.h5", clips, "mediapipe", "recorded")
    write_manifest(folder / "manifest.parquet", rows)
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return packed(tmp_path / "pack")


def stored(pack: Path) -> dict[str, np.ndarray]:
    opened = open_pack(pack)
    with opened.shard as shard:
        return {sample.sample_id: shard.keypoints(k) for k, sample in enumerate(opened.samples)}


def test_webdataset_reads_the_tars_back(pack: Path, tmp_path: Path, monkeypatch) -> None:
    webdataset = pytest.importorskip("webdataset", reason="not installed: pip install --no-deps -r envs/test.txt")
    monkeypatch.setattr(exporting, "_TAR_CLIPS", 1)
    assert export_pack(pack, tmp_path / "out", "webdataset") == 4
    tars = sorted(path.name for path in (tmp_path / "out").glob("*.tar"))
    assert tars == ["none-000000.tar", "test-000000.tar", "train-000000.tar", "train-000001.tar"]
    urls = [str(tmp_path / "out" / name) for name in tars]
    found = list(webdataset.WebDataset(urls, shardshuffle=False).decode())
    expected = stored(pack)
    assert {sample["json"]["sample_id"] for sample in found} == set(expected)
    for sample in found:
        assert np.array_equal(sample["keypoints.npy"], expected[sample["json"]["sample_id"]])
        row = sample["json"]
        assert (row["text"], row["fps"], row["width"], row["height"]) == ("Ünïcode.", 25.0, 640, 480)
    export_pack(pack, tmp_path / "again", "webdataset")
    assert all((tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes() for name in tars)


def test_pose_format_reads_the_files_back(pack: Path, tmp_path: Path) -> None:
    export_pack(pack, tmp_path / "out", "pose")
    rows = [json.loads(line) for line in (tmp_path / "out/rows.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = stored(pack)
    assert {row["sample_id"] for row in rows} == set(expected)
    assert {row["file"] for row in rows} >= {"signwish/train/a%2Eb.pose", "signwish/train/%C3%A9%201.pose"}
    for row in rows:
        pose = Pose.read((tmp_path / "out" / row["file"]).read_bytes())
        points = expected[row["sample_id"]]
        assert np.array_equal(pose.body.confidence[:, 0], points[..., 2])
        seen = points[..., 2] > 0
        assert np.array_equal(np.ma.getdata(pose.body.data[:, 0])[seen], points[..., :2][seen])


def test_pyarrow_reads_the_tables_back(pack: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "_GROUP_CLIPS", 1)
    export_pack(pack, tmp_path / "out", "parquet")
    expected, found = stored(pack), {}
    for split in ("train", "test", "none"):
        for row in pq.read_table(tmp_path / "out" / f"{split}.parquet").to_pylist():
            assert row["split"] == (split if split != "none" else "")
            found[row["sample_id"]] = np.array(row["keypoints"], np.float32).reshape(-1, 133, 3)
    assert set(found) == set(expected)
    assert all(np.array_equal(found[name], points) for name, points in expected.items())


def test_what_it_is_and_under_which_licence_lies_beside_it(pack: Path, tmp_path: Path) -> None:
    export_pack(pack, tmp_path / "out", "parquet")
    about = json.loads((tmp_path / "out/about.json").read_text(encoding="utf-8"))
    assert (about["corpus"], about["licence"], about["clips"]) == ("signwish", "MIT", 4)
    assert (about["estimator"], about["estimator_version"], about["format"]) == ("mediapipe", "recorded", "parquet")


def test_what_may_not_or_cannot_be_written_is_refused_in_a_line(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(
        SignScaleError, match="CSL-Daily is under a research agreement with USTC, which allows no other"
    ):
        export_pack(packed(tmp_path / "csl", "csl_daily"), tmp_path / "out", "pose")
    assert not (tmp_path / "out").exists()
    with pytest.raises(SignScaleError, match="--format zip is none of webdataset, pose, parquet"):
        export_pack(pack, tmp_path / "out", "zip")
    with pytest.raises(SignScaleError, match="there is something already"):
        export_pack(pack, pack, "pose")
