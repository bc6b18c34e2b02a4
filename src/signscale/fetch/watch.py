"""What lies at a place: a video or folder of frames of how many seconds, or a web page that took a video's place."""

from pathlib import Path

import av

SLACK = 0.5
"""Seconds a video may be shorter than its annotation says: rates are rounded, and last frames get lost."""
_PICTURES = (".png", ".jpg", ".jpeg")
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<script", b"<!--")


class NoVideoError(Exception):
    """A file holds no video."""


def is_page(path: Path) -> bool:
    """Whether a file starts like HTML or XML: what sites send, with status 200, when a video is gone."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith(_PAGE)


def seconds_of(path: Path, fps: float) -> float:
    """How long a video lasts, or a folder of frames at `fps`; 0 if the video does not say. Raises NoVideoError."""
    if path.is_dir():
        return sum(file.suffix.lower() in _PICTURES for file in path.iterdir()) / fps
    try:
        with av.open(str(path)) as container:
            container.streams.video[0]
            return (container.duration or 0) / av.time_base
    except (av.FFmpegError, IndexError):
        raise NoVideoError(f"{path} is not a video") from None
