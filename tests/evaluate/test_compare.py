"""Differences between two sides: paired over items, resampled over seeds."""

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.evaluate.compare import compare_runs
from signscale.params import EvaluateParams

MANY = EvaluateParams(bootstrap=2000, confidence=0.95)


def run(hits):
    """Isolated predictions of two classes, right where `hits` is true."""
    return [
        {"sample_id": f"s{at:03d}", "label": "a", "ranked": ["a", "b"] if hit else ["b", "a"]}
        for at, hit in enumerate(hits)
    ]


def top1(first, second):
    """The sides have seeds of their own."""
    return compare_runs("islr", dict(enumerate(first)), dict(enumerate(second, 100)), MANY)["per_instance_top1"]


def test_a_side_compared_with_itself_differs_by_exactly_nothing():
    side = {seed: run(np.random.default_rng(seed).random(40) < 0.6) for seed in range(3)}
    found = compare_runs("islr", side, side, MANY)["per_instance_top1"]
    assert (found.value, found.low, found.high, found.unit) == (0, 0, 0, "points")


def test_the_difference_is_first_minus_second_over_the_means_of_the_seeds():
    found = top1([run([1, 1, 1, 1]), run([1, 1, 0, 0])], [run([1, 0, 0, 0])])
    assert found.value == pytest.approx(75 - 25)
    assert "seeds:2,1|" in found.signature


def test_items_are_paired():
    rng = np.random.default_rng(0)
    base = rng.random(200) < 0.5
    better = base | (rng.random(200) < 0.1)
    paired = top1([run(better)], [run(base)])
    shuffled = top1([run(better)], [run(rng.permutation(base))])
    assert paired.low > 0
    assert paired.high - paired.low < 0.6 * (shuffled.high - shuffled.low)


def test_seeds_that_disagree_widen_the_interval():
    steady = top1([run([1, 0] * 50)] * 3, [run([1, 0] * 50)])
    unsteady = top1([run([1] * 100), run([1, 0] * 50), run([0] * 100)], [run([1, 0] * 50)])
    assert steady.value == unsteady.value == 0
    assert steady.high - steady.low == 0 and unsteady.low < -20 and unsteady.high > 20


def test_a_lead_that_is_the_same_at_every_seed_is_certain_where_the_seeds_are_the_same():
    first, second = (
        {seed: run([1] * right + [0] * (100 - right)) for seed, right in enumerate(side)}
        for side in ((80, 60, 70), (75, 55, 65))
    )
    paired = compare_runs("islr", first, second, MANY)["per_instance_top1"]
    apart = compare_runs("islr", first, {seed + 10: lines for seed, lines in second.items()}, MANY)["per_instance_top1"]
    assert paired.value == apart.value == pytest.approx(5)
    assert paired.low > 0 > apart.low
    assert "seeds:3,paired|" in paired.signature
    assert "seeds:3,3|" in apart.signature


def test_the_order_of_the_lines_does_not_matter():
    first, second = run([1, 1, 0, 1]), run([0, 1, 0, 0])
    assert top1([first], [second]) == top1([first[::-1]], [second])


def test_corpus_level_differences_are_recomputed():
    def texts(hypotheses):
        return [
            {"sample_id": str(at), "language": "gsg", "reference": reference, "hypothesis": hypothesis}
            for at, (reference, hypothesis) in enumerate(zip(["A B C D", "E F"], hypotheses, strict=True))
        ]

    found = compare_runs("cslr", {1: texts(["A B C D", "E"])}, {1: texts(["A B", "E F"])}, MANY)
    assert found["wer"].value == pytest.approx(100 / 6 - 200 / 6)
    assert found["wer"].low == pytest.approx(-50) and found["wer"].high == pytest.approx(50)
    assert not found["wer"].higher_is_better


def test_runs_on_different_samples_are_refused():
    with pytest.raises(SignScaleError, match="s002: not in every run"):
        compare_runs("islr", {1: run([1, 1, 1])}, {1: run([1, 1])}, MANY)
    with pytest.raises(SignScaleError, match="at least one run"):
        compare_runs("islr", {}, {1: run([1])}, MANY)
