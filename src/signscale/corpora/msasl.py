"""MS-ASL: isolated American signs on YouTube. Annotations: MSASL_{train,val,test}.json, a list of rows each.

The gloss is `text`, the word of the row's class; `clean_text` differs from it in 115 val and 90 test rows.
Rows of some published copies lack start_time, end_time and fps, and give frames alone: those are turned into seconds by
the rate of the video on disk, and excluded where it is not there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import av
from pydantic import Field

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.schema import Address, Box, Number, Row, Signer, Word, checked
from signscale.corpora.tables import Fault, RowError, read_json
from signscale.corpora.templates import gloss_sentence
from signscale.corpora.wlasl import youtube_id, youtube_source
from signscale.fetch.clips import Source, fetch_clips
from signscale.fetch.http import fetch_file
from signscale.fetch.part import Part
from signscale.fetch.record import unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

FILES = {"train": "MSASL_train.json", "dev": "MSASL_val.json", "test": "MSASL_test.json"}

_ARCHIVE = "https://download.microsoft.com/download/3/c/a/3ca92c78-1c4a-4a91-a7ee-6980c1d242ec/MS-ASL.zip"
_ARCHIVE_SHA256 = "a8562008309eea4129e1bc0ed7f654a314fee195227222859657e307b6434c34"


class SourceRow(Row):
    """The part of a row that says where its video is."""

    url: Address


class ClipRow(SourceRow):
    """A row of MSASL_<split>.json. A copy may lack times and rate; where they stand they must be numbers."""

    label: Annotated[int, Field(ge=0, lt=1000)]
    text: Word
    box: Box
    signer_id: Signer
    start_time: Number = None
    end_time: Number = None
    start: Number = None
    end: Number = None
    fps: Annotated[Number, Field(gt=0)] = None


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for index, row in enumerate(read_json(path, list)):
            if isinstance(row, dict):
                yield Place(path.name, index), row | {"split": split, "index": index, "folder": folder}
            else:
                faults.append(Fault(path.name, index, "a row is not a set of named values"))


def _sample(row: dict[str, Any]) -> Sample:
    clip_row = checked(ClipRow, row)
    _check_box(row["box"])
    clip = clip_path(clip_row)
    start, end = _seconds(clip_row, row["folder"] / clip)
    word = clip_row.text
    return Sample(
        sample_id=f"msasl/{row['split']}/{row['index']:05d}", corpus="msasl", split=row["split"], language="ase",
        signer=str(clip_row.signer_id), clip=clip, start=start, end=end, fps=0.0,
        gloss=word, text=gloss_sentence(word, "ase"), label=str(clip_row.label), view="mmpose",
    )  # fmt: skip


def clip_path(row: ClipRow) -> str:
    """Where the source video of a row is kept, by its YouTube id."""
    video = youtube_id(row.url)
    if video is None:
        raise RowError(f"url {row.url[:80]!r} names no YouTube video")
    return f"videos/youtube/{video}.mp4"


def _seconds(row: ClipRow, video: Path) -> tuple[float, float]:
    """Start and end in seconds: as published, or from the frames [start, end) and a rate."""
    if row.start_time is not None and row.end_time is not None:
        return row.start_time, row.end_time
    if row.start is None or row.end is None:
        raise RowError("neither start_time and end_time nor start and end are there")
    if row.end != -1 and row.end <= row.start:
        raise RowError(f"end frame {row.end:g} is not after start frame {row.start:g}")
    rate = _rate(video) if row.fps is None else row.fps
    return row.start / rate, -1.0 if row.end == -1 else row.end / rate


def _rate(video: Path) -> float:
    """Frames a second of the video on disk; raises RowError if it is not there or cannot be read."""
    if not video.is_file():
        raise RowError(f"frames without a rate, and {video.name} is not there to tell it")
    try:
        with av.open(str(video)) as container:
            return float(container.streams.video[0].average_rate)
    except (av.FFmpegError, IndexError, TypeError) as error:
        raise RowError(f"frames without a rate, and {video.name} cannot be read ({error})") from None


def _check_box(box: list[float]) -> None:
    """Raise RowError unless [top, left, bottom, right] in shares of the frame lies inside it."""
    if min(box) < 0 or max(box) > 1 or box[0] >= box[2] or box[1] >= box[3]:
        raise RowError(f"box {box} lies outside the frame or is empty")


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The annotations from the publisher."""
    if not any((folder / name).is_file() for name in FILES.values()):
        archive = fetch_file(_ARCHIVE, folder / "MS-ASL.zip", settings, _ARCHIVE_SHA256)
        unpack_recorded(folder, archive, folder, strip=1)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """The YouTube videos that are still there."""
    fetch_clips(folder, _sources(folder), settings, part)


def _sources(folder: Path) -> Iterator[Source]:
    """The source video of every row that names one, in the order of the annotations; rows without times too."""
    for _, row in _rows(folder, []):
        try:
            url = checked(SourceRow, row).url
        except RowError:
            continue
        if video := youtube_id(url):
            end = row.get("end_time", 0.0)
            seconds = float(end) if isinstance(end, int | float) and end > 0 else 0.0
            yield Source(f"videos/youtube/{video}.mp4", f"https://www.youtube.com/watch?v={video}", seconds)


CORPUS = AnnotatedCorpus(
    name="msasl",
    title="MS-ASL",
    access="auto",
    kind="video",
    licence="C-UDA 1.0",
    source="https://www.microsoft.com/en-us/research/project/ms-asl/",
    language="ase",
    rows=_rows,
    sample=_sample,
    fetch=_fetch,
    fetch_part=_fetch_part,
    views=BOTH_VIEWS,
    subsets={f"msasl{size}": range(size) for size in (100, 200, 500, 1000)},
    official={"train": 16_054, "dev": 5_287, "test": 4_172},
    official_source="README of MS-ASL.zip",
    official_subsets={
        "msasl100": {"train": 3_789, "dev": 1_190, "test": 757},
        "msasl200": {"train": 6_319, "dev": 2_041, "test": 1_359},
        "msasl500": {"train": 11_401, "dev": 3_702, "test": 2_720},
        "msasl1000": {"train": 16_054, "dev": 5_287, "test": 4_172},
    },
    pretrain_splits=("train", "dev"),
    source_video=youtube_source,
    longest_side=256,
)
