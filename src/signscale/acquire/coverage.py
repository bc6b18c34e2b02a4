"""How much of a corpus is available, by split and class: its manifest against its ledger; what was excluded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora.annotated import FAULTS
from signscale.corpora.tables import kinds, read_faults
from signscale.fetch.ledger import LedgerRow
from signscale.fetch.record import recorded
from signscale.formats.sample import SPLITS, Sample

THERE = ("ok", "too short")
"""Outcomes that leave a file: a video too short for one of its clips may hold the others."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one corpus: (available, listed) by split and by class label; sources by the ledger's outcome.

    faults: annotation rows that became no sample, by kind.
    """

    corpus: str
    splits: dict[str, tuple[int, int]]
    classes: dict[str, tuple[int, int]]
    outcomes: dict[str, int]
    faults: dict[str, int]


def coverage(samples: Sequence[Sample], raw: Path) -> list[Coverage]:
    """Coverage of each corpus of the samples by `raw`/<corpus>/ledger.csv; a clip without a row is missing.

    Corpora without a ledger of their own (composed ones) are left out.
    """
    found = []
    for corpus in dict.fromkeys(sample.corpus for sample in samples):
        if not (raw / corpus / "ledger.csv").is_file():
            continue
        rows = recorded(raw / corpus)
        of_corpus = [(sample, _is_there(sample, rows)) for sample in samples if sample.corpus == corpus]
        outcomes = Counter(row.outcome for row in rows.values())
        splits = [(sample.split or "none", there) for sample, there in of_corpus]
        classes = [(sample.label, there) for sample, there in of_corpus if sample.label]
        faults = kinds(read_faults(raw / corpus / FAULTS))
        found.append(Coverage(corpus, _shares(splits), _shares(classes), dict(sorted(outcomes.items())), faults))
    return found


def _is_there(sample: Sample, rows: dict[str, LedgerRow]) -> bool:
    """Whether the ledger has the sample's clip, under its path or its path inside the archive it was unpacked from."""
    row = rows.get(sample.clip) or rows.get(sample.clip.partition("/")[2])
    return row is not None and row.outcome in THERE


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
