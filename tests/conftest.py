"""Fixtures shared by all tests."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What shares out the tests under `-n`; the marks of xdist's own groups have no effect under this pytest."""
    from .by_file import ByFile  # the estimators' environments have pytest, not xdist

    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def _log() -> None:
    """Functions that tests call say on stderr what the command line would."""
    from signscale.cli.log import log_to_stderr

    log_to_stderr()


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
