"""Pre-training under DeepSpeed: masked pose modelling and sign-text contrast, resumable at any step.

In: packed corpora and the text store. Out: a folder with the model, its config, a line of log a step, held-out measures
and a TensorBoard log. A killed run leaves its state under `scratch` and goes on from there, with the same weights bit
for bit on a CPU.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from signscale.corpora.parts import pretrain_splits
from signscale.data.batches import length_bucketed, places, wasted_share
from signscale.data.clips import ClipRef
from signscale.data.prefetch import prefetched
from signscale.data.pretrain_batches import PretrainBatches, in_share
from signscale.errors import SignScaleError
from signscale.files import write_json, write_text
from signscale.model.card import save_card
from signscale.model.folder import load_config, save_model, set_deterministic
from signscale.model.preprocessing import preprocessing_of, save_preprocessing
from signscale.model.pretraining import PretrainBatch, PretrainingModel
from signscale.params import Params, PretrainParams
from signscale.progress import Progress
from signscale.store.packed import open_pack
from signscale.text.store import TextStore
from signscale.train.engine import start_engine, whole_weights
from signscale.train.log import TrainingLog
from signscale.train.micro_batches import pulls
from signscale.train.ranks import start_ranks, summed
from signscale.train.resume import Checkpoints, stop_signals
from signscale.train.skips import Skips
from signscale.train.speed import Speed, product_rate, told


def training_clips(packs: list[Path], params: PretrainParams, seed: int) -> list[ClipRef]:
    """The clips pre-training sees: packed corpora x splits x data_share. Raises SignScaleError if none are left."""
    refs = []
    for folder in packs:
        pack = open_pack(folder)
        refs += [
            ClipRef(sample, pack.shard, index)
            for index, sample in enumerate(pack.samples)
            if sample.split in pretrain_splits(params, sample.corpus) and in_share(sample, params.data_share, seed)
        ]
    if not refs:
        raise SignScaleError(f"pretrain: no sample of splits {params.splits} in {', '.join(map(str, packs))}")
    return refs


def held_out_clips(packs: list[Path], params: PretrainParams) -> list[ClipRef]:
    """The dev clips with text, for measuring only; those of a corpus whose dev is trained on are left out."""
    refs: list[ClipRef] = []
    for folder in packs:
        pack = open_pack(folder)
        refs += [
            ClipRef(sample, pack.shard, index)
            for index, sample in enumerate(pack.samples)
            if sample.split == "dev" and sample.text and "dev" not in pretrain_splits(params, sample.corpus)
        ]
    return refs


def described_corpora(refs: list[ClipRef], params: PretrainParams) -> dict[str, Any]:
    """What was trained on, and what was asked for but is not on this machine: clips by corpus, and names."""
    clips = Counter(ref.sample.corpus for ref in refs)
    return {"corpora": {name: clips[name] for name in params.corpora}, "absent": params.absent}


def pretrain(params: Params, packs: list[Path], text: Path, out: Path, scratch: Path) -> None:
    """Run pre-training to its end, from the newest checkpoint under `scratch` if there is one."""
    settings = params.pretrain
    rank, ranks, device = start_ranks()
    store = TextStore(text)
    batches = PretrainBatches(training_clips(packs, settings, params.seed), store, settings, params.seed)
    set_deterministic(params.seed)
    model = PretrainingModel(settings.model, settings.loss, store.width)
    steps = _train(model, batches, settings, params.seed, rank, ranks, device, out, scratch)
    measures = measure_held_out(model, packs, store, settings, params.seed, rank, ranks, device)
    if rank == 0:
        counts = {"steps": steps, "samples": len(batches.refs)} | described_corpora(batches.refs, settings)
        write_json(out / "metrics.json", counts | {"held_out": measures})
        preprocessing = preprocessing_of(batches.refs, params, None)
        save_preprocessing(out, preprocessing)
        save_card(out, load_config(out), preprocessing)


def _plan(
    batches: PretrainBatches, settings: PretrainParams, seed: int, start: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Every step from `start` on as (epoch, indices of its global batch); one epoch is in memory at a time."""
    per_epoch = -(-len(batches.refs) // settings.batch_size)
    for epoch in range(start // per_epoch, settings.epochs):
        steps = length_bucketed(batches.lengths(epoch), settings.batch_size, seed, epoch)
        yield from ((epoch, indices) for indices in steps[max(0, start - epoch * per_epoch) :])


def _train(
    model: PretrainingModel,
    batches: PretrainBatches,
    settings: PretrainParams,
    seed: int,
    rank: int,
    ranks: int,
    device: torch.device,
    out: Path,
    scratch: Path,
) -> int:
    """Resume, run the steps that are left, write the model folder; returns the number of steps."""
    steps = settings.epochs * -(-len(batches.refs) // settings.batch_size)
    engine = start_engine(model, settings, steps, ranks)
    checkpoints = Checkpoints(scratch, settings.keep_checkpoints, rank)
    start = checkpoints.resume(engine)
    if rank == 0:
        lengths = batches.lengths(0)
        together = length_bucketed(lengths, settings.batch_size, seed, 0)
        parts = engine.gradient_accumulation_steps()
        shares = [part for batch in together for r in range(ranks) for part in np.array_split(batch[r::ranks], parts)]
        if settings.absent:
            print(f"pretrain: without {', '.join(settings.absent)}, which this machine does not have", file=sys.stderr)
        print(
            f"pretrain: {len(batches.refs)} clips, {steps} steps from {start}, {ranks} process(es), "
            f"{wasted_share(lengths, shares):.1%} of what attention sees is padding",
            file=sys.stderr,
        )
    with closing(_log(settings, scratch, start, steps, ranks, device)) if rank == 0 else nullcontext() as log:
        skips = Skips(scratch / "skipped.jsonl", settings.skip, log.before, start) if log else None
        _run(engine, batches, settings, seed, rank, ranks, device, start, steps, checkpoints, log, skips)
    weights = whole_weights(engine)
    if rank == 0:
        config = {"model_type": "signscale", "format": 1, "kind": "pretrain", "text": batches.store.description()}
        config |= {"model": settings.model.model_dump(), "loss": settings.loss.model_dump()}
        config |= described_corpora(batches.refs, settings)
        for name in ("log.jsonl", "skipped.jsonl"):
            write_text(out / name, (scratch / name).read_text(encoding="utf-8"))
        save_model(out, weights, config)
    return steps


def _log(
    settings: PretrainParams, scratch: Path, start: int, steps: int, ranks: int, device: torch.device
) -> TrainingLog:
    """The log of a run, whose speed is measured by what matrix products alone reach here."""
    rate = ranks * product_rate(device, torch.bfloat16 if settings.deepspeed.precision == "bf16" else torch.float32)
    speed = Speed(settings.model, settings.loss.reconstruction, rate, steps, device)
    return TrainingLog(scratch / "log.jsonl", scratch / "tensorboard", start, speed)


def _run(
    engine: Any,
    batches: PretrainBatches,
    settings: PretrainParams,
    seed: int,
    rank: int,
    ranks: int,
    device: torch.device,
    start: int,
    steps: int,
    checkpoints: Checkpoints,
    log: TrainingLog | None,
    skips: Skips | None,
) -> None:
    """The loop: batch, step, log, checkpoint. Raises SignScaleError if too many steps in a row cannot be taken, and
    SystemExit once the state is saved after a request to stop."""
    plan = _plan(batches, settings, seed, start)
    parts = engine.gradient_accumulation_steps()
    todo = prefetched(plan, lambda item: _parts(batches, item[1][rank::ranks], item[0], parts))
    progress = Progress(total=steps, initial=start, desc="pretrain", unit="step", disable=rank != 0)
    with progress, stop_signals() as stopped:
        for step, ((epoch, indices), batch) in enumerate(todo, start):
            rate = engine.get_lr()[0]
            values, reason, (frames, filled, pairs, stops) = _step(
                engine, batch, settings, seed * 1_000_003 + step * ranks + rank, device, skips,
                [*_sizes(batch), int(stopped())],
            )  # fmt: skip
            if log:
                values |= {"learning_rate": rate, "skipped": bool(reason), "wasted": 1 - frames / filled}
                speed = log.write(step, epoch, values, len(indices), frames, pairs)
                progress.set_postfix_str(told(speed), refresh=False)
                if reason:
                    ids = [batches.refs[i].sample.sample_id for i in indices]
                    skips.skipped(step, values["loss"], values["gradient_norm"], reason, ids)
                else:
                    skips.took(values["loss"])
            progress.update()
            if ((step + 1) % settings.checkpoint_every == 0 and not reason) or stops:
                checkpoints.save(engine, step + 1)
            if stops:
                raise SystemExit(checkpoints.farewell(step + 1, steps))


def _parts(batches: PretrainBatches, indices: np.ndarray, epoch: int, parts: int) -> list[PretrainBatch]:
    """This rank's share of a batch, cut into so many micro-batches; the last batch of an epoch may leave some empty."""
    return [batches.make(part, epoch) for part in np.array_split(indices, parts)]


def _sizes(parts: list[PretrainBatch]) -> list[int]:
    """Valid frames, places that attention is computed on, and pairs of frames of one clip."""
    lengths = [part.valid.sum(dim=1).numpy() for part in parts]
    clips = np.concatenate(lengths)
    return [int(clips.sum()), sum(map(places, lengths)), int((clips**2).sum())]


def _step(
    engine: Any,
    parts: list[PretrainBatch],
    settings: PretrainParams,
    seed: int,
    device: torch.device,
    skips: Skips | None,
    numbers: list[int],
) -> tuple[dict[str, float], str, list[int]]:
    """One step, unless its loss or gradient forbids it: (measures, why it was not taken, numbers summed over ranks).

    Rank 0 holds `skips` and judges for all. Raises SignScaleError on the ranks that hold none if the run has to end.
    """

    def reseed(part: int) -> None:
        torch.manual_seed(seed + part * 2**40)

    parts = [part.to(device) for part in parts]
    values: dict[str, float] = {}
    for pull, measures in _pulls(engine, parts, settings, reseed):
        if not values:
            values = {name: float(value.detach()) for name, value in measures.items()} | {"gradient_norm": 0.0}
            reason = skips.reason(values["loss"]) if skips else ""
            *numbers, forbidden, over = summed([*numbers, bool(reason), bool(reason) and skips.is_last()], device)
            if over and not skips:
                raise SignScaleError("pretrain: too many steps in a row were not taken; the first process says which")
            if forbidden:
                engine.lr_scheduler.step()
                return values, reason or "judged by the first process", numbers
        engine.backward(pull * len(parts))  # DeepSpeed takes the mean over parts
        values["gradient_norm"] = _descend(engine)
    reason = "" if np.isfinite(values["gradient_norm"]) else "the gradient is no number"
    return values, reason, numbers


def _pulls(
    engine: Any, parts: list[PretrainBatch], settings: PretrainParams, reseed: Callable[[int], None]
) -> Iterator[tuple[torch.Tensor, dict[str, torch.Tensor]]]:
    """For each part what to call backward on, and the whole batch's measures; one part needs no second pass."""
    if len(parts) > 1:
        bf16 = settings.deepspeed.precision == "bf16"
        precision = torch.autocast(parts[0].valid.device.type, torch.bfloat16, enabled=bf16)
        yield from pulls(engine, parts, settings.loss, reseed, precision)
        return
    reseed(0)
    measures = engine(parts[0])
    yield measures["loss"], measures


def _descend(engine: Any) -> float:
    """Let DeepSpeed clip and step, after the last part; returns the norm of all gradients before clipping.

    With ZeRO only DeepSpeed knows it, after its step; without, the gradients themselves are at hand before it, and no
    step is taken if they are no numbers.
    """
    last = engine.is_gradient_accumulation_boundary()
    if engine.zero_optimization_stage() or not last:
        engine.step()
        return float(engine.get_global_grad_norm()) if last else 0.0
    norm = float(torch.nn.utils.get_total_norm([p.grad for p in engine.module.parameters() if p.grad is not None]))
    if np.isfinite(norm):
        engine.step()
    else:
        engine.zero_grad()
        engine.lr_scheduler.step()
        engine.micro_steps += 1
    return norm


@torch.no_grad()
def measure_held_out(
    model: PretrainingModel,
    packs: list[Path],
    store: TextStore,
    settings: PretrainParams,
    seed: int,
    rank: int,
    ranks: int,
    device: torch.device,
) -> dict[str, float]:
    """Mean losses and in-batch R@1 over the dev clips (batches as in training, no augmentation), on all ranks."""
    refs = held_out_clips(packs, settings)
    if not refs:
        return {}
    batches = PretrainBatches(refs, store, settings, seed)
    model.eval()
    sums: dict[str, float] = {}
    lengths = np.array([min(ref.frames, settings.model.max_frames) for ref in refs])
    for indices in length_bucketed(lengths, settings.batch_size, seed, 0):
        for name, value in model(batches.make(indices[rank::ranks], 0, held_out=True).to(device)).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(indices)
    return {name: value / len(refs) for name, value in sums.items()} | {"clips": float(len(refs))}
