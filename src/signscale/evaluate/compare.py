"""Several seeds of one way of training on a benchmark, and the difference between two ways, with intervals.

Two ways are judged on the same resampled test items (paired). Seeds are resampled too. If both sides have the same
seeds, which share their draws of augmentation, order and few labelled clips, the seeds are resampled in pairs;
otherwise each side separately.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from signscale.errors import SignScaleError
from signscale.params import EvaluateParams
from signscale.tasks.metrics.bootstrap import SEED, percentiles, resampled, settings, value_of
from signscale.tasks.metrics.metric import Measure, Metric
from signscale.tasks.score import STANDARD, Conventions, Prediction, measures_of

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


def _metric(first: list[Measure], second: list[Measure], paired: bool, evaluate: EvaluateParams) -> Metric:
    """One measure, seen in every seed of both sides: the difference of their means; without a second, the mean.

    paired: seed k of both sides is the same.
    """
    like, n, sides = first[0], first[0].n, [side for side in (first, second) if side]
    means = [np.mean([value_of(one.statistic, n) for one in side]) for side in sides]
    rng = np.random.default_rng([SEED, 1])
    values = []
    for weights in resampled(n, evaluate.bootstrap):
        seen = [np.stack([one.statistic(weights) for one in side]) for side in sides]
        if paired:
            values.append(_drawn_mean(seen[0] - seen[1], rng))
        else:
            drawn = [_drawn_mean(side, rng) for side in seen]
            values.append(drawn[0] - drawn[1] if second else drawn[0])
    low, high = percentiles(np.concatenate(values), evaluate.confidence)
    seeds = f"{len(first)},paired" if paired else ",".join(str(len(side)) for side in sides)
    kind = f"difference:first-second,paired|seeds:{seeds}" if second else f"seeds:{seeds}"
    return Metric(
        name=like.name,
        value=float(means[0] - means[1] if second else means[0]),
        low=low,
        high=high,
        n=n,
        unit="points" if second and like.unit == "%" else like.unit,
        higher_is_better=like.higher_is_better,
        signature=f"{kind}|{like.signature}|{settings(evaluate.bootstrap, evaluate.confidence)}",
    )


def mean_of_runs(
    task: str, runs: Sequence[Run], evaluate: EvaluateParams, conventions: Conventions = STANDARD
) -> dict[str, Metric]:
    """Mean over the seeds for every metric of the task; test items and seeds are drawn again for its interval.

    Raises SignScaleError if there is no run, or if they were not made on the same samples.
    """
    if not runs or not runs[0]:
        raise SignScaleError("mean: there is no run with predictions")
    measured = [measures_of(task, run, conventions) for run in _aligned(runs)]
    return {measures[0].name: _metric(list(measures), [], False, evaluate) for measures in zip(*measured, strict=True)}


def compare_runs(
    task: str,
    first: Mapping[int, Run],
    second: Mapping[int, Run],
    evaluate: EvaluateParams,
    conventions: Conventions = STANDARD,
) -> dict[str, Metric]:
    """Mean of the first side's seeds minus mean of the second's, for every metric of the task; each side by seed.

    With one seed per side the interval covers only the test items; the signature gives the number of seeds.
    Raises SignScaleError if a side is empty or the runs were not made on the same samples.
    """
    lines = [side[seed] for side in (first, second) for seed in sorted(side)]
    if not first or not second or not lines[0]:
        raise SignScaleError("compare: both sides need at least one run with predictions")
    runs = [measures_of(task, run, conventions) for run in _aligned(lines)]
    sides = runs[: len(first)], runs[len(first) :]
    paired = first.keys() == second.keys()
    return {
        measures[0][0].name: _metric(list(measures[0]), list(measures[1]), paired, evaluate)
        for measures in zip(*(zip(*side, strict=True) for side in sides), strict=True)
    }
