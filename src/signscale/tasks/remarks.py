"""What a reader of the scores must know about the items, in one line each: nothing here changes a number."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from signscale.tasks.score import predictions_of

SHOWN = 3


def named(names: Sequence[str]) -> str:
    """The first few names, and dots if there are more."""
    return ", ".join([*names[:SHOWN], *(["..."] if len(names) > SHOWN else [])])


def remarks(task: str, predictions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines about empty hypotheses, labels that no prediction knows, and classes without a test item."""
    if task in ("cslr", "slt"):
        empty = [str(line["sample_id"]) for line in predictions if not line["hypothesis"].split()]
        counted = "all its glosses are deletions" if task == "cslr" else "it matches nothing"
        return [f"{len(empty)} of {len(predictions)} hypotheses are empty ({named(empty)}): {counted}"] if empty else []
    if task != "islr":
        return []
    labels, known = {line["label"] for line in predictions}, {one for line in predictions for one in line["ranked"]}
    lines = []
    if strange := sorted(labels - known):
        lines.append(
            f"{len(strange)} labels are outside the vocabulary ({named(strange)}): their clips count as missed"
        )
    if absent := sorted(known - labels):
        lines.append(f"{len(absent)} classes have no test item ({named(absent)}): the per-class mean leaves them out")
    return lines


def file_remarks(task: str, hyp: Path, ref: Path) -> list[str]:
    """The remarks on two text files of one line a sample; a similarity matrix has none."""
    return [] if task == "retrieval" else remarks(task, predictions_of(task, hyp, ref))
