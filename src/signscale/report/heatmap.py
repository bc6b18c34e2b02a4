"""Word-to-frame similarity as the loss computes it: each window of a held-out clip against each token of its
sentence."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from markupsafe import Markup
from torch.nn import functional as F

from signscale.data.clips import ClipRef, centre_cut
from signscale.data.normalise import normalise
from signscale.formats import skeleton
from signscale.model.similarity import window_average
from signscale.report import svg
from signscale.report.clips import Clips, Picture
from signscale.report.pretrained import Pretrained, equal_bits
from signscale.report.skeletons import moving

PER_CORPUS, MOST = 2, 4
WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 640, 92, 12, 4, 22, 34


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A clip beside its map. low, high: the similarities that the palest and the strongest cell stand for."""

    sample_id: str
    text: str
    picture: Picture
    chart: Markup
    low: float
    high: float


def similarities(pose: np.ndarray, text: np.ndarray, pretrained: Pretrained) -> np.ndarray:
    """Cosine of each window with each token: (T, 79, 3), (n, width) -> (m, n) (PAPER: eq. 4, the matrix E)."""
    model = pretrained.model
    with equal_bits():
        valid = torch.ones(1, len(pose), dtype=torch.bool)
        features = model.encoder(torch.from_numpy(pose[None]), valid)
        windows, _ = window_average(model.project_sign(features), valid, model.loss.window)
        tokens = model.project_text(torch.from_numpy(text))
        return (F.normalize(windows[0], dim=1) @ F.normalize(tokens, dim=1).T).numpy()


def _said(best: list[str]) -> str:
    """Which token each window is nearest to, neighbours together: `the in windows 1 to 3, cat in window 4`."""
    runs, first = [], 1
    for token, group in groupby(best):
        last = first + len(list(group)) - 1
        runs.append(f"{token} in window {first}" if first == last else f"{token} in windows {first} to {last}")
        first = last + 1
    return ", ".join(runs)


def draw(energy: np.ndarray, tokens: list[str], frames: int, window: int, fps: float) -> Markup:
    """(m, n) similarities as a map: a column a window, a row a token, a dot at each window's nearest token.

    The line of class `cursor` is where the page's script shows the time; it spans the clip's `frames`.
    """
    count, column = len(energy), (WIDTH - LEFT - RIGHT) / len(energy)
    low, span = float(energy.min()), float(np.ptp(energy)) or 1.0
    bottom, best = TOP + ROW * len(tokens), energy.argmax(axis=1)
    parts = [svg.text(LEFT - 8, TOP + ROW * row + 15, token, "end label") for row, token in enumerate(tokens)]
    for i, row in np.ndindex(energy.shape):
        cell = Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" class="heat" opacity="{:.2f}"/>')
        strength = (energy[i, row] - low) / span
        parts.append(cell.format(LEFT + i * column, TOP + ROW * row, column, ROW - 1, strength))
    dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" class="best"/>')
    parts += [dot.format(LEFT + (i + 0.5) * column, TOP + ROW * (row + 0.5)) for i, row in enumerate(best)]
    end = LEFT + frames / window * column
    seconds = frames / fps
    step = next((step for step in (0.2, 0.5, 1, 2, 5) if seconds / step <= 8), 10)
    for k in range(int(seconds / step + 1e-9) + 1):
        x = LEFT + (end - LEFT) * k * step / seconds
        parts += [svg.rule(x, bottom, x, bottom + 4, "axis"), svg.text(x, bottom + 16, f"{k * step:g}", "mid")]
    parts.append(svg.text((LEFT + WIDTH - RIGHT) / 2, bottom + 30, "seconds", "mid name"))
    cursor = Markup('<line class="cursor" x1="{0}" x2="{0}" y1="{1}" y2="{2}" data-from="{0}" data-to="{3:.1f}"/>')
    parts.append(cursor.format(LEFT, TOP, bottom, end))
    label = (
        f"Heat map of {count} windows of {window} frames against {len(tokens)} tokens. "
        f"Nearest token: {_said([tokens[row] for row in best])}."
    )
    return svg.picture(WIDTH, bottom + FOOT, label, "chart heatmap", parts)


def _heat_map(ref: ClipRef, pretrained: Pretrained, clips: Clips) -> HeatMap:
    clip, store = ref.shard.clip(ref.index), pretrained.store
    keypoints = centre_cut(clip.keypoints, pretrained.model.encoder.max_frames)
    row = store.index(ref.sample.text, ref.sample.language)
    energy = similarities(normalise(keypoints, clip.size), store.features(row), pretrained)
    name, window = ref.sample.sample_id, pretrained.model.loss.window
    motion = moving(keypoints[:, skeleton.SELECTED], clip.fps)
    return HeatMap(
        sample_id=name,
        text=ref.sample.text,
        picture=clips.shown(f"{name}#cut", motion, f"Skeleton signing: {ref.sample.text}"),
        chart=draw(energy, store.tokens(row), len(keypoints), window, clip.fps),
        low=float(energy.min()),
        high=float(energy.max()),
    )


def heat_maps(pretrained: Pretrained | None, clips: Clips) -> list[HeatMap]:
    """Maps of a few held-out clips; none without pre-training, or where its similarity is not fine-grained."""
    if pretrained is None or not pretrained.model.loss.contrast or pretrained.model.coarse:
        return []
    return [_heat_map(ref, pretrained, clips) for ref in pretrained.shown(PER_CORPUS, MOST)]
