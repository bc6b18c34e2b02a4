"""The skeleton drawn on the frames it was found in, as a video and as a contact sheet, so that an eye can judge it.

Left hand orange, right hand blue (the signer's own sides), body white, face yellow; a point below the confidence at
which quality counts it as seen is left out. Small pictures are enlarged so that fingers can be told apart.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from signscale.formats import skeleton
from signscale.formats.files import written_whole
from signscale.formats.quality import SEEN, Quality, described
from signscale.formats.shard import Clip
from signscale.keypoints.scale import scaled_size

COLOURS = {"body": (245, 245, 245), "face": (250, 215, 70), "left": (255, 130, 30), "right": (60, 160, 255)}
_SMALLEST_SIDE = 1080
"""Pixels: pictures whose longest side is shorter are enlarged to it."""
_SHOULDERS = 200
"""Pixels between the shoulders at which lines have their nominal width."""
_SHIFT = 4  # fractional bits of the coordinates handed to OpenCV
_SHEET_COLUMNS, _SHEET_FRAMES, _TILE = 4, 12, 360
_OUTLINE = (20, 20, 20)
_MARGIN, _CAPTION, _TITLE = 8, 24, 84
_PAPER, _INK, _FAINT = (24, 26, 30), (238, 238, 238), (160, 164, 172)


def drawn(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A frame uint8 (H, W, 3) RGB with its points (133, 3) on it, enlarged to the smallest side if it is smaller."""
    longest = max(frame.shape[:2])
    size = scaled_size((frame.shape[1], frame.shape[0]), max(longest, _SMALLEST_SIDE))
    picture = frame.copy() if longest >= _SMALLEST_SIDE else cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
    factor = size[0] / frame.shape[1]
    # OpenCV counts from the centre of the first pixel, we from its corner.
    place = np.rint((points[:, :2] * factor - 0.5).clip(-2000, 20000) * (1 << _SHIFT)).astype(int).tolist()
    seen = points[:, 2] > SEEN
    shoulders = points[[skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER]]
    apart = float(np.linalg.norm(shoulders[0, :2] - shoulders[1, :2])) * factor
    unit = min(
        max(apart / _SHOULDERS if seen[skeleton.LEFT_SHOULDER : skeleton.RIGHT_SHOULDER + 1].all() else 1, 0.5), 4
    )
    for part, bones in skeleton.WHOLEBODY_BONES.items():
        there = [(place[a], place[b]) for a, b in bones if seen[a] and seen[b]]
        if part == "face":  # no outline: it would hide the mouth
            _strokes(picture, there, COLOURS[part], max(1, round(unit)))
            continue
        width = max(1, round(2 * unit))
        _strokes(picture, there, _OUTLINE, width + 2)
        _strokes(picture, there, COLOURS[part], width)
        for joint in {tuple(end) for bone in there for end in bone}:
            cv2.circle(picture, joint, round(1.6 * unit * (1 << _SHIFT)), COLOURS[part], -1, cv2.LINE_AA, _SHIFT)
    return picture


def _strokes(picture: np.ndarray, bones: list, colour: tuple[int, int, int], width: int) -> None:
    for a, b in bones:
        cv2.line(picture, a, b, colour, width, cv2.LINE_AA, _SHIFT)


def overlay_frames(frames: Iterable[np.ndarray], clip: Clip) -> Iterator[np.ndarray]:
    """Every frame of the clip with its skeleton."""
    for frame, points in zip(frames, clip.keypoints, strict=True):
        yield drawn(frame, points)


def sheet_frames(frames: int) -> list[int]:
    """The frames a contact sheet shows: up to 12, evenly spread, each the middle of its stretch."""
    count = min(_SHEET_FRAMES, frames)
    return [(2 * index + 1) * frames // (2 * count) for index in range(count)]


def signer_box(clip: Clip) -> tuple[float, float, float, float]:
    """Left, top, right, bottom as shares of the picture: a square around head, arms and hands over the whole clip.

    It is cut off at the picture's edges; all of the picture if nobody is seen.
    """
    points = clip.keypoints[:, np.concatenate([skeleton.BODY, skeleton.LEFT_HAND, skeleton.RIGHT_HAND])]
    seen = points[points[..., 2] > SEEN][:, :2] / clip.size
    if len(seen) == 0:
        return 0.0, 0.0, 1.0, 1.0
    low, high = seen.min(axis=0).clip(0, 1), seen.max(axis=0).clip(0, 1)
    half = max(((high - low) * clip.size).max() * 0.62, 1) / np.array(clip.size)
    left, top = ((low + high) / 2 - half).clip(0, 1)
    right, bottom = ((low + high) / 2 + half).clip(0, 1)
    return left, top, right, bottom


def write_sheet(path: Path, pictures: list[np.ndarray], numbers: list[int], clip: Clip, found: Quality) -> None:
    """A PNG of some of the clip's pictures, numbered, under the clip's name and quality."""
    tiles = [Image.fromarray(picture) for picture in pictures]
    left, top, right, bottom = signer_box(clip)
    width, height = tiles[0].size
    box = (left * width, top * height, right * width, bottom * height)
    size = scaled_size((round(box[2] - box[0]), round(box[3] - box[1])), _TILE)
    columns = min(_SHEET_COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    step = (size[0] + _MARGIN, size[1] + _CAPTION + _MARGIN)
    sheet = Image.new("RGB", (max(columns * step[0] + _MARGIN, 860), rows * step[1] + _TITLE), _PAPER)
    pen, large, small = ImageDraw.Draw(sheet), ImageFont.load_default(20), ImageFont.load_default(14)
    pen.text((_MARGIN, 8), clip.sample_id, _INK, large)
    pen.text(
        (_MARGIN, 36), f"{clip.size[0]}x{clip.size[1]}, {clip.fps:.2f} frames/s   {described(found)}", _FAINT, small
    )
    for index, (label, part) in enumerate((("left hand", "left"), ("right hand", "right"), ("face", "face"))):
        pen.text((_MARGIN + 100 * index, 57), label, COLOURS[part], small)
    for index, (tile, number) in enumerate(zip(tiles, numbers, strict=True)):
        x, y = _MARGIN + index % columns * step[0], _TITLE + index // columns * step[1]
        sheet.paste(tile.resize(size, Image.Resampling.LANCZOS, box), (x, y))
        pen.text((x + 2, y + size[1] + 3), f"frame {number}, {number / clip.fps:.2f} s", _FAINT, small)
    with written_whole(path) as partial:
        sheet.save(partial, format="PNG")
