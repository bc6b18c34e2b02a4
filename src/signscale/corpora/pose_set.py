"""Sets of real signs that others recorded as keypoints: one archive (signscale.array_file) that a person drops in.

Such sets are small and of few people; they serve the miniature of the ablations and the low-shot benchmark.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from signscale.acquire.ledger import LedgerRow, day_of, write_ledger
from signscale.acquire.local import require_dropped
from signscale.array_file import RecordedClips, read_words
from signscale.corpora.corpus import Access, ClipKind
from signscale.corpora.sample import Sample
from signscale.corpora.tables import Fault, write_faults
from signscale.errors import SignScaleError
from signscale.files import sha256
from signscale.params import AcquireParams

SIDE = 1000
"""The picture is taken as this many pixels wide and high: the archives hold shares of a picture of unknown size."""
FPS = 20.0
"""The archives name no rate; nothing here depends on it."""
FAULTS = "annotation_faults.csv"


@dataclass(frozen=True)
class PoseSet:
    """A pose set; satisfies signscale.corpora.corpus.Corpus.

    file: the archive; others: files beside it. rows(folder, clips, faults): the samples, in the archive's order; clips
    that cannot be used are faults.
    """

    name: str
    title: str
    file: str
    licence: str
    source: str
    rows: Callable[[Path, RecordedClips, list[Fault]], Iterator[Sample]] = field(repr=False)
    others: tuple[str, ...] = ()
    access: Access = "gate"
    kind: ClipKind = "recorded"
    base: str | None = None
    picture: tuple[int, int] = (SIDE, SIDE)

    def gate(self, folder: Path) -> None:
        """Raise SignScaleError, in one line with the remedy, while the set is not there."""
        how = (
            f"Its clips are at {self.source}; drop them there as {', '.join((self.file, *self.others))}, "
            "laid out as src/signscale/array_file.py and the corpus's own file say"
        )
        require_dropped(folder, [self.file, *self.others], how)

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Write the ledger of what was dropped in, and the clips set aside. Raises SignScaleError if none is left."""
        folder, faults = raw / self.name, []
        self.gate(folder)
        samples = list(self.rows(folder, read_words(folder / self.file), faults))
        write_faults(folder / FAULTS, faults)
        if not samples:
            raise SignScaleError(f"{folder / self.file}: no clip of it can be used, see {FAULTS}; drop it there again")
        paths = [folder / name for name in (self.file, *self.others)]
        write_ledger(
            folder / "ledger.csv",
            [LedgerRow(p.name, self.source, day_of(p), "ok", p.stat().st_size, sha256(p)) for p in paths],
        )
        print(f"{self.name}: {len(samples)} clips, {len(faults)} set aside; see {folder / FAULTS}", file=sys.stderr)

    def samples(self, raw: Path) -> Iterator[Sample]:
        """The samples of the archive, in its order."""
        yield from self.rows(raw / self.name, read_words(raw / self.name / self.file), [])


def word_sample(corpus: str, file: str, name: str, split: str, word: str, text: str, signer: str = "") -> Sample:
    """The sample of an archive's clip of one word of American Sign Language."""
    return Sample(
        sample_id=f"{corpus}/{name}", corpus=corpus, split=split, language="ase", signer=signer, clip=file, start=0.0,
        end=-1.0, fps=FPS, gloss=word.replace(" ", "-"), text=text, label=word, view="mediapipe",
    )  # fmt: skip
