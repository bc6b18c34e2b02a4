"""Section of the keypoints: which estimator, the settings of each, and what others published."""

from functools import lru_cache
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from signscale.errors import SignScaleError
from signscale.params.section import Count, Name, Positive, Section
from signscale.registry import Registry

PAPER = "paper"
"""The value of keypoints.estimator that leaves the choice to the view of each sample."""


def estimators() -> Registry:
    """The registry of estimators, by its name alone: estimators are built on params, which know none of them."""
    return import_module("signscale.keypoints.estimators").ESTIMATORS


def _known(estimator: str) -> str:
    try:
        if estimator != PAPER:
            estimators().check(estimator)
    except SignScaleError as error:
        raise ValueError(f"{error}, and {PAPER}") from None
    return estimator


class PublishedParams(Section):
    """Keypoints of a corpus that others published; they are read, and its videos are not needed."""

    format: Literal["slrt", "unisign", "seds", "openpose", "pose", "openhands", "kaggle", "mp_data", "wlasl_hands"]
    path: str = Field(min_length=1, description="file or folder, relative to the repository unless it begins with /")
    size: Annotated[list[Count], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="width and height of the frames they were estimated on, if the files do not say"
    )
    fps: Positive | None = Field(default=None, description="frames a second, if neither files nor corpus say")
    estimator: str = Field(default="", description="who estimated them, if not the format's usual one")
    source: str = Field(default="", description="where they come from, as shards, report and cards name it")


class KeypointsParams(Section):
    """From pixels or foreign skeletons to 133 points; the settings of every estimator under its name.

    What is validated is a class of `keypoints_params`, which has a field for every estimator there is.
    """

    clips_per_shard: Count
    estimator: Annotated[str, AfterValidator(_known)]
    published: dict[Name, PublishedParams] = Field(default={}, description="corpora whose keypoints others published")

    def of(self, estimator: str) -> Section:
        """The settings of an estimator."""
        return getattr(self, estimator)

    def __reduce__(self) -> tuple[Any, ...]:
        # To other processes as plain values: they have no class of this object until they make it.
        names = tuple(name for name in type(self).model_fields if name not in KeypointsParams.model_fields)
        return _restored, (names, self.model_dump())


@lru_cache
def keypoints_params(names: tuple[str, ...]) -> type[KeypointsParams]:
    """KeypointsParams with the settings of these estimators; a section whose keys all have defaults may be left out."""
    fields: dict[str, Any] = {}
    for name in names:
        settings = estimators().load(name).settings
        needed = any(field.is_required() for field in settings.model_fields.values())
        fields[name] = (settings, ... if needed else settings())
    return create_model("KeypointsParams", __base__=KeypointsParams, **fields)


def _restored(names: tuple[str, ...], content: dict[str, Any]) -> KeypointsParams:
    return keypoints_params(names).model_validate(content)
