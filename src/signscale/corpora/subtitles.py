"""Subtitles in WebVTT: the cues of a file, and the clips of an episode that they cut out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from signscale.corpora.tables import Fault, lines, words

MIN_SECONDS = 0.5
MAX_SECONDS = 20.0
"""Cues outside these lengths are excluded (interpretation): no sentence is signed in less, none stays aligned for
longer."""

_TIMES = re.compile(r"((?:\d+:)?\d{1,2}:\d{2}[.,]\d{3})\s+-->\s+((?:\d+:)?\d{1,2}:\d{2}[.,]\d{3})(?:\s.*)?$")
_MARKUP = re.compile(r"<[^>]*>")
_NOT_SIGNED = re.compile(r"\[[A-Z-]+\]")


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle. line: of its times in the file. start, end: seconds. text: without markup, in single spaces."""

    line: int
    start: float
    end: float
    text: str


def read_cues(path: Path, faults: list[Fault]) -> list[Cue]:
    """The cues of a WebVTT file in order of time; torn ones (no times, no text, end before start) are faults."""
    cues: list[Cue] = []
    for block in _blocks(path, faults):
        if block[0][1].startswith(("WEBVTT", "NOTE", "STYLE", "REGION")):
            continue
        at = next((i for i, (_, text) in enumerate(block) if "-->" in text), None)
        if at is None:
            faults.append(Fault(path.name, block[0][0], "torn cue: no line with times"))
            continue
        times = _TIMES.match(block[at][1].strip())
        text = words(_MARKUP.sub("", " ".join(line for _, line in block[at + 1 :])))
        if times is None or not text:
            reason = "torn cue: its times are not complete" if times is None else "torn cue: no text"
            faults.append(Fault(path.name, block[at][0], reason))
            continue
        cue = Cue(block[at][0], _seconds(times.group(1)), _seconds(times.group(2)), text)
        if cue.end <= cue.start:
            faults.append(Fault(path.name, cue.line, f"end {cue.end:g} s is not after start {cue.start:g} s"))
        else:
            cues.append(cue)
    return sorted(cues, key=lambda cue: (cue.start, cue.end, cue.line))


def _blocks(path: Path, faults: list[Fault]) -> Iterator[list[tuple[int, str]]]:
    """Runs of non-empty lines, with their numbers."""
    block: list[tuple[int, str]] = []
    for number, line in lines(path, faults):
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _seconds(time: str) -> float:
    """Seconds of [hours:]minutes:seconds.milliseconds, exact to the millisecond."""
    clock, millis = time.replace(",", ".").split(".")
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return (total * 1000 + int(millis)) / 1000


def crop(cues: list[Cue], file: str, faults: list[Fault]) -> list[Cue]:
    """Clips of an episode, none overlapping another, each of MIN_SECONDS to MAX_SECONDS; the rest are faults."""
    kept: list[Cue] = []
    ends = [min(cue.end, following.start) for cue, following in pairwise(cues)] + [cue.end for cue in cues[-1:]]
    for cue, end in zip(cues, ends, strict=True):
        seconds = end - cue.start
        if _NOT_SIGNED.search(cue.text):
            faults.append(Fault(file, cue.line, "marked by the annotators as not a sentence of the signing", "rule"))
        elif seconds < MIN_SECONDS:
            cut = f" ({cue.end - cue.start:.2f} s before the next cue cut it)" if end < cue.end else ""
            faults.append(Fault(file, cue.line, f"{seconds:.2f} s{cut}, shorter than {MIN_SECONDS:g} s", "rule"))
        elif seconds > MAX_SECONDS:
            faults.append(Fault(file, cue.line, f"{seconds:.2f} s, longer than {MAX_SECONDS:g} s", "rule"))
        else:
            kept.append(replace(cue, end=end))
    return kept


def moved(cue: Cue, seconds: float) -> Cue:
    """The cue that many seconds later, to the millisecond as cues are."""
    return replace(cue, start=round(cue.start + seconds, 3), end=round(cue.end + seconds, 3))
