"""All settings of the project as one validated object, made from params.yaml and a preset overlay.

`load_params` is called once by whoever starts a job; the object, or a section of it, is passed down. Wrong input raises
SignScaleError with one line for each fault, naming the key and what is allowed.
"""

from signscale.params.data import AcquireParams, PackParams, TextParams
from signscale.params.keypoints import KeypointsParams, PublishedParams
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
from signscale.params.weights import WeightsParams
from signscale.params.whole import AblationParams, Params, ReportParams, overlay

__all__ = [
    "AblationParams",
    "AcquireParams",
    "AugmentParams",
    "BenchmarkParams",
    "Count",
    "CslrParams",
    "DeepSpeedParams",
    "EvaluateParams",
    "FinetuneParams",
    "IslrParams",
    "KeypointsParams",
    "LossParams",
    "MaskParams",
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
