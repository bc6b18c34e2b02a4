"""Phoenix14-T (RWTH-PHOENIX-Weather 2014 T): German weather forecasts with glosses and German translations.

Annotations: PHOENIX-2014-T.{train,dev,test}.corpus.csv, fields split by `|`: name, video, start, end, speaker, orth,
translation; start and end are -1 throughout, since every clip is its own folder of frames.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.phoenix14 import RATE, broadcast
from signscale.corpora.tables import Fault, RowError, table, words
from signscale.fetch.http import fetch_file
from signscale.fetch.record import unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

ROOT = "PHOENIX-2014-T-release-v3/PHOENIX-2014-T"
FRAMES = f"{ROOT}/features/fullFrame-210x260px"
FILES = {split: f"{ROOT}/annotations/manual/PHOENIX-2014-T.{split}.corpus.csv" for split in ("train", "dev", "test")}
COLUMNS = ("name", "video", "start", "end", "speaker", "orth", "translation")

_ARCHIVE = "https://www-i6.informatik.rwth-aachen.de/ftp/pub/rwth-phoenix/2016/phoenix-2014-T.v3.tar.gz"


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for number, row in table(path, "|", COLUMNS, faults):
            yield Place(path.name, number), row | {"split": split}


def _sample(row: dict[str, Any]) -> Sample:
    if not row["name"] or not words(row["translation"]):
        raise RowError("the name or the translation is empty")
    if (row["start"].strip(), row["end"].strip()) != ("-1", "-1"):
        raise RowError(f"start {row['start']!r} and end {row['end']!r} are not -1; clips are whole folders")
    frames = row["video"].removesuffix("/*.png").strip("/")
    return Sample(
        sample_id=f"phoenix14t/{row['name']}", corpus="phoenix14t", split=row["split"], language="gsg",
        signer=row["speaker"], clip=f"{FRAMES}/{row['split']}/{frames}", start=0.0, end=-1.0, fps=RATE,
        gloss=words(row["orth"]), text=words(row["translation"]), label="", view="mmpose",
    )  # fmt: skip


def _fetch(folder: Path, settings: AcquireParams) -> None:
    if not (folder / ROOT).is_dir():
        unpack_recorded(folder, fetch_file(_ARCHIVE, folder / "phoenix-2014-T.v3.tar.gz", settings), folder)


CORPUS = AnnotatedCorpus(
    name="phoenix14t",
    title="Phoenix14-T",
    access="auto",
    kind="frames",
    licence="CC BY-NC-SA 3.0",
    source="https://www-i6.informatik.rwth-aachen.de/~koller/RWTH-PHOENIX-2014-T/",
    language="gsg",
    rows=_rows,
    sample=_sample,
    fetch=_fetch,
    views=BOTH_VIEWS,
    official={"train": 7_096, "dev": 519, "test": 642},
    source_video=broadcast,
)
