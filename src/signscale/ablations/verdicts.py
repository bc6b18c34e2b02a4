"""What the sweep says of each claim of the paper: that its choice beats another point of the same table.

On one benchmark a claim `holds` if the whole interval of the choice's difference is above zero, `does not` if all of it
is below, and is `undecided` otherwise. Over the benchmarks it holds if it does on one at least and nowhere does not; it
is `divided` if both occur. The intervals are not corrected for the number of
claims, so with many claims some are wrong by chance.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signscale.ablations.points import SCRATCH
from signscale.formats.files import read_json
from signscale.tasks import load_task

HOLDS, FAILS, UNDECIDED, DIVIDED = "holds", "does not", "undecided", "divided"
PAPER = Path(__file__).with_name("paper.csv")
"""The paper's figures by table, point, benchmark and metric (arXiv 2408.08544, Tables XII-XIX)."""

WORDS = {
    "lambda": "weight of the contrast {}",
    "data_share": "pre-training on {} of the data",
    "pretext": "pretext task {}",
    "branches": "branches {}",
    "window": "window of {} frames",
    "mask_ratio": "mask of {}",
    "similarity": "{} similarity",
    "embedding": "{} embedding",
}
CHOICES = {
    "lambda": "1.0",
    "data_share": "1.0",
    "pretext": "both",
    "branches": "both",
    "window": "4",
    "mask_ratio": "0.4",
    "similarity": "fine",
    "embedding": "gcn",
}
"""The paper's choice in each table, by its label: the point in all of them."""


@dataclass(frozen=True)
class Difference:
    """How far the paper's choice is ahead on a benchmark, in the measure's points; more is better. paper: its own."""

    benchmark: str
    task: str
    measure: str
    value: float
    low: float
    high: float
    paper: float | None

    @property
    def verdict(self) -> str:
        """Of this benchmark alone."""
        return HOLDS if self.low > 0 else FAILS if self.high < 0 else UNDECIDED


@dataclass(frozen=True)
class Claim:
    """The preset's own point of a table against another; "none" if that is not pre-trained at all."""

    table: str
    chosen: str
    other: str
    differences: tuple[Difference, ...]

    @property
    def words(self) -> str:
        """The claim in words."""
        words = WORDS.get(self.table, f"{self.table} {{}}")
        return f"{words.format(self.chosen)} beats {self.other}"

    @property
    def verdict(self) -> str:
        """Over all benchmarks."""
        found = {difference.verdict for difference in self.differences} - {UNDECIDED}
        return DIVIDED if len(found) > 1 else found.pop() if found else UNDECIDED


def paper_figures() -> dict[tuple[str, str, str], float]:
    """Table, point, benchmark -> the paper's figure."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["point"], row["benchmark"]): float(row["value"]) for row in csv.DictReader(file)}


def _papers_difference(figures: dict, table: str, chosen: str, other: str, column: dict[str, Any]) -> float | None:
    """The paper's difference of one point over another on its benchmark of the column's task; more is better."""
    benchmark = load_task(column["task"]).published.ablated
    pair = [figures.get((table, point, benchmark)) for point in (chosen, other)]
    if None in pair:
        return None
    return (pair[0] - pair[1]) * (1 if column["points"][other]["higher_is_better"] else -1)


def claims(tables: Iterable[dict[str, Any]]) -> list[Claim]:
    """A claim for each point of each table (signscale.ablations.table) but the preset's own."""
    figures, found = paper_figures(), []
    for table in tables:
        for other, point in table["points"].items():
            differences = tuple(
                Difference(
                    name,
                    column["task"],
                    column["measure"],
                    **column["points"][other]["difference"],
                    paper=_papers_difference(figures, table["table"], table["chosen"], other, column),
                )
                for name, column in table["benchmarks"].items()
                if "difference" in column["points"][other]
            )
            if differences:
                found.append(Claim(table["table"], table["chosen"], "none" if point == SCRATCH else other, differences))
    return found


def read_tables(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The tables in the paper's order, others after them."""
    tables = [read_json(path) for path in paths]
    order = [*WORDS, *(table["table"] for table in tables)]
    return sorted(tables, key=lambda table: order.index(table["table"]))
