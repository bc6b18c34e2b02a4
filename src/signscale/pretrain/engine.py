"""The DeepSpeed engine of pre-training: its configuration from params, the optimizer, and its weights as one."""

from itertools import pairwise
from typing import Any

import torch

from signscale.data.schedule import linear_warmup_decay
from signscale.errors import SignScaleError
from signscale.model.graph import INPUT_CHANNELS
from signscale.params import ModelParams, PretrainParams
from signscale.pretrain.model import PretrainingModel

BUCKET_NUMBERS = 1 << 24
"""Numbers that ranks exchange at once under ZeRO. DeepSpeed's own 5e8 excludes gigabytes at any model size."""

RESIDENT_NUMBERS = 100_000
"""Weights of at most so many numbers stay whole on every rank under ZeRO 3 (DeepSpeed's own value)."""


def largest_graph_weight(model: ModelParams) -> int:
    """Numbers of the largest weight of the graph convolutions, which have to stay whole on every rank.

    They go over a rank's frames run by run, so ranks call them unequally often: gathered at each call, one rank would
    wait for another that never comes.
    """
    return max(2 * before * after for before, after in pairwise([INPUT_CHANNELS, *model.graph_channels]))


def deepspeed_config(params: PretrainParams, ranks: int) -> dict[str, Any]:
    """DeepSpeed's own configuration from params; raises SignScaleError if the batch does not divide over the ranks.

    bf16 is autocast: matrix products in bf16; weights, softmax and losses in float32.
    """
    if params.batch_size % ranks:
        raise SignScaleError(f"pretrain.batch_size: {params.batch_size} does not divide over {ranks} processes")
    share = params.batch_size // ranks
    if share % (params.micro_batch or share):
        raise SignScaleError(
            f"pretrain.micro_batch: {params.micro_batch} does not divide the {share} samples of a process"
        )
    return {
        "train_batch_size": params.batch_size,
        "train_micro_batch_size_per_gpu": params.micro_batch or share,
        "gradient_accumulation_steps": share // (params.micro_batch or share),
        "gradient_clipping": params.deepspeed.gradient_clipping,
        "zero_optimization": {
            "stage": params.deepspeed.zero_stage,
            "reduce_bucket_size": BUCKET_NUMBERS,
            "allgather_bucket_size": BUCKET_NUMBERS,
            "stage3_param_persistence_threshold": max(RESIDENT_NUMBERS, largest_graph_weight(params.model)),
        },
        "zero_allow_untested_optimizer": True,
        "torch_autocast": {"enabled": params.deepspeed.precision == "bf16", "dtype": "bfloat16"},
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }


def start_engine(model: PretrainingModel, settings: PretrainParams, steps: int, ranks: int) -> Any:
    """A DeepSpeed engine with AdamW (no decay on vectors and scalars) and the warm-up schedule."""
    import deepspeed

    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=settings.learning_rate,
        fused=True,
    )
    warmup = round(settings.warmup_share * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: linear_warmup_decay(step, steps, warmup))
    engine, *_ = deepspeed.initialize(
        model=model, optimizer=optimizer, lr_scheduler=schedule, config=deepspeed_config(settings, ranks)
    )
    return engine


def whole_weights(engine: Any) -> dict[str, torch.Tensor]:
    """The model's weights on the CPU; all ranks must call, since with ZeRO 3 each holds a part."""
    import deepspeed

    with deepspeed.zero.GatheredParameters(list(engine.module.parameters())):
        return {name: tensor.detach().cpu().clone() for name, tensor in engine.module.state_dict().items()}
