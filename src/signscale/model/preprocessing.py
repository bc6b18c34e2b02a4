"""The input that a model needs: preprocessor_config.json of a model folder, written by training and followed by
inference."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from signscale.data.normalise import HAND_BOX_SCALE, LIMIT, SEEN
from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json
from signscale.formats.skeleton import SELECTED
from signscale.params import PackParams, Params, RecipeParams, Section, checked
from signscale.params.data import Handedness

if TYPE_CHECKING:  # predict reads the file before anything that takes long to import
    from signscale.data.clips import ClipRef

FILE = "preprocessor_config.json"

# How signscale.data.normalise makes numbers of pixels, in words and in its constants.
NORMALISATION = {
    "hands": "by the hand's own square box, centred at 0",
    "other_points": "by the picture's width and height, centred at 0",
    "hand_box_scale": HAND_BOX_SCALE,
    "seen_above_confidence": SEEN,
    "limit": LIMIT,
}


class Estimator(Section):
    """Whose keypoints a model was trained on."""

    name: str
    version: str
    clips: int


class Preprocessing(Section):
    """From a picture's keypoints to the network's input.

    nodes: which of the 133 points, in order. longest_side: pixels to scale a video's longer side to before estimation,
    0 for none. fps: median rate of the training clips, frames per second; frames are never resampled. filters: what a
    clip must hold. max_frames: the middle of a longer clip is taken. frames: of each of as many equal segments the
    middle frame is taken (isolated recognition); null for all frames.
    """

    format: Literal[1]
    skeleton: Literal["coco_wholebody_133"]
    nodes: list[int]
    normalisation: dict[str, str | float]
    estimators: list[Estimator] = Field(min_length=1)
    mediapipe: dict[str, Any]
    longest_side: Annotated[int, Field(ge=0)]
    fps: Annotated[float, Field(gt=0)]
    filters: PackParams
    max_frames: Annotated[int, Field(ge=1)]
    frames: int | None

    def settings_of(self, estimator: str) -> dict[str, Any] | None:
        """The settings of an estimator in this file, None if there are none."""
        return {"mediapipe": self.mediapipe}.get(estimator)


def preprocessing_of(refs: "list[ClipRef]", params: Params, recipe: RecipeParams | None) -> Preprocessing:
    """What training on these clips asks of every later clip; recipe None is pre-training."""
    made = Counter((ref.shard.estimator, ref.shard.estimator_version) for ref in refs)
    sides = {int(ref.shard.sizes[ref.index].max()) for ref in refs}
    return Preprocessing(
        format=1,
        skeleton="coco_wholebody_133",
        nodes=SELECTED.tolist(),
        normalisation=NORMALISATION,
        estimators=[Estimator(name=n, version=v, clips=count) for (n, v), count in sorted(made.items())],
        mediapipe=params.keypoints.of("mediapipe").model_dump(),
        longest_side=sides.pop() if len(sides) == 1 else 0,
        fps=round(float(np.median([ref.shard.fps[ref.index] for ref in refs])), 6),
        filters=params.pack,
        max_frames=recipe.max_frames if recipe else params.pretrain.model.max_frames,
        frames=getattr(recipe, "frames", None),
    )


def save_preprocessing(folder: Path, preprocessing: Preprocessing) -> None:
    """Write the file into a model folder."""
    write_json(folder / FILE, preprocessing.model_dump())


def load_preprocessing(folder: Path) -> Preprocessing:
    """The file of a model folder; raises SignScaleError if it is absent, not valid, or asks for another input."""
    path = Path(folder) / FILE
    content = read_json(path, "train or fetch the model again")
    if isinstance(content, dict) and isinstance(content.get("filters"), dict):
        content["filters"].pop("max_frames", None)  # of version 0.2, which cut the packs too
    found = checked(Preprocessing, content, str(path))
    _check(path, "nodes", found.nodes, SELECTED.tolist())
    _check(path, "normalisation", found.normalisation, NORMALISATION)
    return found


def check_handedness(folder: Path, wanted: Handedness) -> None:
    """Raise SignScaleError if a model was trained on clips mirrored otherwise than `wanted` (pack.handedness)."""
    trained = load_preprocessing(folder).filters.handedness
    if trained != wanted:
        raise SignScaleError(
            f"{folder}: pre-trained with pack.handedness {trained}, params say {wanted}; set it to {trained}, or "
            "pre-train again"
        )


def _check(path: Path, key: str, found: Any, ours: Any) -> None:
    if found != ours:
        raise SignScaleError(f"{path}: {key} is not what this version feeds a model; use the version it was made with")
