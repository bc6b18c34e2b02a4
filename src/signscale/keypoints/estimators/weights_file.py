"""A file of trained weights on this machine, found and checked by its sha256; imports no network library."""

from pathlib import Path

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.params.weights import WeightsParams


def present(weights: WeightsParams) -> Path:
    """Where the file lies; raises SignScaleError, with the remedy, if it is absent."""
    if not weights.path.is_file():
        remedy = (
            f"run `signscale models`, or bring it from {weights.source}" if "://" in weights.source else "put it there"
        )
        raise SignScaleError(f"{weights.path}: no such file; {remedy}")
    return weights.path


def verified(weights: WeightsParams) -> tuple[Path, str]:
    """The file and its sha256; raises SignScaleError if it is absent or has another sha256 than the params."""
    path = present(weights)
    found = sha256(path)
    if not found.startswith(weights.sha256):
        raise SignScaleError(f"{path}: its sha256 is {found}, params want {weights.sha256}; bring it again")
    return path, found
