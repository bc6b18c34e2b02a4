"""What the models said about single test clips: letters, glosses, sentences and searches, with the errors marked.

Clips are not picked by hand: they lie evenly spaced through the test set.
"""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from signscale.report.results import INITS, NEAREST, PRETRAINED, SCRATCH, BenchmarkRuns, Run
from signscale.report.tables import INIT_NAMES

KINDS = ("same", "wrong", "lost")
TOP_CONFUSIONS = 10
TOP_GUESSES = 5  # as the paper's Fig. 7
MOST_CLASSES = 60  # of a confusion matrix that can still be read


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a hypothesis. kind: same; wrong (not in the reference); lost (only in the reference)."""

    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one model. pieces: the answer, cut where it departs from the reference. right: whether it equals
    the reference."""

    init: str
    name: str
    said: str
    pieces: list[Piece]
    right: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test clip of recognition or translation, with every model's answer."""

    sample_id: str
    reference: str
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Guesses:
    """What one model made of a test clip of isolated recognition.

    best: the best few as (label, probability); None for a probability the run does not give. place: of the label among
    all guesses, 0 is right, None if it is not one.
    """

    init: str
    name: str
    best: list[tuple[str, float | None]]
    place: int | None


@dataclass(frozen=True, slots=True)
class Sign:
    """A test clip of isolated recognition, with every model's guesses, ours last (PAPER: Fig. 7)."""

    sample_id: str
    label: str
    answers: list[Guesses]


@dataclass(frozen=True, slots=True)
class Found:
    """What one model found for a text. clips: (sample id, score, right) best first."""

    init: str
    name: str
    clips: list[tuple[str, float, bool]]


@dataclass(frozen=True, slots=True)
class Query:
    """A text searched for, with what every model found, ours last (PAPER: Fig. 6)."""

    text: str
    answers: list[Found]
    expected: int


@dataclass(frozen=True, slots=True)
class Confusions:
    """labels sorted; counts[i][j] clips of labels[i] read as labels[j]; top: (count, signed, read, of how many)."""

    labels: list[str]
    counts: list[list[int]]
    top: list[tuple[int, str, str, int]]
    runs: int


def spread(rows: list[Any], count: int) -> list[Any]:
    """`count` rows evenly spaced through `rows`, or all of them."""
    if len(rows) <= count:
        return rows
    return [rows[index * len(rows) // count] for index in range(count)]


def difference(reference: str, hypothesis: str) -> list[Piece]:
    """Where a hypothesis departs from its reference: by word, or by character if the reference is a single word."""
    single = len(reference.split()) == 1
    pattern = r"\S" if single else r"\S+"
    a, b = re.findall(pattern, reference), re.findall(pattern, hypothesis)
    glue = "" if single else " "
    pieces = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(glue.join(b[b0:b1]), "same"))
            continue
        if a1 > a0:
            pieces.append(Piece(glue.join(a[a0:a1]), "lost"))
        if b1 > b0:
            pieces.append(Piece(glue.join(b[b0:b1]), "wrong"))
    return pieces


def _answering(benchmark: BenchmarkRuns) -> list[Run]:
    """The first run from scratch and the first pre-trained one; the nearest neighbour where there is neither."""
    firsts = [runs[0] for init in (SCRATCH, PRETRAINED) if (runs := benchmark.of(init))]
    return firsts or benchmark.of(NEAREST)[:1]


def signs(benchmark: BenchmarkRuns, count: int) -> list[Sign]:
    """Test clips of isolated recognition with the guesses of the first run from each init."""
    by_init = {run.init: {row["sample_id"]: row for row in run.predictions("ranked")} for run in _answering(benchmark)}
    if not by_init:
        return []
    *_, ours = by_init.values()
    return [
        Sign(name, row["label"], [_guesses(init, rows[name]) for init, rows in by_init.items() if name in rows])
        for name, row in spread(list(ours.items()), count)
    ]


def _guesses(init: str, row: dict[str, Any]) -> Guesses:
    chances = row.get("probabilities") or [None] * len(row["ranked"])
    best = list(zip(row["ranked"], chances, strict=True))[:TOP_GUESSES]
    place = row["ranked"].index(row["label"]) if row["label"] in row["ranked"] else None
    return Guesses(init, INIT_NAMES[init], best, place)


def sentences(benchmark: BenchmarkRuns, count: int) -> list[Sentence]:
    """Test clips of CSLR or SLT: the reference and the answer of the first run from each init."""
    return spread(_sentences(benchmark), count)


def right_and_wrong(benchmark: BenchmarkRuns) -> list[tuple[Sentence, int, int]]:
    """A clip that the last of the answering models reads without an error, and one that it does not.

    Each is the middle one of its kind in the order of the test set, as (sentence, clips of its kind, clips of the test
    set). Empty unless there are clips of both kinds.
    """
    rows = _sentences(benchmark)
    right = [row for row in rows if row.answers[-1].right]
    wrong = [row for row in rows if not row.answers[-1].right]
    if not right or not wrong:
        return []
    return [(kind[len(kind) // 2], len(kind), len(rows)) for kind in (right, wrong)]


def _sentences(benchmark: BenchmarkRuns) -> list[Sentence]:
    """Every test clip with the answer of the first run from each init, the pre-trained one last."""
    by_init = {init: runs[0].predictions("line") for init in INITS if (runs := benchmark.of(init))}
    if not by_init:
        return []
    answers = {init: {row["sample_id"]: row["hypothesis"] for row in rows} for init, rows in by_init.items()}
    return [_sentence(row, answers) for row in next(reversed(by_init.values()))]


def _sentence(row: dict[str, Any], answers: dict[str, dict[str, str]]) -> Sentence:
    """One clip with the answer of each init's run; a run without an answer to it is left out."""
    reference, name = row["reference"], row["sample_id"]
    said = [(init, of_clip[name]) for init, of_clip in answers.items() if name in of_clip]
    return Sentence(
        name,
        reference,
        [
            Answer(init, INIT_NAMES[init], words, difference(reference, words), words == reference)
            for init, words in said
        ],
    )


def queries(benchmark: BenchmarkRuns, count: int) -> list[Query]:
    """Texts searched for, with the five best clips of the first run from each init."""
    runs = _answering(benchmark)
    if not runs:
        return []
    clips: dict[str, set[str]] = {}
    by_init: dict[str, dict[str, dict[str, Any]]] = {run.init: {} for run in runs}
    for run in runs:
        for row in run.predictions("search"):
            clips.setdefault(row["text"], set()).add(row["sample_id"])
            by_init[run.init].setdefault(row["text"], row)
    return [
        Query(text, [_found(init, rows[text], right) for init, rows in by_init.items() if text in rows], len(right))
        for text, right in spread([(text, clips[text]) for text in by_init[runs[-1].init]], count)
    ]


def _found(init: str, row: dict[str, Any], right: set[str]) -> Found:
    hits = [(hit["sample_id"], float(hit["score"]), hit["sample_id"] in right) for hit in row["top"][:5]]
    return Found(init, INIT_NAMES[init], hits)


def confusions(benchmark: BenchmarkRuns) -> Confusions | None:
    """Signed against read over all pre-trained runs together (scratch ones if there are no others)."""
    runs = benchmark.of(PRETRAINED) or benchmark.of(SCRATCH)
    pairs = Counter((row["label"], row["ranked"][0]) for run in runs for row in run.predictions("ranked"))
    if not pairs:
        return None
    labels = sorted({label for pair in pairs for label in pair})
    signed = Counter(label for (label, _), count in pairs.items() for _ in range(count))
    wrong = [(count, label, read, signed[label]) for (label, read), count in pairs.items() if label != read]
    wrong.sort(key=lambda row: (-row[0], row[1], row[2]))
    counts = [[pairs[label, read] for read in labels] for label in labels]
    return Confusions(labels, counts, wrong[:TOP_CONFUSIONS], len(runs))
