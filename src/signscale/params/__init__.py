"""All settings of the project as one validated object, made from params.yaml and a preset overlay.

`load_params` is called once by whoever starts a job; the object, or a section of it, is passed down. Wrong input raises
SignScaleError with one line for each fault, naming the key and what is allowed.
"""

from signscale.params.data import AcquireParams, PackParams, TextParams
from signscale.params.finetune import BenchmarkParams, EvaluateParams, FinetuneParams, TaskName
from signscale.params.keypoints import KeypointsParams, PublishedParams
from signscale.params.load import load_params, validate
from signscale.params.overlay import overlay
from signscale.params.pretraining import (
    AugmentParams,
    DeepSpeedParams,
    LossParams,
    MaskParams,
    ModelParams,
    PretrainParams,
    SkipParams,
)
from signscale.params.recipe import RecipeParams
from signscale.params.section import Count, Name, Section, checked
from signscale.params.weights import WeightsParams
from signscale.params.whole import AblationParams, Params, ReportParams

__all__ = [
    "AblationParams",
    "AcquireParams",
    "AugmentParams",
    "BenchmarkParams",
    "Count",
    "DeepSpeedParams",
    "EvaluateParams",
    "FinetuneParams",
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
    "Section",
    "SkipParams",
    "TaskName",
    "TextParams",
    "WeightsParams",
    "checked",
    "load_params",
    "overlay",
    "validate",
]
