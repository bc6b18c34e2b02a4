"""Read what `evaluate` left under a results folder: the figures and the predictions of every run.

A missing run is no error, it is "not run"; a damaged file raises SignScaleError.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from signscale.errors import SignScaleError
from signscale.formats.files import read_json
from signscale.formats.reading import reading
from signscale.params import Params
from signscale.params.section import fault
from signscale.report.lines import FORMS, Figure, ResultLine
from signscale.tasks import load_task
from signscale.tasks.metrics.metric import Metric
from signscale.tasks.task import Task

NEAREST, SCRATCH, PRETRAINED = "nearest", "scratch", "pretrained"
INITS = (NEAREST, SCRATCH, PRETRAINED)


@dataclass(frozen=True, slots=True)
class Run:
    """One scored run. init: nearest, scratch or pretrained. seed: -1 for the nearest-neighbour baseline.

    cut: test clips of which only the middle was seen.
    """

    benchmark: str
    init: str
    seed: int
    folder: Path
    metrics: dict[str, Metric]
    present: int
    expected: int
    cut: int = 0

    def predictions(self, form: str) -> list[dict[str, Any]]:
        """One mapping a test item, in file order; an absent file is an empty list. form: of the task's lines."""
        path = self.folder / "predictions.jsonl"
        return read_lines(path, FORMS[form]) if path.exists() else []


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; raises SignScaleError if the file is torn or holds something else."""
    content = read_json(path, "run its stage again")
    if not isinstance(content, dict):
        raise SignScaleError(f"{path}: expected a JSON object, found {type(content).__name__}; run its stage again")
    return content


def read_lines(path: Path, line: type[ResultLine] = ResultLine) -> list[dict[str, Any]]:
    """The JSON objects of a .jsonl file, one a line; raises SignScaleError naming the first that is not as `line`
    says."""
    with reading(path, "a file of results", "run its stage again"):
        *lines, last = path.read_text(encoding="utf-8").split("\n")  # not splitlines: texts may hold other line breaks
    return [_row(path, number, text, line) for number, text in enumerate([*lines, last] if last else lines, 1)]


def _row(path: Path, number: int, text: str, line: type[ResultLine]) -> dict[str, Any]:
    """A line of a file of results."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        row = None
    return _fitting(line, row, f"{path}: line {number}", "run its stage again")


def _metric(path: Path, name: str, entry: Any) -> Metric:
    """A metric of a metrics.json."""
    figure = _fitting(Figure, entry, f"{path}: metric {name}", "run snakemake evaluate")
    return Metric(name, **{key: figure[key] for key in Figure.model_fields})


def _fitting(form: type[ResultLine], content: Any, where: str, remedy: str) -> dict[str, Any]:
    """The content, if it is an object as `form` says; raises SignScaleError if not."""
    if not isinstance(content, dict):
        raise SignScaleError(f"{where} is not a JSON object; {remedy}")
    try:
        form.model_validate(content)
    except ValidationError as error:
        raise SignScaleError(f"{where}: {fault(error.errors()[0])}; {remedy}") from None
    return content


def read_run(folder: Path, benchmark: str, init: str, seed: int) -> Run | None:
    """The run in `folder`, or None if it was not run. Raises SignScaleError if its metrics.json is torn."""
    path = folder / "metrics.json"
    if not path.exists():
        return None
    content = read_object(path)
    try:
        coverage = content["coverage"]
        entries = content["metrics"].items()
        present, expected, cut = int(coverage["present"]), int(coverage["expected"]), int(content.get("cut", 0))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SignScaleError(f"{path}: no whole metrics ({error!r}); run snakemake evaluate") from None
    metrics = {name: _metric(path, name, entry) for name, entry in entries}
    return Run(benchmark, init, seed, folder, metrics, present, expected, cut)


@dataclass(frozen=True, slots=True)
class BenchmarkRuns:
    """A benchmark's runs. planned: runs params ask for, by init; runs: those that were scored, inits in table order."""

    name: str
    task: Task
    corpus: str
    planned: dict[str, int]
    runs: list[Run]

    def of(self, init: str) -> list[Run]:
        """Scored runs from `init`, by seed."""
        return [run for run in self.runs if run.init == init]


def read_benchmarks(params: Params, results: Path) -> list[BenchmarkRuns]:
    """Every benchmark params name, in their order, with the runs found under `results`/evaluate."""
    benchmarks = []
    for name, settings in params.finetune.benchmarks.items():
        task = load_task(settings.task)
        plan = [(NEAREST, -1)] if task.has_classes else []
        seeds = settings.seeds or params.finetune.seeds
        plan += [(init, seed) for init in INITS if init in params.finetune.inits for seed in seeds]
        runs = []
        for init, seed in plan:
            folder = results / "evaluate" / name / (NEAREST if init == NEAREST else f"{init}-{seed}")
            if run := read_run(folder, name, init, seed):
                runs.append(run)
        planned = {init: sum(1 for other, _ in plan if other == init) for init in INITS}
        benchmarks.append(BenchmarkRuns(name, task, settings.corpus, planned, runs))
    return benchmarks
