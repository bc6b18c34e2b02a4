"""Manifests: what is written is read, whatever the number of rows; wrong files and rows are refused."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signscale.errors import SignScaleError
from signscale.formats import sample as module
from signscale.formats.sample import Sample, read_manifest, write_manifest


def _rows(count, split="train"):
    return [
        Sample(f"x/{n}", "x", split, "gsg", "Ä", f"{n}.mp4", n / 3, -1.0, 25.0, "它", "", str(n % 2), "mmpose")
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 11])
def test_rows_come_back_as_they_were_whatever_the_batch(tmp_path, monkeypatch, count):
    monkeypatch.setattr(module, "_BATCH_ROWS", 4)
    assert write_manifest(tmp_path / "a.parquet", iter(_rows(count))) == count
    assert read_manifest(tmp_path / "a.parquet") == _rows(count)


def test_equal_rows_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_manifest(tmp_path / f"{name}.parquet", _rows(1000))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_an_id_that_stands_twice_is_refused_even_far_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BATCH_ROWS", 4)
    with pytest.raises(SignScaleError, match="'x/0' appears twice"):
        write_manifest(tmp_path / "a.parquet", [*_rows(9), *_rows(1)])
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(SignScaleError, match="'val' is not one of"):
        write_manifest(tmp_path / "a.parquet", _rows(1, split="val"))


def test_a_file_that_is_no_manifest_is_one_clear_line(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    pq.write_table(pa.table({"sample_id": ["a"]}), tmp_path / "b.parquet")
    for name in ("a", "b", "absent"):
        with pytest.raises(SignScaleError, match=rf"{name}\.parquet.*run its stage again"):
            read_manifest(tmp_path / f"{name}.parquet")
