"""Scoring prediction lines and anybody's files."""

import json
import subprocess
import sys

import numpy as np
import pytest

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.params import EvaluateParams
from signscale.tasks.lines import read_lines
from signscale.tasks.metrics.metric import Coverage
from signscale.tasks.metrics.retrieval import retrieval_ranks
from signscale.tasks.score import BY_DEFAULT, score_files, score_predictions
from signscale.tasks.task import Conventions

FEW = EvaluateParams(bootstrap=100, confidence=0.95)


def sentences(*pairs, language="gsg"):
    return [
        {"sample_id": f"s{at}", "language": language, "reference": reference, "hypothesis": hypothesis}
        for at, (reference, hypothesis) in enumerate(pairs)
    ]


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_isolated_predictions_give_accuracies_with_context():
    predictions = [
        {"sample_id": "s0", "label": "a", "ranked": ["a", "b", "c"], "probabilities": [0.5, 0.3, 0.2]},
        {"sample_id": "s1", "label": "b", "ranked": ["a", "b", "c"], "probabilities": [0.4, 0.4, 0.2]},
    ]
    metrics = score_predictions("islr", predictions, FEW, Coverage(2, 3))
    assert metrics["per_instance_top1"].value == 50 and metrics["per_instance_top5"].value == 100
    assert "|classes:2/3|absent:c|selection:dev|coverage:2/3|" in metrics["per_class_top1"].signature


def test_glosses_are_scored_by_the_conventions_given():
    predictions = sentences(("loc-NORD REGEN", "NORD REGEN"))
    plain = score_predictions("cslr", predictions, FEW, Coverage(1, 1))
    assert plain["wer"].value == 50
    few = score_predictions("cslr", predictions, FEW, Coverage(1, 1), Conventions(shots=3))
    assert "|shots:3|" in few["wer"].signature and "shots" not in plain["wer"].signature
    cleaned = score_predictions("cslr", predictions, FEW, Coverage(1, 1), Conventions(cleanup="phoenix14"))
    assert cleaned["wer"].value == 0 and "cleanup:phoenix14" in cleaned["wer"].signature


def test_the_language_chooses_the_tokens():
    chinese = score_predictions("slt", sentences(("你好吗", "你好"), language="csl"), FEW, Coverage(1, 1))
    assert "tok:char" in chinese["bleu4"].signature and chinese["bleu1"].value > 50
    german = score_predictions("slt", sentences(("guten tag", "guten tag")), FEW, Coverage(1, 1))
    assert "tok:13a" in german["bleu1"].signature and german["bleu1"].value == pytest.approx(100)


def test_retrieval_from_the_matrix_and_from_ranks_agree(tmp_path):
    similarity = np.random.default_rng(0).random((12, 12))
    ids = [f"t{k // 2}" for k in range(12)]
    t2v, v2t = retrieval_ranks(similarity, ids, ids)
    lines = [
        {"sample_id": f"s{k}", "text_id": ids[k], "t2v_rank": int(t2v[k]), "v2t_rank": int(v2t[k])} for k in range(12)
    ]
    np.save(tmp_path / "s.npy", similarity)
    from_matrix = score_files("retrieval", tmp_path / "s.npy", write(tmp_path / "r.txt", *ids), FEW, Conventions())[0]
    assert from_matrix == score_predictions("retrieval", lines, FEW, Coverage(12, 12))
    assert "duplicates:max over group,6 texts" in from_matrix["t2v_r1"].signature


def test_equal_predictions_give_equal_metrics():
    predictions = sentences(("a b c", "a x c"), ("d e", "d"), ("f", "f"))
    first, second = (score_predictions("slt", predictions, FEW, Coverage(3, 3)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("task", "predictions", "line"),
    [
        ("cslr", sentences(("", "A")), "s0: the reference is empty"),
        ("slt", sentences((" ", "A")), "s0: the reference is empty"),
        ("cslr", [{"sample_id": "s0", "reference": "A"}], "s0: 'hypothesis' is missing"),
        ("cslt", sentences(("A", "A")), "task 'cslt' is unknown; there are cslr, islr, retrieval, slt"),
    ],
)
def test_lines_that_do_not_fit_are_named(task, predictions, line):
    with pytest.raises(SignScaleError, match=line):
        score_predictions(task, predictions, FEW, Coverage(1, 1))


def test_coverage_must_agree_with_the_predictions():
    with pytest.raises(SignScaleError, match="2 clips are said to be present, 1 were scored"):
        score_predictions("cslr", sentences(("A", "A")), FEW, Coverage(2, 2))


def test_no_predictions_are_an_error():
    for task in ("islr", "cslr", "slt", "retrieval"):
        with pytest.raises(SignScaleError, match="no test item"):
            score_predictions(task, [], FEW, Coverage(0, 5))


def test_lines_are_split_at_newlines_only(tmp_path):
    (tmp_path / "t").write_bytes("\ufeffa\u2028b\r\n\nc".encode())
    assert read_lines(tmp_path / "t") == ["a\u2028b", "", "c"]


def test_an_empty_reference_line_is_named(tmp_path):
    hyp, ref = write(tmp_path / "h.txt", "A", "B"), write(tmp_path / "r.txt", "A", "")
    with pytest.raises(SignScaleError, match=r"r\.txt line 2: the reference is empty"):
        score_files("cslr", hyp, ref, FEW, Conventions())


def test_files_of_different_length_are_refused(tmp_path):
    hyp, ref = write(tmp_path / "h.txt", "A"), write(tmp_path / "r.txt", "A", "B")
    with pytest.raises(SignScaleError, match=r"h\.txt: 1 lines, but .*r\.txt has 2"):
        score_files("slt", hyp, ref, FEW, Conventions())


def test_files_that_cannot_be_read_are_named(tmp_path):
    ref = write(tmp_path / "r.txt", "A")
    with pytest.raises(SignScaleError, match=r"nowhere\.txt: cannot be read"):
        score_files("cslr", tmp_path / "nowhere.txt", ref, FEW, Conventions())
    (tmp_path / "latin.txt").write_bytes("für".encode("latin-1"))
    with pytest.raises(SignScaleError, match=r"latin\.txt: byte 1 is not UTF-8"):
        score_files("cslr", tmp_path / "latin.txt", ref, FEW, Conventions())
    with pytest.raises(SignScaleError, match=r"r\.txt: not a matrix"):
        score_files("retrieval", ref, ref, FEW, Conventions())


def test_labels_best_first_are_scored(tmp_path):
    hyp, ref = write(tmp_path / "h.txt", "thank you\tplease", "no\tyes"), write(tmp_path / "r.txt", "thank you", "yes")
    metrics, _, _ = score_files("islr", hyp, ref, FEW, Conventions())
    assert metrics["per_instance_top1"].value == 50 and metrics["per_instance_top5"].value == 100


def test_a_similarity_file_is_scored(tmp_path):
    np.save(tmp_path / "s.npy", np.eye(3))
    metrics, _, _ = score_files("retrieval", tmp_path / "s.npy", write(tmp_path / "r.txt", *"abc"), FEW, Conventions())
    assert metrics["t2v_r1"].value == metrics["v2t_r1"].value == 100


def run(*arguments):
    command = [sys.executable, "-m", "signscale", "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_verb_prints_and_writes_the_metrics(tmp_path):
    hyp, ref = write(tmp_path / "h.txt", "REGEN", ""), write(tmp_path / "r.txt", "loc-REGEN", "WIND")
    out = tmp_path / "m.json"
    done = run("--task", "cslr", "--hyp", hyp, "--ref", ref, "--cleanup", "phoenix14", "--json", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == ["wer", "50.00"]
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["metrics"]["deletions"]["value"] == 50
    assert document["metrics"]["wer"]["signature"].startswith("scorer:python|cleanup:phoenix14")
    assert f"bootstrap:{BY_DEFAULT.bootstrap}" in document["metrics"]["wer"]["signature"]
    assert document["inputs"] == {"hyp": sha256(hyp), "ref": sha256(ref)}


def test_the_verb_ends_with_one_line_on_bad_input(tmp_path):
    ref = write(tmp_path / "r.txt", "A")
    done = run("--task", "cslr", "--hyp", tmp_path / "none.txt", "--ref", ref)
    assert done.returncode == 1
    assert done.stderr.startswith("signscale: ") and done.stderr.count("\n") == 1
