"""The trained weights of the pose estimators, downloaded once; keypoint jobs only read them."""

import logging
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.fetch.http import download
from signscale.formats.files import sha256
from signscale.keypoints.estimators.choice import weights_to_fetch
from signscale.params import AcquireParams, Params, WeightsParams

logger = logging.getLogger(__name__)


def fetch_models(params: Params) -> list[Path]:
    """Download the missing ones; returns all the files. Raises SignScaleError if one cannot be downloaded."""
    return [_fetch(weights, params.acquire) for weights in weights_to_fetch(params)]


def _fetch(weights: WeightsParams, settings: AcquireParams) -> Path:
    target = weights.path
    if target.is_file():
        return target
    logger.info(f"fetching {weights.source}")
    fetched = download(weights.source, target, settings)
    if fetched.outcome != "ok":
        raise SignScaleError(f"{weights.source}: {fetched.reason}; try again later, or drop the file at {target}")
    if not (found := sha256(target)).startswith(weights.sha256):
        target.unlink()
        raise SignScaleError(f"{weights.source}: its sha256 is {found}, params want {weights.sha256}; thrown away")
    return target
