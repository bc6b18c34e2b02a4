"""Percentile bootstrap over test items: the interval of any measure, from weights that say how often an item was drawn.

Corpus-level numbers (WER, BLEU) are recomputed for every resample from sums of per-item counts, never averaged.
"""

from collections.abc import Iterator

import numpy as np

from signscale import __version__
from signscale.errors import SignScaleError
from signscale.tasks.metrics.metric import Measure, Metric, Statistic

SEED = 12345  # of every resampling; part of the signature
BLOCK = 100  # resamples in memory at once


def resampled(n: int, resamples: int, seed: int = SEED) -> Iterator[np.ndarray]:
    """Weights (r, n) of `resamples` draws of n items with replacement, in blocks; each row sums to n."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, BLOCK):
        rows = min(BLOCK, resamples - start)
        drawn = rng.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)


def value_of(statistic: Statistic, n: int) -> float:
    """The statistic of the items as they are: every item once."""
    return float(statistic(np.ones((1, n), dtype=np.int64))[0])


def percentiles(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """The two ends that leave (1 - confidence) / 2 of `values` (r,) on either side."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def interval(statistic: Statistic, n: int, resamples: int, confidence: float) -> tuple[float, float]:
    """Percentile interval of a statistic over n items."""
    return percentiles(np.concatenate([statistic(weights) for weights in resampled(n, resamples)]), confidence)


def settings(resamples: int, confidence: float) -> str:
    """The part of a signature that names the bootstrap and this implementation."""
    return f"bootstrap:{resamples}|confidence:{confidence:g}|seed:{SEED}|signscale:{__version__}"


def measured(measure: Measure, resamples: int, confidence: float, context: str = "") -> Metric:
    """Value and interval of a measure. context: further parts of the signature.

    Raises SignScaleError if there is no item to score.
    """
    if measure.n < 1:
        raise SignScaleError(f"{measure.name}: no test item to score; check the split and what was excluded")
    low, high = interval(measure.statistic, measure.n, resamples, confidence)
    parts = [measure.signature, context, settings(resamples, confidence)]
    return Metric(
        name=measure.name,
        value=value_of(measure.statistic, measure.n),
        low=low,
        high=high,
        n=measure.n,
        unit=measure.unit,
        higher_is_better=measure.higher_is_better,
        signature="|".join(part for part in parts if part),
    )
