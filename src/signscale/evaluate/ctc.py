"""From per-frame log probabilities to a gloss sequence: greedy, and prefix beam search without a language model."""

from itertools import groupby

import numpy as np
from flashlight.lib.text.decoder import CriterionType, LexiconFreeDecoder, LexiconFreeDecoderOptions, ZeroLM

BLANK = 0
TOKENS = 50  # likeliest entries looked at in a frame; on 200 x 1300 random frames all entries gave the same, 8 x slower
FLOOR = -1e9  # stands for log 0, which the decoder cannot add up
UNPRUNED = 1e9  # score distance at which the decoder drops a prefix: none is


def _checked(log_probs: np.ndarray) -> np.ndarray:
    log_probs = np.asarray(log_probs, dtype=np.float32)
    if log_probs.ndim != 2 or log_probs.shape[1] < 2:
        raise ValueError(f"log_probs: expected (frames, blank + entries), found {log_probs.shape}")
    if np.isnan(log_probs).any():
        raise ValueError("log_probs: some are not a number (NaN)")
    return log_probs


def _collapse(path: list[int]) -> list[int]:
    """Repeats merged, then blanks dropped."""
    return [entry for entry, _ in groupby(path) if entry != BLANK]


def greedy_search(log_probs: np.ndarray) -> list[int]:
    """(T, V) log probabilities, entry 0 the blank -> entries of the single likeliest alignment."""
    return _collapse(_checked(log_probs).argmax(axis=1).tolist())


def beam_search(log_probs: np.ndarray, beam: int) -> list[int]:
    """(T, V) log probabilities, entry 0 the blank -> entries of the likeliest sequence over all its alignments.

    beam: prefixes kept a frame. Exact once the beam holds every prefix (checked against brute force).
    """
    emissions = np.ascontiguousarray(np.maximum(_checked(log_probs), FLOOR))
    frames, entries = emissions.shape
    if frames == 0:
        return []
    options = LexiconFreeDecoderOptions(
        beam_size=beam,
        beam_size_token=min(entries, TOKENS),
        beam_threshold=UNPRUNED,
        lm_weight=0.0,
        sil_score=0.0,
        log_add=True,
        criterion_type=CriterionType.CTC,
    )
    # The decoder begins and ends every path with its silence entry; the blank can play it, an index of -1 cannot.
    decoder = LexiconFreeDecoder(options, ZeroLM(), BLANK, BLANK, [])
    best = decoder.decode(emissions.ctypes.data, frames, entries)[0]
    return _collapse(list(best.tokens))
