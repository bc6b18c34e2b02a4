"""Examples: differences, places and confusions, by hand."""

import json
from dataclasses import replace

import pytest

from signscale.errors import SignScaleError
from signscale.formats.files import write_text
from signscale.report.examples import confusions, difference, queries, right_and_wrong, sentences, signs, spread
from signscale.report.results import read_benchmarks


@pytest.fixture
def benchmarks(params, results):
    return {benchmark.name: benchmark for benchmark in read_benchmarks(params, results)}


def test_differences_are_marked_by_word():
    pieces = difference("the word cat is spelled", "the word bat is")
    assert [(piece.words, piece.kind) for piece in pieces] == [
        ("the word", "same"), ("cat", "lost"), ("bat", "wrong"), ("is", "same"), ("spelled", "lost"),
    ]  # fmt: skip


def test_a_single_word_is_compared_by_character():
    assert [(piece.words, piece.kind) for piece in difference("cab", "caab")] == [
        ("ca", "same"), ("a", "wrong"), ("b", "same"),
    ]  # fmt: skip


@pytest.mark.parametrize(("reference", "hypothesis"), [("a b", ""), ("", "a b"), ("a b", "a b")])
def test_the_pieces_give_back_both_sentences(reference, hypothesis):
    pieces = difference(reference, hypothesis)
    assert " ".join(p.words for p in pieces if p.kind != "wrong") == reference
    assert " ".join(p.words for p in pieces if p.kind != "lost") == hypothesis


def test_examples_lie_evenly_through_the_test_set():
    assert spread(list(range(10)), 4) == [0, 2, 5, 7]
    assert spread([1, 2], 4) == [1, 2]


def test_confusions_sum_over_seeds_as_brute_force_does(benchmarks):
    letters = benchmarks["letters"]
    found = confusions(letters)
    rows = [row for run in letters.of("pretrained") for row in run.predictions("ranked")]
    for i, signed in enumerate(found.labels):
        for j, read in enumerate(found.labels):
            assert found.counts[i][j] == sum(row["label"] == signed and row["ranked"][0] == read for row in rows)
    count, signed, read, total = found.top[0]
    assert count == max(c for i, row in enumerate(found.counts) for j, c in enumerate(row) if i != j)
    assert (total, found.runs) == (8, 2)  # four clips a letter, two seeds


def test_the_place_of_the_label_is_its_rank(benchmarks):
    for sign in signs(benchmarks["letters"], 8):
        assert [answer.init for answer in sign.answers] == ["scratch", "pretrained"]
        for answer in sign.answers:
            run = benchmarks["letters"].of(answer.init)[0]
            (row,) = [row for row in run.predictions("ranked") if row["sample_id"] == sign.sample_id]
            assert row["ranked"][answer.place] == sign.label
            assert [label for label, _ in answer.best] == row["ranked"][:5]


def test_guesses_without_probabilities_are_still_shown(benchmarks):
    letters = replace(benchmarks["letters"], runs=benchmarks["letters"].of("nearest"))
    row = {"sample_id": "fingerspelling/ase/A0", "label": "A", "ranked": ["B", "A"]}
    write_text(letters.runs[0].folder / "predictions.jsonl", json.dumps(row) + "\n")
    (answer,) = signs(letters, 8)[0].answers
    assert (answer.init, answer.best) == ("nearest", [("B", None), ("A", None)])


def test_sentences_hold_an_answer_from_each_init(benchmarks):
    shown = sentences(benchmarks["words_cslr"], 8)
    assert len(shown) == 8
    assert all([answer.init for answer in one.answers] == ["scratch", "pretrained"] for one in shown)
    assert [answer.init for answer in sentences(benchmarks["words_slt"], 1)[0].answers] == ["scratch"]


def test_a_hit_is_right_only_if_its_clip_shows_the_text(benchmarks):
    lines = benchmarks["words_retrieval"].of("pretrained")[0].predictions("search")
    rows: dict[str, set[str]] = {}
    for line in lines:
        rows.setdefault(line["text"], set()).add(line["sample_id"])
    for query in queries(benchmarks["words_retrieval"], 8):
        assert [answer.init for answer in query.answers] == ["scratch", "pretrained"]
        for answer in query.answers:
            assert [right for _, _, right in answer.clips] == [name in rows[query.text] for name, _, _ in answer.clips]
        assert query.expected == len(rows[query.text])


def test_predictions_without_a_key_are_refused(benchmarks):
    run = benchmarks["words_cslr"].of("scratch")[0]
    write_text(run.folder / "predictions.jsonl", '{"sample_id": "a", "reference": "A"}\n')
    with pytest.raises(SignScaleError, match="line 1: hypothesis: this key is missing"):
        sentences(benchmarks["words_cslr"], 8)


def test_a_clip_read_right_beside_one_read_wrong(benchmarks):
    run = benchmarks["words_cslr"].of("pretrained")[0]
    lines = [
        json.dumps({"sample_id": name, "reference": "A B", "hypothesis": said})
        for name, said in zip("abcde", ["A B", "A", "A B", "A B", "B A"], strict=True)
    ]
    write_text(run.folder / "predictions.jsonl", "\n".join(lines) + "\n")
    (right, of_right, of_all), (wrong, of_wrong, _) = right_and_wrong(benchmarks["words_cslr"])
    assert (right.sample_id, of_right, of_all) == ("c", 3, 5)  # the middle of a, c, d
    assert (wrong.sample_id, wrong.answers[-1].said, of_wrong) == ("e", "B A", 2)
    write_text(run.folder / "predictions.jsonl", lines[0] + "\n")
    assert right_and_wrong(benchmarks["words_cslr"]) == []
