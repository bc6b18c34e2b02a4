"""The baseline of tasks with classes: the nearest training clip by normalised hand shape, without training."""

from pathlib import Path

import numpy as np

from signscale.data.clips import ClipRef, clips_of, few_shot
from signscale.errors import SignScaleError
from signscale.evaluate.run import coverage_of, write_scores
from signscale.formats.files import sha256
from signscale.formats.packed import open_pack
from signscale.formats.sample import read_manifest
from signscale.formats.skeleton import LEFT_HAND, RIGHT_HAND
from signscale.params import Params
from signscale.tasks import load_task


def hand_shape(keypoints: np.ndarray) -> np.ndarray:
    """(T, 133, 3) -> (42,): the mean shape of the hand seen in more frames, over the middle third of those frames.

    The shape is taken from the wrist in units of the hand's extent; a left hand is mirrored, so that both compare.
    A clip without a hand gives zeros.
    """
    seen = [(keypoints[:, hand, 2] > 0).all(axis=1) for hand in (LEFT_HAND, RIGHT_HAND)]
    right = seen[1].sum() >= seen[0].sum()
    points = keypoints[seen[1] if right else seen[0]][:, RIGHT_HAND if right else LEFT_HAND, :2]
    if len(points) == 0:
        return np.zeros(42, np.float32)
    third = len(points) // 3
    local = points[third : max(third + 1, 2 * third)]
    local = (local - local[:, :1]) * ((1, 1) if right else (-1, 1))
    extent = np.linalg.norm(local, axis=2).max(axis=1)[:, None, None]
    return (local / np.maximum(extent, 1e-6)).mean(axis=0).ravel().astype(np.float32)


def ranked_labels(query: np.ndarray, shapes: np.ndarray, labels: list[str]) -> list[str]:
    """Labels by their nearest training clip, nearest first: (d,), (n, d), n labels."""
    distance = np.square(shapes - query).sum(axis=1)
    return list(dict.fromkeys(labels[k] for k in np.argsort(distance, kind="stable")))


def rank_clips(train: list[ClipRef], test: list[ClipRef]) -> list[dict]:
    """One prediction line a test clip."""
    shapes = np.stack([hand_shape(ref.shard.keypoints(ref.index)) for ref in train])
    labels = [ref.sample.label for ref in train]
    return [
        {
            "sample_id": ref.sample.sample_id,
            "label": ref.sample.label,
            "ranked": ranked_labels(hand_shape(ref.shard.keypoints(ref.index)), shapes, labels),
        }
        for ref in test
    ]


def nearest(params: Params, benchmark: str, pack: Path, manifest: Path, out: Path) -> None:
    """Score the baseline on the test split; where shots are few, with those of the preset's own seed.

    Raises SignScaleError if the benchmark's task has no classes.
    """
    if benchmark not in params.finetune.benchmarks:
        raise SignScaleError(f"benchmark {benchmark!r} is not in finetune.benchmarks")
    settings = params.finetune.benchmarks[benchmark]
    task = load_task(settings.task)
    if not task.has_classes:
        raise SignScaleError(f"{benchmark}: the nearest-neighbour baseline needs classes, {task.name} has none")
    corpus = open_pack(pack)
    train, test = (
        clips_of(corpus, task.needs, splits, settings.subset) for splits in (settings.train_splits, ["test"])
    )
    train = few_shot(train, settings.shots, params.seed)
    if not train or not test:
        raise SignScaleError(f"{benchmark}: {pack} has no labelled training or test clip")
    inputs = {"pack": sha256(pack / "shard.h5"), "manifest": sha256(pack / "manifest.parquet")}
    coverage = coverage_of(read_manifest(manifest), task, len(test), settings.subset)
    write_scores(params, benchmark, task, rank_clips(train, test), coverage, inputs, out)
