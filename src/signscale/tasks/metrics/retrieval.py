"""Sign-text retrieval: recall at 1, 5, 10 and median rank, in both directions, with ties and duplicate texts."""

from collections.abc import Sequence

import numpy as np

from signscale.errors import SignScaleError
from signscale.tasks.metrics.metric import Measure, Statistic

CUTS = (1, 5, 10)


def _ranks(similarity: np.ndarray, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """(Q, C) similarities, (Q,) and (C,) group numbers -> (Q,) ranks from 1 of the best correct candidate.

    Wrong candidates with the same similarity stand before it, other correct ones do not count.
    """
    correct = queries[:, None] == candidates[None, :]
    best = np.where(correct, similarity, -np.inf).max(axis=1, keepdims=True)
    return 1 + ((similarity >= best) & ~correct).sum(axis=1)


def retrieval_ranks(
    similarity: np.ndarray, text_ids: Sequence[str], clip_text_ids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the right answer for every text row (text to video) and every clip (video to text).

    similarity: (texts, clips). text_ids: of the rows; clip_text_ids: of the clips; equal ids are the same text.
    Any clip of a text is a right answer (the best one counts). Rows of the same text are one candidate, with the best
    of their similarities, so that a text is counted once.
    Raises SignScaleError on shapes that do not fit, on similarities that are not finite, and on a text without a clip
    or a clip without a text.
    """
    similarity = np.asarray(similarity, dtype=np.float64)
    if similarity.shape != (len(text_ids), len(clip_text_ids)):
        expected = f"{len(text_ids)} texts x {len(clip_text_ids)} clips"
        raise SignScaleError(f"similarity: its shape is {similarity.shape}, expected {expected}")
    if not np.isfinite(similarity).all():
        raise SignScaleError("similarity: some values are not finite; the model diverged, fine-tune it again")
    if alone := sorted(set(text_ids) ^ set(clip_text_ids)):
        raise SignScaleError(
            f"similarity: text {alone[0]!r} stands on one side only ({len(alone)} such); nothing fits it"
        )
    names, rows = np.unique(np.asarray(text_ids), return_inverse=True)
    columns = np.searchsorted(names, np.asarray(clip_text_ids))
    grouped = np.full((len(names), len(columns)), -np.inf)
    np.maximum.at(grouped, rows, similarity)
    return _ranks(similarity, rows, columns), _ranks(grouped.T, columns, np.arange(len(names)))


def _recall(ranks: np.ndarray, cut: int) -> Statistic:
    hits = (ranks <= cut).astype(np.int64)
    return lambda weights: 100 * (weights @ hits) / weights.sum(axis=1)


def _median(ranks: np.ndarray) -> Statistic:
    """Median with repeats; of an even number the mean of the two in the middle."""
    order = np.argsort(ranks, kind="stable")
    in_order = ranks[order]

    def statistic(weights: np.ndarray) -> np.ndarray:
        upto = np.cumsum(weights[:, order], axis=1)
        drawn = upto[:, -1:]
        lower, upper = ((upto >= place).argmax(axis=1) for place in ((drawn + 1) // 2, drawn // 2 + 1))
        return (in_order[lower] + in_order[upper]) / 2

    return statistic


def rank_measures(text_to_video: np.ndarray, video_to_text: np.ndarray, duplicates: str) -> list[Measure]:
    """The eight numbers of retrieval from the ranks of each direction's queries. duplicates: for the signature."""
    measures = []
    for direction, ranks in {"t2v": text_to_video, "v2t": video_to_text}.items():
        signature = f"ties:pessimistic|duplicates:{duplicates}|queries:{len(ranks)}"
        measures += [
            Measure(f"{direction}_r{cut}", _recall(ranks, cut), len(ranks), "%", True, signature) for cut in CUTS
        ]
        measures.append(Measure(f"{direction}_medr", _median(ranks), len(ranks), "rank", False, signature))
    return measures


def duplicates_named(text_ids: Sequence[str]) -> str:
    """How repeated texts were treated, for the signature."""
    return f"max over group,{len(set(text_ids))} texts"
