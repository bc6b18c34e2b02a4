"""The tables of the paper (arXiv 2408.08544) as data, and which of our benchmarks and metrics are which of its own.

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

PAPER = "Ours"

# Corpus, task, subset of a benchmark of ours -> the paper's name of it, in the paper's order. "" is all classes.
COUNTERPARTS = {
    ("msasl", "islr", "msasl100"): "MSASL100",
    ("msasl", "islr", "msasl200"): "MSASL200",
    ("msasl", "islr", "msasl1000"): "MSASL1000",
    ("msasl", "islr", ""): "MSASL1000",
    ("wlasl", "islr", "wlasl100"): "WLASL100",
    ("wlasl", "islr", "wlasl300"): "WLASL300",
    ("wlasl", "islr", "wlasl2000"): "WLASL2000",
    ("wlasl", "islr", ""): "WLASL2000",
    ("nmfs_csl", "islr", "total"): "NMFs-CSL",
    ("nmfs_csl", "islr", ""): "NMFs-CSL",
    ("slr500", "islr", ""): "SLR500",
    ("phoenix14", "cslr", ""): "Phoenix14",
    ("phoenix14t", "cslr", ""): "Phoenix14-T",
    ("csl_daily", "cslr", ""): "CSL-Daily",
    ("phoenix14t", "slt", ""): "Phoenix14-T",
    ("csl_daily", "slt", ""): "CSL-Daily",
    ("how2sign", "slt", ""): "How2Sign",
    ("phoenix14t", "retrieval", ""): "Phoenix14-T",
    ("csl_daily", "retrieval", ""): "CSL-Daily",
}

# Task -> the paper's name of a metric -> ours (signscale.evaluate), in the order of our tables.
METRICS = {
    "islr": {
        **{f"per-{mean} top-{n}": f"per_{mean}_top{n}" for mean in ("instance", "class") for n in (1, 5)},
        **{f"total top-{n}": f"per_instance_top{n}" for n in (1, 5)},
        **{f"{part} top-{n}": f"{part}_top{n}" for part in ("confusing", "normal") for n in (1, 5)},
        "top-1": "per_instance_top1",
    },
    "cslr": {"WER": "wer", "deletions": "deletions", "insertions": "insertions"},
    "slt": {**{f"BLEU-{n}": f"bleu{n}" for n in (1, 2, 4)}, "ROUGE": "rouge_l_mscoco_beta1.2"},
    "retrieval": {
        f"{way} {name}": f"{way.lower()}_{ours}"
        for way in ("T2V", "V2T")
        for name, ours in {"R@1": "r1", "R@5": "r5", "R@10": "r10", "MedR": "medr"}.items()
    },
}
# The metric that stands for a task where the paper has no row.
MAIN = {"islr": "per-instance top-1", "cslr": "WER", "slt": "BLEU-4", "retrieval": "T2V R@1"}
LOWER_IS_BETTER = {"WER", "deletions", "insertions", "T2V MedR", "V2T MedR"}

# What of a task's figures is not settled by their names.
CAUTIONS = {
    "islr": "Accuracy in per cent. Ties of our scores count against us.",
    "cslr": (
        "Per cent of the reference words. WER has two scorers that differ by construction, python and sclite; ours "
        "stands in the signature with its clean-up of glosses, the paper's is not in what we have of it."
    ),
    "slt": (
        "BLEU is sacrebleu's, its tokenizer in the signature (13a for English and German, characters for Chinese). "
        "Published ROUGE has several formulas; ours here is ROUGE-L with beta 1.2 (COCO). The paper's tokenizer and "
        "formula are not in what we have of it."
    ),
    "retrieval": (
        "Recall in per cent, median rank. In ours equal sentences are one text, any clip of it is a hit, and ties "
        "count against us; how the paper counts them is not in what we have of it."
    ),
}


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
    return COUNTERPARTS.get((benchmark.corpus, benchmark.task, benchmark.subset), "")


def paper_row(benchmark: str, task: str) -> dict[str, Figure]:
    """The paper's own test figures of a benchmark by metric, in the order of METRICS."""
    own = {f.metric: f for f in figures() if (f.benchmark, f.split, f.method) == (benchmark, "test", PAPER)}
    return {metric: own[metric] for metric in METRICS[task] if metric in own}


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
