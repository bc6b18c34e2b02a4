"""What an estimator's folder offers as ESTIMATOR, for others to ask. Its libraries are imported when it is built."""

from collections.abc import Callable
from dataclasses import dataclass

from signscale.keypoints.estimators.base import PoseEstimator
from signscale.params.section import Section
from signscale.params.weights import WeightsParams


def _none(_: Section) -> tuple[WeightsParams, ...]:
    return ()


def _usable(_: Section) -> bool:
    return True


@dataclass(frozen=True)
class Estimator:
    """One estimator.

    name: its folder's. settings: the class of its section of params. build: from settings to the estimator itself.
    environment: the name of its lock in envs/ and of its folder .venv-NAME; "" is the base one.
    weights: the files that settings make it read. usable: whether settings allow it; if not, its views are left out.
    gpu: whether a job of it asks for a GPU. shares_batches: whether frames of several clips go in one batch
    (`estimate_clips`); others estimate clip by clip, in several processes.
    on: the estimator that it builds on, whose object `build` gets too; it must run in the same environment.
    speed_only: settings that change no number. stands_in: what is said beside figures made with it, if the paper used
    another.
    """

    name: str
    settings: type[Section]
    build: Callable[..., PoseEstimator]
    environment: str = ""
    weights: Callable[..., tuple[WeightsParams, ...]] = _none
    usable: Callable[..., bool] = _usable
    gpu: bool = False
    shares_batches: bool = False
    on: str = ""
    speed_only: frozenset[str] = frozenset()
    stands_in: str = ""
