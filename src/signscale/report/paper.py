"""The tables of the paper (arXiv 2408.08544) as data. Which benchmarks and metrics are ours, a task says (Published).

paper_tables.csv holds every row of its comparison tables that we have, its rivals' too; `Ours` there is the paper.
origin: `table`, or `text` where the table is not in our copy of the paper (SLR500; of How2Sign no figure is).
doubtful: why a figure cannot be trusted: the WLASL rows of ST-GCN, Pose-TGCN and PSLR repeat the MSASL ones verbatim,
and three figures contradict others of their own row. Deletions and insertions stand apart; the paper prints `del/ins`.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from signscale.params import BenchmarkParams
from signscale.tasks import load_task
from signscale.tasks.task import Task

PAPER = "Ours"

LOWER_IS_BETTER = {"WER", "deletions", "insertions", "T2V MedR", "V2T MedR"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the paper's tables. printed: as it stands there. doubtful: why it cannot be trusted, or empty."""

    benchmark: str
    split: str
    metric: str
    method: str
    modality: str
    note: str
    printed: str
    origin: str
    doubtful: str

    @property
    def value(self) -> float:
        """The printed figure as a number."""
        return float(self.printed)


@lru_cache(maxsize=1)
def figures() -> tuple[Figure, ...]:
    """Every figure of paper_tables.csv, in its order."""
    text = files("signscale.report").joinpath("paper_tables.csv").read_text(encoding="utf-8")
    return tuple(Figure(*row) for row in list(csv.reader(text.splitlines()))[1:])


def counterpart(benchmark: BenchmarkParams) -> str:
    """The paper's name of a benchmark of ours, empty if it has none."""
    return load_task(benchmark.task).published.benchmarks.get((benchmark.corpus, benchmark.subset), "")


def paper_row(benchmark: str, task: Task) -> dict[str, Figure]:
    """The paper's own test figures of a benchmark by metric, in the task's order."""
    own = {f.metric: f for f in figures() if (f.benchmark, f.split, f.method) == (benchmark, "test", PAPER)}
    return {metric: own[metric] for metric in task.published.metrics if metric in own}


@dataclass(frozen=True, slots=True)
class Rival:
    """The best of the paper's rivals in a metric; several names if they are equal. doubtful: only if no other is there.

    passed_over: doubtful figures that would have been better, each in words.
    """

    names: str
    printed: str
    doubtful: str
    passed_over: tuple[str, ...]


def best_rival(benchmark: str, metric: str, modality: str) -> Rival | None:
    """The best rival of a modality (RGB, pose) on the test split; None where the tables name none."""
    rivals = [
        f
        for f in figures()
        if (f.benchmark, f.split, f.metric, f.modality) == (benchmark, "test", metric, modality) and f.method != PAPER
    ]
    if not rivals:
        return None
    sign = 1 if metric in LOWER_IS_BETTER else -1
    sound = [f for f in rivals if not f.doubtful]
    top = min(sign * f.value for f in sound or rivals)
    equal = [f for f in sound or rivals if sign * f.value == top]
    passed = [f for f in rivals if sound and f.doubtful and sign * f.value < top]
    return Rival(
        names=", ".join(f"{f.method} ({f.note})" if f.note else f.method for f in equal),
        printed=equal[0].printed,
        doubtful=equal[0].doubtful,
        passed_over=tuple(f"{f.method}'s {f.printed} is passed over: it {f.doubtful}" for f in passed),
    )
