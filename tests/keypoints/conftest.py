"""The params of the tests of keypoints."""

from pathlib import Path

import pytest

from signscale.params import Params, load_params


@pytest.fixture(scope="session")
def params(root: Path) -> Params:
    """The demo preset with 3 clips a job."""
    loaded = load_params(root, "demo")
    return loaded.model_copy(update={"keypoints": loaded.keypoints.model_copy(update={"clips_per_shard": 3})})
