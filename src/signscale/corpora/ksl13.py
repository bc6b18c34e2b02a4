"""ksl13: 2,470 clips of 13 Korean words, 30 frames each, recorded with MediaPipe in five sessions. By hand.

ksl13.npz, laid out as signscale.formats.array_file says: the arrays MP_Data, MP_Data1 to MP_Data4 of the repository at
commit 2516f5d, Apache-2.0. Its `recorder` is the folder a clip lies in: a session, all of probably one person. All
is training. The words are named in English, and so is the sentence of each.
"""

from collections.abc import Iterator
from pathlib import Path

from signscale.corpora.pose_set import PoseSet, word_sample
from signscale.corpora.tables import Fault
from signscale.corpora.templates import gloss_sentence
from signscale.formats.array_file import RecordedClips, read_recorders
from signscale.formats.sample import Sample

NAME, FILE = "ksl13", "ksl13.npz"


def _rows(folder: Path, clips: RecordedClips, faults: list[Fault]) -> Iterator[Sample]:
    sessions = read_recorders(folder / FILE)
    for name, word, session in zip(clips.names, clips.words, sessions, strict=True):
        text = gloss_sentence(word, "ase")
        yield word_sample(NAME, FILE, name, "train", word, text, signer=session, language="kvk")


CORPUS = PoseSet(
    name=NAME,
    title="hand-sign-recognition, 13 Korean words",
    file=FILE,
    sha256="eddb21ae2d68146e3ad3528f1ed7177c7141e22f36625ea2e6f3a491e5a1d338",
    licence="Apache-2.0",
    source="https://github.com/yunlisa96/hand-sign-recognition",
    frames=30,
    rows=_rows,
)
