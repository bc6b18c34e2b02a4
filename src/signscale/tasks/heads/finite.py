"""Detects damaged weights that only show in what they compute: each weight is a number, their sums are not."""

from torch import Tensor

from signscale.errors import SignScaleError


def without_nan(values: Tensor, of: str) -> Tensor:
    """The values as they are. Raises SignScaleError, which names what they are `of`, if one of them is NaN."""
    if values.isnan().any():
        raise SignScaleError(f"the model's {of} are no numbers: its weights are damaged; train or fetch them again")
    return values
