"""What to do with the numbers: sentences from quality tables, by hand and on a report."""

from dataclasses import asdict, replace

import pytest

from signscale.formats.files import write_json
from signscale.formats.quality import Quality, Summary, summary, write_quality
from signscale.report.advice import advice, corpus_advice, pretraining_quality
from signscale.report.run import write_report

# The demo's corpora, as their quality tables have them.
LETTERS = Summary(clips=600, frames=25.5, hand=0.9143, second_hand=0.1909, confidence=0.982)
WORDS = Summary(clips=576, frames=124.5, hand=0.9265, second_hand=0.1877, confidence=0.9826)


def test_a_summary_weighs_shares_by_frames_and_takes_the_median_length() -> None:
    rows = [
        Quality("a", 10, 1.0, 1.0, 0.0, 0.9, 0, 0),
        Quality("b", 30, 1.0, 0.2, 0.4, 0.5, 0, 0),
        Quality("c", 20, 1.0, 0.0, 1.0, 0.6, 0, 0),
    ]
    found = summary(rows)
    assert (found.clips, found.frames) == (3, 20.0)
    assert found.hand == pytest.approx((0 + 12 + 20) / 60, abs=1e-4)  # the right one
    assert found.second_hand == pytest.approx((10 + 6 + 0) / 60, abs=1e-4)
    assert found.confidence == pytest.approx((9 + 15 + 12) / 60, abs=1e-4)


def test_a_corpus_like_those_of_pretraining_gets_no_advice() -> None:
    assert corpus_advice("mine", replace(LETTERS, frames=60, confidence=0.9), [LETTERS, WORDS]) == []


@pytest.mark.parametrize(
    ("differs", "line"),
    [
        ({"hand": 0.6}, "mine: a hand is seen in 60% of the frames, in pre-training in 91%. Cut off what"),
        ({"second_hand": 0.7}, "mine: the second hand is seen in 70% of the frames, in pre-training in 19%. Pre-train"),
        ({"confidence": 0.8}, "mine: the mean confidence is 0.80, in pre-training 0.98. Use a better estimator"),
        ({"frames": 200.0}, "mine: half of the clips are longer than 200 frames, in pre-training than 124.5 at most."),
        ({"frames": 12.0}, "mine: half of the clips are shorter than 12 frames, in pre-training than 25.5 at least."),
    ],
)
def test_what_differs_is_named_with_both_values_and_what_would_help(differs, line) -> None:
    (found,) = corpus_advice("mine", replace(LETTERS, **differs), [LETTERS, WORDS])
    assert found.startswith(line)


def test_a_model_taken_over_says_what_its_clips_were_like(params, results) -> None:
    pretrain = params.pretrain.model_copy(update={"start": "released/pretrained"})
    taking = params.model_copy(update={"pretrain": pretrain})
    assert advice(taking, results, []) == [
        "released/pretrained does not say what its clips were like, so yours are not compared with them"
    ]
    path = results / "pretrain" / "config.json"
    write_json(path, {"kind": "pretrain", "quality": {"letters": asdict(LETTERS)}})
    assert pretraining_quality(taking, results) == {"letters": LETTERS}
    rows = [Quality("a", 25, 1.0, 0.0, 0.5, 0.98, 0, 0)]
    for name in params.acquire.corpora:
        write_quality(results / "pack" / name / "quality.csv", rows)
    assert advice(taking, results, []) == [
        f"{name}: a hand is seen in 50% of the frames, in pre-training in 91%. Cut off what lies before and after the "
        "sign (pack.trim_ends: true); film nearer, or with more light"
        for name in params.acquire.corpora
        if (results / "pack" / name / "quality.csv").exists()
    ]


def test_the_report_shows_it(params, results, tmp_path) -> None:
    write_report(params, results, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "What to do with these numbers" in page
    assert "test clips do not tell the pre-trained model from the one from scratch. Add test clips" in page
