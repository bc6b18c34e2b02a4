"""The report's files for DVC: the main figure of each benchmark over its seeds, and the curves of its runs."""

import csv
from types import SimpleNamespace

from signscale.formats.files import read_json, write_json, write_text
from signscale.report.dvc_files import write_dvc_files
from signscale.report.results import BenchmarkRuns, Run
from signscale.report.tables import headline, rows
from signscale.tasks import load_task
from signscale.tasks.metrics.metric import Metric


def benchmark(*values: tuple[str, int, float]) -> SimpleNamespace:
    """A benchmark of continuous recognition whose WER is given by start and seed."""
    runs = [
        Run("signs", init, seed, None, {"wer": Metric("wer", value, value - 1, value + 1, 9, "%", False, "")}, 9, 9)
        for init, seed, value in values
    ]
    found = BenchmarkRuns("signs", load_task("cslr"), "c", {}, runs)
    return SimpleNamespace(runs=found, headline=headline(load_task("cslr"), rows(found)))


def test_a_benchmarks_figures_cover_every_seed_and_one_that_is_gone_leaves_none(tmp_path):
    write_json(tmp_path / "report" / "metrics" / "gone.json", {"scratch": 1.0})
    several = benchmark(("scratch", 1, 50.0), ("scratch", 2, 54.0), ("pretrained", 1, 40.0))
    not_run = SimpleNamespace(runs=BenchmarkRuns("later", load_task("cslr"), "c", {}, []), headline=None)
    write_dvc_files([several, not_run], tmp_path, tmp_path / "report")
    (made,) = (tmp_path / "report" / "metrics").iterdir()
    assert made.name == "signs.json"
    assert read_json(made) == {"scratch": 52.0, "scratch_sd": 2.83, "pretrained": 40.0}


def test_curves_of_all_runs_lie_in_one_table(tmp_path):
    for run, loss in (("scratch-1", 3.5), ("pretrained-1", 2.5)):
        lines = f'{{"epoch": 0, "train_loss": {loss}}}\n{{"epoch": 1, "dev": 9.0, "train_loss": 1.5}}\n'
        write_text(tmp_path / "finetune" / "signs" / run / "curves.jsonl", lines)
    write_dvc_files([], tmp_path, tmp_path / "report")
    with open(tmp_path / "report" / "curves.csv", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["run", "epoch", "train_loss"],
            ["signs pretrained-1", "0", "2.5"],
            ["signs pretrained-1", "1", "1.5"],
            ["signs scratch-1", "0", "3.5"],
            ["signs scratch-1", "1", "1.5"],
        ]
