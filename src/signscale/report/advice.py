"""What to do with the report's numbers: which corpus differs from those of pre-training, and what would help.

A corpus differs where it lies outside the range of pre-training's corpora by more than a margin (ours): in the share of
frames that show a hand, in confidence, or in the length of its clips.
"""

from pathlib import Path

from signscale.formats.quality import Summary, read_quality, summary
from signscale.model.folder import load_config
from signscale.params import Params
from signscale.report.benchmarks import Benchmark

HANDS, CONFIDENCE, LENGTH = 0.15, 0.1, 1.5
"""Margins: shares of frames, confidence, and a factor of the clips' median length."""


def pretraining_quality(params: Params, results: Path) -> dict[str, Summary]:
    """The quality of what the encoder was trained on, by corpus; empty where that is not known. It comes from
    config.json if a model is taken over, else from the tables of the packs.
    """
    if params.pretrain.start:
        folder = results / "pretrain"
        known = load_config(folder).get("quality", {}) if (folder / "config.json").exists() else {}
        return {name: Summary(**values) for name, values in known.items()}
    return {name: found for name in params.pretrain.corpora if (found := _of_pack(results, name))}


def _of_pack(results: Path, name: str) -> Summary | None:
    path = results / "pack" / name / "quality.csv"
    rows = read_quality(path) if path.exists() else []
    return summary(rows) if rows else None


def corpus_advice(name: str, found: Summary, seen: list[Summary]) -> list[str]:
    """A sentence for each way in which a corpus differs from those that pre-training saw, with what would help."""
    lines = []
    least = min(one.hand for one in seen)
    if found.hand < least - HANDS:
        lines.append(
            f"{name}: a hand is seen in {found.hand:.0%} of the frames, in pre-training in {least:.0%}. Cut off what "
            "lies before and after the sign (pack.trim_ends: true); film nearer, or with more light"
        )
    most = max(one.second_hand for one in seen)
    if found.second_hand > most + HANDS:
        lines.append(
            f"{name}: the second hand is seen in {found.second_hand:.0%} of the frames, in pre-training in {most:.0%}. "
            "Pre-train on two-handed signs too (pretrain.corpora)"
        )
    least = min(one.confidence for one in seen)
    if found.confidence < least - CONFIDENCE:
        lines.append(
            f"{name}: the mean confidence is {found.confidence:.2f}, in pre-training {least:.2f}. Use a better "
            "estimator (keypoints.estimator) or larger pictures; look at the clips named under Quality"
        )
    shortest, longest = min(one.frames for one in seen), max(one.frames for one in seen)
    if found.frames > LENGTH * longest:
        lines.append(
            f"{name}: half of the clips are longer than {found.frames:g} frames, in pre-training than {longest:g} at "
            "most. Pre-train on joined clips too, or cut these to one sign or sentence each"
        )
    if found.frames * LENGTH < shortest:
        lines.append(
            f"{name}: half of the clips are shorter than {found.frames:g} frames, in pre-training than {shortest:g} at "
            "least. Vary the speed and length in pre-training (pretrain.augment: speed, crop)"
        )
    return lines


def benchmark_advice(benchmarks: list[Benchmark]) -> list[str]:
    """A sentence for each benchmark whose test cannot tell the pre-trained model from the one from scratch."""
    return [
        f"{one.runs.name}: {one.headline.cells['pretrained'].n} test clips do not tell the pre-trained model from the "
        "one from scratch. Add test clips, or seeds (finetune.seeds)"
        for one in benchmarks
        if one.headline and one.headline.difference and not one.headline.difference.clear
    ]


def advice(params: Params, results: Path, benchmarks: list[Benchmark]) -> list[str]:
    """All advice, that on corpora first; raises SignScaleError if a quality table is damaged."""
    seen = pretraining_quality(params, results)
    lines = []
    if params.pretrain.start and not seen:
        lines.append(
            f"{params.pretrain.start} does not say what its clips were like, so yours are not compared with them"
        )
    for name in params.acquire.corpora:
        if seen and name not in seen and (found := _of_pack(results, name)):
            lines += corpus_advice(name, found, list(seen.values()))
    return lines + benchmark_advice(benchmarks)
