"""A table of plain text cells as Markdown, CSV and LaTeX, each with what its syntax gives a meaning escaped."""

import csv
import io
from collections.abc import Sequence

Cells = Sequence[Sequence[str]]

_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "<": "$<$"}
    | {">": "$>$", "±": r"$\pm$", "–": "--"}
)


def markdown(head: Sequence[str], rows: Cells) -> str:
    """The table in GitHub's Markdown, its first column to the left and the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def comma_separated(head: Sequence[str], rows: Cells) -> str:
    """The table as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def latex(head: Sequence[str], rows: Cells) -> str:
    """The table as a LaTeX tabular with rules of booktabs."""
    lines = [" & ".join(cell.translate(_LATEX) for cell in line) + r" \\" for line in [head, *rows]]
    body = "\n".join(["\\toprule", lines[0], "\\midrule", *lines[1:], "\\bottomrule"])
    return f"\\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}\n{body}\n\\end{{tabular}}\n"
