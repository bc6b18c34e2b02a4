"""CTM and STM, the files of NIST's sclite: hypotheses word by word with their times, and references by segment.

CTM: `file channel begin duration word [confidence]`. STM: `file channel speaker begin end [<label>] words`. Lines that
begin with `;;` are comments. A word belongs to the segment of its file and channel that its middle lies in.
Source: sclite's manual, "infmts".
"""

import re
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.tasks.lines import read_lines
from signscale.tasks.task import Prediction

IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
"""Words of an STM segment that is not scored."""


def are_sclite_files(hyp: Path, ref: Path) -> bool:
    """Whether the names end in .ctm and .stm; raises SignScaleError if only one does, or only the lines are such."""
    found = (hyp.suffix.lower() == ".ctm", ref.suffix.lower() == ".stm")
    if any(found) and not all(found):
        raise SignScaleError(f"{hyp}: a .ctm is scored against a .stm, and no other; give {ref} in the same form")
    if not any(found):
        _check_glosses(hyp)
        _check_glosses(ref)
    return all(found)


_TIMES = re.compile(r"\S+\s+\S+\s+(\S+\s+)?\d+(\.\d+)?\s+\d+(\.\d+)?(\s|$)")
"""How a line of a CTM or STM begins."""


def _check_glosses(path: Path) -> None:
    """Raise SignScaleError if every line begins as in a CTM or STM: names and times would be scored as glosses."""
    lines = [line for line in read_lines(path) if line.strip() and not line.startswith(";;")]
    if lines and all(_TIMES.match(line) for line in lines):
        raise SignScaleError(f"{path}: its lines are those of a .ctm or .stm; give both files these endings")


def read_sclite_files(hyp: Path, ref: Path) -> list[Prediction]:
    """A prediction line for each segment of the STM. Raises SignScaleError on a bad line, or a word in no segment."""
    said = _read_ctm(hyp)
    lines, placed = [], 0
    for place, (key, begin, end, words) in _read_stm(ref):
        ours = [word for middle, word in said.get(key, []) if begin <= middle < end]
        placed += len(ours)
        if words != IGNORED:
            lines.append({"sample_id": place, "language": "", "reference": words, "hypothesis": " ".join(ours)})
    if placed != (count := sum(map(len, said.values()))):
        raise SignScaleError(f"{hyp}: {count - placed} of {count} words lie in no segment, or in two, of {ref}")
    return lines


def _fields(path: Path, count: int) -> list[tuple[str, list[str]]]:
    """(place, fields) of each line, the last field with the rest of it; comments and empty lines left out."""
    rows = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith(";;"):
            continue
        fields = line.split(maxsplit=count - 1)
        if len(fields) < count - 1:
            raise SignScaleError(f"{path} line {number}: {len(fields)} fields, expected {count}")
        rows.append((f"{path} line {number}", fields))
    return rows


def _seconds(place: str, first: str, second: str) -> tuple[float, float]:
    try:
        return float(first), float(second)
    except ValueError:
        raise SignScaleError(f"{place}: {first} and {second} are not times in seconds") from None


def _read_ctm(path: Path) -> dict[tuple[str, str], list[tuple[float, str]]]:
    """(file, channel) -> (middle in seconds, word) in order of time."""
    said: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for place, fields in _fields(path, 6):
        begin, duration = _seconds(place, fields[2], fields[3])
        said.setdefault((fields[0], fields[1]), []).append((begin + duration / 2, fields[4]))
    return {key: sorted(words, key=lambda word: word[0]) for key, words in said.items()}


def _read_stm(path: Path) -> list[tuple[str, tuple[tuple[str, str], float, float, str]]]:
    """(place, ((file, channel), begin, end, words)) of each segment."""
    segments = []
    for place, fields in _fields(path, 6):
        begin, end = _seconds(place, fields[3], fields[4])
        words = fields[5] if len(fields) == 6 else ""
        if words.startswith("<"):
            words = words.partition(">")[2]
        if "{" in words:
            raise SignScaleError(f"{place}: alternatives in braces are not read; choose one")
        segments.append((place, ((fields[0], fields[1]), begin, end, " ".join(words.split()))))
    return segments
