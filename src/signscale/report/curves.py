"""Learning curves: which numbers of the training logs are drawn, and how they are named."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from signscale.params import Params
from signscale.report.figures import Line, line_chart
from signscale.report.results import PRETRAINED, SCRATCH, read_lines
from signscale.report.tables import INIT_NAMES, metric_name
from signscale.tasks import load_task
from signscale.tasks.task import Task

# Key in R/pretrain/log.jsonl -> title of its panel, in the order drawn. Keys that a log lacks are left out.
PRETRAIN_KEYS = {
    "loss": "Total loss",
    "reconstruction": "Reconstruction loss of masked points",
    "contrast": "Sign-text contrast loss",
    "r1": "Sign to text R@1 within the batch",
    "temperature": "Temperature of the contrast",
    "mask_ratio": "Share of points that were masked",
    "learning_rate": "Learning rate",
    "gradient_norm": "Gradient norm",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its title."""

    title: str
    chart: Markup


def _points(rows: Sequence[dict[str, Any]], x: str, y: str) -> list[tuple[float, float]]:
    """(x, y) of the rows that hold both as finite numbers."""
    found = []
    for row in rows:
        pair = (row.get(x), row.get(y))
        if all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in pair):
            found.append(pair)
    return found


def pretrain_panels(results: Path) -> list[Panel]:
    """A panel for each declared key the pre-training log holds; none if there is no log."""
    path = results / "pretrain" / "log.jsonl"
    if not path.exists():
        return []
    rows = read_lines(path)
    panels = []
    for key, title in PRETRAIN_KEYS.items():
        if points := _points(rows, "step", key):
            panels.append(Panel(title, line_chart(title, "step", [Line(title, PRETRAINED, points)])))
    return panels


def finetune_panels(params: Params, results: Path) -> dict[str, list[Panel]]:
    """For each benchmark with curves: its training loss and its dev figure, a line for every run."""
    benchmarks = {}
    for name, settings in params.finetune.benchmarks.items():
        logs = []
        for init in (SCRATCH, PRETRAINED):
            for seed in settings.seeds or params.finetune.seeds:
                path = results / "finetune" / name / f"{init}-{seed}" / "curves.jsonl"
                if path.exists():
                    logs.append((init, seed, read_lines(path)))
        if panels := _finetune(name, load_task(settings.task), logs):
            benchmarks[name] = panels
    return benchmarks


def _finetune(benchmark: str, task: Task, logs: list[tuple[str, int, list[dict[str, Any]]]]) -> list[Panel]:
    metric = next((str(row["metric"]) for _, _, rows in logs for row in rows if "metric" in row), "dev figure")
    panels = []
    for key, title in (("train_loss", "Training loss"), ("dev", f"{metric_name(metric, task)} on dev")):
        lines = [
            Line(f"{INIT_NAMES[init]}, seed {seed}", init, points)
            for init, seed, rows in logs
            if (points := _points(rows, "epoch", key))
        ]
        if lines:
            panels.append(Panel(title, line_chart(f"{benchmark}: {title}", "epoch", lines)))
    return panels
