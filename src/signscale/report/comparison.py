"""Our runs beside the paper: a row for each benchmark and metric, with the paper's figure, its best rivals, and the
difference where both are of the same test set; where there is none, why not.

Ours is the pre-trained run, the mean over its seeds, as in the paper.
"""

from dataclasses import dataclass
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.access import missing_access
from signscale.params import BenchmarkParams, Params
from signscale.report import paper
from signscale.report.results import PRETRAINED, BenchmarkRuns, Run
from signscale.report.substitutes import one_view
from signscale.report.tables import Cell, cell
from signscale.tasks import load_task
from signscale.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Ours:
    """Our figure. seeds: of its runs. present, expected: test clips, of the worst run. signature: how it was scored."""

    cell: Cell
    seeds: tuple[int, ...]
    present: int
    expected: int
    signature: str


@dataclass(frozen=True, slots=True)
class Row:
    """A metric of a benchmark. counterpart: the paper's name of it, or empty. metric: the paper's name, measured: ours.

    difference: ours minus the paper's, in the metric's unit; None where `why` says why not. state: what is printed in
    place of our figure if there is none. remarks: what a reader must know about the figures.
    """

    benchmark: str
    counterpart: str
    task: Task
    metric: str
    measured: str
    ours: Ours | None
    printed: paper.Figure | None
    rgb: paper.Rival | None
    pose: paper.Rival | None
    difference: float | None
    state: str
    why: str
    remarks: tuple[str, ...]

    @property
    def higher_is_better(self) -> bool:
        """The direction of the metric."""
        return self.metric not in paper.LOWER_IS_BETTER

    @property
    def verdict(self) -> str:
        """The difference in words, empty if there is none."""
        if self.difference is None:
            return ""
        figure = self.ours.cell
        place = "inside" if figure.low <= self.printed.value <= figure.high else "outside"
        better = "better" if (self.difference > 0) == self.higher_is_better else "worse"
        return f"{'equal' if self.difference == 0 else better}, the paper {place} our interval"


def compare(params: Params, results: Path, benchmarks: list[BenchmarkRuns], substitutes: list[str]) -> list[Row]:
    """Every benchmark of `params` beside the paper, by task as they first come, those of the paper in its order first.

    benchmarks: the runs under `results`. substitutes: what replaces a part of the paper's set-up, a line each.
    """
    runs = {one.name: one.of(PRETRAINED) for one in benchmarks}
    settings = params.finetune.benchmarks | params.finetune.absent
    general = [*substitutes]
    if params.pretrain.absent:
        general.append(f"pre-trained without {', '.join(params.pretrain.absent)}")
    if line := one_view(params):
        general.append(f"pre-trained {line}")
    rows = []
    tasks = list(dict.fromkeys(one.task for one in settings.values()))
    for name in sorted(settings, key=lambda name: (tasks.index(settings[name].task), _place(settings[name]))):
        one = _Benchmark(params, results, name, settings[name], tuple(runs.get(name, ())), tuple(general))
        rows += one.rows()
    return rows


def _place(benchmark: BenchmarkParams) -> int:
    """Of a benchmark in the paper's order, those it does not have last."""
    key, known = (benchmark.corpus, benchmark.subset), list(load_task(benchmark.task).published.benchmarks)
    return known.index(key) if key in known else len(known)


@dataclass(frozen=True)
class _Benchmark:
    """One benchmark, with everything that its rows are made from."""

    params: Params
    results: Path
    name: str
    settings: BenchmarkParams
    runs: tuple[Run, ...]
    general: tuple[str, ...]

    def rows(self) -> list[Row]:
        """A row for each metric of the paper; where it has none, for those we measured, or the main one."""
        counterpart = paper.counterpart(self.settings)
        printed = paper.paper_row(counterpart, self.task)
        metrics = list(printed) or [m for m in self.task.named if self._plain(m)] or [self.task.measure_name]
        return [self._row(counterpart, metric, printed.get(metric)) for metric in metrics]

    @property
    def task(self) -> Task:
        """What the benchmark measures."""
        return load_task(self.settings.task)

    def _plain(self, metric: str) -> bool:
        """Whether a metric without a row in the paper is worth one of ours: measured, and under its general name."""
        named = metric.split()[0] not in ("total", "confusing", "normal", "top-1")
        return named and any(self.task.named[metric] in run.metrics for run in self.runs)

    def _row(self, counterpart: str, metric: str, printed: paper.Figure | None) -> Row:
        measured = self.task.named[metric]
        ours = self._ours(measured)
        rgb, pose = (paper.best_rival(counterpart, metric, kind) for kind in ("RGB", "pose"))
        state, reasons = ("", []) if ours else self._not_run(measured)
        reasons += [line for line in (self._no_figure(counterpart, printed), self._other_test(ours)) if line]
        return Row(
            benchmark=self.name,
            counterpart=counterpart,
            task=self.task,
            metric=metric,
            measured=measured,
            ours=ours,
            printed=printed,
            rgb=rgb,
            pose=pose,
            difference=None if reasons else ours.cell.mean - printed.value,
            state=state,
            why="; ".join(reasons),
            remarks=self._remarks(ours, printed, [rival for rival in (rgb, pose) if rival]),
        )

    def _ours(self, measured: str) -> Ours | None:
        runs = [run for run in self.runs if measured in run.metrics]
        if not runs:
            return None
        present, expected = min((run.present, run.expected) for run in runs)
        return Ours(
            cell=cell([run.metrics[measured] for run in runs]),
            seeds=tuple(run.seed for run in runs),
            present=present,
            expected=expected,
            signature="; ".join(dict.fromkeys(run.metrics[measured].signature for run in runs)),
        )

    def _not_run(self, measured: str) -> tuple[str, list[str]]:
        """The state of a benchmark without our figure, and its reason."""
        if self.runs:
            return "not measured", [f"{self.name} was scored without {measured}; evaluate it again"]
        corpus = load_corpus(self.settings.corpus)
        base = corpus.base or corpus.name
        acquired = (self.results / "acquire" / f"{base}.parquet").is_file()
        if not acquired and (line := missing_access(base, Path(self.params.acquire.raw) / base)):
            return "left out", [line]
        if self.name in self.params.finetune.absent:
            return "left out", [f"{corpus.title} was not there when this run began; run again"]
        if PRETRAINED not in self.params.finetune.inits:
            return "not run", [f"{self.name}: finetune.inits leaves out {PRETRAINED}"]
        return "not run", ["not run yet"]

    def _no_figure(self, counterpart: str, printed: paper.Figure | None) -> str:
        """Why the paper has no figure to compare with, empty if it has one."""
        if printed:
            return ""
        if counterpart:
            return f"the paper's {counterpart} table, whose best row is its own, is not in our copy of it"
        corpus = load_corpus(self.settings.corpus)
        if not getattr(corpus, "official", None):
            return f"no counterpart in the paper: {corpus.title} is none of its corpora"
        part = f", subset {self.settings.subset}" if self.settings.subset else ""
        return f"no counterpart in the paper: it has no {self.settings.task} of {corpus.title}{part}"

    def _other_test(self, ours: Ours | None) -> str:
        """Why ours is not the published training and test set in full, empty if it is."""
        if ours is None:
            return ""
        if self.settings.shots:
            return f"not the same training set: {self.settings.shots} labelled clips a class"
        if ours.present < ours.expected:
            return f"not the same test set: {ours.present:,} of its {ours.expected:,} clips were there"
        listed = _official(self.settings)
        if listed and ours.expected != listed:
            return f"not the same test set: the annotations here list {ours.expected:,} clips, published are {listed:,}"
        return ""

    def _remarks(self, ours: Ours | None, printed: paper.Figure | None, rivals: list[paper.Rival]) -> tuple[str, ...]:
        lines = list(self.general) if ours else []
        planned = len(self.settings.seeds or self.params.finetune.seeds)
        if ours and len(ours.seeds) < planned:
            lines.append(f"{len(ours.seeds)} of {planned} seeds are scored")
        if printed and printed.origin == "text":
            lines.append("the paper's figure is from its text: the table, and so its rivals, is not in our copy of it")
        for rival in rivals:
            lines += rival.passed_over
            if rival.doubtful:
                lines.append(f"doubtful: {rival.names}'s {rival.printed} {rival.doubtful}")
        return tuple(lines)


def _official(benchmark: BenchmarkParams) -> int:
    """Test clips of a benchmark as published; 0 where that is not known."""
    corpus = load_corpus(benchmark.corpus)
    if getattr(corpus, "official_of", "") != "clips":
        return 0
    published = corpus.official_subsets.get(benchmark.subset, {}) if benchmark.subset else corpus.official
    return published.get("test", 0)
