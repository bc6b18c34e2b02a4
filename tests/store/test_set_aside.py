"""The list of clips set aside survives awkward reasons, and its absence is an error."""

from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.formats.excluded import SetAside, beside, read_set_aside, write_set_aside


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [SetAside("a/1", "keypoints", 'é, "quoted"; 3 %'), SetAside("a/2", "pack", "")]
    assert write_set_aside(tmp_path / "x.csv", rows) == 2
    assert read_set_aside(tmp_path / "x.csv") == rows
    assert write_set_aside(tmp_path / "y.csv", []) == 0
    assert read_set_aside(tmp_path / "y.csv") == []


def test_it_lies_beside_its_shard(tmp_path: Path) -> None:
    assert beside(tmp_path / "00003.h5") == tmp_path / "00003.set_aside.csv"
    with pytest.raises(SignScaleError, match="run its stage again"):
        read_set_aside(tmp_path / "00003.set_aside.csv")
