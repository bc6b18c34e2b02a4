"""Annotation files in every published layout, small enough to check by hand."""

import json
from pathlib import Path

WLASL_INSTANCE = {
    "bbox": [385, 37, 885, 720],
    "fps": 25,
    "frame_end": -1,
    "frame_start": 1,
    "instance_id": 0,
    "signer_id": 118,
    "source": "aslbrick",
    "split": "train",
    "url": "http://aslbricks.org/New/ASL-Videos/book.mp4",
    "variation_id": 0,
    "video_id": "69241",
}
MSASL_ROW = {
    "org_text": "match [light-a-MATCH]",
    "clean_text": "match",
    "start_time": 1.5,
    "end_time": 3.0,
    "signer_id": 7,
    "signer": 0,
    "start": 45,
    "end": 90,
    "file": "match light-a-match",
    "label": 830,
    "height": 360.0,
    "width": 640.0,
    "fps": 30.0,
    "url": "https://www.youtube.com/watch?v=C37R_Ix8-qs",
    "text": "match",
    "box": [0.05, 0.21, 1.0, 0.73],
}


def write(path: Path, content: str | bytes) -> Path:
    """A file with its folders; text as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def wlasl(raw: Path, glosses: list[dict]) -> None:
    """WLASL_v0.3.json of the glosses; an instance is WLASL_INSTANCE with changes."""
    entries = [
        {"gloss": entry["gloss"], "instances": [WLASL_INSTANCE | change for change in entry["instances"]]}
        for entry in glosses
    ]
    write(raw / "wlasl" / "WLASL_v0.3.json", json.dumps(entries))


def msasl(raw: Path, split: str, changes: list[dict], drop: tuple[str, ...] = ()) -> None:
    """MSASL_<split>.json with one row a change, without the columns `drop`."""
    rows = [{key: value for key, value in (MSASL_ROW | change).items() if key not in drop} for change in changes]
    write(raw / "msasl" / f"MSASL_{split}.json", json.dumps(rows))


def phoenix14(raw: Path, split: str, content: str | bytes) -> None:
    """<split>.corpus.csv at its place in the unpacked archive."""
    folder = raw / "phoenix14" / "phoenix2014-release" / "phoenix-2014-multisigner" / "annotations" / "manual"
    write(folder / f"{split}.corpus.csv", content)


def phoenix14t(raw: Path, split: str, content: str | bytes) -> None:
    """PHOENIX-2014-T.<split>.corpus.csv at its place in the unpacked archive."""
    folder = raw / "phoenix14t" / "PHOENIX-2014-T-release-v3" / "PHOENIX-2014-T" / "annotations" / "manual"
    write(folder / f"PHOENIX-2014-T.{split}.corpus.csv", content)


def csl_daily(raw: Path, sentences: str | bytes, splits: str | bytes) -> None:
    """video_map.txt and split_1.txt."""
    write(raw / "csl_daily" / "sentence_label" / "video_map.txt", sentences)
    write(raw / "csl_daily" / "sentence_label" / "split_1.txt", splits)


def bobsl(raw: Path, episodes: dict[str, list[str]], subtitles: dict[str, str]) -> None:
    """subset2episode.json and the .vtt files, given by their path below subtitles/."""
    write(raw / "bobsl" / "subset2episode.json", json.dumps(episodes))
    for path, content in subtitles.items():
        write(raw / "bobsl" / "subtitles" / path, content)
