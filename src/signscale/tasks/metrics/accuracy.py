"""Isolated recognition: per-instance and per-class accuracy, top-1 and top-5, also over subsets of the labels."""

from collections.abc import Sequence

import numpy as np

from signscale.errors import SignScaleError
from signscale.tasks.metrics.metric import Measure, Statistic

TOPS = (1, 5)
MISSED = np.iinfo(np.int64).max  # rank of a label that is not in the list
SUBSETS = {  # label ranges that get their own rows; NMFs-CSL: signs told apart by the face, and the others
    "none": {},
    "nmfs_csl": {"confusing": range(0, 610), "normal": range(610, 1067)},
}
NAMED = 5  # absent classes named in a signature; more are only counted


def rank_in_list(ranked: Sequence[str], label: str, probabilities: Sequence[float] | None = None) -> int:
    """Rank of `label` in labels sorted best first, MISSED if absent; equal probabilities stand before it.

    Raises SignScaleError if the probabilities are not one a label.
    """
    if label not in ranked:
        return MISSED
    place = ranked.index(label)
    if probabilities is None:
        return place + 1
    if len(probabilities) != len(ranked):
        raise SignScaleError(f"{label}: {len(ranked)} ranked labels but {len(probabilities)} probabilities")
    return max(place + 1, sum(probability >= probabilities[place] for probability in probabilities))


def _per_instance(hits: np.ndarray) -> Statistic:
    return lambda weights: 100 * (weights @ hits) / weights.sum(axis=1)


def _per_class(hits: np.ndarray, labels: Sequence[str]) -> Statistic:
    """Mean over classes of their accuracy; a class that a resample did not draw is left out of that resample's mean."""
    _, classes = np.unique(np.asarray(labels), return_inverse=True)
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))

    def statistic(weights: np.ndarray) -> np.ndarray:
        drawn = weights[:, order]
        totals = np.add.reduceat(drawn, starts, axis=1)
        correct = np.add.reduceat(drawn * hits[order], starts, axis=1)
        return 100 * (correct / np.maximum(totals, 1)).sum(axis=1) / (totals > 0).sum(axis=1)

    return statistic


def _classes_signature(labels: Sequence[str], classes: Sequence[str]) -> str:
    present, absent = set(labels), sorted(set(classes) - set(labels))
    signature = f"classes:{len(present)}/{len(present) + len(absent)}"
    if 0 < len(absent) <= NAMED:
        signature += f"|absent:{','.join(absent)}"
    return signature


def _members(labels: Sequence[str], numbers: range) -> np.ndarray:
    """Places of the items whose label, a number, lies in the range; raises SignScaleError on another label."""
    if odd := next((label for label in labels if not label.isdecimal()), None):
        raise SignScaleError(f"subsets: label {odd!r} is not a class number; leave the subsets out")
    return np.flatnonzero([int(label) in numbers for label in labels])


def accuracy_measures(
    ranks: Sequence[int], labels: Sequence[str], classes: Sequence[str], subsets: str = "none"
) -> list[Measure]:
    """Per-instance and per-class accuracy of N items, and per-instance accuracy of each subset that has any.

    ranks: N ranks of the true label, from 1. labels: N. classes: all there are; those without a test item are left
    out of the per-class mean, and named or counted in the signature. subsets: a key of SUBSETS.
    """
    if subsets not in SUBSETS:
        raise SignScaleError(f"subsets: {subsets!r} is none of {', '.join(SUBSETS)}")
    ties = "ties:pessimistic"
    members = {name: (numbers, _members(labels, numbers)) for name, numbers in SUBSETS[subsets].items()}
    measures = []
    for top in TOPS:
        hits = (np.asarray(ranks) <= top).astype(np.int64)
        per_class = Measure(
            f"per_class_top{top}",
            _per_class(hits, labels),
            len(hits),
            "%",
            True,
            f"{ties}|{_classes_signature(labels, classes)}",
        )
        measures += [Measure(f"per_instance_top{top}", _per_instance(hits), len(hits), "%", True, ties), per_class]
        measures += [
            Measure(f"{name}_top{top}", _per_instance(hits[places]), len(places), "%", True, f"{ties}|labels:{span}")
            for name, (numbers, places) in members.items()
            if len(places)
            for span in [f"{numbers.start}-{numbers.stop - 1}"]
        ]
    return measures
