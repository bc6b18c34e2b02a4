"""What the reader of the scores is told: empty hypotheses, labels nobody knows, classes without a test item."""

import subprocess
import sys

from signscale.tasks import load_task


def remarks(task, lines):
    return load_task(task).remarks(lines)


def item(number, **fields):
    return {"sample_id": f"s{number}"} | fields


def test_empty_hypotheses_are_counted_and_named():
    lines = [item(k, reference="A", hypothesis=text) for k, text in enumerate(["A", "", " ", "", "", "B"])]
    assert remarks("cslr", lines) == ["4 of 6 hypotheses are empty (s1, s2, s3, ...): all its glosses are deletions"]
    assert remarks("slt", lines[:2]) == ["1 of 2 hypotheses are empty (s1): it matches nothing"]
    assert remarks("slt", lines[:1]) == []


def test_a_label_outside_the_vocabulary_and_a_class_absent_from_test_are_named():
    lines = [item(0, label="A", ranked=["A", "B"]), item(1, label="Z", ranked=["B", "A"])]
    assert remarks("islr", lines) == [
        "1 labels are outside the vocabulary (Z): their clips count as missed",
        "1 classes have no test item (B): the per-class mean leaves them out",
    ]


def test_the_verb_tells_them_beside_the_scores(tmp_path):
    (tmp_path / "h").write_text("A\n\n")
    (tmp_path / "r").write_text("A\nB\n")
    command = [sys.executable, "-m", "signscale", "score", "--task", "cslr", "--hyp", tmp_path / "h"]
    done = subprocess.run([*command, "--ref", tmp_path / "r"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split()[:2] == ["wer", "50.00"]
    assert "score: 1 of 2 hypotheses are empty" in done.stderr
