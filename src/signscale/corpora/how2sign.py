"""How2Sign: American sentences from a studio. Annotations: how2sign_realigned_{train,val,test}.csv, split by tabs.

A clip is named by SENTENCE_NAME: SENTENCE_ID is not unique, two signers share it. The re-aligned times are used, within
the whole front-view videos, which lie as we unpack them or in the official tree, video_level/<split>/rgb_front/
raw_videos; the published sentence clips (sentence_level/) follow older times and are taken only where the whole videos
are absent.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import AnnotatedCorpus, Place, split_files
from signscale.corpora.schema import FileName, Row, Word, checked
from signscale.corpora.tables import Fault, RowError, number, table, words
from signscale.errors import SignScaleError
from signscale.fetch.drive import fetch_drive
from signscale.fetch.part import Part
from signscale.fetch.record import recorded, unpack_or_tell
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

FILES = {"train": "how2sign_realigned_train.csv", "dev": "how2sign_realigned_val.csv"} | {
    "test": "how2sign_realigned_test.csv"
}
COLUMNS = ("VIDEO_ID", "VIDEO_NAME", "SENTENCE_NAME", "START_REALIGNED", "END_REALIGNED", "SENTENCE")

# Google Drive ids from the authors' download script; a name's first word is its split.
_ANNOTATIONS = {
    "how2sign_realigned_train.csv": "1dUHSoefk9OxKJnHrHPX--I4tpm9QD0ok",
    "how2sign_realigned_val.csv": "1Vpag7VPfdTCCJSao8Pz14rlPfekRMggI",
    "how2sign_realigned_test.csv": "1AgwBZW26kFHS4CWNMQTCMPGkBPkH3qCu",
}
_ZIPS = {
    "val_raw_videos.zip": "1fCkyuKSsc7gauljuL9sx_jBomf3N6i0g",
    "test_raw_videos.zip": "1z0i6BBGHQ12ChY63hZH56QnczvQ0JfTb",
    "train_raw_videos.z01": "1xWlMM2O3Gbp_8LK5FefoH0TVEmae6jIf",
    "train_raw_videos.z02": "1krtYdpK_LQFgEUCnHxoYAW7EyhLMLWq0",
    "train_raw_videos.z03": "1fXpWRNFhpuVm3ym7lT9vF_bnDjHkvP_K",
    "train_raw_videos.z04": "1IFetFt4AzsxNCMZ0VVpX7YRgFAm58X48",
    "train_raw_videos.z05": "1ZHuuun6Ae-AOLBns3LmuH7w8C9YCB4gH",
    "train_raw_videos.z06": "1FQQIPblk-oLH_vu7h2tDO0oJaZ3xkp5N",
    "train_raw_videos.z07": "19XNgERcolGAMPPgX-Gx_GebSTx3W4o0r",
    "train_raw_videos.z08": "1YN-SA9uzrogEdKeT6UdQUIcuGEyYJILg",
    "train_raw_videos.z09": "1SZQ2GzPLCkRqvsImAjULAPBiuAKi9DE9",
    "train_raw_videos.zip": "1Xe1T5okJiopMXUiH3sc0mdCWNDYSBopd",
}
_NAMES = {"train": "train", "dev": "val", "test": "test"}
_SIGNER = re.compile(r"-(\d+)-rgb_front$")


BEYOND_THE_END = tuple(f"g0yUlOaqL6k_{number}-3-rgb_front" for number in range(17, 25))
"""Test sentences without an official clip: they are the 8 rows of 2,357 that published predictions (Uni-Sign) lack."""


class Sentence(Row):
    """A row of how2sign_realigned_<split>.csv; its times are read from the row itself."""

    VIDEO_NAME: FileName
    SENTENCE_NAME: FileName
    SENTENCE: Word


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, _annotation_files(folder), faults):
        videos, whole = _videos_of(folder, split)
        if not whole:
            reason = f"{videos} holds sentence clips, cut by older times; each is read whole"
            faults.append(Fault(path.name, 0, reason, "remark", split))
        beyond = 0
        for line, row in table(path, "\t", COLUMNS, faults, quoted=True):
            beyond += row["SENTENCE_NAME"] in BEYOND_THE_END
            yield Place(path.name, line), row | {"split": split, "videos": videos, "whole": whole}
        if beyond:
            reason = (
                f"{beyond} sentences from {BEYOND_THE_END[0]} on lie where others found no video, as is known; kept"
            )
            faults.append(Fault(path.name, 0, reason, "remark", split))


def _annotation_files(folder: Path) -> dict[str, str]:
    """By split, the table: at the top, or where the official tree has it."""
    found = {}
    for split, name in FILES.items():
        official = f"sentence_level/{_NAMES[split]}/text/en/raw_text/re_aligned/{name}"
        found[split] = official if not (folder / name).is_file() and (folder / official).is_file() else name
    return found


def _videos_of(folder: Path, split: str) -> tuple[str, bool]:
    """The folder of a split's videos below `folder`, and whether they are whole and not sentence clips."""
    ours, official = f"videos/{split}", f"{_NAMES[split]}/rgb_front/raw_videos"
    places = ((ours, True), (f"video_level/{official}", True), (f"sentence_level/{official}", False))
    return next(((place, whole) for place, whole in places if (folder / place).is_dir()), (ours, True))


def _sample(row: dict[str, Any]) -> Sample:
    sentence = checked(Sentence, row)
    start, end = number(row, "START_REALIGNED"), number(row, "END_REALIGNED")
    if end <= start:
        raise RowError(f"end {end:g} s is not after start {start:g} s")
    name = sentence.VIDEO_NAME if row["whole"] else sentence.SENTENCE_NAME
    signer = _SIGNER.search(sentence.VIDEO_NAME)
    return Sample(
        sample_id=f"how2sign/{sentence.SENTENCE_NAME}", corpus="how2sign", split=row["split"], language="ase",
        signer=signer.group(1) if signer else "", clip=f"{row['videos']}/{name}.mp4",
        start=start if row["whole"] else 0.0, end=end if row["whole"] else -1.0, fps=0.0,
        gloss="", text=words(sentence.SENTENCE), label="", view="mmpose",
    )  # fmt: skip


def _source_video(sample: Sample) -> str:
    """The how-to video that was signed: the same VIDEO_ID in another split is a leak."""
    return "how2sign:" + Path(sample.clip).stem[:11]


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The re-aligned annotations that are not there yet."""
    there = {Path(file).name for file in _annotation_files(folder).values() if (folder / file).is_file()}
    for name, drive_id in _ANNOTATIONS.items():
        if name in there:
            continue
        fetch_drive(drive_id, folder / name, settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """The zips of the videos that are not there yet; the training videos are one zip in ten files."""
    for name, drive_id in part.of(list(_ZIPS.items())):
        if not (folder / _videos_of(folder, _split_of(name))[0]).is_dir():
            fetch_drive(drive_id, folder / name, settings, part)


def _unpack(folder: Path) -> None:
    """The videos of each split out of its zip, once all the zip's files are there with the bytes that were fetched.

    A damaged zip is named in a line, and the others are unpacked.
    """
    for name in (name for name in _ZIPS if name.endswith(".zip")):
        split = _split_of(name)
        if not (folder / _videos_of(folder, split)[0]).is_dir():
            _check_files(folder, [file for file in _ZIPS if Path(file).stem == Path(name).stem])
            unpack_or_tell(folder, folder / name, folder / "videos" / split, strip=1)


def _check_files(folder: Path, names: list[str]) -> None:
    """Raise SignScaleError unless the files are there, as large as the ledger says."""
    rows = recorded(folder)
    for name in names:
        if not (folder / name).is_file():
            raise SignScaleError(f"{folder / name}: not there; run again to fetch it, or drop it there")
        size, fetched = (folder / name).stat().st_size, rows[name].bytes if name in rows else 0
        if fetched and size != fetched:
            raise SignScaleError(f"{folder / name}: {size} bytes, {fetched} were fetched; move it away and run again")


def _split_of(zip_name: str) -> str:
    """Our name of the split that a zip's first word names."""
    return {"val": "dev", "test": "test", "train": "train"}[zip_name.partition("_")[0]]


CORPUS = AnnotatedCorpus(
    name="how2sign",
    title="How2Sign",
    access="auto",
    kind="video",
    licence="CC BY-NC 4.0",
    source="https://how2sign.github.io/",
    language="ase",
    rows=_rows,
    sample=_sample,
    fetch=_fetch,
    fetch_part=_fetch_part,
    unpack=_unpack,
    official={"train": 31_128, "dev": 1_741, "test": 2_357},
    official_source="Duarte et al., How2Sign (CVPR 2021), table 2",
    source_video=_source_video,
)
