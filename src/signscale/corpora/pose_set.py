"""Sets of real signs that others recorded as keypoints: git repositories that a person clones into the set's folder.

Out of a clone comes one archive (signscale.formats.array_file) beside it, once; an archive that lies there already is
taken as it is, and needs no clone. A set of several repositories or folders comes as its archive alone, known by its
sha256. Such sets are small and of few people; they serve the miniature of the ablations, the low-shot benchmark and the
released encoder.
"""

import logging
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from signscale.corpora import frame_arrays
from signscale.corpora.corpus import Access, ClipKind
from signscale.corpora.tables import Fault, write_faults
from signscale.errors import SignScaleError
from signscale.fetch.clone import commit
from signscale.fetch.ledger import LedgerRow, day_of, write_ledger
from signscale.fetch.local import require_dropped
from signscale.formats.array_file import RecordedClips, read_words
from signscale.formats.files import sha256
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

SIDE = 1000
"""The picture is taken as this many pixels wide and high: the archives hold shares of a picture of unknown size."""
FPS = 20.0
"""The archives name no rate: this one is a guess. By it the filter on jumps measures speed, and the report hours."""
FAULTS = "annotation_faults.csv"


@dataclass(frozen=True)
class PoseSet:
    """A pose set; satisfies signscale.corpora.corpus.Corpus.

    source: the repository, cloned into a folder of its name. file: the archive, of clips of `frames` frames. others:
    files beside it, each with what writes it: write(clone, names of the archive's clips, path). rows(folder, clips,
    faults): the samples, in the archive's order; clips that cannot be used are faults. sha256: the archive's, if it is
    not made of a clone; no other is taken.
    """

    name: str
    title: str
    file: str
    licence: str
    source: str
    frames: int
    rows: Callable[[Path, RecordedClips, list[Fault]], Iterator[Sample]] = field(repr=False)
    others: dict[str, Callable[[Path, list[str], Path], None]] = field(default_factory=dict, repr=False)
    sha256: str = ""
    access: Access = "manual"
    kind: ClipKind = "recorded"
    base: str | None = None
    picture: tuple[int, int] = (SIDE, SIDE)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The files that say what the clips are."""
        return (self.file, *self.others)

    def check_access(self, folder: Path) -> None:
        """Raise SignScaleError, in one line with the remedy, while neither the archive nor a clone is there."""
        clone = self._clone(folder)
        if self.sha256:
            how = f"Lay there the archive with sha256 {self.sha256}, made of {self.source}; {self.name}.py says how"
            require_dropped(folder, [self.file], how)
        elif not (clone / frame_arrays.FOLDER).is_dir():
            how = (
                f"A run makes it of a clone: git clone {self.source} {shlex.quote(str(clone))} "
                "(or lay it there yourself, as src/signscale/formats/array_file.py and the corpus's own file say)"
            )
            require_dropped(folder, [self.file, *self.others], how)

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Make the archive, write the ledger, and the clips excluded. Raises SignScaleError if none is left.

        The ledger's addresses name the commit that the archive was made of, where it was made here.
        """
        folder = raw / self.name
        self.check_access(folder)
        self._make(folder)
        clips = read_words(folder / self.file)
        source, faults = frame_arrays.read_origin(folder / self.file)
        samples = list(self.rows(folder, clips, faults))
        write_faults(folder / FAULTS, faults)
        if not samples:
            raise SignScaleError(f"{folder / self.file}: no clip of it can be used, see {FAULTS}; drop it there again")
        paths = [folder / name for name in (self.file, *self.others)]
        write_ledger(
            folder / "ledger.csv",
            [LedgerRow(p.name, source or self.source, day_of(p), "ok", p.stat().st_size, sha256(p)) for p in paths],
        )
        logger.info(f"{self.name}: {len(samples)} clips, {len(faults)} excluded; see {folder / FAULTS}")

    def _clone(self, folder: Path) -> Path:
        """Where a clone of the repository belongs."""
        return folder / self.source.rsplit("/", 1)[-1]

    def _make(self, folder: Path) -> None:
        """Write the archive and the files beside it, those that are not there yet, from the clone.

        Raises SignScaleError if an archive that is known by its sha256 is another.
        """
        archive, clone = folder / self.file, self._clone(folder)
        if self.sha256 and (found := sha256(archive)) != self.sha256:
            raise SignScaleError(f"{archive}: sha256 {found} in place of {self.sha256}; drop the right archive there")
        if not archive.exists():
            head = commit(clone, frame_arrays.FOLDER, frame_arrays.SUFFIX)
            frame_arrays.write_archive(clone, self.frames, f"{self.source}/tree/{head}", archive)
        for name, write in self.others.items():
            if not (folder / name).exists():
                write(clone, read_words(archive).names, folder / name)

    def samples(self, raw: Path) -> Iterator[Sample]:
        """The samples of the archive, in its order."""
        yield from self.rows(raw / self.name, read_words(raw / self.name / self.file), [])


def word_sample(
    corpus: str, file: str, name: str, split: str, word: str, text: str, signer: str = "", language: str = "ase"
) -> Sample:
    """The sample of an archive's clip of one word, of American Sign Language if nothing else is said."""
    return Sample(
        sample_id=f"{corpus}/{name}", corpus=corpus, split=split, language=language, signer=signer, clip=file,
        start=0.0, end=-1.0, fps=FPS, gloss=word.replace(" ", "-"), text=text, label=word, view="mediapipe",
    )  # fmt: skip
