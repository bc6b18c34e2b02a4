"""The report: one HTML file that needs nothing else, made of everything a results folder holds.

Parts that were not run are named as such; a torn file is one SignScaleError. Equal inputs give equal bytes.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from signscale.files import write_text
from signscale.params import Params
from signscale.report import audit, comparison_files, curves, examples, figures, material, skeletons, tables
from signscale.report.comparison import compare
from signscale.report.photograph import read_photograph
from signscale.report.provenance import read_provenance
from signscale.report.quality import read_corpora_quality
from signscale.report.results import INITS, BenchmarkRuns, read_benchmarks
from signscale.store.shard import Shard

SEARCHES_WITH_PICTURES = 3  # queries whose five clips are drawn; the others are told in words


class _Clips:
    """The clips shown on the page, each kept once however often it is shown."""

    def __init__(self, results: Path):
        self._results = results
        self._shards: dict[str, tuple[Shard, dict[str, int]]] = {}
        self.motions: dict[str, skeletons.Motion] = {}

    def picture(self, corpus: str, sample_id: str, label: str) -> dict[str, Any] | None:
        """Key and still picture of a clip, or None if it is not in the pack."""
        if corpus not in self._shards:
            path = self._results / "pack" / corpus / "shard.h5"
            if not path.exists():
                return None
            shard = Shard(path)
            self._shards[corpus] = shard, {name: index for index, name in enumerate(shard.ids)}
        shard, places = self._shards[corpus]
        if sample_id not in places:
            return None
        if sample_id not in self.motions:
            self.motions[sample_id] = skeletons.motion(shard.clip(places[sample_id]))
        points = self.motions[sample_id].points
        return {"id": sample_id, "label": label, "svg": skeletons.still(points[skeletons.poster_frame(points)], label)}

    def data(self) -> dict[str, Any]:
        """Bones and clips for the page's script."""
        return {
            "missing": skeletons.MISSING,
            "parts": skeletons.PARTS,
            "clips": {name: motion.data() for name, motion in self.motions.items()},
        }

    def close(self) -> None:
        for shard, _ in self._shards.values():
            shard.close()


@dataclass(frozen=True, slots=True)
class _Section:
    """A benchmark as the template sees it."""

    runs: BenchmarkRuns
    task: str
    rows: list[tables.Row]
    headline: tables.Row | None
    chart: Markup | None
    coverage: tuple[int, int]
    missing: list[str]
    curves: list[curves.Panel]
    signs: list[tuple[examples.Sign, dict[str, Any] | None]]
    sentences: list[tuple[examples.Sentence, dict[str, Any] | None]]
    queries: list[tuple[examples.Query, list[dict[str, Any] | None]]]
    confusions: examples.Confusions | None
    matrix: Markup | None


def _matrix(benchmark: BenchmarkRuns, confused: examples.Confusions | None) -> Markup | None:
    if confused is None or len(confused.labels) > examples.MOST_CLASSES:
        return None
    return figures.confusion_matrix(benchmark.name, confused.labels, confused.counts)


def _section(benchmark: BenchmarkRuns, count: int, drawn: list[curves.Panel], clips: _Clips) -> _Section:
    """Everything said of one benchmark; `count` clips are shown."""
    table = tables.rows(benchmark)
    head = tables.headline(benchmark.task, table)
    corpus, task = benchmark.corpus, benchmark.task
    confused = examples.confusions(benchmark) if task == "islr" else None
    signs = examples.signs(benchmark, count) if task == "islr" else []
    said = examples.sentences(benchmark, count) if task in ("cslr", "slt") else []
    queries = examples.queries(benchmark, count) if task == "retrieval" else []
    return _Section(
        runs=benchmark,
        task=tables.TASKS[task],
        rows=table,
        headline=head,
        chart=figures.interval_chart(benchmark.name, head) if head else None,
        coverage=tables.coverage(benchmark),
        missing=tables.missing(benchmark),
        curves=drawn,
        signs=[(sign, clips.picture(corpus, sign.sample_id, f"Skeleton signing {sign.label}")) for sign in signs],
        sentences=[(one, clips.picture(corpus, one.sample_id, f"Skeleton signing: {one.reference}")) for one in said],
        queries=[
            (
                query,
                [_found(clips, corpus, query, hit) for hit in query.found] if place < SEARCHES_WITH_PICTURES else [],
            )
            for place, query in enumerate(queries)
        ],
        confusions=confused,
        matrix=_matrix(benchmark, confused),
    )


def _found(clips: _Clips, corpus: str, query: examples.Query, hit: tuple[str, float, bool]) -> dict[str, Any] | None:
    verdict = "a right clip" if hit[2] else "a wrong clip"
    return clips.picture(corpus, hit[0], f"Skeleton of {hit[0]}, {verdict} for: {query.text}")


def _stand_ins(params: Params, corpora: list[material.Material]) -> list[str]:
    """Which parts of the paper's set-up were replaced, each as `MediaPipe stands in for HRNet + DARK and InterWild`."""
    lines = []
    if any("mediapipe" in corpus.estimator.lower() for corpus in corpora):
        lines.append("MediaPipe stands in for HRNet + DARK and InterWild")
    if "minilm" in params.text.encoder.lower():
        lines.append("MiniLM stands in for mBART")
    return lines


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("signscale", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": tables.number,
        "short": figures.short,
        "metric_name": tables.metric_name,
        "metric_unit": tables.metric_unit,
    }
    return environment


def _asset(name: str) -> Markup:
    """One of our own files, put into the page as it is."""
    return Markup(files("signscale.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704


def write_report(params: Params, results: Path, out: Path) -> None:
    """Write the report of `results` (results/<preset>) to `out`, one HTML file, whole or not at all.

    Beside it, in tables/, the comparison with the paper as files.

    Raises SignScaleError if a file under `results` is torn or files disagree.
    """
    results = Path(results)
    corpora, not_packed = material.read_material(params, results)
    drawn = curves.finetune_panels(params, results)
    clips = _Clips(results)
    try:
        sections = [
            _section(benchmark, params.report.examples, drawn.get(benchmark.name, []), clips)
            for benchmark in read_benchmarks(params, results)
        ]
    finally:
        clips.close()
    stand_ins = _stand_ins(params, corpora)
    compared = compare(params, results, [section.runs for section in sections], stand_ins)
    comparison_files.write_comparison(params, compared, Path(out).parent / "tables")
    page = _environment().get_template("page.html.j2").render(
        params=params,
        inits={init: tables.INIT_NAMES[init] for init in INITS},
        sections=sections,
        texts=material.texts(params, results),
        stand_ins=stand_ins,
        comparison=comparison_files.shown(params, compared),
        pretraining=curves.pretrain_panels(results),
        corpora=corpora,
        not_packed=not_packed,
        absent=material.absent(params),
        quality=read_corpora_quality(params, results),
        audit=audit.read_audit(results),
        histograms={c.name: figures.histogram(c.title, "frames", c.lengths) for c in corpora if c.lengths},
        photograph=read_photograph(params, results),
        provenance=read_provenance(params, results),
        clips=clips.data(),
        style=_asset("style.css"),
        script=_asset("player.js"),
    )  # fmt: skip
    write_text(out, page)
