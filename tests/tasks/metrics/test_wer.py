"""WER by hand, against rapidfuzz, and against NIST's sclite itself."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from signscale.errors import SignScaleError
from signscale.tasks.metrics import wer
from signscale.tasks.metrics.bootstrap import value_of
from signscale.tasks.metrics.wer import edit_counts, parse_alignments, sclite_counts, wer_measures


@pytest.fixture(scope="module")
def sclite() -> Path:
    """The sclite program, installed by this room's own script if need be; skips where that cannot be."""
    try:
        return wer.find_sclite()
    except SignScaleError:
        pass
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("sclite is absent, and installing it needs root and apt-get")
    script = Path(__file__).with_name("install_sctk.sh")
    if subprocess.run(["sh", script], capture_output=True, timeout=500, check=False).returncode:
        pytest.skip("sclite is absent, and install_sctk.sh could not install it (no package archive within reach?)")
    return wer.find_sclite()


def values(references, hypotheses, cleanup="none", scorer="python"):
    measures = wer_measures(references, hypotheses, cleanup, scorer)
    return {measure.name: value_of(measure.statistic, measure.n) for measure in measures}


def random_sentences(count, seed, vocabulary=None):
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        words = vocabulary or [f"W{k}" for k in range(rng.integers(2, 8))]
        pairs.append([[words[k] for k in rng.integers(0, len(words), rng.integers(low, 14))] for low in (1, 0)])
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("A B C", "A B C", (0, 0, 0)),
        ("A B C", "A X C", (1, 0, 0)),
        ("A B C", "A C", (0, 1, 0)),
        ("A B C", "A B X C", (0, 0, 1)),
        ("A B C", "", (0, 3, 0)),
        ("", "A B", (0, 0, 2)),
        ("A B", "B A", (0, 1, 1)),
        ("A B C D", "X Y", (2, 2, 0)),
    ],
)
def test_errors_by_hand(reference, hypothesis, expected):
    assert edit_counts(reference.split(), hypothesis.split()) == expected


def test_alignment_is_the_cheapest_at_costs_4_3_3():
    for reference, hypothesis in zip(*random_sentences(300, 0), strict=True):
        substitutions, deletions, insertions = edit_counts(reference, hypothesis)
        cheapest = Levenshtein.distance(reference, hypothesis, weights=(3, 3, 4))
        assert 4 * substitutions + 3 * (deletions + insertions) == cheapest
        assert deletions - insertions == len(reference) - len(hypothesis)


def test_rates_are_of_all_reference_words():
    assert values(["A B C D", "E F"], ["A X C", "E F G"]) == {
        "wer": 50,
        "substitutions": pytest.approx(100 / 6),
        "deletions": pytest.approx(100 / 6),
        "insertions": pytest.approx(100 / 6),
    }


def test_an_empty_hypothesis_is_all_deletions():
    found = values(["A B", "C D"], ["", "C D"])
    assert (found["wer"], found["deletions"]) == (50, 50)


def test_the_python_lineage_cleans_both_sides():
    assert values(["loc-NORD WIE AUSSEHEN"], ["NORD WIE-AUSSEHEN"], "phoenix14")["wer"] == 0
    assert values(["loc-NORD WIE AUSSEHEN"], ["NORD WIE-AUSSEHEN"], "none")["wer"] == 100


def test_under_weights_the_rate_is_that_of_the_repeated_sentences():
    references, hypotheses = ([" ".join(words) for words in side] for side in random_sentences(40, 1))
    weights = np.bincount(np.random.default_rng(0).integers(40, size=40), minlength=40)
    whole = wer_measures(references, hypotheses, "none", "python")[0].statistic(weights[None])[0]
    repeated = [np.repeat(side, weights).tolist() for side in (references, hypotheses)]
    assert whole == pytest.approx(values(*repeated)["wer"])


def test_signature_tells_the_scorers_apart():
    signature = wer_measures(["A"], ["A"], "phoenix14", "python")[0].signature
    assert signature == "scorer:python|cleanup:phoenix14,both sides|case:mixed|costs:S4,D3,I3|words:1"


def test_unknown_lineage_and_references_without_words_are_refused():
    with pytest.raises(SignScaleError, match="scorer: 'nist'"):
        wer_measures(["A"], ["A"], "none", "nist")
    with pytest.raises(SignScaleError, match="no gloss is left"):
        wer_measures(["__PU__"], ["A"], "phoenix14", "python")


def test_a_missing_sclite_is_an_error_and_never_100_percent(monkeypatch, tmp_path):
    monkeypatch.setattr(wer, "DEBIAN_SCLITE", tmp_path / "sclite")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignScaleError, match="apt-get install sctk"):
        wer_measures(["A"], ["A"], "none", "sclite")


def test_a_failing_sclite_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "sclite").write_text("#!/bin/sh\necho 'bad stm' >&2\nexit 3\n")
    (tmp_path / "sclite").chmod(0o755)
    monkeypatch.setattr(wer, "find_sclite", lambda: tmp_path / "sclite")
    with pytest.raises(SignScaleError, match="status 3: bad stm"):
        sclite_counts([["A"]], [["A"]])


def test_a_report_that_lacks_utterances_is_an_error():
    report = "File: u0000000\nChannel: 1\nScores: (#C #S #D #I) 1 2 3 4\n"
    assert parse_alignments(report, 1).tolist() == [[2, 3, 4]]
    with pytest.raises(SignScaleError, match="1 of 2 utterances"):
        parse_alignments(report, 2)


@pytest.mark.usefixtures("sclite")
def test_sclite_and_the_python_lineage_count_the_same_on_equal_words():
    references, hypotheses = random_sentences(1000, 3)
    ours = [edit_counts(*pair) for pair in zip(references, hypotheses, strict=True)]
    assert sclite_counts(references, hypotheses).tolist() == [list(counts) for counts in ours]


def test_parsed_counts_are_those_sclite_prints_for_files_written_by_hand(sclite, tmp_path):
    vocabulary = ["REGEN", "WIND", "NORD", "IX", "S+H", "WIE-AUSSEHEN", "__ON__", "neg-HABEN"]
    references, hypotheses = random_sentences(250, 4, vocabulary)
    stm = [f"id{at:04d} 1 Signer01 0.0 1000.0 {' '.join(words)}\n" for at, words in enumerate(references)]
    ctm = [f"id{at:04d} 1 {k}.0 1.0 {w}\n" for at, words in enumerate(hypotheses) for k, w in enumerate(words)]
    (tmp_path / "r.stm").write_text("".join(stm))
    (tmp_path / "h.ctm").write_text("".join(ctm))
    files = [sclite, "-h", "h.ctm", "ctm", "-r", "r.stm", "stm", "-f", "0", "-o", "rsum", "stdout"]
    printed = subprocess.run(files, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    row = next(line for line in printed.splitlines() if "Sum" in line).replace("|", " ").split()
    sentences, words, _, *errors = (int(cell) for cell in row[1:7])
    assert (sentences, words) == (250, sum(map(len, references)))
    assert sclite_counts(references, hypotheses).sum(axis=0).tolist() == errors


@pytest.mark.usefixtures("sclite")
def test_sclite_sees_any_word_as_a_word_and_no_words_as_deletions():
    references = [["你", "好", "世界"], ["(ÄH)", "{", "A", "/", "B", "}"], ["A", "B"], ["Straße"]]
    hypotheses = [["你", "世界"], ["(ÄH)", "{", "A", "/", "@", "}"], [], ["STRASSE", ";;"]]
    assert sclite_counts(references, hypotheses).tolist() == [[0, 1, 0], [1, 0, 0], [0, 2, 0], [1, 0, 1]]
    assert sclite_counts([["A"]], [[]]).tolist() == [[0, 1, 0]]


@pytest.mark.usefixtures("sclite")
def test_the_sclite_lineage_leaves_the_reference_raw():
    found = values(["loc-NORD REGEN"], ["loc-NORD REGEN"], "phoenix14", "sclite")
    assert found["wer"] == 50 and found["substitutions"] == 50
    signature = wer_measures(["A"], ["A"], "phoenix14", "sclite")[0].signature
    assert signature.startswith("scorer:sclite|version:2.10")


@pytest.mark.usefixtures("sclite")
def test_real_phoenix14_references_score_zero_against_themselves_in_both_scorers(shared):
    stm = (shared / "annotations" / "phoenix14" / "phoenix2014-groundtruth-dev.stm").read_text(encoding="utf-8")
    references = [line.split(maxsplit=5)[5] for line in stm.splitlines() if line.strip()]
    assert len(references) > 100
    for scorer in ("python", "sclite"):
        assert values(references, references, "none", scorer)["wer"] == 0
    worse = [" ".join(text.split()[1:]) for text in references]
    assert values(references, worse, "none", "sclite") == pytest.approx(values(references, worse))
