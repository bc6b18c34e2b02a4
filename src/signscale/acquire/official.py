"""How many of a corpus's published clips each stage has: annotated, listed, on disk, extracted, scored.

The published numbers stand in the corpus's file with their source, so a parser that loses rows cannot hide it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from signscale.corpora.annotated import FAULTS, AnnotatedCorpus
from signscale.corpora.parts import in_subset, is_first_view
from signscale.corpora.tables import Fault, read_faults
from signscale.errors import SignScaleError
from signscale.formats.files import read_json
from signscale.formats.sample import Sample
from signscale.formats.shard import Shard
from signscale.params import Params

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Count:
    """Of one split of a corpus, or of a published subset: numbers of clips (of BOBSL: episodes); None is not known.

    published: by the corpus's publishers. annotated: rows of the annotation file. listed: in the manifest. there: on
    disk by the ledger. extracted: in keypoint shards. scored: in the metrics of the benchmark that has most.
    """

    subset: str
    split: str
    published: int
    annotated: int | None
    listed: int
    there: int
    extracted: int | None
    scored: int | None


@dataclass(frozen=True, slots=True)
class Results:
    """What later stages made of a corpus. extracted: ids in its shards. scored: (subset, split) -> clips scored."""

    extracted: frozenset[str] | None = None
    scored: dict[tuple[str, str], int] | None = None


def counts(
    corpus: AnnotatedCorpus, samples: Sequence[Sample], raw: Path, there: Collection[str], results: Results
) -> list[Count]:
    """A Count for each published number of a corpus: its splits, then those of its subsets.

    there: ids of the samples whose clips are on disk.
    """
    rows = [sample for sample in samples if sample.corpus == corpus.name and is_first_view(sample)]
    faults = [fault for fault in read_faults(raw / corpus.name / FAULTS) if fault.kind != "remark"]
    episodes = corpus.official_of == "episodes"
    found = []
    for subset, published in ({"": corpus.official} | corpus.official_subsets).items():
        part = [sample for sample in rows if in_subset(sample, subset)]
        for split in (split for split in SPLITS if published.get(split)):
            listed = [sample for sample in part if sample.split == split]
            annotated = None if subset else _annotated(listed, faults, split, episodes)
            seen = results.extracted
            found.append(
                Count(
                    subset, split, published[split], annotated, _number(listed, episodes),
                    _number([sample for sample in listed if sample.sample_id in there], episodes),
                    None if seen is None else _number([s for s in listed if s.sample_id in seen], episodes),
                    (results.scored or {}).get((subset, split)),
                )
            )  # fmt: skip
    return found


def _number(samples: Sequence[Sample], episodes: bool) -> int:
    return len({sample.clip for sample in samples}) if episodes else len(samples)


def _annotated(listed: Sequence[Sample], faults: Sequence[Fault], split: str, episodes: bool) -> int:
    """Rows of the annotation file in a split: those that made samples and those that did not."""
    of_split = [fault for fault in faults if fault.split == split and (fault.row == 0 or not episodes)]
    return _number(listed, episodes) + len(of_split)


def results_of(params: Params, corpus: str, results: Path) -> Results:
    """What lies under a preset's folder of results of a corpus: its shards, and the metrics of its benchmarks."""
    shards = sorted((results / "keypoints" / corpus).glob("*.h5"))
    extracted: set[str] = set()
    for path in shards:
        with Shard(path) as shard:
            extracted.update(shard.ids)
    scored: dict[tuple[str, str], int] = {}
    for name, benchmark in params.finetune.benchmarks.items():
        if benchmark.corpus != corpus:
            continue
        for path in sorted((results / "evaluate" / name).glob("*/metrics.json")):
            key, present = _scored(path, benchmark.subset)
            scored[key] = max(scored.get(key, 0), present)
    return Results(frozenset(extracted) if shards else None, scored)


def _scored(path: Path, subset: str) -> tuple[tuple[str, str], int]:
    try:
        metrics = read_json(path)
        return (subset, metrics["split"]), int(metrics["coverage"]["present"])
    except (ValueError, KeyError, TypeError) as error:
        raise SignScaleError(f"{path}: not a whole metrics file ({error}); run its evaluation again") from None


def described(corpus: AnnotatedCorpus, found: Sequence[Count]) -> list[str]:
    """The counts as lines of a table, headed by where the published numbers come from."""
    head = f"  {corpus.official_of} published ({corpus.official_source}), and how many of them are here:"
    columns = ("split", "published", "annotated", "manifest", "on disk", "extracted", "scored")
    cells = [columns]
    for count in found:
        numbers = (count.published, count.annotated, count.listed, count.there, count.extracted, count.scored)
        name = f"{count.subset} {count.split}".strip()
        cells.append((name, *("-" if number is None else f"{number:,}" for number in numbers)))
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    return [head, *(_line(row, widths) for row in cells)]


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """A row of the table: the name to the left, numbers to the right."""
    numbers = (cell.rjust(width + 2) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return "    " + cells[0].ljust(widths[0]) + "".join(numbers)
