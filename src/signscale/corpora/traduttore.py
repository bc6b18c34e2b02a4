"""traduttore-model: 4,693 clips of 33 American words and letters, 20 frames each, recorded with MediaPipe. By hand.

A clone of the repository with full history; or traduttore_words.npz, laid out as signscale.formats.array_file says, and
traduttore_words_mixed.csv, a row `id,author_major,mixed` a clip: who committed most of its frames, and whether others
committed some. Who last added or changed a frame committed it; frames that were deleted since count too (480 clips once
had ten more, of another committer). Checked at the repository's commit c7c2f3eba11226a32bad547c4f89186afab676da
(2022-03-14). Its LETTER_Data, letters alone, is not read.

Splits: the clips of one committer are the test, of the words that the others have too; those of the others are
training. Committers are not proven to be the people seen. Clips of several committers, and of "-", nobody signing, are
excluded. Every clip has the sentence of its word. Where the set is to be a test of few labelled clips (`shots` of a
benchmark), leave it out of pre-training, which would learn the answers from the sentences.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from signscale.corpora.frame_arrays import FOLDER
from signscale.corpora.pose_set import PoseSet, word_sample
from signscale.corpora.tables import Fault, table
from signscale.corpora.templates import gloss_sentence
from signscale.fetch.clone import authors
from signscale.formats.array_file import RecordedClips
from signscale.formats.files import written_whole
from signscale.formats.sample import Sample

NAME, FILE, COMMITTERS = "traduttore", "traduttore_words.npz", "traduttore_words_mixed.csv"
TESTED = "TheCamNelson"
"""Who committed the clips of the test."""
NOBODY = "-"
"""The class of clips in which nobody signs."""
_COLUMNS = ("id", "author_major", "mixed")


def _write_committers(clone: Path, names: list[str], path: Path) -> None:
    """Write the table of committers of the named clips, from the clone's history; whole or not at all.

    Of two who committed as many frames, the later has most. A clip that the history lacks has no row.
    """
    committed: dict[str, Counter[str]] = defaultdict(Counter)
    for frame, author in authors(clone, FOLDER).items():
        committed["/".join(frame.split("/")[1:3])][author] += 1
    with written_whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name in names:
            if name in committed:
                (most, _), *others = committed[name].most_common()
                writer.writerow([name, most, int(bool(others))])


def _rows(folder: Path, clips: RecordedClips, faults: list[Fault]) -> Iterator[Sample]:
    """The usable clips, with the committer as signer."""
    about = {row["id"]: row for _, row in table(folder / COMMITTERS, ",", _COLUMNS, faults)}
    usable: list[tuple[int, str, str, str]] = []
    trained: set[str] = set()
    for number, (name, word) in enumerate(zip(clips.names, clips.words, strict=True)):
        if reason := _unusable(about.get(name), word):
            faults.append(Fault(FILE, number, f"clip {name}: {reason}"))
        else:
            usable.append((number, name, word, about[name]["author_major"]))
            trained |= {word} if about[name]["author_major"] != TESTED else set()
    for number, name, word, committer in usable:
        split = "test" if committer == TESTED else "train"
        if split == "test" and word not in trained:
            faults.append(Fault(FILE, number, f"clip {name}: no other committer has this word"))
        else:
            yield word_sample(NAME, FILE, name, split, word, gloss_sentence(word, "ase"), signer=committer)


def _unusable(row: dict[str, str] | None, word: str) -> str:
    """Why a clip is neither training nor test, "" if it is one of them."""
    if row is None:
        return f"no row in {COMMITTERS}"
    if row["mixed"] != "0":
        return "frames of several committers"
    return "nobody signs" if word == NOBODY else ""


CORPUS = PoseSet(
    name=NAME,
    title="traduttore-model words",
    file=FILE,
    others={COMMITTERS: _write_committers},
    licence="MIT",
    source="https://github.com/traduttore/traduttore-model",
    frames=20,
    rows=_rows,
)
