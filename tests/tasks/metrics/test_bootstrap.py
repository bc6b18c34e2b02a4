"""Intervals: drawn fairly, reproducible, honest."""

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.tasks.metrics.bootstrap import interval, measured, percentiles, resampled, value_of
from signscale.tasks.metrics.metric import Coverage, Measure, Metric, metrics_document


def mean_of(values):
    values = np.asarray(values)
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def measure(values):
    return Measure("score", mean_of(values), len(values), "%", True, "by:hand")


def test_every_resample_draws_as_many_items_as_there_are():
    weights = np.concatenate(list(resampled(7, 250)))
    assert weights.shape == (250, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.min() == 0 and weights.max() > 1


def test_items_are_drawn_equally_often():
    weights = np.concatenate(list(resampled(20, 5000)))
    assert np.allclose(weights.mean(axis=0), 1, atol=0.06)


def test_value_is_that_of_the_items_as_they_are():
    assert value_of(mean_of([1, 2, 6]), 3) == 3


def test_percentiles_leave_the_tails_outside():
    assert percentiles(np.arange(101), 0.9) == pytest.approx((5, 95))


def test_same_input_gives_the_same_interval():
    values = np.random.default_rng(0).normal(size=50)
    assert measured(measure(values), 300, 0.95) == measured(measure(values), 300, 0.95)


def test_wider_confidence_gives_a_wider_interval():
    values = np.random.default_rng(0).normal(size=50)
    narrow, wide = (interval(mean_of(values), 50, 500, confidence) for confidence in (0.8, 0.99))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_interval_of_a_mean_agrees_with_the_normal_one():
    values = np.random.default_rng(1).normal(size=400)
    low, high = interval(mean_of(values), 400, 4000, 0.95)
    half = 1.96 * values.std() / 20
    assert np.allclose([low, high], [values.mean() - half, values.mean() + half], atol=0.012)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(300):
        low, high = interval(mean_of(rng.random(150) < 0.7), 150, 200, 0.95)
        covered += low <= 0.7 <= high
    assert 0.90 <= covered / 300 <= 0.98


def test_signature_names_the_measure_its_context_and_the_bootstrap():
    signature = measured(measure([0, 1]), 100, 0.95, "coverage:2/3").signature
    assert signature.startswith("by:hand|coverage:2/3|bootstrap:100|confidence:0.95|seed:")
    assert "|signscale:" in signature


def test_no_items_is_an_error_and_not_a_number():
    with pytest.raises(SignScaleError, match="no test item"):
        measured(measure([]), 100, 0.95)


def test_a_value_that_is_not_finite_is_refused():
    with pytest.raises(SignScaleError, match="wer: nan"):
        Metric("wer", float("nan"), 0, 1, 3, "%", False, "")


def test_document_holds_metrics_coverage_and_inputs():
    metric = measured(measure([0, 1, 1]), 100, 0.95)
    document = metrics_document("letters", "test", {"score": metric}, Coverage(3, 4), {"predictions": "ab"})
    assert document["metrics"]["score"]["value"] == 0.666667
    assert document["metrics"]["score"]["higher_is_better"] is True
    assert document["coverage"] == {"present": 3, "expected": 4}
    assert document["inputs"] == {"predictions": "ab"}


def test_more_clips_than_expected_cannot_be():
    with pytest.raises(SignScaleError, match="5 clips present of 4"):
        Coverage(5, 4)
