"""The weights that the estimators of pictures need, fetched once; keypoint jobs only read them."""

import sys
from pathlib import Path

from signscale.acquire.http import download
from signscale.errors import SignScaleError
from signscale.files import sha256
from signscale.params import AcquireParams, Params, WeightsParams


def wanted(params: Params) -> list[WeightsParams]:
    """The weights that a preset names by URL."""
    if params.keypoints.estimator == "mediapipe":
        return []
    settings = params.keypoints.mmpose
    return [weights for weights in (settings.weights, settings.detector.weights) if "://" in weights.source]


def fetch_models(params: Params) -> list[Path]:
    """Bring what is not there yet; returns all the files. Raises SignScaleError if one cannot be had."""
    return [_fetch(weights, params.acquire) for weights in wanted(params)]


def _fetch(weights: WeightsParams, settings: AcquireParams) -> Path:
    target = weights.path
    if target.is_file():
        return target
    print(f"fetching {weights.source}", file=sys.stderr)
    fetched = download(weights.source, target, settings)
    if fetched.outcome != "ok":
        raise SignScaleError(f"{weights.source}: {fetched.reason}; try again later, or drop the file at {target}")
    if not (found := sha256(target)).startswith(weights.sha256):
        target.unlink()
        raise SignScaleError(f"{weights.source}: its sha256 is {found}, params want {weights.sha256}; thrown away")
    return target
