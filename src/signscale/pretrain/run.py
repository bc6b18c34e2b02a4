"""Pre-training under DeepSpeed: masked pose modelling and sign-text contrast, resumable at any step.

In: packed corpora and the text store. Out: a folder with the model, its config, a line of log a step, held-out measures
and a TensorBoard log. A killed run leaves its state under `scratch` and goes on from there, with the same weights bit
for bit on a CPU.
"""

import logging
from collections import Counter
from contextlib import closing, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from signscale.data.batches import length_bucketed, wasted_share
from signscale.data.clips import ClipRef
from signscale.data.loader import loaded, planned, worker_count
from signscale.formats.files import write_json, write_text
from signscale.formats.quality import read_quality, summary
from signscale.model.card import save_card
from signscale.model.folder import load_config
from signscale.model.preprocessing import preprocessing_of, save_preprocessing
from signscale.model.weights import save_model, set_deterministic
from signscale.params import Params, PretrainParams
from signscale.pretrain.batches import PretrainClips
from signscale.pretrain.clips import training_clips
from signscale.pretrain.engine import start_engine, whole_weights
from signscale.pretrain.held_out import measure_held_out
from signscale.pretrain.log import TrainingLog
from signscale.pretrain.model import PretrainingModel
from signscale.pretrain.ranks import Run, start_run
from signscale.pretrain.resume import Checkpoints, stop_signals
from signscale.pretrain.skips import Skips
from signscale.pretrain.speed import Speed, describe, product_rate
from signscale.pretrain.step import sizes, take_step
from signscale.progress import Progress
from signscale.text.store import TextStore

logger = logging.getLogger(__name__)


def described_corpora(refs: list[ClipRef], params: PretrainParams) -> dict[str, Any]:
    """What was trained on, and what was asked for but is not on this machine: clips and hours by corpus, and names."""
    clips = Counter(ref.sample.corpus for ref in refs)
    seconds: Counter[str] = Counter()
    for ref in refs:
        seconds[ref.sample.corpus] += ref.frames / float(ref.shard.fps[ref.index])
    return {
        "corpora": {name: clips[name] for name in params.corpora},
        "hours": {name: round(seconds[name] / 3600, 3) for name in params.corpora},
        "absent": params.absent,
    }


def quality_of(packs: list[Path]) -> dict[str, Any]:
    """The quality of each packed corpus that has a table of it, for whoever starts from the model."""
    tables = [(pack, read_quality(pack / "quality.csv")) for pack in packs if (pack / "quality.csv").is_file()]
    return {pack.name: asdict(summary(rows)) for pack, rows in tables if rows}


def pretrain(params: Params, packs: list[Path], text: Path, out: Path, scratch: Path) -> None:
    """Run pre-training to its end, from the newest checkpoint under `scratch` if there is one."""
    settings = params.pretrain
    run = start_run(params.seed, out, scratch)
    store = TextStore(text)
    clips = PretrainClips(training_clips(packs, settings, params.seed), store, settings, params.seed)
    set_deterministic(params.seed)
    model = PretrainingModel(settings.model, settings.loss, store.width)
    steps = _train(model, clips, settings, run, quality_of(packs))
    measures = measure_held_out(model, packs, store, settings, run)
    if run.is_first:
        counts = {"steps": steps, "samples": len(clips)} | described_corpora(clips.refs, settings)
        write_json(out / "metrics.json", counts | {"held_out": measures})
        preprocessing = preprocessing_of(clips.refs, params, None)
        save_preprocessing(out, preprocessing)
        save_card(out, load_config(out), preprocessing)


def _train(
    model: PretrainingModel,
    clips: PretrainClips,
    settings: PretrainParams,
    run: Run,
    quality: dict[str, Any],
) -> int:
    """Resume, run the steps that are left, write the model folder; returns the number of steps."""
    steps = settings.epochs * -(-len(clips) // settings.batch_size)
    engine = start_engine(model, settings, steps, run.ranks)
    checkpoints = Checkpoints(run.scratch, settings.keep_checkpoints, run.rank, _resumable(settings, run.ranks))
    start = checkpoints.resume(engine)
    if run.is_first:
        lengths = clips.lengths(0)
        together = length_bucketed(lengths, settings.batch_size, run.seed, 0)
        parts = engine.gradient_accumulation_steps()
        shares = [
            part
            for batch in together
            for r in range(run.ranks)
            for part in np.array_split(batch[r :: run.ranks], parts)
        ]
        if settings.absent:
            logger.warning(f"pretrain: without {', '.join(settings.absent)}, which this machine does not have")
        logger.info(
            f"pretrain: {len(clips)} clips, {steps} steps from {start}, {run.ranks} process(es), "
            f"{wasted_share(lengths, shares):.1%} of what attention sees is padding"
        )
    with closing(_log(settings, run, start, steps)) if run.is_first else nullcontext() as log:
        skips = Skips(run.scratch / "skipped.jsonl", settings.skip, log.before, start) if log else None
        _steps(engine, clips, settings, run, start, steps, checkpoints, log, skips)
    weights = whole_weights(engine)
    if run.is_first:
        config = {"model_type": "signscale", "format": 1, "kind": "pretrain", "text": clips.store.description()}
        config |= {"model": settings.model.model_dump(), "loss": settings.loss.model_dump()}
        config |= described_corpora(clips.refs, settings) | {"quality": quality}
        for name in ("log.jsonl", "skipped.jsonl"):
            write_text(run.out / name, (run.scratch / name).read_text(encoding="utf-8"))
        save_model(run.out, weights, config)
    return steps


def _resumable(settings: PretrainParams, ranks: int) -> dict[str, Any]:
    """What has to be equal in a run and the checkpoint it continues from; DeepSpeed's own errors would not explain
    it."""
    return {
        "processes": ranks,
        "batch size": settings.batch_size,
        "micro-batch": settings.micro_batch,
        "ZeRO stage": settings.deepspeed.zero_stage,
        "model": settings.model.model_dump(mode="json"),
    }


def _log(settings: PretrainParams, run: Run, start: int, steps: int) -> TrainingLog:
    """The log of a run, whose speed is measured by what matrix products alone reach here."""
    precision = torch.bfloat16 if settings.deepspeed.precision == "bf16" else torch.float32
    rate = run.ranks * product_rate(run.device, precision)
    speed = Speed(settings.model, settings.loss.reconstruction, rate, steps, run.device)
    return TrainingLog(run.scratch / "log.jsonl", run.scratch / "tensorboard", start, speed)


def _steps(
    engine: Any,
    clips: PretrainClips,
    settings: PretrainParams,
    run: Run,
    start: int,
    steps: int,
    checkpoints: Checkpoints,
    log: TrainingLog | None,
    skips: Skips | None,
) -> None:
    """The loop: batch, step, log, checkpoint. Raises SignScaleError if too many steps in a row cannot be taken, and
    SystemExit once the state is saved after a request to stop."""
    plan = planned(clips, settings.batch_size, run.seed, settings.epochs, start)
    parts = partial(clips.parts, count=engine.gradient_accumulation_steps())
    todo = loaded(plan, clips, parts, worker_count(run.device), run.rank, run.ranks)
    progress = Progress(total=steps, initial=start, desc="pretrain", unit="step", disable=not run.is_first)
    with closing(todo), progress, stop_signals() as stopped:
        for (step, epoch, indices), batch in todo:
            rate = engine.get_lr()[0]
            values, reason, (frames, filled, pairs, stops) = take_step(
                engine, batch, settings, run.seed * 1_000_003 + step * run.ranks + run.rank, run.device, skips,
                [*sizes(batch), int(stopped())],
            )  # fmt: skip
            if log:
                values |= {"learning_rate": rate, "skipped": bool(reason), "wasted": 1 - frames / filled}
                speed = log.write(step, epoch, values, len(indices), frames, pairs)
                progress.set_postfix_str(describe(speed), refresh=False)
                if reason:
                    ids = [clips.refs[i].sample.sample_id for i in indices]
                    skips.skipped(step, values["loss"], values["gradient_norm"], reason, ids)
                else:
                    skips.took(values["loss"])
            progress.update()
            if ((step + 1) % settings.checkpoint_every == 0 and not reason) or stops:
                checkpoints.save(engine, step + 1)
            if stops:
                raise SystemExit(checkpoints.farewell(step + 1, steps))
