"""How2Sign: American sentences from a studio. Annotations: how2sign_realigned_{train,val,test}.csv, split by tabs.

The re-aligned times are used, within the whole front-view videos; the published sentence clips follow older times.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import AnnotatedCorpus, Place, split_files
from signscale.corpora.tables import Fault, RowError, number, table, words
from signscale.errors import SignScaleError
from signscale.fetch.drive import fetch_drive
from signscale.fetch.part import Part
from signscale.fetch.record import recorded, unpack_recorded
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

FILES = {"train": "how2sign_realigned_train.csv", "dev": "how2sign_realigned_val.csv"} | {
    "test": "how2sign_realigned_test.csv"
}
COLUMNS = ("VIDEO_ID", "VIDEO_NAME", "SENTENCE_ID", "START_REALIGNED", "END_REALIGNED", "SENTENCE")

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
_SIGNER = re.compile(r"-(\d+)-rgb_front$")


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for split, path in split_files(folder, FILES, faults):
        for line, row in table(path, "\t", COLUMNS, faults):
            yield Place(path.name, line), row | {"split": split}


def _sample(row: dict[str, Any]) -> Sample:
    text = words(row["SENTENCE"])
    if not row["SENTENCE_ID"] or not text:
        raise RowError("SENTENCE_ID or SENTENCE is empty")
    signer = _SIGNER.search(row["VIDEO_NAME"])
    return Sample(
        sample_id=f"how2sign/{row['SENTENCE_ID']}", corpus="how2sign", split=row["split"], language="ase",
        signer=signer.group(1) if signer else "", clip=f"videos/{row['split']}/{row['VIDEO_NAME']}.mp4",
        start=number(row, "START_REALIGNED"), end=number(row, "END_REALIGNED"), fps=0.0,
        gloss="", text=text, label="", view="mmpose",
    )  # fmt: skip


def _source_video(sample: Sample) -> str:
    """The how-to video that was signed: the same VIDEO_ID in another split is a leak."""
    return "how2sign:" + Path(sample.clip).stem[:11]


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The re-aligned annotations."""
    for name, drive_id in _ANNOTATIONS.items():
        fetch_drive(drive_id, folder / name, settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """The zips of the videos that are not unpacked yet; the training videos are one zip in ten files."""
    for name, drive_id in part.of(list(_ZIPS.items())):
        if not _videos(folder, name).is_dir():
            fetch_drive(drive_id, folder / name, settings, part)


def _unpack(folder: Path) -> None:
    """The videos of each split out of its zip, once all the zip's files are there with the bytes that were fetched."""
    for name in (name for name in _ZIPS if name.endswith(".zip")):
        if not _videos(folder, name).is_dir():
            _check_files(folder, [file for file in _ZIPS if Path(file).stem == Path(name).stem])
            unpack_recorded(folder, folder / name, _videos(folder, name), strip=1)


def _check_files(folder: Path, names: list[str]) -> None:
    """Raise SignScaleError unless the files are there, as large as the ledger says."""
    rows = recorded(folder)
    for name in names:
        if not (folder / name).is_file():
            raise SignScaleError(f"{folder / name}: not there; run again to fetch it, or drop it there")
        size, fetched = (folder / name).stat().st_size, rows[name].bytes if name in rows else 0
        if fetched and size != fetched:
            raise SignScaleError(f"{folder / name}: {size} bytes, {fetched} were fetched; delete it and run again")


def _videos(folder: Path, zip_name: str) -> Path:
    """Where the videos of a zip go."""
    return folder / "videos" / {"val": "dev", "test": "test", "train": "train"}[zip_name.partition("_")[0]]


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
    source_video=_source_video,
)
