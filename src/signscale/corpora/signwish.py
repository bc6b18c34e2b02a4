"""ASL_SignWish: 880 clips of 11 American words by one person, 24 frames each, recorded with MediaPipe. By hand.

A clone of the repository, or signwish.npz, laid out as signscale.formats.array_file says. Checked at the repository's
commit 641b923b058d938543f90451cfbea644e5ed1e96 (2021-10-30). All of it is training: one person is no test.
"""

from collections.abc import Iterator
from pathlib import Path

from signscale.corpora.pose_set import PoseSet, word_sample
from signscale.corpora.tables import Fault
from signscale.corpora.templates import gloss_sentence
from signscale.formats.array_file import RecordedClips
from signscale.formats.sample import Sample

NAME, FILE = "signwish", "signwish.npz"


def _rows(folder: Path, clips: RecordedClips, faults: list[Fault]) -> Iterator[Sample]:
    for name, word in zip(clips.names, clips.words, strict=True):
        yield word_sample(NAME, FILE, name, "train", word, gloss_sentence(word, "ase"))


CORPUS = PoseSet(
    name=NAME,
    title="ASL_SignWish",
    file=FILE,
    licence="MIT",
    source="https://github.com/tamtridung/ASL_SignWish",
    frames=24,
    rows=_rows,
)
