"""Everything the page shows about one benchmark: its table, its chart, its curves and its test clips."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from signscale.params import Params
from signscale.report import curves, examples, figures, tables
from signscale.report.clips import Clips, Picture
from signscale.report.results import BenchmarkRuns, read_benchmarks

SEARCHES_WITH_PICTURES = 3  # queries whose five clips are drawn; the others are listed in words


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark as the template sees it."""

    runs: BenchmarkRuns
    rows: list[tables.Row]
    headline: tables.Row | None
    chart: Markup | None
    coverage: tuple[int, int]
    cut: int
    missing: list[str]
    curves: list[curves.Panel]
    signs: list[tuple[examples.Sign, Picture | None]]
    sentences: list[tuple[examples.Sentence, Picture | None]]
    queries: list[tuple[examples.Query, list[Picture | None]]]
    confusions: examples.Confusions | None
    matrix: Markup | None


def all_benchmarks(params: Params, results: Path, clips: Clips) -> list[Benchmark]:
    """Every benchmark params name, run or not, in their order."""
    drawn = curves.finetune_panels(params, results)
    return [
        _benchmark(runs, params.report.examples, drawn.get(runs.name, []), clips)
        for runs in read_benchmarks(params, results)
    ]


def _benchmark(runs: BenchmarkRuns, count: int, drawn: list[curves.Panel], clips: Clips) -> Benchmark:
    """Everything shown about one benchmark, with `count` clips."""
    table = tables.rows(runs)
    head = tables.headline(runs.task, table)
    corpus, task = runs.corpus, runs.task
    confused = examples.confusions(runs) if task.form == "ranked" else None
    signs = examples.signs(runs, count) if task.form == "ranked" else []
    said = examples.sentences(runs, count) if task.form == "line" else []
    queries = examples.queries(runs, count) if task.form == "search" else []
    return Benchmark(
        runs=runs,
        rows=table,
        headline=head,
        chart=figures.interval_chart(runs.name, head) if head else None,
        coverage=tables.coverage(runs),
        cut=tables.cut(runs),
        missing=tables.missing(runs),
        curves=drawn,
        signs=[(sign, clips.packed(corpus, sign.sample_id, f"Skeleton signing {sign.label}")) for sign in signs],
        sentences=[(one, clips.packed(corpus, one.sample_id, f"Skeleton signing: {one.reference}")) for one in said],
        queries=[
            (
                query,
                [_found(clips, corpus, query, hit) for hit in query.answers[-1].clips]
                if place < SEARCHES_WITH_PICTURES
                else [],
            )
            for place, query in enumerate(queries)
        ],
        confusions=confused,
        matrix=_matrix(runs, confused),
    )


def opening(benchmarks: list[Benchmark], clips: Clips) -> list[tuple[examples.Sentence, int, int, Picture]]:
    """The opening picture of the page: a clip of a benchmark that is recognised without an error, beside one that is
    not.

    Each comes with the number of clips of its kind and of all test clips. A benchmark of sentences is preferred to one
    of glosses. Empty if no benchmark has clips of both kinds, or their pictures are not there.
    """
    for benchmark in sorted(benchmarks, key=lambda one: one.runs.task.needs != "text"):
        if benchmark.runs.task.form == "line":
            both = [
                (sentence, count, clips_in_all, picture)
                for sentence, count, clips_in_all in examples.right_and_wrong(benchmark.runs)
                if (
                    picture := clips.packed(
                        benchmark.runs.corpus, sentence.sample_id, f"Skeleton signing: {sentence.reference}"
                    )
                )
            ]
            if len(both) == 2:
                return both
    return []


def _matrix(runs: BenchmarkRuns, confused: examples.Confusions | None) -> Markup | None:
    if confused is None or len(confused.labels) > examples.MOST_CLASSES:
        return None
    return figures.confusion_matrix(runs.name, confused.labels, confused.counts)


def _found(clips: Clips, corpus: str, query: examples.Query, hit: tuple[str, float, bool]) -> Picture | None:
    verdict = "a right clip" if hit[2] else "a wrong clip"
    return clips.packed(corpus, hit[0], f"Skeleton of {hit[0]}, {verdict} for: {query.text}")
