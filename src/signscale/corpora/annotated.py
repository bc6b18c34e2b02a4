"""The nine published corpora share one shape: rows of annotation files, each turned into a Sample or excluded.

A corpus module gives two functions (rows, and a row's Sample) and the facts; the checks that hold for every corpus
are here.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from signscale.corpora.corpus import Access, ClipKind
from signscale.corpora.tables import Fault, RowError, kinds, write_faults
from signscale.errors import SignScaleError
from signscale.fetch.part import WHOLE, Part
from signscale.fetch.place import OutsideError, place
from signscale.fetch.record import availability, forget_parts, merge, record, recorded
from signscale.formats.sample import SPLITS, Sample
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

FAULTS = "annotation_faults.csv"
BOTH_VIEWS = ("mmpose", "interwild")
"""Corpora of which the paper makes two samples a clip: MMPose alone; MMPose with InterWild's hands."""


class Place(NamedTuple):
    """Where a row stands: file name and row."""

    file: str
    row: int


Rows = Callable[[Path, list[Fault]], Iterator[tuple[Place, dict[str, Any]]]]


@dataclass(frozen=True)
class AnnotatedCorpus:
    """A corpus of published annotations; satisfies signscale.corpora.corpus.Corpus.

    rows(folder, faults): the annotation rows under the corpus's raw folder, in a fixed order.
    sample(row): its Sample; raises RowError to exclude the row.
    check_access(folder): raises SignScaleError, in one line with the remedy, while a corpus with a licence to sign is
    not there.
    dropped: files and folders under the raw folder that people bring and that say what the clips are: another content
    makes another manifest.
    fetch(folder, settings): brings the annotations and what else comes as one file.
    fetch_part(folder, settings, part): brings a part of the sources, each on its own; None where there are none.
    unpack(folder): unpacks what fetch_part downloaded, once all parts are there.
    views: estimators whose keypoints make a sample of each clip; `samples` yields the first's (parts.with_other_views).
    subsets: name -> labels of a published subset. official: published number of each split, of `official_of`, as
    `official_source` says. official_subsets: the same of subsets, where published.
    pretrain_splits: what the paper pre-trains on. paired: clips come with text.
    source_video: names the recording a sample was cut from, across corpora.
    longest_side: pixels frames are scaled to before estimation, 0 for as they are (PAPER, Keypoints).
    picture: width and height in pixels of what recorded skeletons were made from, where their files do not say.
    """

    name: str
    title: str
    access: Access
    kind: ClipKind
    licence: str
    source: str
    language: str
    rows: Rows = field(repr=False)
    sample: Callable[[dict[str, Any]], Sample] = field(repr=False)
    fetch: Callable[[Path, AcquireParams], None] = field(default=lambda folder, settings: None, repr=False)
    fetch_part: Callable[[Path, AcquireParams, Part], None] | None = field(default=None, repr=False)
    unpack: Callable[[Path], None] = field(default=lambda folder: None, repr=False)
    check_access: Callable[[Path], None] = field(default=lambda folder: None, repr=False)
    dropped: tuple[str, ...] = ()
    views: tuple[str, ...] = ("mmpose",)
    subsets: dict[str, range | tuple[str, ...]] = field(default_factory=dict)
    official: dict[str, int] = field(default_factory=dict)
    official_of: Literal["clips", "episodes"] = "clips"
    official_source: str = ""
    official_subsets: dict[str, dict[str, int]] = field(default_factory=dict)
    pretrain_splits: tuple[str, ...] = ("train",)
    paired: bool = True
    source_video: Callable[[Sample], str] = field(default=lambda sample: f"{sample.corpus}:{sample.clip}", repr=False)
    longest_side: int = 0
    picture: tuple[int, int] = (0, 0)
    base: str | None = None

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Bring the raw data under `raw`/<name>; what is there already stays. Raises SignScaleError with the remedy.

        Beside it: ledger.csv, with a row for every clip, and annotation_faults.csv, the rows excluded.
        """
        self.acquire_annotations(raw, settings)
        self.acquire_part(raw, settings, WHOLE)
        self.settle_parts(raw, 1)

    def acquire_annotations(self, raw: Path, settings: AcquireParams) -> None:
        """The first step of `acquire`: what all parts need. Raises SignScaleError with the remedy."""
        self.check_access(raw / self.name)
        self.fetch(raw / self.name, settings)

    def acquire_part(self, raw: Path, settings: AcquireParams, part: Part) -> None:
        """The second step of `acquire`, or a part of it: the part's sources, and their rows in the part's ledger."""
        if self.fetch_part:
            self.fetch_part(raw / self.name, settings, part)
        record(raw / self.name, [], part)

    def settle_parts(self, raw: Path, count: int) -> None:
        """The last step of `acquire`: the ledgers of `count` parts made one, and what is there set down.

        Raises SignScaleError if a part was not fetched, or an archive is torn.
        """
        folder = raw / self.name
        if count > 1:
            merge(folder, count)
        self.unpack(folder)
        faults: list[Fault] = []
        needed: dict[str, tuple[float, float]] = {}  # clip: the last moment any sample needs, and its rate
        for sample in self._good(raw, faults):
            last = max(needed.get(sample.clip, (0.0,))[0], sample.start, sample.end)
            needed[sample.clip] = (last if self.kind in ("video", "frames") else 0.0, sample.fps)
        known = recorded(folder)
        unfetched = {c: need for c, need in needed.items() if c not in known or known[c].url == self.source}
        rows = [availability(folder, clip, self.source, *need) for clip, need in unfetched.items()]
        record(folder, rows)
        _tell_missing(folder, [row.source_id for row in rows if row.outcome == "missing"], len(rows))
        forget_parts(folder)
        write_faults(folder / FAULTS, faults)
        tell(self.name, faults, folder / FAULTS)

    def samples(self, raw: Path) -> Iterator[Sample]:
        """Rows of the first view from the annotations under `raw`, in a fixed order; bad rows are left out."""
        return self._good(raw, [])

    def annotation_faults(self, raw: Path) -> list[Fault]:
        """The annotation rows that `samples` leaves out, each with its reason."""
        faults: list[Fault] = []
        for _ in self._good(raw, faults):
            pass
        return faults

    def _good(self, raw: Path, faults: list[Fault]) -> Iterator[Sample]:
        seen: set[str] = set()
        for at, row in self.rows(raw / self.name, faults):
            try:
                sample = self.sample(row)
                _check(sample, seen)
            except RowError as fault:
                faults.append(Fault(at.file, at.row, str(fault), split=_split_of(row)))
            else:
                seen.add(sample.sample_id)
                yield sample


def _split_of(row: dict[str, Any]) -> str:
    """The split that a bad row names, in our words; "" if it names none."""
    split = str(row.get("split"))
    return {"train": "train", "dev": "dev", "val": "dev", "test": "test"}.get(split, "")


def _check(sample: Sample, seen: set[str]) -> None:
    """Raise RowError on what no corpus may hold."""
    if sample.sample_id in seen:
        raise RowError(f"id {sample.sample_id} stands twice; the first is kept")
    if sample.split not in SPLITS:
        raise RowError(f"split {sample.split!r} is none of train, dev, test")
    if sample.start < 0:
        raise RowError(f"start {sample.start:g} s is before the video begins")
    if sample.end != -1 and sample.end <= sample.start:
        raise RowError(f"end {sample.end:g} s is not after start {sample.start:g} s")
    try:
        place(Path(sample.corpus), sample.clip)
    except OutsideError as outside:
        raise RowError(str(outside)) from None


def _tell_missing(folder: Path, missing: list[str], wanted: int) -> None:
    """How many of the clips that came in archives or by hand are not where the annotations say, with the first."""
    if missing:
        logger.warning(f"{folder.name}: {len(missing)} of {wanted} clips are absent, first {folder / missing[0]}")


def tell(name: str, faults: list[Fault], path: Path) -> None:
    """Each remark in a line; how many rows were excluded, a line for each kind of reason, and where all of them are."""
    for fault in faults:
        if fault.kind == "remark":
            logger.warning(f"{name}: {fault.file}: {fault.reason}")
    excluded = [fault for fault in faults if fault.kind != "remark"]
    for reason, count in kinds(excluded).items():
        logger.warning(f"{name}: {count} x {reason}")
    if excluded:
        logger.warning(f"{name}: {len(excluded)} annotation rows excluded; see {path}")


def split_files(folder: Path, files: dict[str, str], faults: list[Fault]) -> Iterator[tuple[str, Path]]:
    """(split, path) of the split files there are; an absent one is a remark, all absent a SignScaleError.

    Faults that come up while a file is read are of its split.
    """
    present = {split: folder / file for split, file in files.items() if (folder / file).is_file()}
    if not present:
        first = folder / next(iter(files.values()))
        raise SignScaleError(f"{first}: no annotations there; run `signscale acquire {folder.name}` to see what to do")
    for split, file in files.items():
        if split in present:
            before = len(faults)
            yield split, present[split]
            faults[before:] = [_of_split(fault, split) for fault in faults[before:]]
        else:
            reason = f"the file is absent, so split {split} is empty"
            faults.append(Fault(Path(file).name, 0, reason, "remark", split))


def _of_split(fault: Fault, split: str) -> Fault:
    return fault if fault.split else replace(fault, split=split)
