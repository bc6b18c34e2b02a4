"""A table of plain text cells as Markdown, CSV and LaTeX, each with what its syntax gives a meaning escaped."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence

from signscale.formats.csv_file import plain_cell

Cells = Sequence[Sequence[str]]

LATEX_NEEDS = r"% Needs \usepackage{booktabs,graphicx} in the preamble."

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}\allowbreak{}", "−": "$-$", "±": r"$\pm$", "–": "--", "’": "'",
}  # fmt: skip


def in_markdown(text: str) -> str:
    """`text` as it stands, with what Markdown or a table of it would read as its own escaped."""
    return re.sub(r"([\\|*<>`$~\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", text)


def in_latex(text: str) -> str:
    """`text` as LaTeX sets it, with nothing but its base packages."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def markdown(head: Sequence[str], rows: Cells, right: Collection[str] = ()) -> str:
    """The table in GitHub's Markdown; right: columns set flush right."""
    rule = ["---:" if column in right else "---" for column in head]
    lines = [list(map(in_markdown, head)), rule, *(list(map(in_markdown, row)) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def latex(head: Sequence[str], rows: Cells, right: Collection[str] = ()) -> str:
    """The table as a LaTeX tabular with rules of booktabs; right: columns set flush right."""
    columns = "".join("r" if column in right else "l" for column in head)
    titles, *lines = (" & ".join(map(in_latex, row)) + r" \\" for row in [head, *rows])
    body = "\n".join([r"\toprule", titles, r"\midrule", *lines, r"\bottomrule"])
    return f"\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}"


def latex_float(
    caption: str, head: Sequence[str], rows: Cells, right: Collection[str] = (), notes: Sequence[str] = ()
) -> str:
    """The table as a float of the page's width, its notes numbered under it; needs the packages of LATEX_NEEDS."""
    lines = [
        r"\begin{table*}[p]",
        f"\\caption{{{in_latex(caption)}}}",
        r"\centering\resizebox{\textwidth}{!}{%",
        latex(head, rows, right) + "}",
    ]
    if notes:
        items = (rf"\item {in_latex(note)}" for note in notes)
        lines += [r"\begin{enumerate}\footnotesize\raggedright", *items, r"\end{enumerate}"]
    return "\n".join([*lines, r"\end{table*}"])


def comma_separated(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """The table as CSV (RFC 4180 quoting, lines ending in a line feed), with no cell that a spreadsheet would run."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*map(plain_cell, row)] for row in [head, *rows])
    return text.getvalue()
