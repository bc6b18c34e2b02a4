"""The report: one HTML file that needs nothing else, made of everything a results folder holds.

Parts that were not run are marked as such; a damaged file raises SignScaleError. Equal inputs give equal bytes.
"""

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from signscale.formats.files import write_text
from signscale.formats.skeleton import NODES
from signscale.params import Params
from signscale.report import audit, comparison_files, curves, figures, material, tables
from signscale.report.advice import advice
from signscale.report.benchmarks import Benchmark, all_benchmarks, opening
from signscale.report.clips import Clips
from signscale.report.comparison import compare
from signscale.report.dvc_files import write_dvc_files
from signscale.report.embedding_map import embedding_map
from signscale.report.graph import PARTS, draw_graph
from signscale.report.heatmap import heat_maps
from signscale.report.photograph import read_photograph
from signscale.report.pretrained import read_pretrained, taken_over
from signscale.report.provenance import read_provenance
from signscale.report.quality import other_handed, read_corpora_quality
from signscale.report.reconstruction import reconstructions
from signscale.report.results import INITS
from signscale.report.substitutes import one_view, substitutes

SCRIPTS = ("player.js", "map.js", "sort.js")


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the page. id: of its anchor. parts: (id, title) of what the contents list below it."""

    id: str
    title: str
    content: Markup
    parts: list[tuple[str, str]]


def write_report(params: Params, results: Path, out: Path) -> list[Path]:
    """Write the report of `results` (results/<preset>) to `out`, one HTML file, whole or not at all.

    Beside it, in tables/, the comparison with the paper as files; and metrics/ and curves.csv for DVC. Returns all
    the files.

    Raises SignScaleError if a file under `results` is torn or files disagree.
    """
    results = Path(results)
    corpora, not_packed = material.read_material(params, results)
    with closing(Clips(results)) as clips:
        environment = _environment(
            params=params,
            inits={init: tables.INIT_NAMES[init] for init in INITS},
            corpora=corpora,
            substitutes=substitutes(" ".join(c.estimator for c in corpora), params.text.encoder),
            benchmarks=all_benchmarks(params, results, clips),
        )
        shown = environment.globals
        compared = compare(params, results, [one.runs for one in shown["benchmarks"]], shown["substitutes"])
        compared_in = comparison_files.write_comparison(params, compared, Path(out).parent / "tables")
        for_dvc = write_dvc_files(shown["benchmarks"], results, Path(out).parent)
        environment.globals["comparison"] = comparison_files.shown(params, compared)
        sections = _sections(environment, params, results, clips, not_packed)
        page = environment.get_template("page.html.j2").render(
            sections=sections,
            opening=opening(environment.globals["benchmarks"], clips),
            clips=clips.data(),
            style=_asset("style.css"),
            scripts=[_asset(name) for name in SCRIPTS],
        )
    write_text(out, page)
    return [out, *for_dvc, *compared_in]


def _sections(
    environment: jinja2.Environment,
    params: Params,
    results: Path,
    clips: Clips,
    not_packed: list[str],
) -> list[Section]:
    """The page from top to bottom: for each section its id (and template), its title and what it shows.

    A section with nothing to show is left out.
    """
    benchmarks: list[Benchmark] = environment.globals["benchmarks"]
    corpora: list[material.Material] = environment.globals["corpora"]
    pretrained = read_pretrained(params, results)
    section = partial(_section, environment)
    quality = read_corpora_quality(params, results)
    parts_of_corpora = [("quality", "Quality of the keypoints")] if quality else []
    sections = [
        section("summary", "Summary", advice=advice(params, results, benchmarks)),
        section(
            "benchmarks", "Benchmarks", [(b.runs.name, b.runs.name) for b in benchmarks],
            texts=material.texts(params, results),
        ),
        section("comparison", "Beside the paper"),
        section(
            "pretraining", "Pre-training",
            pretraining=curves.pretrain_panels(results), taken_over=taken_over(params, results),
            one_view=one_view(params),
        ),
        section(
            "reconstruction", "Filling in what was hidden",
            reconstructions=reconstructions(pretrained, params, clips),
        ),
        section(
            "heatmap", "Words and windows",
            heat_maps=heat_maps(pretrained, clips), window=params.pretrain.loss.window,
        ),
        section("map", "A map of signs", map=embedding_map(pretrained, params, results, clips)),
        section(
            "skeleton", "The skeleton",
            graph=draw_graph(), graph_parts=PARTS, nodes=NODES, photograph=read_photograph(params, results),
        ),
        section(
            "corpora", "Corpora", parts_of_corpora,
            **material.PAPER,
            not_packed=not_packed,
            absent=material.absent(params),
            quality=quality, other_handed=other_handed(quality, params),
            histograms={c.name: figures.histogram(c.title, "frames", c.lengths) for c in corpora if c.lengths},
        ),
        section("audit", "Audit", audit=audit.read_audit(results)),
        section("provenance", "Provenance", provenance=read_provenance(params, results)),
    ]  # fmt: skip
    return [one for one in sections if one.content.strip()]


def _section(
    environment: jinja2.Environment, name: str, title: str, parts: list[tuple[str, str]] | None = None, **shown: Any
) -> Section:
    """A section from its template in `sections`, which sees `shown` besides what all templates see."""
    content = environment.get_template(f"sections/{name}.html.j2").render(shown)
    return Section(name, title, Markup(content), parts or [])  # noqa: S704 (the template escaped what it was given)


def _environment(**seen_by_all: Any) -> jinja2.Environment:
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
    }
    environment.globals |= seen_by_all
    return environment


def _asset(name: str) -> Markup:
    """One of our own files, put into the page as it is."""
    return Markup(files("signscale.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704
