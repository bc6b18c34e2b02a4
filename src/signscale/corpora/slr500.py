"""SLR500: 500 isolated Chinese signs by 50 signers. By hand: the authors hand it out on request.

Annotations, as dropped in: train.txt and test.txt, a line `path label` a clip; gloss.txt (the authors' dictionary.txt),
a line `label word` a class. File names start with the signer: P01_s1_00_0_color.avi.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.lists import labelled_rows, labelled_sample
from signscale.corpora.tables import Fault
from signscale.fetch.local import require_dropped
from signscale.formats.sample import Sample

CLASSES = 500
_SIGNER = re.compile(r"(?:^|/)(P\d{2})_")
ANNOTATIONS = ("train.txt", "test.txt", "gloss.txt")
_HOW = (
    "SLR500 needs a signed agreement: ask for it at https://ustc-slr.github.io/datasets/2015_csl/ "
    "and drop its videos, train.txt, test.txt and gloss.txt there"
)


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    return labelled_rows(folder, faults)


def _sample(row: dict[str, Any]) -> Sample:
    signer = _SIGNER.search(row["path"])
    return labelled_sample("slr500", row, CLASSES, signer=signer.group(1) if signer else "", fps=0.0)


def _check_access(folder: Path) -> None:
    require_dropped(folder, [*ANNOTATIONS], _HOW)


CORPUS = AnnotatedCorpus(
    name="slr500",
    title="SLR500",
    access="manual",
    kind="video",
    licence="research agreement with USTC",
    source="https://ustc-slr.github.io/datasets/2015_csl/",
    language="csl",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=ANNOTATIONS,
    views=BOTH_VIEWS,
    official={"train": 90_000, "dev": 0, "test": 35_000},
    recalled=True,
)
