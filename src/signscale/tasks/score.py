"""Scores predictions: our own prediction lines, or the text files of any system, one line per sample."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.params import BenchmarkParams, EvaluateParams
from signscale.tasks import load_task
from signscale.tasks.metrics.bootstrap import measured
from signscale.tasks.metrics.metric import Coverage, Measure, Metric, metrics_document
from signscale.tasks.task import Conventions, Prediction

BY_DEFAULT = EvaluateParams(bootstrap=2000, confidence=0.95)  # for files scored outside of any project
STANDARD = Conventions()


def conventions_of(benchmark: BenchmarkParams) -> Conventions:
    """The conventions of a benchmark, by which its dev is measured and its test is scored."""
    return Conventions(
        benchmark.cleanup, benchmark.scorer, None, benchmark.subsets, benchmark.select_on, benchmark.shots
    )


def measures_of(task: str, predictions: Sequence[Prediction], conventions: Conventions) -> list[Measure]:
    """Everything that is measured of a task's prediction lines. Raises SignScaleError on lines that do not fit."""
    return load_task(task).measures(predictions, conventions)


def _metrics(
    measures: Sequence[Measure], evaluate: EvaluateParams, coverage: Coverage, conventions: Conventions
) -> dict[str, Metric]:
    context = f"selection:{conventions.selection}|coverage:{coverage.present}/{coverage.expected}"
    context += f"|shots:{conventions.shots}" if conventions.shots else ""
    return {one.name: measured(one, evaluate.bootstrap, evaluate.confidence, context) for one in measures}


def score_predictions(
    task: str,
    predictions: Sequence[Prediction],
    evaluate: EvaluateParams,
    coverage: Coverage,
    conventions: Conventions = STANDARD,
) -> dict[str, Metric]:
    """Every metric of a task by name. Raises SignScaleError on lines that do not fit, or if there are none."""
    if len(predictions) != coverage.present:
        raise SignScaleError(
            f"coverage: {coverage.present} clips are said to be present, {len(predictions)} were scored"
        )
    return _metrics(measures_of(task, predictions, conventions), evaluate, coverage, conventions)


def score_files(
    task: str, hyp: Path, ref: Path, evaluate: EvaluateParams, conventions: Conventions
) -> tuple[dict[str, Metric], dict[str, Any], list[str]]:
    """Score two files, one line a sample (Task.read_files): the metrics, the content of a metrics.json, remarks.

    Raises SignScaleError on files that do not fit.
    """
    predictions = load_task(task).read_files(hyp, ref)
    coverage = Coverage(len(predictions), len(predictions))
    metrics = score_predictions(task, predictions, evaluate, coverage, conventions)
    inputs = {"hyp": sha256(hyp), "ref": sha256(ref)}
    return (
        metrics,
        metrics_document(ref.stem, "", metrics, coverage, inputs),
        load_task(task).file_remarks(predictions, conventions),
    )


def shown(metrics: Mapping[str, Metric]) -> str:
    """The metrics as lines of text: name, value, interval, unit, n, signature."""
    width = max(len(name) for name in metrics)
    return "\n".join(
        f"{name:{width}}  {metric.value:7.2f} [{metric.low:.2f}, {metric.high:.2f}] {metric.unit}  n={metric.n}  "
        f"{metric.signature}"
        for name, metric in metrics.items()
    )
