"""CTM and STM files are scored by segment, as sclite does; texts that a tokenizer cannot serve are remarked on."""

from pathlib import Path

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.params import EvaluateParams
from signscale.tasks.score import score_files
from signscale.tasks.task import Conventions

FEW = EvaluateParams(bootstrap=100, confidence=0.95)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def scored(hyp: Path, ref: Path, task: str = "cslr", tokenize: str = "13a"):
    return score_files(task, hyp, ref, FEW, Conventions(tokenize=tokenize))


def test_ctm_words_are_counted_in_the_segment_of_their_middle(tmp_path):
    """By hand: WIND is missed, MORGEN is inserted; two errors in four reference glosses."""
    stm = write(
        tmp_path / "r.stm",
        ";; a comment",
        "a 1 signer 0.0 1.0 <O,F> REGEN WIND",
        "a 1 signer 1.0 2.0 SONNE",
        "b 1 signer 0.0 1.79e+308 SCHNEE",
        "b 1 signer 2e308 2.1e308 IGNORE_TIME_SEGMENT_IN_SCORING",
    )
    ctm = write(
        tmp_path / "h.ctm",
        "b 1 0.1 0.1 SCHNEE 0.9",
        "a 1 1.5 0.1 MORGEN",
        "a 1 0.9 0.4 SONNE",
        "a 1 0.0 0.5 REGEN",
    )
    metrics, _, _ = scored(ctm, stm)
    assert metrics["wer"].value == 50 and metrics["wer"].n == 3
    assert (metrics["deletions"].value, metrics["insertions"].value, metrics["substitutions"].value) == (25, 25, 0)


@pytest.mark.parametrize(
    ("ctm", "stm", "reason"),
    [
        ("a 1 0.0 0.5 X", "a 1 s 1.0 2.0 X", "1 of 1 words lie in no segment"),
        ("a 1 zero 0.5 X", "a 1 s 0.0 2.0 X", r"h\.ctm line 1: zero and 0\.5 are not times"),
        ("a 1 0.0", "a 1 s 0.0 2.0 X", r"h\.ctm line 1: 3 fields, expected 6"),
        ("a 1 0.0 0.5 X", "a 1 s 0.0 2.0 { X / Y }", r"r\.stm line 1: alternatives in braces"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, ctm, stm, reason):
    with pytest.raises(SignScaleError, match=reason):
        scored(write(tmp_path / "h.ctm", ctm), write(tmp_path / "r.stm", stm))


def test_a_ctm_is_not_scored_as_glosses(tmp_path):
    with pytest.raises(SignScaleError, match=r"a \.ctm is scored against a \.stm"):
        scored(write(tmp_path / "h.ctm", "a 1 0.0 0.5 X"), write(tmp_path / "r.txt", "X"))


@pytest.mark.parametrize("lines", [("v1 1 0.0 0.5 X", "v2 1 0 1 Y"), ("v1 1 s1 0.0 2.0 X Y", "v2 1 s1 0 2 Z")])
def test_lines_of_a_ctm_or_stm_under_another_name_are_no_glosses(tmp_path, lines):
    glosses = write(tmp_path / "g.txt", "X", "Y")
    for hyp, ref in ((write(tmp_path / "a.txt", *lines), glosses), (glosses, tmp_path / "a.txt")):
        with pytest.raises(SignScaleError, match=r"a\.txt: its lines are those of a \.ctm or \.stm"):
            scored(hyp, ref)


def test_an_empty_label_is_named(tmp_path):
    with pytest.raises(SignScaleError, match=r"r\.txt line 2: the label is empty"):
        scored(write(tmp_path / "h.txt", "A", "B"), write(tmp_path / "r.txt", "A", " "), "islr")


def test_unspaced_chinese_is_remarked_on_unless_it_is_cut_into_characters(tmp_path):
    hyp, ref = write(tmp_path / "h.txt", "今天天气很好"), write(tmp_path / "r.txt", "今天天气不好")
    assert any("no spaces" in line and "--tokenize char" in line for line in scored(hyp, ref, "slt")[2])
    assert scored(hyp, ref, "slt", "char")[2] == []


def test_final_dots_on_one_side_are_remarked_on(tmp_path):
    hyp, ref = (
        write(tmp_path / "h.txt", "rain in the north", "sun"),
        write(tmp_path / "r.txt", "rain in the north .", "sun ."),
    )
    (line,) = scored(hyp, ref, "slt")[2]
    assert line.startswith("100% of the references and 0% of the hypotheses end in punctuation")
    assert scored(ref, ref, "slt")[2] == []


@pytest.mark.parametrize(("shape", "shown"), [((2, 3), r"\(2, 3\)"), ((3,), r"\(3,\)"), ((2, 2), r"\(2, 2\)")])
def test_a_matrix_of_a_shape_that_cannot_be_is_named(tmp_path, shape, shown):
    np.save(tmp_path / "s.npy", np.zeros(shape))
    with pytest.raises(SignScaleError, match=rf"s\.npy: its shape is {shown}, expected \(3, 3\): a row for each text"):
        scored(tmp_path / "s.npy", write(tmp_path / "r.txt", *"abc"), "retrieval")


def test_a_matrix_of_complex_numbers_is_refused(tmp_path):
    np.save(tmp_path / "c.npy", np.ones((3, 3), complex))
    with pytest.raises(SignScaleError, match=r"c\.npy: not a matrix of real numbers"):
        scored(tmp_path / "c.npy", write(tmp_path / "r.txt", *"abc"), "retrieval")


def test_a_matrix_that_is_empty_or_claims_too_much_is_one_line(tmp_path):
    ref = write(tmp_path / "r.txt", *"abc")
    (tmp_path / "e.npy").touch()
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}"
    (tmp_path / "h.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    for name in ("e.npy", "h.npy"):
        with pytest.raises(SignScaleError, match=rf"{name}: not a matrix written by numpy\.save"):
            scored(tmp_path / name, ref, "retrieval")
