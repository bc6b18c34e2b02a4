"""WLASL: isolated American signs from the web. Annotations: WLASL_v0.3.json and the subset files nslt_K.json.

The clips have one of three layouts, recognised by the files that are there (`clips_layout`): as we fetch them, whole
source videos; as the authors' downloader leaves them, whole source videos under raw_videos/; as their trimmer and the
mirrors have them, one file a clip, already cut. Sources: the authors' start_kit (video_downloader.py, preprocess.py).
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.schema import Address, Box, FileName, Number, Row, Signer, Word, checked
from signscale.corpora.tables import Fault, RowError, read_json
from signscale.corpora.templates import gloss_sentence
from signscale.fetch.clips import Source, fetch_clips
from signscale.fetch.http import fetch_file
from signscale.fetch.part import Part
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

ANNOTATIONS = "WLASL_v0.3.json"
_REPOSITORY = "https://raw.githubusercontent.com/dxli94/WLASL/master"
SUBSET_SIZES = (100, 300, 1000, 2000)
RATE = 25.0
"""Frames a second at which the authors decoded every video: the unit of frame_start and frame_end."""

ORPHANS = 12
"""Videos that nslt_2000.json names and WLASL_v0.3.json lacks; the authors say to ignore them."""

ClipsLayout = Literal["fetched", "raw_videos", "trimmed"]

_SPLITS = {"train": "train", "val": "dev", "test": "test"}
_YOUTUBE = re.compile(r"(?:youtube\.com/(?:watch\?(?:\S*&)?v=|embed/|v/|shorts/)|youtu\.be/)([\w-]{11})")
_SUFFIXES = (".mp4", ".mkv", ".webm")
"""What the authors' downloader leaves of a YouTube video, the usual first."""


class Instance(Row):
    """An instance of WLASL_v0.3.json, with the gloss of its entry."""

    gloss: Word
    video_id: FileName
    url: Address
    split: Literal["train", "val", "test"]
    bbox: Box
    signer_id: Signer
    frame_start: Number
    frame_end: Number


class SubsetRow(Row):
    """What a subset file says of a video: its split, and its class with its first and last frame."""

    subset: Word
    action: Annotated[list[int], Field(min_length=3)]


def youtube_id(url: str) -> str | None:
    """The eleven characters naming a YouTube video in any of its URL forms; None for another site."""
    found = _YOUTUBE.search(url)
    return found.group(1) if found else None


def youtube_source(sample: Sample) -> str:
    """The recording a clip was cut from: the same YouTube video has one name in every corpus.

    A trimmed clip does not say what it was cut from: it counts as a recording of its own.
    """
    folder, _, file = sample.clip.rpartition("/")
    name = Path(file).stem
    is_youtube = folder.endswith("youtube") or (folder == "raw_videos" and len(name) == 11)
    return f"youtube:{name}" if is_youtube else f"{sample.corpus}:{sample.clip}"


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """One row an instance, with the gloss, its class (place in the file) and what the subset files say of it."""
    entries = read_json(folder / ANNOTATIONS, list)
    published = _subset_files(folder, faults)
    layout = clips_layout(folder, entries)
    if layout != "fetched":
        how = "already cut, so each is read whole" if layout == "trimmed" else "whole sources under raw_videos"
        faults.append(Fault(ANNOTATIONS, 0, f"the clips here are {how}", "remark"))
    place, named = -1, set()
    for label, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("instances"), list):
            faults.append(Fault(ANNOTATIONS, place + 1, f"entry {label} is not a gloss with instances"))
            continue
        for instance in entry["instances"]:
            place += 1
            if not isinstance(instance, dict):
                faults.append(Fault(ANNOTATIONS, place, "an instance is not a set of named values"))
                continue
            named.add(video := str(instance.get("video_id")))
            row = instance | {"gloss": entry.get("gloss"), "label": label, "folder": folder, "layout": layout}
            yield Place(ANNOTATIONS, place), row | {"published": published.get(video)}
    if orphans := sorted(set(published) - named):
        known = ", as is known" if len(orphans) <= ORPHANS else ""
        listed = ", ".join(orphans[:ORPHANS]) + ("" if known else ", ...")
        reason = f"the subset files name {len(orphans)} videos that it lacks{known}: {listed}"
        faults.append(Fault(ANNOTATIONS, 0, reason, "remark"))


def _subset_files(folder: Path, faults: list[Fault]) -> dict[str, tuple[str, int]]:
    """video_id -> (split, class) of the subset files present; the widest subset is read last."""
    published = {}
    for path in (folder / f"nslt_{size}.json" for size in SUBSET_SIZES):
        for index, (video, row) in enumerate(read_json(path, dict).items() if path.is_file() else ()):
            try:
                subset = checked(SubsetRow, row)
            except RowError as fault:
                faults.append(Fault(path.name, index, str(fault)))
            else:
                published[video] = (subset.subset, subset.action[0])
    return published


def clips_layout(folder: Path, entries: list[Any]) -> ClipsLayout:
    """How the clips lie: only a trimmer makes videos/<video_id>.mp4 of what comes from YouTube or as .swf."""
    there = {path.name for path in (folder / "videos").glob("*.mp4")}
    instances = (i for e in entries if isinstance(e, dict) for i in e.get("instances") or () if isinstance(i, dict))
    for instance in instances:
        url = str(instance.get("url"))
        if f"{instance.get('video_id')}.mp4" in there and (youtube_id(url) or url.lower().endswith(".swf")):
            return "trimmed"
    return "raw_videos" if (folder / "raw_videos").is_dir() else "fetched"


def _sample(row: dict[str, Any]) -> Sample:
    instance = checked(Instance, row)
    if row["published"] not in (None, (instance.split, row["label"])):
        raise RowError(f"nslt file says {row['published']}, {ANNOTATIONS} says {(instance.split, row['label'])}")
    _check_box(row["bbox"])
    start, end = _seconds(instance)
    if row["layout"] == "trimmed":
        start, end = 0.0, -1.0
    return Sample(
        sample_id=f"wlasl/{instance.video_id}", corpus="wlasl", split=_SPLITS[instance.split], language="ase",
        signer=str(instance.signer_id), clip=clip_path(instance, row["folder"], row["layout"]),
        start=start, end=end, fps=0.0,
        gloss=instance.gloss, text=gloss_sentence(instance.gloss, "ase"), label=str(row["label"]), view="mmpose",
    )  # fmt: skip


def _seconds(instance: Instance) -> tuple[float, float]:
    """Half-open seconds of frame_start (1-based) to frame_end (included; -1 for the end of the video)."""
    first, last = instance.frame_start, instance.frame_end
    if first < 1:
        raise RowError(f"frame_start is {first:g}; frames count from 1")
    if last != -1 and last < first:
        raise RowError(f"frame_end {last:g} is before frame_start {first:g}")
    return (first - 1) / RATE, -1.0 if last == -1 else last / RATE


def _check_box(box: list[float]) -> None:
    """Raise RowError unless [left, top, right, bottom] in pixels can lie in a frame; its size is not published."""
    if min(box) < 0 or box[0] >= box[2] or box[1] >= box[3]:
        raise RowError(f"bbox {box} lies outside the frame or is empty")


def clip_path(instance: Instance, folder: Path, layout: ClipsLayout) -> str:
    """Where the video of an instance is: YouTube videos by their own id, since several instances share one."""
    swf = instance.url.lower().endswith(".swf")
    video = youtube_id(instance.url)
    if layout == "trimmed":
        return f"videos/{instance.video_id}.mp4"
    if layout == "raw_videos" and video:
        names = [f"raw_videos/{video}{suffix}" for suffix in _SUFFIXES]
        return next((name for name in names if (folder / name).is_file()), names[0])
    if video:
        return f"videos/youtube/{video}.mp4"
    return f"{'raw_videos' if layout == 'raw_videos' else 'videos'}/{instance.video_id}{'.swf' if swf else '.mp4'}"


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The annotations from the authors' repository."""
    fetch_file(f"{_REPOSITORY}/start_kit/{ANNOTATIONS}", folder / ANNOTATIONS, settings)
    for name in (f"nslt_{size}.json" for size in SUBSET_SIZES):
        fetch_file(f"{_REPOSITORY}/code/I3D/preprocess/{name}", folder / name, settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """The source videos that are still there; nothing is fetched beside clips that somebody else collected."""
    if (layout := clips_layout(folder, read_json(folder / ANNOTATIONS, list))) != "fetched":
        logger.info(f"wlasl: nothing is fetched beside the clips that are here ({layout})")
        return
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
    official_source="WLASL_v0.3.json and nslt_2000.json of the authors' repository",
    official_subsets={
        "wlasl100": {"train": 1_442, "dev": 338, "test": 258},
        "wlasl300": {"train": 3_549, "dev": 900, "test": 668},
        "wlasl1000": {"train": 8_974, "dev": 2_318, "test": 1_876},
        "wlasl2000": {"train": 14_289, "dev": 3_916, "test": 2_878},
    },
    pretrain_splits=("train", "dev"),
    source_video=youtube_source,
    longest_side=256,
)
