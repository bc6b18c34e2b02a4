"""The comparison as files for people and programs: Markdown to read, LaTeX to print, CSV to compute with.

Markdown and LaTeX have a table a task and numbered notes under it; the CSV has one line per row, with everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signscale.formats.files import write_text
from signscale.params import Params
from signscale.report import grid, paper
from signscale.report.comparison import Row
from signscale.report.grid import in_latex, in_markdown
from signscale.report.tables import number

HEADINGS = (
    "Benchmark", "Metric", "Ours", "Seeds", "Test clips", "Paper", "Best RGB rival", "Best pose rival", "Ours − paper",
    "Notes",
)  # fmt: skip
_FIGURES = ("Paper",)  # columns set flush right
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a task as text. caution: what the metrics' names leave open. notes: numbered from 1 in the cells."""

    task: str
    caution: str
    lines: list[list[str]]
    notes: list[str]


def about(params: Params) -> str:
    """How to read the tables."""
    share = f"{100 * params.evaluate.confidence:g} %"
    return (
        f"Preset {params.preset}. Ours: the pre-trained runs on the test split, mean of the seeds, in brackets the "
        f"{share} bootstrap interval (of several seeds from the lowest to the highest bound), ± the standard deviation "
        "over seeds. Paper: arXiv 2408.08544; the rivals are of its tables, the best of each modality in each metric. "
        "The difference, in points of the metric, stands only where our run is of the same test set in full; its words "
        "say which is better, and whether the paper's figure lies inside our interval. An asterisk marks a doubtful "
        "figure, a dash one that is not there."
    )


def tables(rows: list[Row]) -> list[Table]:
    """A table for each task that has rows."""
    found = []
    for task in dict.fromkeys(row.task for row in rows):
        notes: list[str] = []
        lines = [_line(row, notes) for row in rows if row.task == task]
        if lines:
            found.append(Table(task.title, task.published.caution, lines, notes))
    return found


def _line(row: Row, notes: list[str]) -> list[str]:
    """The cells of a row; its remarks are added to `notes`, each once."""
    said = [row.why] if row.why else []
    said += [f"signature: {row.ours.signature}"] if row.ours else []
    numbers = []
    for text in (*said, *row.remarks):
        if text not in notes:
            notes.append(text)
        numbers.append(notes.index(text) + 1)
    ours = row.ours
    return [
        f"{row.counterpart} ({row.benchmark})" if row.counterpart else row.benchmark,
        row.metric,
        _figure(row),
        ", ".join(map(str, ours.seeds)) if ours else _NONE,
        f"{ours.present:,} of {ours.expected:,}" if ours else _NONE,
        _printed(row.printed),
        _rival(row.rgb),
        _rival(row.pose),
        f"{'+' if row.difference > 0 else ''}{number(row.difference)} ({row.verdict})" if row.verdict else _NONE,
        ", ".join(map(str, sorted(numbers))) or _NONE,
    ]


def _figure(row: Row) -> str:
    if row.ours is None:
        return row.state
    figure = row.ours.cell
    spread = f" ± {number(figure.spread)}" if figure.spread is not None else ""
    return f"{number(figure.mean)}{spread} ({number(figure.low)} to {number(figure.high)})"


def _printed(figure: paper.Figure | None) -> str:
    return f"{figure.printed}{'*' * bool(figure.doubtful)}" if figure else _NONE


def _rival(rival: paper.Rival | None) -> str:
    return f"{rival.printed}{'*' * bool(rival.doubtful)} {rival.names}" if rival else _NONE


def markdown(params: Params, rows: list[Row]) -> str:
    """The comparison in GitHub's Markdown."""
    parts = ["# Beside the paper", in_markdown(about(params))]
    for table in tables(rows):
        cells = grid.markdown(HEADINGS, table.lines, _FIGURES).rstrip("\n")
        parts += [f"## {table.task}", in_markdown(table.caution), cells]
        parts.append("\n".join(f"{place}. {in_markdown(note)}" for place, note in enumerate(table.notes, 1)))
    return "\n\n".join(part for part in parts if part) + "\n"


def latex(params: Params, rows: list[Row]) -> str:
    """The comparison as LaTeX floats, to be read in with \\input; needs the packages booktabs and graphicx."""
    floats = (
        grid.latex_float(f"{t.task} beside the paper. {t.caution}", HEADINGS, t.lines, _FIGURES, t.notes)
        for t in tables(rows)
    )
    return "\n\n".join([grid.LATEX_NEEDS, rf"\noindent {in_latex(about(params))}", *floats]) + "\n"


def shown(params: Params, rows: list[Row]) -> dict[str, Any]:
    """What the page shows: tables of the benchmarks the paper has, and why the others are in none, by benchmark."""
    return {
        "about": about(params),
        "headings": HEADINGS,
        "tables": tables([row for row in rows if row.counterpart]),
        "apart": {row.benchmark: row.why for row in rows if not row.counterpart},
    }


# Columns of the CSV -> what of a row stands there; an empty cell is what is not known or not there.
_COLUMNS: dict[str, Callable[[Row], object]] = {
    "benchmark": lambda row: row.benchmark,
    "paper_benchmark": lambda row: row.counterpart,
    "task": lambda row: row.task.name,
    "metric": lambda row: row.metric,
    "measured": lambda row: row.measured,
    "better": lambda row: "higher" if row.higher_is_better else "lower",
    "ours": lambda row: row.ours and round(row.ours.cell.mean, 6),
    "ours_low": lambda row: row.ours and round(row.ours.cell.low, 6),
    "ours_high": lambda row: row.ours and round(row.ours.cell.high, 6),
    "ours_spread": lambda row: row.ours and row.ours.cell.spread is not None and round(row.ours.cell.spread, 6),
    "seeds": lambda row: row.ours and " ".join(map(str, row.ours.seeds)),
    "present": lambda row: row.ours and row.ours.present,
    "expected": lambda row: row.ours and row.ours.expected,
    "signature": lambda row: row.ours and row.ours.signature,
    "paper": lambda row: row.printed and row.printed.printed,
    "rgb_rival": lambda row: row.rgb and row.rgb.names,
    "rgb": lambda row: row.rgb and row.rgb.printed,
    "rgb_doubtful": lambda row: row.rgb and row.rgb.doubtful,
    "pose_rival": lambda row: row.pose and row.pose.names,
    "pose": lambda row: row.pose and row.pose.printed,
    "pose_doubtful": lambda row: row.pose and row.pose.doubtful,
    "difference": lambda row: None if row.difference is None else round(row.difference, 6),
    "verdict": lambda row: row.verdict,
    "not_comparable": lambda row: row.why,
    "remarks": lambda row: "; ".join(row.remarks),
}


def comma_separated(rows: list[Row]) -> str:
    """The comparison as CSV, one line per row."""
    lines = ([column(row) for column in _COLUMNS.values()] for row in rows)
    return grid.comma_separated(_COLUMNS, (["" if v is None or v is False else v for v in line] for line in lines))


def write_comparison(params: Params, rows: list[Row], folder: Path) -> list[Path]:
    """Write comparison.md, comparison.csv and comparison.tex in `folder`, each whole or not at all."""
    texts = {"md": markdown(params, rows), "csv": comma_separated(rows), "tex": latex(params, rows)}
    made = {folder / f"comparison.{kind}": text for kind, text in texts.items()}
    for path, text in made.items():
        write_text(path, text)
    return list(made)
