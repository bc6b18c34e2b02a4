"""Cells: means, spreads, intervals and differences, by hand."""

import pytest

from signscale.report.results import BenchmarkRuns, Run
from signscale.report.tables import cell, headline, missing, number, rows
from signscale.tasks import load_task
from signscale.tasks.metrics.metric import Metric


def _metric(value, low, high, better=True):
    return Metric("made up", value, low, high, 40, "%", better, "sig")


def _benchmark(*runs, planned=None, task="cslr"):
    return BenchmarkRuns("b", load_task(task), "c", planned or {}, list(runs))


def _run(init, seed, **metrics):
    return Run("b", init, seed, None, metrics, 40, 40)


def test_seeds_give_mean_spread_and_the_outer_bounds():
    joined = cell([_metric(50, 42, 58), _metric(54, 47, 61)])
    assert (joined.mean, joined.low, joined.high, joined.values) == (52, 42, 61, [50, 54])
    assert joined.spread == pytest.approx(8**0.5)  # sample standard deviation of 50 and 54


def test_one_seed_has_its_own_interval_and_no_spread():
    joined = cell([_metric(50, 42, 58)])
    assert (joined.spread, joined.low, joined.high) == (None, 42, 58)


@pytest.mark.parametrize(
    ("scratch", "pretrained", "higher", "words"),
    [
        ((40, 35, 45), (60, 55, 65), True, "better, beyond the intervals"),
        ((40, 35, 45), (44, 39, 49), True, "better, within the intervals"),
        ((40, 35, 45), (60, 55, 65), False, "worse, beyond the intervals"),
        ((40, 35, 45), (30, 26, 34), False, "better, beyond the intervals"),
        ((40, 35, 45), (40, 30, 50), True, "no difference"),
    ],
)
def test_a_difference_is_clear_only_where_intervals_do_not_touch(scratch, pretrained, higher, words):
    benchmark = _benchmark(
        _run("scratch", 1, wer=_metric(*scratch, higher)), _run("pretrained", 1, wer=_metric(*pretrained, higher))
    )
    assert rows(benchmark)[0].difference.words() == words


def test_known_metrics_come_first_and_unknown_ones_stay():
    run = _run("scratch", 1, zeta=_metric(1, 0, 2), deletions=_metric(1, 0, 2), wer=_metric(1, 0, 2))
    table = rows(_benchmark(run))
    assert [row.metric for row in table] == ["wer", "deletions", "zeta"]
    assert all(row.difference is None for row in table)


def test_missing_runs_are_counted():
    benchmark = _benchmark(_run("scratch", 1), planned={"nearest": 0, "scratch": 3, "pretrained": 1})
    assert missing(benchmark) == ["From scratch: 1 of 3 runs", "Pre-trained: 0 of 1 run"]


def test_numbers_have_one_decimal_and_a_true_minus():
    assert [number(value) for value in (46.153, -4.0, 0)] == ["46.2", "−4.0", "0.0"]


def test_the_summary_shows_the_accuracy_of_clips():
    run = _run("scratch", 1, per_class_top1=_metric(1, 0, 2), per_instance_top1=_metric(40, 35, 45))
    table = rows(_benchmark(run, task="islr"))
    assert [(row.title, row.unit) for row in table] == [
        ("Top-1 accuracy", "%"),
        ("Top-1 accuracy, mean of classes", "%"),
    ]
    assert headline(load_task("islr"), table).metric == "per_instance_top1"
    assert headline(load_task("slt"), table) is None
