"""The sweep for people: a page, and its tables as Markdown, CSV and LaTeX."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2

from signscale.ablations.verdicts import CHOICES, Claim, claims, read_tables
from signscale.formats.files import write_text
from signscale.report import grid
from signscale.tasks import load_task

STYLE = Path(__file__).with_name("page.css")
TEMPLATE = Path(__file__).with_name("page.html.j2")
DIFFERENCES = (
    "Difference of the preset's own point from the other, in points of each benchmark's measure, turned so that more "
    "is better, paired by test item and seed. "
)
PAPERS = (
    "The paper's own difference is that on its benchmark of the same task "
    "(MSASL1000, Phoenix14, Phoenix14-T, CSL-Daily)."
)

CAPTIONS = (
    "Each claim of the paper, and what was found here",
    "Mean over seeds, interval, and one value a seed; * is the preset's own point",
)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def verdict_rows(found: list[Claim]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of verdicts: claim, verdict, and the difference, its interval and the paper's."""
    columns = {
        d.benchmark: f"{d.benchmark}, {load_task(d.task).measure_name}" for claim in found for d in claim.differences
    }
    head = ["Claim", "Verdict"]
    for column in columns.values():
        head += [column, "the paper's"]
    rows = []
    for claim in found:
        differences, cells = {difference.benchmark: difference for difference in claim.differences}, []
        for name in columns:
            difference = differences.get(name)
            cells += ["", ""]
            if difference:
                cells[-2] = f"{_signed(difference.value)} [{_signed(difference.low)}, {_signed(difference.high)}]"
                cells[-1] = "" if difference.paper is None else _signed(difference.paper)
        rows.append([claim.words, claim.verdict, *cells])
    return head, rows


def figure_rows(tables: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of all figures: table, point, and each benchmark's mean, interval and values by seed."""
    names = dict.fromkeys(name for table in tables for name in table["benchmarks"])
    tasks = {name: table["benchmarks"][name]["task"] for table in tables for name in table["benchmarks"]}
    head = ["Table", "Point", *(f"{name}, {load_task(tasks[name]).measure_name}" for name in names)]
    rows = []
    for table in tables:
        for label in table["points"]:
            cells = [table["benchmarks"][name]["points"][label] for name in names]
            rows.append([table["table"], label + " *" * (label == table["chosen"]), *map(_figure, cells)])
    return head, rows


def _figure(cell: dict[str, Any]) -> str:
    seeds = " / ".join(f"{value:.1f}" for value in cell["seeds"].values())
    return f"{cell['value']:.1f} [{cell['low']:.1f}, {cell['high']:.1f}] ({seeds})"


def _forest(found: list[Claim], benchmark: str) -> dict[str, Any]:
    """Where a chart of the differences on a benchmark has its marks, in SVG units: a row for each claim about zero."""
    rows = [(claim, d) for claim in found for d in claim.differences if d.benchmark == benchmark]
    reach = max(1e-9, *(abs(end) for _, d in rows for end in (d.low, d.high, d.paper or 0.0)))
    left, width, step = 330, 420, 24

    def x(value: float) -> str:
        return f"{left + width / 2 * (1 + value / reach):.1f}"

    marks = [
        {
            "y": step * k + 16,
            "words": claim.words,
            "verdict": d.verdict,
            "low": x(d.low),
            "value": x(d.value),
            "high": x(d.high),
            "paper": None if d.paper is None else x(d.paper),
        }
        for k, (claim, d) in enumerate(rows)
    ]
    ticks = [(x(value), _signed(value)) for value in (-reach, 0.0, reach)]
    size = {"left": left, "width": left + width + 40, "height": step * len(rows) + 30}
    return size | {"rows": marks, "zero": x(0), "ticks": ticks}


def _replaced(tables: list[dict[str, Any]]) -> str:
    """Which parts of the paper's set-up were replaced, in sentences; empty if none were."""
    return "".join(f"{line}. " for line in tables[0]["substitutes"])


def note(tables: list[dict[str, Any]]) -> str:
    """What a difference and its interval are, and where the preset's own point is not the paper's choice."""
    seeds = len(next(iter(next(iter(tables[0]["benchmarks"].values()))["points"].values()))["seeds"])
    drawn = (
        f"{seeds} seeds a point; its interval is of test items and seeds both drawn again. "
        if seeds > 1
        else "One seed a point; its interval is of the test items alone and knows nothing of other seeds. "
    )
    others = [
        f"{table['table']}: {table['chosen']} here, {CHOICES[table['table']]} in the paper"
        for table in tables
        if table["chosen"] != CHOICES.get(table["table"], table["chosen"])
    ]
    differing = f" Not the paper's choice: {'; '.join(others)}." if others else ""
    return DIFFERENCES + drawn + PAPERS + differing


def page(tables: list[dict[str, Any]]) -> str:
    """The page: verdicts, a chart for each benchmark, all figures."""
    found = claims(tables)
    benchmarks = dict.fromkeys(difference.benchmark for claim in found for difference in claim.differences)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        title=f"SignScale: the paper's ablations, preset {tables[0]['preset']}",
        style=STYLE.read_text(encoding="utf-8"),
        said=_replaced(tables) + note(tables),
        captions=CAPTIONS,
        marked=("holds", "does not", "undecided", "divided"),
        verdicts=verdict_rows(found),
        charts={name: _forest(found, name) for name in benchmarks},
        figures=figure_rows(tables),
    )


def write_verdicts(paths: Iterable[Path], out: Path) -> None:
    """Write ablations.html, .md, .csv and .tex of the tables' figures into the folder `out`."""
    tables = read_tables(paths)
    verdicts, figures = verdict_rows(claims(tables)), figure_rows(tables)
    write_text(out / "ablations.html", page(tables))
    said = _replaced(tables) + note(tables)
    in_latex = rf"\noindent {grid.in_latex(said)}"
    write_text(out / "ablations.md", f"{grid.markdown(*verdicts)}\n{said}\n\n{grid.markdown(*figures)}")
    write_text(out / "ablations.csv", grid.comma_separated(*figures))
    floats = (grid.latex_float(caption, *cells) for caption, cells in zip(CAPTIONS, (verdicts, figures), strict=True))
    write_text(out / "ablations.tex", "\n\n".join([grid.LATEX_NEEDS, in_latex, *floats]) + "\n")
