"""The figures of scale.py: per set and arm its mean, and the paired difference from scratch, with intervals.

A set is groups of test clips (a recorder, a split), each answered in every draw or seed: an array (draws, clips) of the
place of the right label, 0 for the first. Intervals: 95 %, bootstrap over draws and clips, 2,000 times; groups count
alike and are not drawn again, so they say nothing of other people.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np

from signscale.data.randomness import generator
from signscale.formats.files import read_json

RESAMPLES = 2000
Groups = dict[str, np.ndarray]


def place_of(label: str, labels: list[str]) -> int:
    """Where a label stands among the answers, from 0; their number, if it is not among them."""
    return labels.index(label) if label in labels else len(labels)


def few_groups(folder: Path) -> dict[str, Groups]:
    """Set -> group -> (draws, clips) of the files `<group>-<draw>.json` of an arm; a recorder's set is its corpus."""
    drawn: dict[str, list[tuple[int, list[int]]]] = defaultdict(list)
    for path in folder.glob("*.json"):
        group, _, draw = path.stem.rpartition("-")
        drawn[group].append((int(draw), read_json(path)))
    sets: dict[str, Groups] = defaultdict(dict)
    for group, rows in sorted(drawn.items()):
        sets[group.partition("-")[0]][group] = np.array([places for _, places in sorted(rows)])
    return dict(sets)


def wlasl_groups(folder: Path, arm: str, parts: tuple[str, ...] = ("dev", "test", "held")) -> dict[str, Groups]:
    """Part -> (seeds, clips) of the files `<arm>-<seed>.json`."""
    runs = [read_json(path) for path in sorted(folder.glob(f"{arm}-*.json"))]
    return {part: {part: np.array([run[part] for run in runs])} for part in parts} if runs else {}


def shares(groups: Groups, top: int) -> Groups:
    """Percent right among the first `top` of each answer."""
    return {name: 100.0 * (places < top) for name, places in groups.items()}


def interval(groups: Groups) -> dict[str, float]:
    """Mean over groups of the mean of each, with its interval."""
    rng = generator(0, "bootstrap", *sorted(groups))
    means = np.zeros(RESAMPLES)
    for values in groups.values():
        draws, clips = values.shape
        for number in range(RESAMPLES):
            rows = values[rng.integers(draws, size=draws)].mean(axis=0)
            means[number] += rows[rng.integers(clips, size=clips)].mean() / len(groups)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"value": float(np.mean([v.mean() for v in groups.values()])), "low": float(low), "high": float(high)}


def figures(arms: dict[str, Groups], tops: tuple[int, ...] = (1,), base: str = "scratch") -> dict[str, dict]:
    """Per arm top-k and the paired difference from `base`, of the groups and draws that both have."""
    table: dict[str, dict] = {}
    for arm, groups in arms.items():
        table[arm] = {"draws": min(len(places) for places in groups.values())}
        table[arm]["clips"] = sum(places.shape[1] for places in groups.values())
        for top in tops:
            table[arm][f"top{top}"] = interval(shares(groups, top))
            if arm != base and base in arms:
                table[arm][f"top{top} minus {base}"] = interval(difference(groups, arms[base], top))
    return table


def difference(groups: Groups, base: Groups, top: int) -> Groups:
    """Percent right less that of `base`, draw by draw and clip by clip."""
    ours, theirs = shares(groups, top), shares(base, top)
    drawn = {name: min(len(ours[name]), len(theirs[name])) for name in ours}
    return {name: ours[name][:count] - theirs[name][:count] for name, count in drawn.items()}
