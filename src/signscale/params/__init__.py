"""All settings of the project as one validated object, made from params.yaml and a preset overlay.

`load_params` is called once by whoever starts a job; the object, or a section of it, is passed down. Wrong input raises
SignScaleError with one line for each fault, naming the key and what is allowed.
"""

from signscale.params.data import (
    AcquireParams,
    DetectorParams,
    InterWildParams,
    KeypointsParams,
    MediaPipeParams,
    MMPoseParams,
    PackParams,
    PublishedParams,
    TextParams,
    WeightsParams,
)
from signscale.params.load import load_params, validate
from signscale.params.pretraining import (
    AugmentParams,
    DeepSpeedParams,
    LossParams,
    MaskParams,
    ModelParams,
    PretrainParams,
    SkipParams,
)
from signscale.params.section import Count, Name, Section, checked
from signscale.params.tasks import (
    BenchmarkParams,
    CslrParams,
    EvaluateParams,
    FinetuneParams,
    IslrParams,
    RecipeParams,
    RetrievalParams,
    SltParams,
)
from signscale.params.whole import AblationParams, Params, ReportParams, overlay

__all__ = [
    "AblationParams",
    "AcquireParams",
    "AugmentParams",
    "BenchmarkParams",
    "Count",
    "CslrParams",
    "DeepSpeedParams",
    "DetectorParams",
    "EvaluateParams",
    "FinetuneParams",
    "InterWildParams",
    "IslrParams",
    "KeypointsParams",
    "LossParams",
    "MMPoseParams",
    "MaskParams",
    "MediaPipeParams",
    "ModelParams",
    "Name",
    "PackParams",
    "Params",
    "PretrainParams",
    "PublishedParams",
    "RecipeParams",
    "ReportParams",
    "RetrievalParams",
    "Section",
    "SkipParams",
    "SltParams",
    "TextParams",
    "WeightsParams",
    "checked",
    "load_params",
    "overlay",
    "validate",
]
