"""One step of pre-training through DeepSpeed: micro-batches, the check of loss and gradient, the update."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from signscale.data.batches import places
from signscale.errors import SignScaleError
from signscale.params import PretrainParams
from signscale.pretrain.micro_batches import pulls
from signscale.pretrain.model import PretrainBatch
from signscale.pretrain.ranks import summed
from signscale.pretrain.skips import Skips


def sizes(parts: list[PretrainBatch]) -> list[int]:
    """Valid frames, places that attention is computed on, and pairs of frames of one clip."""
    lengths = [part.valid.sum(dim=1).numpy() for part in parts]
    clips = np.concatenate(lengths)
    return [int(clips.sum()), sum(map(places, lengths)), int((clips**2).sum())]


def take_step(
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
        if last and not engine.was_step_applied():
            engine.lr_scheduler.step()  # DeepSpeed holds the rate back where the gradients were no numbers
        return float(engine.get_global_grad_norm()) if last else 0.0
    norm = float(torch.nn.utils.get_total_norm([p.grad for p in engine.module.parameters() if p.grad is not None]))
    if np.isfinite(norm):
        engine.step()
    else:
        engine.zero_grad()
        engine.lr_scheduler.step()
        engine.micro_steps += 1
    return norm
