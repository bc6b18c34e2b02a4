"""A map of signs: test clips of a task with classes where the pre-trained encoder puts them, flattened to two axes."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from markupsafe import Markup

from signscale.data.batches import pad
from signscale.data.clips import ClipRef, clips_of, evaluation_pose
from signscale.formats.packed import open_pack
from signscale.params import Params
from signscale.report import svg
from signscale.report.clips import Clips, Picture
from signscale.report.examples import spread
from signscale.report.pretrained import Pretrained, equal_bits
from signscale.tasks import load_task

MOST_CLASSES, MOST_CLIPS = 26, 120
AT_ONCE = 32  # clips a batch
WIDTH, HEIGHT, EDGE = 640, 460, 22
LONGEST_LABEL = 12


@dataclass(frozen=True, slots=True)
class EmbeddingMap:
    """clips: (label, picture) in the order of the chart's marks. classes, all_classes: shown, and how many there are.

    kept: share of the embeddings' variance that lies along the two axes. alike: share of clips whose nearest neighbour,
    along all axes, has the same label. chance: what that share would be at random.
    """

    benchmark: str
    chart: Markup
    clips: list[tuple[str, Picture]]
    classes: int
    all_classes: int
    kept: float
    alike: float
    chance: float


def embed(refs: list[ClipRef], pretrained: Pretrained) -> np.ndarray:
    """Mean of each clip's frame features, nothing random: float64 (clips, width)."""
    encoder, rows = pretrained.model.encoder, []
    with equal_bits():
        for start in range(0, len(refs), AT_ONCE):
            poses = [evaluation_pose(ref, encoder.max_frames) for ref in refs[start : start + AT_ONCE]]
            pose, valid = (torch.from_numpy(part) for part in pad(poses))
            features = encoder(pose, valid)[:, -pose.shape[1] :]
            rows.append((features.sum(dim=1) / valid.sum(dim=1, keepdim=True)).double().numpy())
    return np.concatenate(rows)


def principal(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """(N, d) -> (N, 2) along the two axes of largest variance, and the share of the variance they keep.

    An axis points to where its largest weight is positive, so that equal rows give equal places.
    """
    centred = rows - rows.mean(axis=0)
    _, strength, axes = np.linalg.svd(centred, full_matrices=False)
    axes, total = axes[:2], float(np.square(strength).sum())
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return centred @ axes.T, float(np.square(strength[:2]).sum()) / total if total else 1.0


def alike(rows: np.ndarray, labels: list[str]) -> tuple[float, float]:
    """Share of rows whose nearest other row has the same label, and that share for a row drawn at random."""
    distance = np.square(rows[:, None] - rows[None]).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    same = np.array(labels)[distance.argmin(axis=1)] == np.array(labels)
    pairs = sum(count * (count - 1) for count in Counter(labels).values())
    return float(same.mean()), pairs / (len(rows) * (len(rows) - 1))


def draw(places: np.ndarray, labels: list[str], names: list[str], title: str) -> Markup:
    """(N, 2) places as a map whose marks are the labels, a colour a class; clips' names are tooltips."""
    low, high = places.min(axis=0), places.max(axis=0)
    scale = np.array([WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE]) / np.maximum(high - low, 1e-9)
    classes = sorted(set(labels))
    parts = [svg.rule(*line, "grid") for line in _cross(-low * scale)]
    for number, (place, label, name) in enumerate(zip((places - low) * scale, labels, names, strict=True)):
        short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
        mark = Markup(
            '<text x="{:.1f}" y="{:.1f}" class="sign" style="--hue:{}" data-number="{}">{}<title>{}: {}</title></text>'
        )
        hue = 360 * classes.index(label) // len(classes)
        parts.append(mark.format(EDGE + place[0], HEIGHT - EDGE - place[1], hue, number, short, label, name))
    label = f"Map of {len(places)} clips of {len(classes)} signs. {title}"
    return svg.picture(WIDTH, HEIGHT, label, "chart map", parts)


def _cross(origin: np.ndarray) -> list[tuple[float, float, float, float]]:
    """The two axes through the mean of all clips."""
    x, y = EDGE + origin[0], HEIGHT - EDGE - origin[1]
    return [(x, 0, x, HEIGHT), (0, y, WIDTH, y)]


def _chosen(refs: list[ClipRef]) -> list[ClipRef]:
    """Clips of the classes that have most of them, evenly spaced, by label."""
    counts = Counter(ref.sample.label for ref in refs)
    kept = sorted(counts, key=lambda label: (-counts[label], label))[:MOST_CLASSES]
    of_kept = [ref for ref in refs if ref.sample.label in kept]
    return sorted(spread(of_kept, MOST_CLIPS), key=lambda ref: (ref.sample.label, ref.sample.sample_id))


def embedding_map(pretrained: Pretrained | None, params: Params, results: Path, clips: Clips) -> EmbeddingMap | None:
    """The map of the first benchmark with classes; None without one, its pack, or pre-training."""
    benchmarks = params.finetune.benchmarks.items()
    first = next((item for item in benchmarks if load_task(item[1].task).has_classes), None)
    if pretrained is None or first is None or not (results / "pack" / first[1].corpus / "shard.h5").exists():
        return None
    name, settings = first
    pack = open_pack(results / "pack" / settings.corpus)
    refs = clips_of(pack, load_task(settings.task).needs, ["test"], settings.subset)
    chosen = _chosen(refs)
    if len(chosen) < 3:
        return None
    rows, labels = embed(chosen, pretrained), [ref.sample.label for ref in chosen]
    places, kept = principal(rows)
    found, chance = alike(rows, labels)
    ids = [ref.sample.sample_id for ref in chosen]
    pictures = [
        (label, picture)
        for label, id_ in zip(labels, ids, strict=True)
        if (picture := clips.packed(settings.corpus, id_, f"Skeleton signing {label}"))
    ]
    near = f"The nearest neighbour of {found:.0%} of them shows the same sign."
    return EmbeddingMap(
        benchmark=name,
        chart=draw(places, labels, ids, near),
        clips=pictures,
        classes=len(set(labels)),
        all_classes=len({ref.sample.label for ref in refs}),
        kept=kept,
        alike=found,
        chance=chance,
    )
