"""Phoenix14-T (RWTH-PHOENIX-Weather 2014 T): German weather forecasts with glosses and German translations.

Annotations: PHOENIX-2014-T.{train,dev,test}.corpus.csv, fields split by `|`: name, video, start, end, speaker, orth,
translation; start and end are -1 throughout, since every clip is its own folder of frames. Column video says
`<name>/1/*.png`, but the frames lie in `<split>/<name>/images0001.png`, counted from 1, without the folder `1`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.phoenix14 import RATE, broadcast
from signscale.corpora.schema import FileName, Row, Word, checked
from signscale.corpora.tables import Fault, RowError, table, words
from signscale.fetch.http import fetch_file
from signscale.fetch.record import unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

ROOT = "PHOENIX-2014-T-release-v3/PHOENIX-2014-T"
FRAMES = f"{ROOT}/features/fullFrame-210x260px"
FILES = {split: f"{ROOT}/annotations/manual/PHOENIX-2014-T.{split}.corpus.csv" for split in ("train", "dev", "test")}

_ARCHIVE = "https://www-i6.informatik.rwth-aachen.de/ftp/pub/rwth-phoenix/2016/phoenix-2014-T.v3.tar.gz"


class Segment(Row):
    """A row of PHOENIX-2014-T.<split>.corpus.csv. orth: glosses. video: see above."""

    name: FileName
    video: Word
    start: str
    end: str
    speaker: str
    orth: str
    translation: Word


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for number, row in table(path, "|", tuple(Segment.model_fields), faults):
            yield Place(path.name, number), row | {"split": split}


def _sample(row: dict[str, Any]) -> Sample:
    segment = checked(Segment, row)
    if (segment.start.strip(), segment.end.strip()) != ("-1", "-1"):
        raise RowError(f"start {segment.start!r} and end {segment.end!r} are not -1; clips are whole folders")
    frames = segment.video.removesuffix("/*.png").removesuffix("/1").strip("/")
    return Sample(
        sample_id=f"phoenix14t/{segment.name}", corpus="phoenix14t", split=row["split"], language="gsg",
        signer=segment.speaker, clip=f"{FRAMES}/{row['split']}/{frames}", start=0.0, end=-1.0, fps=RATE,
        gloss=words(segment.orth), text=words(segment.translation), label="", view="mmpose",
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
    official_source="Camgoz et al., Neural Sign Language Translation (CVPR 2018), and the release's three tables",
    source_video=broadcast,
)
