"""From per-frame log probabilities to a gloss sequence, by prefix beam search without a language model, and from the
sequence back to the steps it was seen in."""

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


def align(log_probs: np.ndarray, line: list[int]) -> list[tuple[int, int]]:
    """(T, V) log probabilities and a sequence -> the steps [first, end) of each entry on its likeliest alignment.

    Raises ValueError if the sequence needs more steps than there are.
    """
    log_probs = _checked(log_probs)
    states = [BLANK, *(state for entry in line for state in (entry, BLANK))]  # blanks around every entry
    # A state follows itself, the one before it, or, between different entries, the one before the blank.
    skips = [k > 1 and state != BLANK and state != states[k - 2] for k, state in enumerate(states)]
    best = np.full((len(log_probs), len(states)), -np.inf)
    came = np.zeros(best.shape, dtype=np.int64)  # how many states back the best way to here was a step ago
    best[0, :2] = log_probs[0, states[:2]]
    for step in range(1, len(log_probs)):
        ways = np.full((3, len(states)), -np.inf)
        ways[0] = best[step - 1]
        ways[1, 1:] = best[step - 1, :-1]
        ways[2, 2:] = np.where(skips[2:], best[step - 1, :-2], -np.inf)
        came[step] = ways.argmax(axis=0)
        best[step] = ways.max(axis=0) + log_probs[step, states]
    at = len(states) - 1 - int(len(states) > 1 and best[-1, -2] > best[-1, -1])
    if not np.isfinite(best[-1, at]):
        raise ValueError(f"{len(line)} entries do not fit into {len(log_probs)} steps")
    path = [at]
    for step in range(len(log_probs) - 1, 0, -1):
        path.append(path[-1] - int(came[step, path[-1]]))
    taken = np.array(path[::-1])
    spans = [np.flatnonzero(taken == 2 * number + 1) for number in range(len(line))]
    return [(int(steps[0]), int(steps[-1]) + 1) for steps in spans]
