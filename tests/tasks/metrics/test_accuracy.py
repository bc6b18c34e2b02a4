"""Accuracy by hand: per instance, per class, ties, absent classes, subsets."""

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.tasks.metrics.accuracy import MISSED, accuracy_measures, rank_in_list
from signscale.tasks.metrics.bootstrap import value_of


def values(ranks, labels, classes, subsets="none"):
    measures = accuracy_measures(ranks, labels, classes, subsets)
    return {measure.name: value_of(measure.statistic, measure.n) for measure in measures}


def test_rank_counts_the_classes_before_the_label():
    assert [rank_in_list(["b", "c", "a"], label) for label in "bca"] == [1, 2, 3]
    assert rank_in_list(["b", "c"], "a") == MISSED


def test_ties_count_against_the_label():
    assert rank_in_list(["a", "b", "c"], "c", [1.0, 1.0, 1.0]) == 3
    assert rank_in_list(["a", "b", "c"], "a", [0.4, 0.4, 0.2]) == 2


def test_a_score_that_is_no_number_is_an_error_not_a_hit():
    assert rank_in_list(["a", "b"], "b", [0.1, float("nan")]) == 2


def test_a_label_that_is_not_in_the_list_is_a_miss():
    assert rank_in_list(["a", "b"], "z") == MISSED
    assert values([MISSED], ["z"], ["z"])["per_instance_top5"] == 0


def test_both_sides_of_the_list_must_be_equally_long():
    with pytest.raises(SignScaleError, match="2 ranked labels but 1"):
        rank_in_list(["a", "b"], "a", [1.0])


def test_per_instance_counts_items_and_per_class_counts_classes():
    found = values([1, 1, 1, 2, 7], ["a", "a", "a", "a", "b"], ["a", "b"])
    assert found == {
        "per_instance_top1": 60,
        "per_class_top1": 37.5,
        "per_instance_top5": 80,
        "per_class_top5": 50,
    }


def test_a_class_without_test_item_is_left_out_and_named():
    measures = {one.name: one for one in accuracy_measures([1, 2], ["a", "b"], ["a", "b", "c"])}
    assert value_of(measures["per_class_top1"].statistic, 2) == 50
    assert measures["per_class_top1"].signature == "ties:pessimistic|classes:2/3|absent:c"


def test_many_absent_classes_are_only_counted():
    measures = accuracy_measures([1], ["a"], ["a", *"bcdefgh"])
    assert measures[1].signature == "ties:pessimistic|classes:1/8"


def test_a_resample_without_a_class_leaves_that_class_out():
    per_class = accuracy_measures([1, 1, 2], ["a", "a", "b"], ["a", "b"])[1]
    weights = np.array([[1, 1, 1], [1, 2, 0], [0, 0, 3]])
    assert per_class.statistic(weights).tolist() == [50, 100, 0]


def test_per_class_under_weights_equals_the_repeated_items():
    rng = np.random.default_rng(0)
    ranks, labels = rng.integers(1, 8, 60), [f"c{k}" for k in rng.integers(0, 9, 60)]
    weights = np.bincount(rng.integers(60, size=60), minlength=60)
    whole = {one.name: one.statistic(weights[None])[0] for one in accuracy_measures(ranks, labels, labels)}
    repeated = values(np.repeat(ranks, weights), np.repeat(labels, weights).tolist(), labels)
    assert whole == pytest.approx(repeated)


def test_nmfs_csl_is_also_scored_on_confusing_and_normal_signs():
    measures = {one.name: one for one in accuracy_measures([1, 6, 1, 1], ["0", "609", "610", "1066"], [], "nmfs_csl")}
    found = {name: value_of(one.statistic, one.n) for name, one in measures.items()}
    assert found["confusing_top1"] == 50 and found["normal_top1"] == 100 and found["per_instance_top1"] == 75
    assert measures["confusing_top5"].n == 2
    assert measures["normal_top1"].signature == "ties:pessimistic|labels:610-1066"


def test_subsets_need_numbered_labels():
    with pytest.raises(SignScaleError, match="label 'apple' is not a class number"):
        accuracy_measures([1], ["apple"], [], "nmfs_csl")
    with pytest.raises(SignScaleError, match="none of none, nmfs_csl"):
        accuracy_measures([1], ["1"], [], "wlasl")
