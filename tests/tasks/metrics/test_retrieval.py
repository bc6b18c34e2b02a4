"""Retrieval by hand and against a slow sort: ties, duplicate texts, both directions."""

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.tasks.metrics.bootstrap import value_of
from signscale.tasks.metrics.retrieval import duplicates_named, rank_measures, retrieval_ranks


def ranks(similarity, text_ids, clip_text_ids=None):
    return [found.tolist() for found in retrieval_ranks(np.array(similarity), text_ids, clip_text_ids or text_ids)]


def slow_rank(scored, own):
    """Place of the first `own` among (id, similarity) sorted best first, wrong ones before it among equals."""
    in_order = sorted(scored, key=lambda pair: (-pair[1], pair[0] == own))
    return [name for name, _ in in_order].index(own) + 1


def test_ranks_by_hand():
    assert ranks([[3, 1, 1], [9, 8, 7], [0, 1, 2]], ["a", "b", "c"]) == [[1, 2, 1], [2, 1, 2]]


def test_ties_stand_before_the_right_answer():
    assert ranks([[1, 1, 1], [0, 2, 2], [0, 0, 3]], ["a", "b", "c"]) == [[3, 2, 1], [1, 1, 1]]


def test_equal_similarities_everywhere_are_no_success():
    text_to_video, video_to_text = ranks(np.zeros((20, 20)), [str(k) for k in range(20)])
    assert text_to_video == video_to_text == [20] * 20


def test_any_clip_of_the_same_text_is_a_hit_and_tied_right_ones_do_not_count():
    similarity = [[1, 9, 5], [1, 9, 5], [9, 0, 2]]
    assert ranks(similarity, ["a", "a", "b"]) == [[1, 1, 2], [2, 1, 2]]
    assert ranks([[4, 4, 4]] * 3, ["a", "a", "b"])[0] == [2, 2, 3]


def test_a_repeated_text_is_one_candidate():
    similarity = np.array([[5, 0], [7, 0], [6, 9]], dtype=float)
    assert ranks(similarity, ["a", "a", "b"], ["b", "a"]) == [[2, 2, 2], [2, 2]]


def test_ranks_equal_a_slow_sort():
    rng = np.random.default_rng(0)
    for _ in range(100):
        texts, clips = [[f"t{k}" for k in rng.integers(0, 6, rng.integers(6, 15))] for _ in range(2)]
        known = sorted(set(texts) & set(clips))
        texts, clips = [t for t in texts if t in known], [c for c in clips if c in known]
        similarity = rng.integers(0, 4, (len(texts), len(clips))).astype(float)
        t2v, v2t = ranks(similarity, texts, clips)
        for place, own in enumerate(texts):
            assert t2v[place] == slow_rank(list(zip(clips, similarity[place], strict=True)), own)
        for place, own in enumerate(clips):
            best = {t: max(s for s, u in zip(similarity[:, place], texts, strict=True) if u == t) for t in texts}
            assert v2t[place] == slow_rank(list(best.items()), own)


def test_recall_and_median_by_hand():
    measures = rank_measures(np.array([1, 1, 5, 6, 11, 20]), np.array([1, 2, 30]), "max over group,3 texts")
    found = {measure.name: value_of(measure.statistic, measure.n) for measure in measures}
    third = 100 / 3
    assert found == pytest.approx(
        {
            "t2v_r1": third,
            "t2v_r5": 50,
            "t2v_r10": 2 * third,
            "t2v_medr": 5.5,
            "v2t_r1": third,
            "v2t_r5": 2 * third,
            "v2t_r10": 2 * third,
            "v2t_medr": 2,
        }
    )
    assert measures[0].signature == "ties:pessimistic|duplicates:max over group,3 texts|queries:6"
    assert [measure.higher_is_better for measure in measures[:4]] == [True, True, True, False]


def test_median_under_weights_is_that_of_the_repeated_ranks():
    rng = np.random.default_rng(1)
    values = rng.integers(1, 50, 31)
    median = rank_measures(values, values, "")[3].statistic
    weights = np.stack([np.bincount(rng.integers(31, size=size), minlength=31) for size in (31, 30, 7, 2)])
    assert median(weights).tolist() == [np.median(np.repeat(values, row)) for row in weights]


def test_signature_counts_the_distinct_texts():
    assert duplicates_named(["a", "b", "a"]) == "max over group,2 texts"


@pytest.mark.parametrize(
    ("similarity", "text_ids", "clip_text_ids", "line"),
    [
        (np.zeros((2, 3)), ["a", "b"], ["a", "b"], "expected 2 texts x 2 clips"),
        (np.array([[np.nan]]), ["a"], ["a"], "not finite"),
        (np.zeros((2, 2)), ["a", "b"], ["a", "a"], "text 'b' stands on one side only"),
    ],
)
def test_what_does_not_fit_is_refused(similarity, text_ids, clip_text_ids, line):
    with pytest.raises(SignScaleError, match=line):
        retrieval_ranks(similarity, text_ids, clip_text_ids)
