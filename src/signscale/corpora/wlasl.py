"""WLASL: isolated American signs from the web. Annotations: WLASL_v0.3.json and the subset files nslt_K.json."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.tables import Fault, RowError, number, read_json
from signscale.corpora.templates import gloss_sentence
from signscale.fetch.clips import Source, fetch_clips
from signscale.fetch.http import fetch_file
from signscale.fetch.part import Part
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

ANNOTATIONS = "WLASL_v0.3.json"
_REPOSITORY = "https://raw.githubusercontent.com/dxli94/WLASL/master"
SUBSET_SIZES = (100, 300, 1000, 2000)
RATE = 25.0
"""Frames a second at which the authors decoded every video: the unit of frame_start and frame_end."""

_SPLITS = {"train": "train", "val": "dev", "test": "test"}
_YOUTUBE = re.compile(r"(?:youtube\.com/(?:watch\?(?:\S*&)?v=|embed/|v/|shorts/)|youtu\.be/)([\w-]{11})")


def youtube_id(url: str) -> str | None:
    """The eleven characters naming a YouTube video in any of its URL forms; None for another site."""
    found = _YOUTUBE.search(url)
    return found.group(1) if found else None


def youtube_source(sample: Sample) -> str:
    """The recording a clip was cut from: the same YouTube video has one name in every corpus."""
    folder, _, file = sample.clip.rpartition("/")
    return f"youtube:{Path(file).stem}" if folder.endswith("youtube") else f"{sample.corpus}:{sample.clip}"


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """One row an instance, with the gloss, its class (place in the file) and what the subset files say of it."""
    published = _subset_files(folder)
    place = -1
    for label, entry in enumerate(read_json(folder / ANNOTATIONS, list)):
        if not isinstance(entry, dict) or not isinstance(entry.get("instances"), list) or "gloss" not in entry:
            faults.append(Fault(ANNOTATIONS, place + 1, f"entry {label} is not a gloss with instances"))
            continue
        for instance in entry["instances"]:
            place += 1
            if not isinstance(instance, dict):
                faults.append(Fault(ANNOTATIONS, place, "an instance is not a set of named values"))
                continue
            row = instance | {"gloss": entry["gloss"], "label": label}
            yield Place(ANNOTATIONS, place), row | {"published": published.get(str(instance.get("video_id")))}


def _subset_files(folder: Path) -> dict[str, tuple[str, int]]:
    """video_id -> (split, class) of the subset files present; the widest subset is read last."""
    published = {}
    for size in SUBSET_SIZES:
        path = folder / f"nslt_{size}.json"
        if path.is_file():
            published |= {video: (row["subset"], row["action"][0]) for video, row in read_json(path, dict).items()}
    return published


def _sample(row: dict[str, Any]) -> Sample:
    if missing := [key for key in ("video_id", "url", "split", "bbox", "signer_id") if key not in row]:
        raise RowError(f"{', '.join(missing)} is missing")
    if row["split"] not in _SPLITS:
        raise RowError(f"split {row['split']!r} is none of train, val, test")
    if row["published"] not in (None, (row["split"], row["label"])):
        raise RowError(f"nslt file says {row['published']}, {ANNOTATIONS} says {(row['split'], row['label'])}")
    _check_box(row["bbox"])
    start, end = _seconds(row)
    return Sample(
        sample_id=f"wlasl/{row['video_id']}", corpus="wlasl", split=_SPLITS[row["split"]], language="ase",
        signer=str(row["signer_id"]), clip=clip_path(row), start=start, end=end, fps=0.0,
        gloss=row["gloss"], text=gloss_sentence(row["gloss"], "ase"), label=str(row["label"]), view="mmpose",
    )  # fmt: skip


def _seconds(row: dict[str, Any]) -> tuple[float, float]:
    """Half-open seconds of frame_start (1-based) to frame_end (included; -1 for the end of the video)."""
    first, last = number(row, "frame_start"), number(row, "frame_end")
    if first < 1:
        raise RowError(f"frame_start is {first:g}; frames count from 1")
    if last != -1 and last < first:
        raise RowError(f"frame_end {last:g} is before frame_start {first:g}")
    return (first - 1) / RATE, -1.0 if last == -1 else last / RATE


def _check_box(box: Any) -> None:
    """Raise RowError unless [left, top, right, bottom] in pixels can lie in a frame; its size is not published."""
    if not (isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)):
        raise RowError(f"bbox is {box!r}, not four numbers")
    if min(box) < 0 or box[0] >= box[2] or box[1] >= box[3]:
        raise RowError(f"bbox {box} lies outside the frame or is empty")


def clip_path(row: dict[str, Any]) -> str:
    """Where the source video of a row is kept: YouTube videos by their own id, since several rows share one."""
    if video := youtube_id(row["url"]):
        return f"videos/youtube/{video}.mp4"
    suffix = ".swf" if row["url"].lower().endswith(".swf") else ".mp4"
    return f"videos/{row['video_id']}{suffix}"


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The annotations from the authors' repository."""
    fetch_file(f"{_REPOSITORY}/start_kit/{ANNOTATIONS}", folder / ANNOTATIONS, settings)
    for name in (f"nslt_{size}.json" for size in SUBSET_SIZES):
        fetch_file(f"{_REPOSITORY}/code/I3D/preprocess/{name}", folder / name, settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """The source videos that are still there."""
    fetch_clips(folder, _sources(folder), settings, part)


def _sources(folder: Path) -> Iterator[Source]:
    """The source video of every good row, in the order of the annotations."""
    for _, row in _rows(folder, []):
        try:
            sample = _sample(row)
        except RowError:
            continue
        yield Source(sample.clip, row["url"], max(sample.start, sample.end))


CORPUS = AnnotatedCorpus(
    name="wlasl",
    title="WLASL",
    access="auto",
    kind="video",
    licence="C-UDA 1.0",
    source="https://dxli94.github.io/WLASL/",
    language="ase",
    rows=_rows,
    sample=_sample,
    fetch=_fetch,
    fetch_part=_fetch_part,
    views=BOTH_VIEWS,
    subsets={f"wlasl{size}": range(size) for size in SUBSET_SIZES},
    official={"train": 14_289, "dev": 3_916, "test": 2_878},
    pretrain_splits=("train", "dev"),
    source_video=youtube_source,
    longest_side=256,
)
