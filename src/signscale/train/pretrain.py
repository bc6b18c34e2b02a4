"""Pre-training under DeepSpeed: masked pose modelling and sign-text contrast, resumable at any step.

In: packed corpora and the text store. Out: a folder with the model, its config, a line of log a step, held-out measures
and a TensorBoard log. A killed run leaves its state under `scratch` and goes on from there, with the same weights bit
for bit on a CPU.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from signscale.corpora.parts import pretrain_splits
from signscale.data.batches import length_bucketed, wasted_share
from signscale.data.clips import ClipRef
from signscale.data.prefetch import prefetched
from signscale.data.pretrain_batches import PretrainBatches, in_share
from signscale.errors import SignScaleError
from signscale.files import write_json, write_text
from signscale.model.card import save_card
from signscale.model.folder import load_config, save_model, set_deterministic
from signscale.model.preprocessing import preprocessing_of, save_preprocessing
from signscale.model.pretraining import PretrainingModel
from signscale.params import Params, PretrainParams
from signscale.progress import Progress
from signscale.store.packed import open_pack
from signscale.text.store import TextStore
from signscale.train.log import TrainingLog
from signscale.train.ranks import start_ranks, summed
from signscale.train.resume import Checkpoints, stop_signals
from signscale.train.schedule import linear_warmup_decay

BUCKET_NUMBERS = 1 << 24
"""Numbers that ranks exchange at once under ZeRO. DeepSpeed's own 5e8 sets aside gigabytes at any model size."""


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


def deepspeed_config(params: PretrainParams, ranks: int) -> dict[str, Any]:
    """DeepSpeed's own configuration from params; raises SignScaleError if the batch does not divide over the ranks.

    bf16 is autocast: matrix products in bf16; weights, softmax and losses in float32.
    """
    if params.batch_size % ranks:
        raise SignScaleError(f"pretrain.batch_size: {params.batch_size} does not divide over {ranks} processes")
    return {
        "train_batch_size": params.batch_size,
        "train_micro_batch_size_per_gpu": params.batch_size // ranks,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": params.deepspeed.gradient_clipping,
        "zero_optimization": {
            "stage": params.deepspeed.zero_stage,
            "reduce_bucket_size": BUCKET_NUMBERS,
            "allgather_bucket_size": BUCKET_NUMBERS,
        },
        "zero_allow_untested_optimizer": True,
        "torch_autocast": {"enabled": params.deepspeed.precision == "bf16", "dtype": "bfloat16"},
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }


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


def _start_engine(model: PretrainingModel, settings: PretrainParams, steps: int, ranks: int) -> Any:
    """A DeepSpeed engine with AdamW (no decay on vectors and scalars) and the warm-up schedule."""
    import deepspeed

    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=settings.learning_rate,
    )
    warmup = round(settings.warmup_share * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: linear_warmup_decay(step, steps, warmup))
    engine, *_ = deepspeed.initialize(
        model=model, optimizer=optimizer, lr_scheduler=schedule, config=deepspeed_config(settings, ranks)
    )
    return engine


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
    engine = _start_engine(model, settings, steps, ranks)
    checkpoints = Checkpoints(scratch, settings.keep_checkpoints, rank)
    start = checkpoints.resume(engine)
    if rank == 0:
        lengths = batches.lengths(0)
        wasted = wasted_share(lengths, length_bucketed(lengths, settings.batch_size, seed, 0))
        if settings.absent:
            print(f"pretrain: without {', '.join(settings.absent)}, which this machine does not have", file=sys.stderr)
        print(
            f"pretrain: {len(batches.refs)} clips, {steps} steps from {start}, {ranks} process(es), "
            f"{wasted:.1%} of frames are padding",
            file=sys.stderr,
        )
    written = (
        closing(TrainingLog(scratch / "log.jsonl", scratch / "tensorboard", start)) if rank == 0 else nullcontext()
    )
    with written as log:
        _run(engine, batches, settings, seed, rank, ranks, device, start, steps, checkpoints, log)
    weights = whole_weights(engine)
    if rank == 0:
        config = {"model_type": "signscale", "format": 1, "kind": "pretrain", "text": batches.store.description()}
        config |= {"model": settings.model.model_dump(), "loss": settings.loss.model_dump()}
        config |= described_corpora(batches.refs, settings)
        write_text(out / "log.jsonl", (scratch / "log.jsonl").read_text(encoding="utf-8"))
        save_model(out, weights, config)
    return steps


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
) -> None:
    """The loop: batch, step, log, checkpoint. Raises SignScaleError on a loss or gradient that is no number, and
    SystemExit once the state is saved after a request to stop."""
    plan = _plan(batches, settings, seed, start)
    todo = prefetched(plan, lambda item: batches.make(item[1][rank::ranks], item[0]))
    progress = Progress(total=steps, initial=start, desc="pretrain", unit="step", disable=rank != 0)
    with progress, stop_signals() as stopped:
        for step, ((epoch, indices), batch) in enumerate(todo, start):
            torch.manual_seed(seed * 1_000_003 + step * ranks + rank)
            measures = engine(batch.to(device))
            engine.backward(measures["loss"])
            values = {name: float(value.detach()) for name, value in measures.items()}
            values |= {"learning_rate": engine.get_lr()[0], "gradient_norm": _step(engine)}
            progress.update()
            # Any rank's signal stops all of them at the same step.
            frames, stops = summed([int(batch.valid.sum()), int(stopped())], device)
            if log:
                log.write(step, epoch, values, len(indices), frames)
            if not np.isfinite([values["loss"], values["gradient_norm"]]).all():
                ids = ", ".join(batches.refs[i].sample.sample_id for i in indices[:4])
                raise SignScaleError(
                    f"pretrain: loss {values['loss']}, gradient norm {values['gradient_norm']} at step {step} "
                    f"(batch of {ids}, ...); lower pretrain.learning_rate, or look at these clips"
                )
            if (step + 1) % settings.checkpoint_every == 0 or stops:
                checkpoints.save(engine, step + 1)
            if stops:
                raise SystemExit(checkpoints.farewell(step + 1, steps))


def _step(engine: Any) -> float:
    """Let DeepSpeed clip and step; returns the norm of all gradients before clipping.

    With ZeRO only DeepSpeed knows it, after its step; without, the gradients themselves are at hand before it.
    """
    if engine.zero_optimization_stage():
        engine.step()
        return float(engine.get_global_grad_norm())
    norm = torch.nn.utils.get_total_norm([p.grad for p in engine.module.parameters() if p.grad is not None])
    engine.step()
    return float(norm)


def whole_weights(engine: Any) -> dict[str, torch.Tensor]:
    """The model's weights on the CPU; all ranks must call, since with ZeRO 3 each holds a part."""
    import deepspeed

    with deepspeed.zero.GatheredParameters(list(engine.module.parameters())):
        return {name: tensor.detach().cpu().clone() for name, tensor in engine.module.state_dict().items()}


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
