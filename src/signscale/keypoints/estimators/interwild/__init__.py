"""InterWild, the paper's hand estimator, on MMPose's body and face; in the environment of `make env-interwild`."""

from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params.section import Section
from signscale.params.weights import WeightsParams


class InterWildParams(Section):
    """InterWild's hands, on MMPose's body and face."""

    weights: WeightsParams | None


def build(settings: InterWildParams, body: PoseEstimator) -> PoseEstimator:
    """The estimator itself, on MMPose's; imports InterWild."""
    from signscale.keypoints.estimators.interwild.estimate import InterWildEstimator

    return InterWildEstimator(body, settings)


def weights(settings: InterWildParams) -> tuple[WeightsParams, ...]:
    """The file that it reads."""
    return (settings.weights,) if settings.weights else ()


def usable(settings: InterWildParams) -> bool:
    """Its weights must be downloaded by hand."""
    return settings.weights is not None


ESTIMATOR = Estimator(
    "interwild",
    InterWildParams,
    build,
    environment="interwild",
    weights=weights,
    usable=usable,
    gpu=True,
    shares_batches=True,
    on="mmpose",
)
