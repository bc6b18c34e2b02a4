"""The list of clips excluded survives awkward reasons, and its absence is an error."""

from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.formats.excluded import Excluded, beside, read_excluded, write_excluded


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [Excluded("a/1", "keypoints", 'é, "quoted"; 3 %'), Excluded("a/2", "pack", "")]
    assert write_excluded(tmp_path / "x.csv", rows) == 2
    assert read_excluded(tmp_path / "x.csv") == rows
    assert write_excluded(tmp_path / "y.csv", []) == 0
    assert read_excluded(tmp_path / "y.csv") == []


def test_it_lies_beside_its_shard(tmp_path: Path) -> None:
    assert beside(tmp_path / "00003.h5") == tmp_path / "00003.excluded.csv"
    with pytest.raises(SignScaleError, match="run its stage again"):
        read_excluded(tmp_path / "00003.excluded.csv")
