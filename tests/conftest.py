"""Fixtures shared by all tests."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]


class _ByFile(LoadScopeScheduling):
    """One process takes a file whole, and one all of tests/workflow, whose run is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "tests/workflow" if file.startswith("tests/workflow/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """What shares out the tests under `-n`; the marks of xdist's own groups have no effect under this pytest."""
    return _ByFile(config, log)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real material that cannot be passed on; skips where it is absent."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"real material is absent: {path.name} beside the repository's `shared`")
    return path
