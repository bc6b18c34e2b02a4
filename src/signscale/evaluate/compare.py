"""The difference between two ways of training on one benchmark, e.g. pre-trained minus scratch, with its interval.

Both are judged on the same resampled test items (paired); which seeds count is resampled too, each side for itself.
"""

from collections.abc import Sequence

import numpy as np

from signscale.errors import SignScaleError
from signscale.evaluate.bootstrap import SEED, percentiles, resampled, settings, value_of
from signscale.evaluate.metric import Measure, Metric
from signscale.evaluate.score import STANDARD, Conventions, Prediction, measures_of
from signscale.params import EvaluateParams

Run = Sequence[Prediction]
"""The prediction lines of one seed."""


def _aligned(runs: Sequence[Run]) -> list[list[Prediction]]:
    """Every run sorted by sample id; raises SignScaleError unless all hold the same samples."""
    in_order = [sorted(run, key=lambda line: line["sample_id"]) for run in runs]
    ids = [[line["sample_id"] for line in run] for run in in_order]
    for other in ids[1:]:
        if alone := sorted(set(ids[0]) ^ set(other)):
            raise SignScaleError(f"{alone[0]}: not in every run ({len(alone)} such); evaluate all of them on one split")
    return in_order


def _drawn_mean(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(seeds, r) values -> (r,) mean over seeds drawn with replacement, anew for every resample."""
    seeds, resamples = values.shape
    drawn = rng.integers(seeds, size=(seeds, resamples))
    return np.take_along_axis(values, drawn, axis=0).mean(axis=0)


def _difference(first: list[Measure], second: list[Measure], evaluate: EvaluateParams) -> Metric:
    """One measure, seen in every seed of both sides."""
    like, n = first[0], first[0].n
    means = [np.mean([value_of(one.statistic, n) for one in side]) for side in (first, second)]
    rng = np.random.default_rng([SEED, 1])
    values = [
        _drawn_mean(np.stack([one.statistic(weights) for one in first]), rng)
        - _drawn_mean(np.stack([one.statistic(weights) for one in second]), rng)
        for weights in resampled(n, evaluate.bootstrap)
    ]
    low, high = percentiles(np.concatenate(values), evaluate.confidence)
    return Metric(
        name=like.name,
        value=float(means[0] - means[1]),
        low=low,
        high=high,
        n=n,
        unit="points" if like.unit == "%" else like.unit,
        higher_is_better=like.higher_is_better,
        signature=f"difference:first-second,paired|seeds:{len(first)},{len(second)}|{like.signature}|"
        f"{settings(evaluate.bootstrap, evaluate.confidence)}",
    )


def compare_runs(
    task: str,
    first: Sequence[Run],
    second: Sequence[Run],
    evaluate: EvaluateParams,
    conventions: Conventions = STANDARD,
) -> dict[str, Metric]:
    """Mean of the first side's seeds minus mean of the second's, for every metric of the task.

    With one seed a side the interval knows only of the test items; the signature says how many seeds there were.
    Raises SignScaleError if a side is empty or the runs were not made on the same samples.
    """
    if not first or not second or not first[0]:
        raise SignScaleError("compare: both sides need at least one run with predictions")
    runs = [measures_of(task, run, conventions) for run in _aligned([*first, *second])]
    sides = runs[: len(first)], runs[len(first) :]
    return {
        measures[0][0].name: _difference(list(measures[0]), list(measures[1]), evaluate)
        for measures in zip(*(zip(*side, strict=True) for side in sides), strict=True)
    }
