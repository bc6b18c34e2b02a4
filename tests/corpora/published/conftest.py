"""Fixtures of the corpora's tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest


@pytest.fixture(scope="session")
def published() -> ModuleType:
    """Writers of annotation files in the published layouts (layouts.py beside this file)."""
    spec = importlib.util.spec_from_file_location("layouts", Path(__file__).with_name("layouts.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def clip_24_fps(tmp_path_factory) -> Path:
    """Two seconds of grey video at 24 frames a second."""
    path = tmp_path_factory.mktemp("video") / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height = 64, 48
        for shade in range(48):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade * 5, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
