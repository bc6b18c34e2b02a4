"""The embedded corpus's real index, without its clips."""

import shutil
from pathlib import Path

import pytest

from signscale.corpora import fingerspelling


@pytest.fixture
def letters_raw(root: Path, tmp_path: Path) -> Path:
    """A raw folder in which the index of the wheel spoken-to-signed 0.4.0 lies where it is unpacked to."""
    folder = tmp_path / "raw" / "fingerspelling" / fingerspelling.UNPACKED
    folder.mkdir(parents=True)
    shutil.copyfile(root / "tests/corpora/fixtures/index.csv", folder / "index.csv")
    return tmp_path / "raw"
