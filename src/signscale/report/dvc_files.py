"""The report's figures and curves for DVC: a flat metrics.json that fits a terminal, and curves.csv for its plots."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from signscale.formats.files import write_json, write_text
from signscale.report.benchmarks import Benchmark
from signscale.report.results import read_lines, read_object

COLUMNS = ("run", "epoch", "train_loss")


def write_dvc_files(benchmarks: Iterable[Benchmark], results: Path, folder: Path) -> None:
    """Write metrics.json and curves.csv into `folder`, from the runs under `results`."""
    write_json(folder / "metrics.json", figures(benchmarks, results))
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerows([COLUMNS, *curves(results)])
    write_text(folder / "curves.csv", rows.getvalue())


def figures(benchmarks: Iterable[Benchmark], results: Path) -> dict[str, dict[str, float]]:
    """The main figure of each benchmark by start, the mean over its seeds, with `_sd` where there are several.

    With it the held-out losses of pre-training, where they were measured.
    """
    found: dict[str, dict[str, float]] = {}
    pretrained = results / "pretrain" / "metrics.json"
    if pretrained.is_file() and (held_out := read_object(pretrained).get("held_out")):
        found["pretrain"] = {name: held_out[name] for name in ("loss", "r1") if name in held_out}
    for benchmark in benchmarks:
        if benchmark.headline is None:
            continue
        mine = found.setdefault(benchmark.runs.name, {})
        for init, cell in benchmark.headline.cells.items():
            mine[init] = round(cell.mean, 4)
            if cell.spread is not None:
                mine[f"{init}_sd"] = round(cell.spread, 4)
    return found


def curves(results: Path) -> list[tuple[str, int, float]]:
    """Training loss by epoch of every fine-tuning run: rows of COLUMNS."""
    files = sorted((results / "finetune").glob("*/*/curves.jsonl"))
    names = [f"{path.parent.parent.name} {path.parent.name}" for path in files]
    lines = [(name, line) for name, path in zip(names, files, strict=True) for line in read_lines(path)]
    return [(name, line["epoch"], line["train_loss"]) for name, line in lines]
