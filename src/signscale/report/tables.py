"""From runs to the cells of the report's tables: mean and spread over seeds, intervals, differences."""

import statistics
from dataclasses import dataclass

from signscale.report.results import INITS, PRETRAINED, SCRATCH, BenchmarkRuns, Metric
from signscale.tasks.task import Task

INIT_NAMES = {"nearest": "Nearest neighbour", "scratch": "From scratch", "pretrained": "Pre-trained"}


def metric_name(metric: str, task: Task) -> str:
    """How a metric of a task is written in a table; a name that the task does not know stays as it is."""
    return task.metrics.get(metric, metric)


def number(value: float) -> str:
    """A figure with one decimal and a true minus sign."""
    return f"{value:.1f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric over the seeds of one init.

    mean: over the seeds. spread: their sample standard deviation, None for a single run. low, high: from the lowest to
    the highest bound of the runs' intervals (one run: its own interval). values: one a seed. n: test items.
    """

    mean: float
    spread: float | None
    low: float
    high: float
    values: list[float]
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Pre-trained minus from scratch. clear: the two intervals do not touch."""

    value: float
    better: bool
    clear: bool

    def words(self) -> str:
        """The difference said plainly."""
        if self.value == 0:
            return "no difference"
        return f"{'better' if self.better else 'worse'}, {'beyond' if self.clear else 'within'} the intervals"


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one benchmark: a cell for each init that was run, and the difference where both were.

    metric, title: its name, and how it is written. unit: "%" or "".
    """

    metric: str
    title: str
    unit: str
    higher_is_better: bool
    cells: dict[str, Cell]
    difference: Difference | None


def cell(metrics: list[Metric]) -> Cell:
    """Join one metric of several seeds."""
    values = [metric.value for metric in metrics]
    return Cell(
        mean=statistics.fmean(values),
        spread=statistics.stdev(values) if len(values) > 1 else None,
        low=min(metric.low for metric in metrics),
        high=max(metric.high for metric in metrics),
        values=values,
        n=metrics[0].n,
    )


def _difference(cells: dict[str, Cell], higher_is_better: bool) -> Difference | None:
    if not (SCRATCH in cells and PRETRAINED in cells):
        return None
    scratch, pretrained = cells[SCRATCH], cells[PRETRAINED]
    value = pretrained.mean - scratch.mean
    clear = pretrained.low > scratch.high or pretrained.high < scratch.low
    return Difference(value, (value > 0) == higher_is_better, clear)


def rows(benchmark: BenchmarkRuns) -> list[Row]:
    """A row for each metric the runs have: those the task names in its order, others after them by name."""
    known = benchmark.task.metrics
    found = {name for run in benchmark.runs for name in run.metrics}
    order = [name for name in known if name in found] + sorted(found - set(known))
    table = []
    for name in order:
        by_init = {init: [run.metrics[name] for run in benchmark.of(init) if name in run.metrics] for init in INITS}
        cells = {init: cell(metrics) for init, metrics in by_init.items() if metrics}
        like = next(metrics[0] for metrics in by_init.values() if metrics)
        title, unit, better = metric_name(name, benchmark.task), like.unit, like.higher_is_better
        table.append(Row(name, title, "%" if unit == "%" else "", better, cells, _difference(cells, better)))
    return table


def headline(task: Task, table: list[Row]) -> Row | None:
    """The row that stands for the benchmark in the summary."""
    return next((row for row in table if row.metric == task.measure), None)


def coverage(benchmark: BenchmarkRuns) -> tuple[int, int]:
    """Clips present and expected; the worst over the runs."""
    return min(((run.present, run.expected) for run in benchmark.runs), default=(0, 0))


def cut(benchmark: BenchmarkRuns) -> int:
    """Test clips of which only the middle was seen; the most over the runs."""
    return max((run.cut for run in benchmark.runs), default=0)


def missing(benchmark: BenchmarkRuns) -> list[str]:
    """What params ask for and is not there, each as `From scratch: 1 of 3 runs`."""
    lines = []
    for init, planned in benchmark.planned.items():
        if (done := len(benchmark.of(init))) < planned:
            lines.append(f"{INIT_NAMES[init]}: {done} of {planned} run" + "s" * (planned > 1))
    return lines
