"""Test material that pre-training has seen: the same clip, the same recording, or nearly the same glosses on one day.

A recording is what a clip was cut from: a YouTube video (one name in WLASL and MS-ASL), a broadcast, an episode.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from signscale.corpora import load_corpus
from signscale.formats.sample import Sample

SIMILAR = 0.75
"""Similarity of gloss lines from which on two segments of a broadcast count as the same (PAPER, Corpus)."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A sample held out, the pre-training sample it meets, and how: clip, recording or glosses. share: of likeness."""

    held_out: str
    seen: str
    kind: str
    share: float


def recordings(sample: Sample, by_id: dict[str, Sample]) -> list[str]:
    """What a sample was cut from; several for a composed sample, whose clip joins sample ids by "+"."""
    corpus = load_corpus(sample.corpus)
    if corpus.base is None:
        return [_recording(sample)]
    return [_recording(by_id[part]) if part in by_id else part for part in sample.clip.split("+")]


def _recording(sample: Sample) -> str:
    named = getattr(load_corpus(sample.corpus), "source_video", None)
    return named(sample) if named else f"{sample.corpus}:{sample.clip}"


def find_leaks(held_out: Sequence[Sample], seen: Sequence[Sample]) -> list[Leak]:
    """Each held-out sample that meets a pre-training one, by its worst kind: clip before recording.

    The same clip: the same file, or the same YouTube video, with times that overlap.
    """
    by_id = {sample.sample_id: sample for sample in [*held_out, *seen]}
    known: dict[str, list[Sample]] = defaultdict(list)
    for sample in seen:
        for recording in recordings(sample, by_id):
            known[recording].append(sample)
    leaks = []
    for sample in held_out:
        met = [other for recording in recordings(sample, by_id) for other in known.get(recording, [])]
        met = [other for other in met if other.sample_id != sample.sample_id]
        if met:
            same = next((other for other in met if _same_clip(sample, other)), None)
            leaks.append(Leak(sample.sample_id, (same or met[0]).sample_id, "clip" if same else "recording", 1.0))
    return leaks


def _same_clip(sample: Sample, other: Sample) -> bool:
    same_file = (sample.corpus, sample.clip) == (other.corpus, other.clip)
    same_video = _recording(sample) == _recording(other) and _recording(sample).startswith("youtube:")
    return (same_file or same_video) and sample.start < _end(other) and other.start < _end(sample)


def _end(sample: Sample) -> float:
    return float("inf") if sample.end == -1 else sample.end


def gloss_similarity(first: str, second: str) -> float:
    """Likeness of two gloss lines in 0..1: twice the glosses that match in order, over all glosses of both."""
    return SequenceMatcher(None, first.split(), second.split(), autojunk=False).ratio()


def find_similar_glosses(held_out: Iterable[Sample], seen: Iterable[Sample]) -> list[Leak]:
    """Phoenix14's dev and test segments whose glosses are those of a Phoenix14-T training segment of the broadcast.

    PAPER names 37 of 629 test and 29 of 540 dev segments. The measure of likeness is our interpretation.
    """
    of_broadcast: dict[str, list[Sample]] = defaultdict(list)
    for sample in seen:
        of_broadcast[_recording(sample)].append(sample)
    leaks = []
    for sample in held_out:
        scored = [(gloss_similarity(sample.gloss, other.gloss), other) for other in of_broadcast[_recording(sample)]]
        share, other = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if other is not None and share >= SIMILAR:
            leaks.append(Leak(sample.sample_id, other.sample_id, "glosses", round(share, 4)))
    return leaks
