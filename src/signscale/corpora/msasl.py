"""MS-ASL: isolated American signs on YouTube. Annotations: MSASL_{train,val,test}.json, a list of rows each.

Rows of some published copies lack start_time, end_time and fps, and give frames alone: those are turned into seconds by
the rate of the video on disk, and excluded where it is not there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.tables import Fault, RowError, number, read_json
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


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for index, row in enumerate(read_json(path, list)):
            if isinstance(row, dict):
                yield Place(path.name, index), row | {"split": split, "index": index, "folder": folder}
            else:
                faults.append(Fault(path.name, index, "a row is not a set of named values"))


def _sample(row: dict[str, Any]) -> Sample:
    if missing := [key for key in ("url", "label", "clean_text", "box", "signer_id") if key not in row]:
        raise RowError(f"{', '.join(missing)} is missing")
    if not isinstance(row["label"], int) or row["label"] not in range(1000):
        raise RowError(f"label {row['label']!r} is none of 0 to 999")
    _check_box(row["box"])
    clip = clip_path(row)
    start, end = _seconds(row, row["folder"] / clip)
    word = row["clean_text"]
    return Sample(
        sample_id=f"msasl/{row['split']}/{row['index']:05d}", corpus="msasl", split=row["split"], language="ase",
        signer=str(row["signer_id"]), clip=clip, start=start, end=end, fps=0.0,
        gloss=word, text=gloss_sentence(word, "ase"), label=str(row["label"]), view="mmpose",
    )  # fmt: skip


def clip_path(row: dict[str, Any]) -> str:
    """Where the source video of a row is kept, by its YouTube id."""
    video = youtube_id(row["url"])
    if video is None:
        raise RowError(f"url {row['url']!r} names no YouTube video")
    return f"videos/youtube/{video}.mp4"


def _seconds(row: dict[str, Any], video: Path) -> tuple[float, float]:
    """Start and end in seconds: as published, or from the frames [start, end) and a rate."""
    if "start_time" in row and "end_time" in row:
        return number(row, "start_time"), number(row, "end_time")
    first, last = number(row, "start"), number(row, "end")
    if last != -1 and last <= first:
        raise RowError(f"end frame {last:g} is not after start frame {first:g}")
    rate = number(row, "fps") if "fps" in row else _rate(video)
    return first / rate, -1.0 if last == -1 else last / rate


def _rate(video: Path) -> float:
    """Frames a second of the video on disk; raises RowError if it is not there or cannot be read."""
    if not video.is_file():
        raise RowError(f"frames without a rate, and {video.name} is not there to tell it")
    try:
        with av.open(str(video)) as container:
            return float(container.streams.video[0].average_rate)
    except (av.FFmpegError, IndexError, TypeError) as error:
        raise RowError(f"frames without a rate, and {video.name} cannot be read ({error})") from None


def _check_box(box: Any) -> None:
    """Raise RowError unless [top, left, bottom, right] in shares of the frame lies inside it."""
    if not (isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)):
        raise RowError(f"box is {box!r}, not four numbers")
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
    """The source video of every row that names one, in the order of the annotations."""
    for _, row in _rows(folder, []):
        if "url" not in row or youtube_id(row["url"]) is None:
            continue
        seconds = float(row.get("end_time", 0.0))
        yield Source(clip_path(row), f"https://www.youtube.com/watch?v={youtube_id(row['url'])}", seconds)


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
    pretrain_splits=("train", "dev"),
    source_video=youtube_source,
    longest_side=256,
)
