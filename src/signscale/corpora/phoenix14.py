"""Phoenix14 (RWTH-PHOENIX-Weather 2014, multi-signer): German weather forecasts with glosses, without translations.

Annotations: {train,dev,test}.corpus.csv, fields split by `|`: id, folder, signer, annotation. Beside it lies SI5, the
signer-independent set: the clips that its lists name in the same split are the subset `si5`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.schema import FileName, Row, Word, checked
from signscale.corpora.tables import Fault, table, words
from signscale.fetch.http import fetch_file
from signscale.fetch.record import unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

ROOT = "phoenix2014-release/phoenix-2014-multisigner"
FRAMES = f"{ROOT}/features/fullFrame-210x260px"
FILES = {split: f"{ROOT}/annotations/manual/{split}.corpus.csv" for split in ("train", "dev", "test")}
RATE = 25.0

SI5 = "phoenix2014-release/phoenix-2014-signerindependent-SI5"
SI5_FILES = {split: f"{SI5}/annotations/manual/{split}.SI5.corpus.csv" for split in ("train", "dev", "test")}
SI5_LABEL = "si5"
"""Label of the clips of SI5; Phoenix14 has no classes of isolated signs."""

SHORT_CLIP = "13April_2011_Wednesday_tagesschau_default-14"
"""16 frames for 15 glosses: no alignment of CTC exists after the frames are joined in fours; others leave it out."""

_ARCHIVE = "https://www-i6.informatik.rwth-aachen.de/ftp/pub/rwth-phoenix/2016/phoenix-2014.v3.tar.gz"
_SEGMENT = re.compile(r"(_default)?-\d+$")


def broadcast(sample: Sample) -> str:
    """The forecast a segment was cut from, named alike in Phoenix14 and Phoenix14-T: 01April_2010_Thursday_heute."""
    return "phoenix:" + _SEGMENT.sub("", sample.sample_id.rpartition("/")[2])


class Segment(Row):
    """A row of <split>.corpus.csv. folder: `<id>/1/*.png`. annotation: glosses, some with two spaces between."""

    id: FileName
    folder: Word
    signer: str
    annotation: Word


COLUMNS = tuple(Segment.model_fields)


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    si5 = _si5_splits(folder, faults)
    named: dict[str, str] = {}
    for split, path in split_files(folder, FILES, faults):
        for number, row in table(path, "|", COLUMNS, faults):
            named[row["id"]] = split
            if row["id"] == SHORT_CLIP:
                known = f"{SHORT_CLIP} has 16 frames for 15 glosses, as is known; kept"
                faults.append(Fault(path.name, number, known, "remark", split))
            yield Place(path.name, number), row | {"split": split, "si5": si5.get(row["id"]) == split}
    if moved := sorted(name for name, split in si5.items() if named.get(name) != split):
        reason = f"{len(moved)} clips of SI5 stand in another split of the multi-signer set, so subset si5 lacks them: "
        faults.append(Fault("SI5", 0, reason + ", ".join(moved[:3]), "remark"))


def _si5_splits(folder: Path, faults: list[Fault]) -> dict[str, str]:
    """By clip, the split in which the lists of SI5 name it; nothing where they are absent."""
    present = {split: folder / file for split, file in SI5_FILES.items() if (folder / file).is_file()}
    return {row["id"]: split for split, path in present.items() for _, row in table(path, "|", COLUMNS, faults)}


def _sample(row: dict[str, Any]) -> Sample:
    segment = checked(Segment, row)
    frames = segment.folder.removesuffix("/*.png").strip("/")
    return Sample(
        sample_id=f"phoenix14/{segment.id}", corpus="phoenix14", split=row["split"], language="gsg",
        signer=segment.signer, clip=f"{FRAMES}/{row['split']}/{frames}", start=0.0, end=-1.0, fps=RATE,
        gloss=words(segment.annotation), text="", label=SI5_LABEL if row["si5"] else "", view="mmpose",
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
    subsets={"si5": (SI5_LABEL,)},
    official={"train": 5_672, "dev": 540, "test": 629},
    official_source="Koller et al., Continuous sign language recognition (CVIU 2015), and the release's three tables",
    official_subsets={"si5": {"train": 4_376, "dev": 111, "test": 180}},  # the clips without, then with Signer05
    paired=False,
    source_video=broadcast,
)
