"""asl_recorders: American words by seven people, 30 frames a clip, recorded with MediaPipe. By hand.

asl_recorders.npz, laid out as signscale.formats.array_file says, its `recorder` r01 to r07: the recordings of seven
public projects. Two of them state a licence, MIT: r02 (ISmokeData/SignLanguageDetectionUsingMediapipe at 3b0e44d) and
r06 (ayaanniaz/ASLtoText-webapp at 6c634a0). Their 450 clips are training; all others are excluded, so that what is made
of this corpus may be passed on.
"""

from collections.abc import Iterator
from pathlib import Path

from signscale.corpora.pose_set import PoseSet, word_sample
from signscale.corpora.tables import Fault
from signscale.corpora.templates import gloss_sentence
from signscale.formats.array_file import RecordedClips, read_recorders
from signscale.formats.sample import Sample

NAME, FILE = "asl_recorders", "asl_recorders.npz"
LICENSED = ("r02", "r06")


def _rows(folder: Path, clips: RecordedClips, faults: list[Fault]) -> Iterator[Sample]:
    recorders = read_recorders(folder / FILE)
    for number, (name, word, recorder) in enumerate(zip(clips.names, clips.words, recorders, strict=True)):
        if recorder in LICENSED:
            yield word_sample(NAME, FILE, name, "train", word, gloss_sentence(word, "ase"), signer=recorder)
        else:
            faults.append(Fault(FILE, number, f"clip {name}: {recorder} states no licence"))


CORPUS = PoseSet(
    name=NAME,
    title="American words of two recorders",
    file=FILE,
    sha256="f18d05980652599b8c5e09c612d337a453067d55ec69ddae5336a91f583929d1",
    licence="MIT",
    source="https://github.com/ISmokeData/SignLanguageDetectionUsingMediapipe and "
    "https://github.com/ayaanniaz/ASLtoText-webapp",
    frames=30,
    rows=_rows,
)
