"""BOBSL: interpreted BBC broadcasts with English subtitles. By hand: an HTTP login that the BBC grants to researchers.

Annotations: subset2episode.json (split -> episodes) and a WebVTT file an episode under subtitles/. A clip is one
subtitle cue; where cues overlap, the earlier ends as the next begins; time between cues belongs to no clip.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import AnnotatedCorpus, Place
from signscale.corpora.tables import Fault, lines, read_json, words
from signscale.errors import SignScaleError
from signscale.fetch.local import require_dropped
from signscale.fetch.login import HOW, fetch_login, has_address
from signscale.fetch.part import Part
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

EPISODES = "subset2episode.json"
SUBTITLES = ("subtitles/manually-aligned", "subtitles/audio-aligned-heuristic-correction")
"""Folders of .vtt files, the better first: an episode's subtitles are taken from the first that has it."""
SKELETONS = "pose"
RATE = 25.0
MIN_SECONDS = 0.5
MAX_SECONDS = 20.0
"""Cues outside these lengths are excluded (interpretation): no sentence is signed in less, none stays aligned for
longer."""

_SPLITS = {"train": "train", "val": "dev", "test": "test"}
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
            faults.append(Fault(file, cue.line, "marked by the annotators as not a sentence of the signing"))
        elif seconds < MIN_SECONDS:
            cut = f" ({cue.end - cue.start:.2f} s before the next cue cut it)" if end < cue.end else ""
            faults.append(Fault(file, cue.line, f"{seconds:.2f} s{cut}, shorter than {MIN_SECONDS:g} s"))
        elif seconds > MAX_SECONDS:
            faults.append(Fault(file, cue.line, f"{seconds:.2f} s, longer than {MAX_SECONDS:g} s"))
        else:
            kept.append(replace(cue, end=end))
    return kept


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, episode in _episodes(folder, faults):
        path = next((folder / place / f"{episode}.vtt" for place in SUBTITLES if _has(folder, place, episode)), None)
        if path is None:
            faults.append(Fault(f"{episode}.vtt", 0, "no subtitles of this episode"))
            continue
        for cue in crop(read_cues(path, faults), path.name, faults):
            yield Place(path.name, cue.line), {"split": split, "episode": episode, "cue": cue}


def _has(folder: Path, place: str, episode: str) -> bool:
    return (folder / place / f"{episode}.vtt").is_file()


def _episodes(folder: Path, faults: list[Fault]) -> list[tuple[str, str]]:
    """(split, episode) in published order; an episode of two splits stays in the first."""
    published = read_json(folder / EPISODES, dict)
    if missing := [name for name in _SPLITS if not isinstance(published.get(name), list)]:
        raise SignScaleError(f"{folder / EPISODES}: lacks {', '.join(missing)}; fetch the published file again")
    splits: dict[str, str] = {}
    for subset, split in _SPLITS.items():
        for index, episode in enumerate(map(str, published[subset])):
            if splits.setdefault(episode, split) != split:
                faults.append(Fault("subset2episode.json", index, f"{episode} is in {splits[episode]} and in {split}"))
    return [(split, episode) for episode, split in splits.items()]


def _sample(row: dict[str, Any]) -> Sample:
    cue, episode = row["cue"], row["episode"]
    return Sample(
        sample_id=f"bobsl/{episode}/{round(cue.start * 1000):08d}", corpus="bobsl", split=row["split"],
        language="bfi", signer="", clip=f"{SKELETONS}/{episode}.tar.gz", start=cue.start, end=cue.end, fps=RATE,
        gloss="", text=cue.text, label="", view="openpose",
    )  # fmt: skip


def _check_access(folder: Path) -> None:
    """Open to those with a login, or with the files dropped in by hand."""
    if not has_address():
        require_dropped(folder, [EPISODES, "subtitles", SKELETONS], HOW)


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The list of episodes from behind the login, if the user has one; what is there stays."""
    if has_address():
        fetch_login(folder, [EPISODES], settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """Subtitles and skeletons of the part's episodes from behind the login, if the user has one."""
    if not has_address():
        return
    episodes = part.of([episode for _, episode in _episodes(folder, [])])
    fetch_login(folder, [f"{place}/{episode}.vtt" for place in SUBTITLES for episode in episodes], settings, part)
    fetch_login(folder, [f"{SKELETONS}/{episode}.tar.gz" for episode in episodes], settings, part)


CORPUS = AnnotatedCorpus(
    name="bobsl",
    title="BOBSL",
    access="manual",
    kind="openpose",
    licence="BBC research licence (BOBSL)",
    source="https://www.robots.ox.ac.uk/~vgg/data/bobsl/",
    language="bfi",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=(EPISODES, "subtitles"),
    fetch=_fetch,
    fetch_part=_fetch_part,
    picture=(444, 444),
    views=("openpose",),
)
