"""Evaluation of one fine-tuned model on a benchmark's test split: predictions, then metrics with their provenance."""

import json
import logging
from pathlib import Path

import torch

from signscale.corpora.parts import in_subset
from signscale.data.clips import clips_of
from signscale.errors import SignScaleError
from signscale.formats.files import sha256, write_json, write_text
from signscale.formats.packed import open_pack
from signscale.formats.sample import Sample, read_manifest
from signscale.params import Params
from signscale.tasks.metrics.metric import Coverage, metrics_document
from signscale.tasks.model import cut_clips, length_remarks, load_task_model, predict_clips
from signscale.tasks.score import conventions_of, score_predictions, shown
from signscale.tasks.task import Task
from signscale.text.store import TextStore

logger = logging.getLogger(__name__)


def coverage_of(manifest: list[Sample], task: Task, scored: int, subset: str = "") -> Coverage:
    """Clips scored against the test clips that the corpus lists with a target for the task, within a subset."""
    listed = (s.split == "test" and task.has_target(s) and in_subset(s, subset) for s in manifest)
    return Coverage(scored, sum(listed))


def write_scores(
    params: Params,
    benchmark: str,
    task: Task,
    lines: list[dict],
    coverage: Coverage,
    inputs: dict,
    out: Path,
    cut: int = 0,
) -> None:
    """predictions.jsonl and metrics.json into the folder `out`, and one line per metric into the log.

    cut: test clips of which only the middle was seen; they stand in metrics.json if there are any.
    """
    conventions = conventions_of(params.finetune.benchmarks[benchmark])
    metrics = score_predictions(task.name, lines, params.evaluate, coverage, conventions)
    write_text(out / "predictions.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    document = metrics_document(benchmark, "test", metrics, coverage, inputs) | {"task": task.name}
    write_json(out / "metrics.json", document | ({"cut": cut} if cut else {}))
    logger.info("\n".join([f"evaluate: {benchmark}", shown(metrics), *task.remarks(lines)]))


def evaluate(params: Params, benchmark: str, model: Path, pack: Path, manifest: Path, text: Path, out: Path) -> None:
    """Predict and score the test split. Raises SignScaleError on a foreign model or an empty split."""
    if benchmark not in params.finetune.benchmarks:
        raise SignScaleError(f"benchmark {benchmark!r} is not in finetune.benchmarks")
    net, config = load_task_model(model, TextStore(text))
    if config.benchmark != benchmark:
        raise SignScaleError(f"{model}: was fine-tuned for {config.benchmark}, not for {benchmark}")
    net.to("cuda" if torch.cuda.is_available() else "cpu")
    corpus = open_pack(pack)
    subset = params.finetune.benchmarks[benchmark].subset
    refs = clips_of(corpus, net.task.needs, ["test"], subset)
    if not refs:
        raise SignScaleError(f"{benchmark}: {pack} has no test clip with a target for {net.task.name}")
    for remark in length_remarks(net, refs):
        logger.warning(f"evaluate: {benchmark}: {remark}")
    lines = predict_clips(net, refs, net.recipe.batch_size)
    files = {
        "pack": pack / "shard.h5",
        "manifest": pack / "manifest.parquet",
        "text": text,
        "model": model / "model.safetensors",
    }
    inputs = {name: sha256(path) for name, path in files.items()}
    coverage = coverage_of(read_manifest(manifest), net.task, len(refs), subset)
    write_scores(params, benchmark, net.task, lines, coverage, inputs, out, cut_clips(net, refs))
