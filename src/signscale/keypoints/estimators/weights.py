"""Trained weights of an estimator on this machine: read as safely as their format allows."""

import pickle

import torch

from signscale.errors import SignScaleError
from signscale.keypoints.estimators.weights_file import verified
from signscale.params import WeightsParams


def read_weights(weights: WeightsParams) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name.

    Checkpoints are pickles. One is read as tensors and plain values only (`weights_only`), unless its params give the
    whole sha256: then it is the very file somebody looked at, and what its training left in it may be unpickled.
    Raises SignScaleError if it is absent, not the bytes promised, or no checkpoint.
    """
    path, found = verified(weights)
    try:
        content = torch.load(path, map_location="cpu", weights_only=len(weights.sha256) < len(found))
    except pickle.UnpicklingError as error:
        raise SignScaleError(
            f"{path}: holds more than tensors; if you trust it, write its whole sha256 into params: {found}"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise SignScaleError(f"{path}: not a checkpoint ({str(error).splitlines()[0]}); bring it again") from error
    if isinstance(content, dict):
        content = next((content[key] for key in ("state_dict", "network") if key in content), content)
    if not isinstance(content, dict) or not all(torch.is_tensor(value) for value in content.values()):
        raise SignScaleError(f"{path}: no tensors by name in it; it is not a checkpoint of a model")
    return content


def fill(model: torch.nn.Module, weights: WeightsParams) -> None:
    """Put the weights into the model; raises SignScaleError if they are of another model or leave a tensor without."""
    tensors = {name.removeprefix("module."): value for name, value in read_weights(weights).items()}
    try:
        lost = model.load_state_dict(tensors, strict=False).missing_keys
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise SignScaleError(f"{weights.path}: not of this config ({reason}); name one that is") from error
    if lost:
        raise SignScaleError(
            f"{weights.path}: lacks {len(lost)} of the config's tensors ({lost[0]}); name one that fits"
        )
