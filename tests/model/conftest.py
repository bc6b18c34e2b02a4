"""What a model folder says of its input, for tests of what is written there."""

from pathlib import Path

import pytest

from signscale.formats.skeleton import SELECTED
from signscale.model.preprocessing import NORMALISATION, Estimator, Preprocessing
from signscale.params import load_params


@pytest.fixture
def preprocessing(root: Path) -> Preprocessing:
    """Of a model trained on recorded clips of MediaPipe, by the demo's params."""
    params = load_params(root, "demo")
    return Preprocessing(
        format=1, skeleton="coco_wholebody_133", nodes=SELECTED.tolist(), normalisation=NORMALISATION,
        estimators=[Estimator(name="mediapipe", version="recorded", clips=1720)],
        mediapipe=params.keypoints.mediapipe.model_dump(),
        longest_side=1000, fps=20.0, filters=params.pack, max_frames=256, frames=None,
    )  # fmt: skip
