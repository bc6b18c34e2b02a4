"""Our runs beside the paper: differences where they may stand, and the reason in words where they may not."""

from pathlib import Path

import pytest

from signscale.formats.files import write_json
from signscale.params import Params, load_params, overlay, validate
from signscale.provenance.availability import missing_access, without
from signscale.report.comparison import Row, compare
from signscale.report.results import read_benchmarks
from signscale.report.substitutes import one_view


@pytest.fixture
def paper_params(root: Path, tmp_path: Path) -> Params:
    """The preset paper in a folder without any raw data."""
    params = load_params(root, "paper")
    return params.model_copy(update={"acquire": params.acquire.model_copy(update={"raw": str(tmp_path / "raw")})})


def score(results: Path, run: str, figures: dict[str, float], present: int, expected: int = 0) -> None:
    """A metrics.json as `evaluate` writes it, every interval two wide on either side."""
    metrics = {
        name: {
            "value": value,
            "low": value - 2,
            "high": value + 2,
            "n": present,
            "unit": "%",
            "signature": f"made up|selection:dev|coverage:{present}",
            "higher_is_better": name not in ("wer", "deletions", "insertions"),
        }
        for name, value in figures.items()
    }
    coverage = {"present": present, "expected": expected or present}
    write_json(results / "evaluate" / run / "metrics.json", {"metrics": metrics, "coverage": coverage})


def rows_of(params: Params, results: Path, substitutes: tuple[str, ...] = ()) -> dict[tuple[str, str], Row]:
    rows = compare(params, results, read_benchmarks(params, results), list(substitutes))
    found = {(row.benchmark, row.metric): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_difference_is_ours_less_the_papers_with_its_direction_in_words(paper_params, tmp_path):
    score(tmp_path, "wlasl2000/pretrained-1", {"per_instance_top1": 57.29, "per_class_top1": 50.0}, 2_878)
    score(tmp_path, "phoenix14_cslr/pretrained-1", {"wer": 20.2, "deletions": 9.9}, 629)
    rows = rows_of(paper_params, tmp_path)
    near = rows["wlasl2000", "per-instance top-1"]
    assert (round(near.difference, 6), near.verdict, near.why) == (1.0, "better, the paper inside our interval", "")
    far = rows["wlasl2000", "per-class top-1"]
    assert (round(far.difference, 6), far.verdict) == (-3.29, "worse, the paper outside our interval")
    lower = rows["phoenix14_cslr", "WER"]
    assert (round(lower.difference, 6), lower.verdict) == (-1.0, "better, the paper inside our interval")
    assert rows["phoenix14_cslr", "deletions"].verdict == "worse, the paper outside our interval"
    assert rows["phoenix14_cslr", "insertions"].state == "not measured"
    assert rows["phoenix14_cslr", "insertions"].difference is None


def test_seeds_are_averaged_and_those_still_missing_counted(paper_params, tmp_path):
    finetune = paper_params.finetune.model_copy(update={"seeds": [1, 2, 3]})
    params = paper_params.model_copy(update={"finetune": finetune})
    for seed, value in ((1, 70.0), (2, 74.0)):
        score(tmp_path, f"msasl1000/pretrained-{seed}", {"per_instance_top1": value}, 4_172)
    score(tmp_path, "msasl1000/scratch-1", {"per_instance_top1": 1.0}, 4_172)
    row = rows_of(params, tmp_path)["msasl1000", "per-instance top-1"]
    assert row.ours.seeds == (1, 2)
    assert (row.ours.cell.mean, row.ours.cell.low, row.ours.cell.high) == (72.0, 68.0, 76.0)
    assert round(row.difference, 6) == -2.07
    assert "2 of 3 seeds are scored" in row.remarks


def test_a_run_of_few_labelled_clips_has_no_difference(paper_params, tmp_path):
    score(tmp_path, "wlasl2000/pretrained-1", {"per_instance_top1": 57.29}, 2_878)
    benchmarks = paper_params.finetune.benchmarks
    few = benchmarks | {"wlasl2000": benchmarks["wlasl2000"].model_copy(update={"shots": 5})}
    finetune = paper_params.finetune.model_copy(update={"benchmarks": few})
    row = rows_of(paper_params.model_copy(update={"finetune": finetune}), tmp_path)["wlasl2000", "per-instance top-1"]
    assert (row.difference, row.why) == (None, "not the same training set: 5 labelled clips a class")


@pytest.mark.parametrize(
    ("present", "expected", "said"),
    [
        (2_877, 2_878, "not the same test set: 2,877 of its 2,878 clips were there"),
        (2_800, 2_800, "not the same test set: the annotations here list 2,800 clips, published are 2,878"),
    ],
)
def test_another_test_set_has_no_difference(paper_params, tmp_path, present, expected, said):
    score(tmp_path, "wlasl2000/pretrained-1", {"per_instance_top1": 57.0}, present, expected)
    row = rows_of(paper_params, tmp_path)["wlasl2000", "per-instance top-1"]
    assert (row.difference, row.verdict, row.why) == (None, "", said)
    assert row.ours.cell.mean == 57.0
    assert row.printed.printed == "56.29"


def test_the_worst_of_several_seeds_decides_the_coverage(paper_params, tmp_path):
    finetune = paper_params.finetune.model_copy(update={"seeds": [1, 2]})
    score(tmp_path, "csl_daily_cslr/pretrained-1", {"wer": 30.0}, 1_176)
    score(tmp_path, "csl_daily_cslr/pretrained-2", {"wer": 30.0}, 1_000, 1_176)
    row = rows_of(paper_params.model_copy(update={"finetune": finetune}), tmp_path)["csl_daily_cslr", "WER"]
    assert (row.ours.present, row.ours.expected, row.difference) == (1_000, 1_176, None)
    assert row.ours.signature == "made up|selection:dev|coverage:1176; made up|selection:dev|coverage:1000"


def test_with_nothing_run_every_row_of_the_paper_stands_there_with_a_reason(paper_params, tmp_path):
    rows = rows_of(paper_params, tmp_path)
    assert {row.benchmark for row in rows.values()} == set(paper_params.finetune.benchmarks)
    assert all(row.ours is None and row.difference is None and row.why for row in rows.values())
    assert len([row for row in rows.values() if row.printed]) == 6 * 4 + 6 + 1 + 3 * 3 + 2 * 4 + 2 * 8
    assert rows["wlasl100", "per-instance top-1"].why == "not run yet"
    filter = rows["csl_daily_slt", "BLEU-4"]
    assert filter.state == "left out"
    assert filter.why.startswith("CSL-Daily is left out (research agreement with USTC).")
    assert "https://ustc-slr.github.io/datasets/2021_csl_daily/" in filter.why
    lost = rows["how2sign_slt", "BLEU-4"]
    assert lost.printed is None
    assert lost.why == "not run yet; the paper's How2Sign table, whose best row is its own, is not in our copy of it"
    assert "the table, and so its rivals, is not in our copy" in rows["slr500", "top-1"].remarks[0]


def test_benchmarks_a_run_goes_without_say_the_line_of_the_gate(paper_params, tmp_path):
    lines = missing_access(paper_params)
    left = without(paper_params, lines)
    assert set(left.finetune.absent) == {"nmfs_csl", "slr500", "csl_daily_cslr", "csl_daily_slt", "csl_daily_retrieval"}
    before, after = rows_of(paper_params, tmp_path), rows_of(left, tmp_path)
    assert set(after) == set(before)
    assert all(after[key].why == row.why for key, row in before.items())
    assert after["nmfs_csl", "total top-1"].why == lines["nmfs_csl"]


def test_with_all_nine_corpora_absent_every_row_says_why(paper_params, tmp_path):
    finetune = paper_params.finetune
    finetune = finetune.model_copy(update={"benchmarks": {}, "absent": finetune.benchmarks})
    rows = rows_of(paper_params.model_copy(update={"finetune": finetune}), tmp_path)
    assert {row.benchmark for row in rows.values()} == set(finetune.absent)
    assert rows["wlasl100", "per-class top-5"].why == "WLASL was not there when this run began; run again"
    assert all(row.state == "left out" for row in rows.values())


def test_a_corpus_that_was_acquired_is_not_left_out_for_its_raw_data(paper_params, tmp_path):
    (tmp_path / "acquire").mkdir()
    (tmp_path / "acquire" / "slr500.parquet").write_bytes(b"")
    assert rows_of(paper_params, tmp_path)["slr500", "top-1"].why == "not run yet"


def test_starts_without_pretraining_are_said(paper_params, tmp_path):
    finetune = paper_params.finetune.model_copy(update={"inits": ["scratch"]})
    row = rows_of(paper_params.model_copy(update={"finetune": finetune}), tmp_path)["wlasl100", "per-class top-1"]
    assert row.why == "wlasl100: finetune.inits leaves out pretrained"


def test_a_part_the_paper_does_not_have_is_said(paper_params, tmp_path):
    odd = paper_params.finetune.benchmarks["msasl100"].model_copy(update={"subset": "msasl500"})
    finetune = paper_params.finetune.model_copy(update={"benchmarks": {"msasl500": odd}})
    (row,) = rows_of(paper_params.model_copy(update={"finetune": finetune}), tmp_path).values()
    assert row.why == "not run yet; no counterpart in the paper: it has no islr of MS-ASL, subset msasl500"
    assert (row.metric, row.counterpart, row.printed) == ("per-instance top-1", "", None)


def test_the_embedded_corpus_has_no_counterpart_but_its_figures(params, results):
    for seed in (1, 2):
        score(results, f"letters/pretrained-{seed}", {"per_instance_top1": 40.0, "per_class_top5": 60.0}, 84)
    rows = rows_of(params, results, ("MediaPipe stands in for HRNet + DARK and InterWild",))
    assert [metric for benchmark, metric in rows if benchmark == "letters"] == ["per-instance top-1", "per-class top-5"]
    row = rows["letters", "per-instance top-1"]
    assert row.ours.cell.mean == 40.0
    assert row.remarks[0] == "MediaPipe stands in for HRNet + DARK and InterWild"
    assert row.why.startswith("no counterpart in the paper: Signed letters of 19 sign languages is none of its corpora")
    assert rows["words_cslr", "WER"].rgb is None


def test_a_model_pretrained_without_a_corpus_says_so(paper_params, tmp_path):
    pretrain = paper_params.pretrain.model_copy(update={"absent": ["bobsl"]})
    score(tmp_path, "phoenix14t_slt/pretrained-1", {"bleu4": 20.0}, 642)
    row = rows_of(paper_params.model_copy(update={"pretrain": pretrain}), tmp_path)["phoenix14t_slt", "BLEU-4"]
    seven = "wlasl, msasl, nmfs_csl, slr500, phoenix14, phoenix14t, csl_daily"
    assert row.remarks == (
        "pre-trained without bobsl",
        f"pre-trained without the second view of each clip, with InterWild's hands, of {seven}",
    )
    assert round(row.difference, 6) == -2.24


def test_second_views_that_are_there_or_in_no_corpus_are_not_mentioned(root):
    paper = load_params(root, "paper")
    weights = {"source": "data/interwild.pth.tar", "sha256": "0" * 64}
    over = {"keypoints": {"interwild": {"weights": weights}}}
    assert one_view(paper) != ""
    assert one_view(validate(overlay(paper.model_dump(mode="json", by_alias=True), over), "test")) == ""
    assert one_view(load_params(root, "demo")) == ""
