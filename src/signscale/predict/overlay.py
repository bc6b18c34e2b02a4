"""A video with the skeleton on every frame and the model's answer below."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from signscale.errors import SignScaleError
from signscale.formats.shard import Clip
from signscale.formats.video_file import write_video
from signscale.keypoints.drawing.overlay import drawn
from signscale.keypoints.readers.video import open_video
from signscale.keypoints.scale import scaled
from signscale.predict.wording import describe

_LINE, _MARGIN = 34, 12  # pixels of a line of text, and around all of them
_PAPER, _INK, _NOW = (24, 26, 30), (238, 238, 238), (255, 170, 70)
_LINES = 6
"""Lines of an answer shown at most."""


def check_wanted(overlay: Path | None, clips: list[Path]) -> None:
    """Raise SignScaleError unless an overlay, if one is wanted, is an .mp4 of a single video."""
    if overlay is None:
        return
    if overlay.suffix != ".mp4":
        raise SignScaleError(f"{overlay}: an overlay is an .mp4 file; give a name that ends in .mp4")
    if len(clips) != 1 or clips[0].suffix == ".pose":
        raise SignScaleError("--overlay: needs the pictures of one clip; give a single video")


def write_answer(out: Path, source: Path, clip: Clip, answer: dict[str, Any], longest_side: int) -> None:
    """Write the video `source`, scaled as the model wants it, with the clip's skeleton and the answer, to `out` (.mp4).

    A gloss is lit while it is signed. Letters that Pillow's own font lacks (Chinese ones, for instance) show as boxes.
    """
    with open_video(source) as opened:
        video = scaled(opened, longest_side)
        write_video(out, _pages(video.frames, clip, answer), clip.fps)


def _pages(frames: Iterator[np.ndarray], clip: Clip, answer: dict[str, Any]) -> Iterator[np.ndarray]:
    """Each frame with its skeleton, over the caption."""
    for number, (frame, points) in enumerate(zip(frames, clip.keypoints, strict=True)):
        picture = drawn(frame, points)
        yield np.concatenate([picture, caption(answer, number / clip.fps, picture.shape[1])])


def caption(answer: dict[str, Any], second: float, width: int) -> np.ndarray:
    """The answer's lines as uint8 (height, width, 3); the gloss that is signed at `second` in another colour."""
    lines, glosses = describe(answer, alone=True), answer.get("glosses", [])
    first = len(lines) - len(glosses)  # the glosses are the last lines
    lit = {first + k for k, gloss in enumerate(glosses) if gloss["seconds"][0] <= second <= gloss["seconds"][1]}
    start = max(0, min(max(lit, default=0) - _LINES + 1, len(lines) - _LINES))  # the line that is lit stays in view
    page = Image.new("RGB", (width, _LINE * _LINES + 2 * _MARGIN), _PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(_LINE - 8)
    for k, line in list(enumerate(lines))[start : start + _LINES]:
        draw.text((_MARGIN, _MARGIN + (k - start) * _LINE), line, fill=_NOW if k in lit else _INK, font=font)
    return np.asarray(page)
