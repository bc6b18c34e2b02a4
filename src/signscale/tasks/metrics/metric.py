"""What a number is before and after scoring: a Measure can be computed under any weighting of the test items, a Metric
is its value with interval, n and signature, as it stands in metrics.json."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signscale.errors import SignScaleError

DIGITS = 6  # decimals kept in files, so that the last bits of a float sum never show

Statistic = Callable[[np.ndarray], np.ndarray]
"""(r, n) whole-number weights of n test items -> (r,) values; a weight says how often its item was drawn."""


@dataclass(frozen=True)
class Measure:
    """A number still to be computed over `n` test items. unit: "%", "points" or "rank"."""

    name: str
    statistic: Statistic
    n: int
    unit: str
    higher_is_better: bool
    signature: str


@dataclass(frozen=True)
class Metric:
    """A value with its bootstrap interval [low, high] over `n` test items, and the signature that makes it comparable.

    Raises SignScaleError on a value that is not a finite number: such a value is never written down.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str
    higher_is_better: bool
    signature: str

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise SignScaleError(f"{self.name}: {self.value} [{self.low}, {self.high}] is not finite; check its input")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        plain = asdict(self)
        return plain | {key: round(plain[key], DIGITS) for key in ("value", "low", "high")}


@dataclass(frozen=True)
class Coverage:
    """How many of the expected test items were there to be scored."""

    present: int
    expected: int

    def __post_init__(self) -> None:
        if not 0 <= self.present <= self.expected:
            raise SignScaleError(f"coverage: {self.present} clips present of {self.expected} expected cannot be")


def metrics_document(
    benchmark: str, split: str, metrics: Mapping[str, Metric], coverage: Coverage, inputs: Mapping[str, str]
) -> dict[str, Any]:
    """The content of metrics.json. inputs: name of everything the numbers came from -> its sha256."""
    return {
        "benchmark": benchmark,
        "split": split,
        "metrics": {name: metric.to_json() for name, metric in metrics.items()},
        "coverage": asdict(coverage),
        "inputs": dict(inputs),
    }
