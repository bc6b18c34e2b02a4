"""The figures of one ablation table: every point's mean over seeds, and the difference of the preset's own point over
it."""

from pathlib import Path
from typing import Any

from signscale.ablations.points import BASE, Run, check, run_of, tables
from signscale.errors import SignScaleError
from signscale.evaluate.compare import compare_runs, mean_of_runs
from signscale.formats.files import write_json
from signscale.params import Params
from signscale.report.lines import FORMS
from signscale.report.results import read_lines
from signscale.report.substitutes import substitutes
from signscale.tasks import load_task
from signscale.tasks.metrics.metric import Metric
from signscale.tasks.score import conventions_of
from signscale.tasks.task import Prediction


def _predictions(results: Path, runs: list[Run], form: str) -> dict[int, list[Prediction]]:
    """The predictions of each seed. form: of the task's lines."""
    paths = [results / run.evaluate / "predictions.jsonl" for run in runs]
    if missing := [path for path in paths if not path.is_file()]:
        raise SignScaleError(f"{missing[0]}: no such file; run snakemake ablations")
    return {run.seed: read_lines(path, FORMS[form]) for run, path in zip(runs, paths, strict=True)}


def _figure(metric: Metric, difference: Metric | None) -> dict[str, Any]:
    """A cell of the table. difference: the preset's own point minus this one, signed so that more is better."""
    cell = {key: metric.to_json()[key] for key in ("value", "low", "high", "n", "unit", "higher_is_better")}
    if difference:
        ends = (
            (difference.value, difference.low, difference.high)
            if difference.higher_is_better
            else (-difference.value, -difference.high, -difference.low)
        )
        cell["difference"] = dict(zip(("value", "low", "high"), (round(end, 6) for end in ends), strict=True))
    return cell | {"signature": (difference or metric).signature}


def table(params: Params, name: str, results: Path) -> dict[str, Any]:
    """One table: for each benchmark and each of its points the measure of its task, in its unit.

    Every cell holds the mean over seeds (`value`), its interval from resampled test items and seeds (`low`, `high`),
    and one value per seed. Except for the preset's own point it also holds how far that point is ahead of this one,
    paired by test item and seed. Raises SignScaleError if the table is not one of the sweep's, has no point that
    changes nothing, or a run is not there.
    """
    if name not in params.ablations.tables:
        raise SignScaleError(f"{name}: no such table; there are {', '.join(params.ablations.tables)}")
    check(params, [name])
    seeds, labels = params.ablations.seeds, tables(params)[name]
    columns = {}
    for benchmark in params.ablations.benchmarks:
        settings = params.finetune.benchmarks.get(benchmark)
        if settings is None:
            continue
        task, conventions = load_task(settings.task), conventions_of(settings)
        lines = {
            point: _predictions(results, [run_of(params, point, benchmark, seed) for seed in seeds], task.form)
            for point in dict.fromkeys([BASE, *labels.values()])
        }
        cells = {}
        for label, point in labels.items():
            own = mean_of_runs(settings.task, [*lines[point].values()], params.evaluate, conventions)[task.measure]
            difference = None
            if point != BASE:
                difference = compare_runs(settings.task, lines[BASE], lines[point], params.evaluate, conventions)[
                    task.measure
                ]
            each = {
                str(seed): mean_of_runs(settings.task, [run], params.evaluate, conventions)[task.measure].value
                for seed, run in lines[point].items()
            }
            cells[label] = _figure(own, difference) | {"seeds": each}
        columns[benchmark] = {"task": settings.task, "measure": task.measure, "points": cells}
    chosen = next(label for label, point in labels.items() if point == BASE)
    replaced = substitutes(params.keypoints.estimator, params.text.encoder)
    about = {"table": name, "preset": params.preset, "chosen": chosen, "substitutes": replaced}
    return about | {"points": labels, "benchmarks": columns}


def write_table(params: Params, name: str, results: Path, out: Path) -> None:
    """Write the figures of a table as JSON."""
    write_json(out, table(params, name, results))
