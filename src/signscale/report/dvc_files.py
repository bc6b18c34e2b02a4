"""The report's figures and curves for DVC: a small file of figures a benchmark, and curves.csv for its plots.

`dvc metrics show` prints a line for each file and a column for each key: with the same few keys in every file, twelve
benchmarks fit a terminal.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from signscale.formats.files import write_json, write_text
from signscale.report.benchmarks import Benchmark
from signscale.report.lines import Epoch
from signscale.report.results import read_lines

COLUMNS = ("run", "epoch", "train_loss")


def write_dvc_files(benchmarks: Iterable[Benchmark], results: Path, folder: Path) -> list[Path]:
    """Write metrics/<benchmark>.json and curves.csv into `folder`, from the runs under `results`.

    Figures of benchmarks that are no longer among these are removed. Returns the files.
    """
    shown = figures(benchmarks)
    for path in (folder / "metrics").glob("*.json"):
        if path.stem not in shown:
            path.unlink()
    made = {folder / "metrics" / f"{name}.json": values for name, values in shown.items()}
    for path, values in made.items():
        write_json(path, values)
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerows([COLUMNS, *curves(results)])
    write_text(folder / "curves.csv", rows.getvalue())
    return [*made, folder / "curves.csv"]


def figures(benchmarks: Iterable[Benchmark]) -> dict[str, dict[str, float]]:
    """The main figure of each benchmark by start, the mean over its seeds, with `_sd` where there are several."""
    found: dict[str, dict[str, float]] = {}
    for benchmark in benchmarks:
        if benchmark.headline is None:
            continue
        mine = found.setdefault(benchmark.runs.name, {})
        for init, cell in benchmark.headline.cells.items():
            mine[init] = round(cell.mean, 2)
            if cell.spread is not None:
                mine[f"{init}_sd"] = round(cell.spread, 2)
    return found


def curves(results: Path) -> list[tuple[str, int, float]]:
    """Training loss by epoch of every fine-tuning run: rows of COLUMNS."""
    files = sorted((results / "finetune").glob("*/*/curves.jsonl"))
    names = [f"{path.parent.parent.name} {path.parent.name}" for path in files]
    lines = [(name, line) for name, path in zip(names, files, strict=True) for line in read_lines(path, Epoch)]
    return [(name, line["epoch"], line["train_loss"]) for name, line in lines]
