"""NMFs-CSL: isolated Chinese signs that differ in non-manual features. By hand: the authors hand it out on request.

Annotations, as dropped in: train.txt and test.txt, a line `path label` a clip; gloss.txt, a line `label word` a class.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.lists import labelled_rows, labelled_sample
from signscale.corpora.tables import Fault
from signscale.fetch.local import require_dropped
from signscale.formats.sample import Sample

CLASSES = 1067
CONFUSING = range(610)
NORMAL = range(610, CLASSES)
RATE = 30.0
"""Frames a second of the published frame folders (from memory)."""

ANNOTATIONS = ("train.txt", "test.txt", "gloss.txt")
_HOW = (
    "NMFs-CSL needs a signed agreement: ask for it at https://ustc-slr.github.io/datasets/2020_nmfs_csl/ "
    "and drop its frame folders, train.txt, test.txt and gloss.txt there"
)


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    return labelled_rows(folder, faults)


def _sample(row: dict[str, Any]) -> Sample:
    return labelled_sample("nmfs_csl", row, CLASSES, signer="", fps=RATE)


def _check_access(folder: Path) -> None:
    require_dropped(folder, [*ANNOTATIONS], _HOW)


CORPUS = AnnotatedCorpus(
    name="nmfs_csl",
    title="NMFs-CSL",
    access="manual",
    kind="frames",
    licence="research agreement with USTC",
    source="https://ustc-slr.github.io/datasets/2020_nmfs_csl/",
    language="csl",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=ANNOTATIONS,
    views=BOTH_VIEWS,
    subsets={"total": range(CLASSES), "confusing": CONFUSING, "normal": NORMAL},
    official={"train": 25_608, "dev": 0, "test": 6_402},
    recalled=True,
)
