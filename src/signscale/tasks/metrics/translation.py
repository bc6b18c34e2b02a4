"""Translation: BLEU-1 to BLEU-4 by sacrebleu, and the ROUGE-L formulas in use, by name, over the same tokens."""

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
from rapidfuzz.distance import LCSseq
from sacrebleu.metrics.bleu import BLEU

from signscale.errors import SignScaleError
from signscale.tasks.metrics.metric import Measure

TOKENIZERS = ("13a", "char")
UNSPACED = frozenset({"csl", "hks", "jsl", "tss"})  # sign languages whose texts (Chinese, Japanese) have no spaces
ORDERS = (1, 2, 3, 4)
MSCOCO_BETA = 1.2  # of the ROUGE-L in the COCO caption tools


def tokenizer_for(languages: Iterable[str]) -> str:
    """ "char" if the texts of all these sign languages are written without spaces, else "13a"."""
    found = set(languages)
    return "char" if found and found <= UNSPACED else "13a"


def _bleu(tokenize: str, effective_order: bool = False) -> BLEU:
    if tokenize not in TOKENIZERS:
        raise SignScaleError(f"tokenize: {tokenize!r} is none of {', '.join(TOKENIZERS)}")
    return BLEU(tokenize=tokenize, effective_order=effective_order)


def _sentence_statistics(references: Sequence[str], hypotheses: Sequence[str], tokenize: str) -> np.ndarray:
    """(N, 10): hypothesis length, reference length, matching 1- to 4-grams, all 1- to 4-grams of the hypothesis."""
    bleu = _bleu(tokenize, effective_order=True)  # touches only the sentence scores, which are not used: counts are
    scores = [bleu.sentence_score(hypothesis, [text]) for hypothesis, text in zip(hypotheses, references, strict=True)]
    rows = [[score.sys_len, score.ref_len, *score.counts, *score.totals] for score in scores]
    return np.array(rows, dtype=np.int64).reshape(-1, 10)


def _corpus_bleu(weights: np.ndarray, statistics: np.ndarray, order: int) -> np.ndarray:
    """BLEU of every resample from its summed counts, by sacrebleu's own formula."""
    return np.array(
        [
            BLEU.compute_bleu(
                correct=row[2 : 2 + order],
                total=row[6 : 6 + order],
                sys_len=row[0],
                ref_len=row[1],
                smooth_method="exp",
                max_ngram_order=order,
            ).score
            for row in (weights @ statistics).tolist()
        ]
    )


def _lcs_counts(references: Sequence[str], hypotheses: Sequence[str], tokenize: str) -> np.ndarray:
    """(N, 3): longest common subsequence, hypothesis length, reference length, in the tokens BLEU counts."""
    tokenizer = _bleu(tokenize).tokenizer
    rows = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        truth, ours = tokenizer(reference.rstrip()).split(), tokenizer(hypothesis.rstrip()).split()
        rows.append([LCSseq.similarity(ours, truth), len(ours), len(truth)])
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def f_measure(common: np.ndarray, hypothesis: np.ndarray, reference: np.ndarray, beta: float) -> np.ndarray:
    """(1 + beta^2) P R / (R + beta^2 P) of token counts, in percent; 0 where nothing is common."""
    return 100 * (1 + beta**2) * common / np.maximum(hypothesis + beta**2 * reference, 1)


def _sentence_mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return (weights @ values) / weights.sum(axis=1)


def _corpus_f1(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return f_measure(*(weights @ counts).T, beta=1.0)


def _signature(references: Sequence[str], hypotheses: Sequence[str], tokenize: str) -> str:
    """sacrebleu's own, e.g. nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0."""
    bleu = _bleu(tokenize)
    bleu.corpus_score(list(hypotheses), [list(references)])
    return f"bleu:sacrebleu|{bleu.get_signature()}"


def translation_measures(references: Sequence[str], hypotheses: Sequence[str], tokenize: str) -> list[Measure]:
    """BLEU-1..4 and three ROUGE-L of N sentences; the references are raw texts, one a sentence.

    rouge_l_f1_corpus_mean: mean over the sentences of F1. rouge_l_mscoco_beta1.2: the same with beta = 1.2, as the COCO
    caption tools have it. rouge_l_f1_of_corpus_counts: one F1 of the counts summed over all sentences.
    Raises SignScaleError on an unknown tokenizer.
    """
    n = len(references)
    signature = _signature(references, hypotheses, tokenize) if n else ""
    statistics = _sentence_statistics(references, hypotheses, tokenize)
    measures = [
        Measure(f"bleu{order}", partial(_corpus_bleu, statistics=statistics, order=order), n, "points", True, signature)
        for order in ORDERS
    ]
    counts = _lcs_counts(references, hypotheses, tokenize)
    formulas = {
        "f1_corpus_mean": partial(_sentence_mean, values=f_measure(*counts.T, beta=1.0)),
        "mscoco_beta1.2": partial(_sentence_mean, values=f_measure(*counts.T, beta=MSCOCO_BETA)),
        "f1_of_corpus_counts": partial(_corpus_f1, counts=counts),
    }
    return measures + [
        Measure(f"rouge_l_{name}", statistic, n, "points", True, f"rouge:L,{name}|nrefs:1|case:mixed|tok:{tokenize}")
        for name, statistic in formulas.items()
    ]
