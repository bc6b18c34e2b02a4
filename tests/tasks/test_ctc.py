"""CTC decoding against all alignments written out."""

from itertools import groupby, product

import numpy as np
import pytest

from signscale.tasks.ctc import align, beam_search


def collapse(path):
    return tuple(entry for entry, _ in groupby(path) if entry)


def likelihoods(log_probs):
    """Log probability of every sequence, by adding up each of its alignments."""
    frames, entries = log_probs.shape
    sequences = {}
    for path in product(range(entries), repeat=frames):
        score = log_probs[np.arange(frames), path].sum()
        sequences[collapse(path)] = np.logaddexp(sequences.get(collapse(path), -np.inf), score)
    return sequences


def random_frames(rng, frames, entries, spread=2.0):
    raw = rng.normal(size=(frames, entries)) * spread
    return raw - np.logaddexp.reduce(raw, axis=1, keepdims=True)


def test_beam_search_finds_the_likeliest_sequence_of_all():
    rng = np.random.default_rng(0)
    for _ in range(200):
        log_probs = random_frames(rng, int(rng.integers(1, 6)), int(rng.integers(2, 5)))
        found = likelihoods(log_probs)
        assert tuple(beam_search(log_probs, beam=200)) == max(found, key=found.get)


def test_a_small_beam_is_rarely_worse():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        log_probs = random_frames(rng, 5, 4)
        found = likelihoods(log_probs)
        hits += tuple(beam_search(log_probs, beam=10)) == max(found, key=found.get)
    assert hits >= 95


def test_beam_adds_up_alignments_where_greedy_takes_one():
    log_probs = np.log([[0.4, 0.3, 0.3], [0.4, 0.35, 0.25]])
    assert log_probs.argmax(axis=1).tolist() == [0, 0]  # the likeliest alignment is all blanks
    assert beam_search(log_probs, beam=10) == [1]


def test_repeats_need_a_blank_between():
    certain = np.log(np.eye(3)[[1, 1, 0, 1, 2, 2]] * 0.97 + 0.01)
    assert beam_search(certain, beam=10) == [1, 1, 2]


def test_certain_frames_with_log_zero_are_decoded():
    with np.errstate(divide="ignore"):
        certain = np.log(np.eye(4)[[0, 3, 0, 3, 1]])
    assert beam_search(certain, beam=10) == [3, 3, 1]


def test_entries_beyond_the_beam_are_reached_in_a_large_vocabulary():
    log_probs = random_frames(np.random.default_rng(2), 30, 1300, spread=1.0)
    expected = [1299, 7, 7, 640]
    for place, entry in zip((2, 8, 14, 20), expected, strict=True):
        log_probs[place] -= 20
        log_probs[place, entry] = 0
    for place in set(range(30)) - {2, 8, 14, 20}:
        log_probs[place] -= 20
        log_probs[place, 0] = 0
    assert beam_search(log_probs, beam=10) == expected


def test_no_frames_give_no_glosses():
    assert beam_search(np.zeros((0, 5)), beam=10) == []


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        beam_search(np.full((2, 3), np.nan), beam=10)
    with pytest.raises(ValueError, match="expected"):
        beam_search(np.zeros(4), beam=10)


@pytest.mark.parametrize("seed", range(20))
def test_an_alignment_is_the_likeliest_of_all(seed):
    rng = np.random.default_rng(seed)
    line = rng.integers(1, 4, rng.integers(0, 4)).tolist()
    log_probs = random_frames(rng, 6, 4)
    paths = [path for path in product(range(4), repeat=6) if collapse(path) == tuple(line)]
    best = max(paths, key=lambda path: log_probs[np.arange(6), path].sum())
    runs = [(entry, [step for step, _ in steps]) for entry, steps in groupby(enumerate(best), lambda item: item[1])]
    assert align(log_probs, line) == [(steps[0], steps[-1] + 1) for entry, steps in runs if entry]


def test_a_line_that_does_not_fit_its_steps_is_refused():
    with pytest.raises(ValueError, match="2 entries do not fit into 2 steps"):
        align(np.log(np.full((2, 3), 1 / 3)), [1, 1])
