"""How much of a corpus is available, by split and class: its manifest against its ledger; what was excluded.

The published numbers beside what each stage has of them are in signscale.acquire.official.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from signscale.acquire.official import Count, Results, counts, described
from signscale.corpora import load_corpus
from signscale.corpora.annotated import FAULTS, AnnotatedCorpus
from signscale.corpora.corpus import Corpus
from signscale.corpora.tables import kinds, read_faults
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.record import recorded
from signscale.formats.sample import SPLITS, Sample

THERE = ("ok", "too short")
"""Outcomes that leave a file: a video too short for one of its clips may hold the others."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one corpus: (available, listed) by split and by class label; sources by the ledger's outcome.

    faults: annotation rows that became no sample, by kind. remarks: known faults of the files, and choices made.
    official: what is here of the published numbers, where the corpus states them.
    """

    corpus: str
    splits: dict[str, tuple[int, int]]
    classes: dict[str, tuple[int, int]]
    outcomes: dict[str, int]
    faults: dict[str, int]
    remarks: tuple[str, ...] = ()
    official: tuple[Count, ...] = ()


def coverage(
    samples: Sequence[Sample], raw: Path, results: Mapping[str, Results] = MappingProxyType({})
) -> list[Coverage]:
    """Coverage of each corpus of the samples by `raw`/<corpus>/ledger.csv; a clip without a row is missing.

    results: by corpus, what later stages made of it. Corpora without a ledger of their own (composed) are left out.
    """
    found = []
    for corpus in dict.fromkeys(sample.corpus for sample in samples):
        if not (raw / corpus / "ledger.csv").is_file():
            continue
        rows = recorded(raw / corpus)
        of_corpus = [(sample, _is_there(sample, rows)) for sample in samples if sample.corpus == corpus]
        outcomes = Counter(row.outcome for row in rows.values())
        splits = [(sample.split or "none", there) for sample, there in of_corpus]
        source = load_corpus(corpus)
        classes = [(s.label, there) for s, there in of_corpus if s.label not in ("", *_labels_by_name(source))]
        faults = read_faults(raw / corpus / FAULTS)
        excluded = kinds(fault for fault in faults if fault.kind != "remark")
        remarks = tuple(f"{fault.file}: {fault.reason}" for fault in faults if fault.kind == "remark")
        official: list[Count] = []
        if isinstance(source, AnnotatedCorpus):
            there = {sample.sample_id for sample, is_there in of_corpus if is_there}
            official = counts(source, samples, raw, there, results.get(corpus, Results()))
        shares = _shares(splits), _shares(classes), dict(sorted(outcomes.items()))
        found.append(Coverage(corpus, *shares, excluded, remarks, tuple(official)))
    return found


def _is_there(sample: Sample, rows: dict[str, LedgerRow]) -> bool:
    """Whether the ledger has the sample's clip, under its path or its path inside the archive it was unpacked from."""
    row = rows.get(sample.clip) or rows.get(sample.clip.partition("/")[2])
    return row is not None and row.outcome in THERE


def _labels_by_name(corpus: Corpus) -> set[str]:
    """Labels that mark a published subset, as those of Phoenix14 do, and are no classes of signs."""
    return {
        label for labels in getattr(corpus, "subsets", {}).values() if isinstance(labels, tuple) for label in labels
    }


def _shares(marked: list[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """name -> (there, listed), splits in their usual order, the rest by number or name."""
    listed, there = Counter(name for name, _ in marked), Counter(name for name, is_there in marked if is_there)
    usual = {name: place for place, name in enumerate(SPLITS)}
    order = sorted(listed, key=lambda name: (usual.get(name, 9), not name.isdecimal(), name.zfill(9)))
    return {name: (there[name], listed[name]) for name in order}


def describe(found: Coverage, classes: bool) -> str:
    """Coverage as text: splits, outcomes, what was excluded by kind, classes, and on demand one line per class."""
    splits = ", ".join(f"{name} {there:,} of {listed:,}" for name, (there, listed) in found.splits.items())
    outcomes = ", ".join(f"{name} {count:,}" for name, count in found.outcomes.items())
    lines = [f"{found.corpus}: {splits}", f"  sources: {outcomes}"]
    if found.official:
        lines += described(load_corpus(found.corpus), found.official)
    lines += [f"  {remark}" for remark in found.remarks]
    if found.faults:
        lines.append(f"  annotation rows excluded: {sum(found.faults.values()):,}")
        lines += [f"    {count:,} x {kind}" for kind, count in found.faults.items()]
    if found.classes:
        whole = sum(there == listed for there, listed in found.classes.values())
        empty = sum(there == 0 for there, _ in found.classes.values())
        lines.append(f"  classes: {len(found.classes):,}, of these whole {whole:,}, without a clip {empty:,}")
    if classes:
        lines += [f"    {name}: {there} of {listed}" for name, (there, listed) in found.classes.items()]
    return "\n".join(lines)
