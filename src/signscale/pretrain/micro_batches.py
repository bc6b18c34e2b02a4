"""A batch in parts, with the loss and gradients of the whole: the cached two passes of Gao et al. 2021 (GradCache).

The contrast needs all clips at once, the network does not. First every part goes through the network without gradient,
and its windows and sums are kept. From these the loss of the global batch is computed, and the gradient at each of
them. Then every part goes through again, with the same random state, and back-propagates its share of those gradients.
The memory needed is that of one part.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from signscale.params import LossParams
from signscale.pretrain.model import DIFFERENTIABLE, Passed, PretrainBatch, losses


def _padded(parts: list[Tensor]) -> list[Tensor]:
    """Rows (B_i, k_i, ...) of every part, each filled up with zeros to the longest k."""
    longest = max(part.shape[1] for part in parts)
    return [F.pad(part, [0, 0] * (part.dim() - 2) + [0, longest - part.shape[1]]) for part in parts]


def joined(parts: list[Passed]) -> Passed:
    """The outputs of the parts joined, as if they had been one part."""
    summed = {
        name: sum(getattr(part, name) for part in parts) for name in ("error", "weight", "zero", "touched", "seen")
    }
    rows = {name: [getattr(part, name) for part in parts] for name in ("sign", "sign_mask", "text", "text_mask")}
    ids = {name: torch.cat([getattr(part, name) for part in parts]) for name in ("sign_text", "text_id")}
    together = {name: torch.cat(_padded(tensors)) for name, tensors in rows.items()}
    return Passed(**summed, **together, **ids, log_temperature=parts[0].log_temperature)


def _slopes(passed: Passed, parts: list[Passed], loss: Tensor) -> list[Passed]:
    """The loss's gradients at the outputs of each part; that of the temperature goes to the first part only."""
    at = [getattr(passed, name) for name in DIFFERENTIABLE]
    grads = torch.autograd.grad(loss + sum(x.sum() for x in at) * 0, at)  # so that each has a slope, if only 0
    slope = dict(zip(DIFFERENTIABLE, grads, strict=True))
    out, signs, texts = [], 0, 0
    for part in parts:
        sign, text = part.sign, part.text
        rows = {
            "sign": slope["sign"][signs : signs + len(sign), : sign.shape[1]],
            "text": slope["text"][texts : texts + len(text), : text.shape[1]],
            "error": slope["error"],
            "log_temperature": slope["log_temperature"] * (not out),
        }
        signs, texts = signs + len(sign), texts + len(text)
        out.append(Passed(**vars(part) | rows))
    return out


def pulls(
    model: Callable[..., Any],
    parts: list[PretrainBatch],
    settings: LossParams,
    seed: Callable[[int], None],
    precision: AbstractContextManager,
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """For each part in turn a scalar to call backward on, and the measures of the whole batch.

    seed: sets the random state of a part; precision: the context in which the model itself would compute the losses.
    The sum of the scalars' gradients is the gradient of the whole batch's loss.
    """
    first = []
    for number, part in enumerate(parts):
        seed(number)
        with torch.no_grad():
            first.append(model(part, "pass"))
    passed = joined(first)
    for name in DIFFERENTIABLE:
        setattr(passed, name, getattr(passed, name).detach().clone().requires_grad_())
    with precision:
        measures = losses(passed, settings)
        slopes = _slopes(passed, first, measures["loss"])
    for number, part in enumerate(parts):
        seed(number)
        yield model(part, "pull", slopes[number]), measures
