"""From runs to the cells of the report's tables: mean and spread over seeds, intervals, differences."""

import statistics
from dataclasses import dataclass

from signscale.report.results import INITS, PRETRAINED, SCRATCH, BenchmarkRuns, Metric

TASKS = {
    "islr": "Isolated sign recognition",
    "cslr": "Continuous sign recognition",
    "slt": "Gloss-free translation",
    "retrieval": "Sign-text retrieval",
}
INIT_NAMES = {"nearest": "Nearest neighbour", "scratch": "From scratch", "pretrained": "Pre-trained"}
# The figure that stands for a task: the first of these a benchmark has.
HEADLINE = {"islr": ("top1", "per_instance_top1"), "cslr": ("wer",), "slt": ("bleu4",), "retrieval": ("t2v_r1",)}

# Metric name -> how it is written, its unit. The order is that of the tables.
_TOP = {f"top{n}": f"Top-{n} accuracy" for n in (1, 5)}
_RECALL = {"r1": ("R@1", "%"), "r5": ("R@5", "%"), "r10": ("R@10", "%"), "medr": ("median rank", "")}
METRICS = (
    {top: (name, "%") for top, name in _TOP.items()}
    | {f"per_instance_{top}": (name, "%") for top, name in _TOP.items()}
    | {f"{top}_per_class": (f"{name}, mean of classes", "%") for top, name in _TOP.items()}
    | {f"per_class_{top}": (f"{name}, mean of classes", "%") for top, name in _TOP.items()}
    | {
        f"{part}_{top}": (f"{name}, {part} signs", "%")
        for part in ("confusing", "normal")
        for top, name in _TOP.items()
    }
    | {"wer": ("Word error rate", "%")}
    | {
        f"{before}{kind}": (f"of it: {kind}", "%")
        for before in ("", "wer_")
        for kind in ("substitutions", "deletions", "insertions")
    }
    | {f"bleu{n}": (f"BLEU-{n}", "") for n in (1, 2, 3, 4)}
    | {
        "rouge_l": ("ROUGE-L", ""),
        "rouge_l_f1_corpus_mean": ("ROUGE-L, mean F1 of sentences", ""),
        "rouge_l_mscoco_beta1.2": ("ROUGE-L, beta 1.2 (COCO)", ""),
        "rouge_l_f1_of_corpus_counts": ("ROUGE-L, F1 of all counts", ""),
    }
    | {
        f"{way}_{measure}": (f"{arrow}: {name}", unit)
        for way, arrow in (("t2v", "Text to video"), ("v2t", "Video to text"))
        for measure, (name, unit) in _RECALL.items()
    }
)


def metric_name(metric: str) -> str:
    """How a metric is written in a table; a name we do not know stays as it is."""
    return METRICS.get(metric, (metric, ""))[0]


def metric_unit(metric: str) -> str:
    """Unit of a metric, "%" or ""."""
    return METRICS.get(metric, (metric, ""))[1]


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
    """One metric of one benchmark: a cell for each init that was run, and the difference where both were."""

    metric: str
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
    """A row for each metric the runs have: known ones in the order of METRICS, others after them by name."""
    found = {name for run in benchmark.runs for name in run.metrics}
    order = [name for name in METRICS if name in found] + sorted(found - set(METRICS))
    table = []
    for name in order:
        by_init = {init: [run.metrics[name] for run in benchmark.of(init) if name in run.metrics] for init in INITS}
        cells = {init: cell(metrics) for init, metrics in by_init.items() if metrics}
        better = next(metrics[0].higher_is_better for metrics in by_init.values() if metrics)
        table.append(Row(name, better, cells, _difference(cells, better)))
    return table


def headline(task: str, table: list[Row]) -> Row | None:
    """The row that stands for the benchmark in the summary."""
    by_name = {row.metric: row for row in table}
    return next((by_name[name] for name in HEADLINE[task] if name in by_name), None)


def coverage(benchmark: BenchmarkRuns) -> tuple[int, int]:
    """Clips present and expected; the worst over the runs."""
    return min(((run.present, run.expected) for run in benchmark.runs), default=(0, 0))


def missing(benchmark: BenchmarkRuns) -> list[str]:
    """What params ask for and is not there, each as `From scratch: 1 of 3 runs`."""
    lines = []
    for init, planned in benchmark.planned.items():
        if (done := len(benchmark.of(init))) < planned:
            lines.append(f"{INIT_NAMES[init]}: {done} of {planned} run" + "s" * (planned > 1))
    return lines
