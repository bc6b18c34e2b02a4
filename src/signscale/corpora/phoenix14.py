"""Phoenix14 (RWTH-PHOENIX-Weather 2014, multi-signer): German weather forecasts with glosses, without translations.

Annotations: {train,dev,test}.corpus.csv, fields split by `|`: id, folder, signer, annotation.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.tables import Fault, RowError, table, words
from signscale.fetch.http import fetch_file
from signscale.fetch.record import unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

ROOT = "phoenix2014-release/phoenix-2014-multisigner"
FRAMES = f"{ROOT}/features/fullFrame-210x260px"
FILES = {split: f"{ROOT}/annotations/manual/{split}.corpus.csv" for split in ("train", "dev", "test")}
COLUMNS = ("id", "folder", "signer", "annotation")
RATE = 25.0

_ARCHIVE = "https://www-i6.informatik.rwth-aachen.de/ftp/pub/rwth-phoenix/2016/phoenix-2014.v3.tar.gz"
_SEGMENT = re.compile(r"(_default)?-\d+$")


def broadcast(sample: Sample) -> str:
    """The forecast a segment was cut from, named alike in Phoenix14 and Phoenix14-T: 01April_2010_Thursday_heute."""
    return "phoenix:" + _SEGMENT.sub("", sample.sample_id.rpartition("/")[2])


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for number, row in table(path, "|", COLUMNS, faults):
            yield Place(path.name, number), row | {"split": split}


def _sample(row: dict[str, Any]) -> Sample:
    if not row["id"] or not words(row["annotation"]):
        raise RowError("the id or the annotation is empty")
    frames = row["folder"].removesuffix("/*.png").strip("/")
    return Sample(
        sample_id=f"phoenix14/{row['id']}", corpus="phoenix14", split=row["split"], language="gsg",
        signer=row["signer"], clip=f"{FRAMES}/{row['split']}/{frames}", start=0.0, end=-1.0, fps=RATE,
        gloss=words(row["annotation"]), text="", label="", view="mmpose",
    )  # fmt: skip


def _fetch(folder: Path, settings: AcquireParams) -> None:
    if not (folder / ROOT).is_dir():
        unpack_recorded(folder, fetch_file(_ARCHIVE, folder / "phoenix-2014.v3.tar.gz", settings), folder)


CORPUS = AnnotatedCorpus(
    name="phoenix14",
    title="Phoenix14",
    access="auto",
    kind="frames",
    licence="non-commercial research, RWTH Aachen",
    source="https://www-i6.informatik.rwth-aachen.de/~koller/RWTH-PHOENIX/",
    language="gsg",
    rows=_rows,
    sample=_sample,
    fetch=_fetch,
    views=BOTH_VIEWS,
    official={"train": 5_672, "dev": 540, "test": 629},
    paired=False,
    source_video=broadcast,
)
