"""Sign-text similarity: fine-grained word-to-window (PAPER: eq. 4-5) or coarse, never holding a B x B x m x n tensor.

Shape suffixes: B clips, U texts, m windows, n tokens, d shared width.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

BLOCK_NUMBERS = 3 << 19
"""Numbers of B x m x u x n held at once; texts are taken in blocks of u so that this is never passed. Fits a cache."""

GPU_BLOCK_NUMBERS = 1 << 26
"""The same on a GPU, where many small blocks would be slow to start: 268 MB in float32, four times that at the peak.

512 clips of 256 frames in windows of 4 against 512 texts of 128 tokens make 2.1e9 numbers, 8.6 GB each time they are
held: 32 blocks on one GPU, four on each of eight that share them.
"""


def window_average(features_BTD: Tensor, valid_BT: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Mean of each run of `window` valid frames: (B, T, d), (B, T) -> (B, m, d), (B, m) with m = ceil(T / window).

    The last window of a clip averages the frames it has; a window without a valid frame is marked invalid and zero.
    """
    batch, frames, width = features_BTD.shape
    spare = -frames % window
    shape = (batch, (frames + spare) // window, window)
    features = F.pad(features_BTD * valid_BT[..., None], (0, 0, 0, spare)).view(*shape, width)
    count = F.pad(valid_BT, (0, spare)).view(shape).sum(dim=2)
    return features.sum(dim=2) / count.clamp(min=1)[..., None], count > 0


def _computing_type(x: Tensor) -> torch.dtype:
    """Of matrix products with x: autocast's where that is on, else its own."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


class _FineGrained(torch.autograd.Function):
    """The mean over windows of attention-weighted energies; the backward pass computes each block again.

    Products run in autocast's type where that is on, the softmax in float32 or wider.
    """

    @staticmethod
    def forward(
        ctx: Any, sign_Bmd: Tensor, text_Und: Tensor, sign_mask_Bm: Tensor, text_mask_Un: Tensor, temperature: float
    ) -> Tensor:
        """(B, U)."""
        ctx.save_for_backward(sign_Bmd, text_Und, sign_mask_Bm, text_mask_Un)
        ctx.temperature, ctx.kind = temperature, _computing_type(sign_Bmd)
        share_Bm = sign_mask_Bm.to(sign_Bmd.dtype) / sign_mask_Bm.sum(dim=1, keepdim=True)
        with torch.autocast(sign_Bmd.device.type, enabled=False):
            sign = sign_Bmd.to(ctx.kind)
            columns = []
            for text, mask in _blocks(sign_Bmd, text_Und.to(ctx.kind), text_mask_Un):
                energy, attention = _attended(sign, text, mask, temperature)
                per_window_Bmu = attention.mul_(energy).sum(dim=3)
                columns.append((per_window_Bmu * share_Bm[..., None]).sum(dim=1))
            return torch.cat(columns, dim=1)

    @staticmethod
    def backward(ctx: Any, grad_BU: Tensor) -> tuple[Tensor | None, ...]:
        """Of the unit vectors: d/dE_j of sum_j a_j E_j is a_j (1 + (E_j - sum) / temperature)."""
        sign_Bmd, text_Und, sign_mask_Bm, text_mask_Un = ctx.saved_tensors
        share_Bm = sign_mask_Bm.to(sign_Bmd.dtype) / sign_mask_Bm.sum(dim=1, keepdim=True)
        with torch.autocast(grad_BU.device.type, enabled=False):
            sign = sign_Bmd.to(ctx.kind)
            rows, of_sign, of_text, start = (
                sign.flatten(0, 1),
                torch.zeros_like(sign_Bmd),
                torch.empty_like(text_Und),
                0,
            )
            for text, mask in _blocks(sign_Bmd, text_Und.to(ctx.kind), text_mask_Un):
                energy, attention = _attended(sign, text, mask, ctx.temperature)
                energy -= (attention * energy).sum(dim=3, keepdim=True)
                attention *= energy.div_(ctx.temperature).add_(1)
                stop = start + len(text)
                attention *= (grad_BU[:, None, start:stop] * share_Bm[..., None])[..., None]
                slope = attention.flatten(2).flatten(0, 1).to(ctx.kind)
                of_sign += (slope @ text.flatten(0, 1)).view_as(of_sign)
                of_text[start:stop] = (slope.T @ rows).view_as(text)
                start = stop
            return of_sign, of_text, None, None, None


def _blocks(sign_Bmd: Tensor, text_Und: Tensor, text_mask_Un: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """A few texts at a time, and their masks."""
    numbers = BLOCK_NUMBERS if sign_Bmd.device.type == "cpu" else GPU_BLOCK_NUMBERS
    step = max(1, numbers // max(1, sign_Bmd.shape[0] * sign_Bmd.shape[1] * text_Und.shape[1]))
    return zip(text_Und.split(step), text_mask_Un.split(step), strict=True)


def _attended(sign_Bmd: Tensor, text_Und: Tensor, text_mask_Un: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Energies and attention over tokens (B, m, u, n), both of this call alone."""
    energy = sign_Bmd.flatten(0, 1) @ text_Und.flatten(0, 1).T
    energy = energy.to(torch.promote_types(energy.dtype, torch.float32))
    energy = energy.view(*sign_Bmd.shape[:2], *text_Und.shape[:2])
    return energy, (energy / temperature).masked_fill_(~text_mask_Un, float("-inf")).softmax(dim=3)


def fine_grained_similarity(
    sign: Tensor, text: Tensor, sign_mask: Tensor, text_mask: Tensor, attention_temperature: float = 1.0
) -> Tensor:
    """sim(S, T) = mean_i sum_j softmax_j(E_ij) E_ij over valid windows i and tokens j, E = S T^t (PAPER: eq. 4-5).

    Inside the softmax E is divided by attention_temperature; the paper has none, which is 1. E lies in -1..1, so at 1
    all tokens of a sentence weigh nearly the same.

    Unit vectors (B, m, d) and (U, n, d) with bool masks (B, m) and (U, n) -> (B, U). Texts go by in blocks whose inner
    values are computed again in the backward pass, so memory stays flat. Every clip and text needs one valid entry.
    """
    return _FineGrained.apply(sign, text, sign_mask, text_mask, attention_temperature)


def coarse_similarity(sign: Tensor, text: Tensor, text_mask: Tensor) -> Tensor:
    """Cosine of a clip's summary (B, d) and the mean of a text's tokens (U, n, d) -> (B, U) (PAPER: Table XVIII)."""
    mean = (text * text_mask[..., None]).sum(dim=1) / text_mask.sum(dim=1, keepdim=True)
    return F.normalize(sign, dim=1) @ F.normalize(mean, dim=1).T


def contrastive_loss(similarity: Tensor, text_of_clip: Tensor, temperature: Tensor) -> Tensor:
    """Symmetric InfoNCE of clips (B) against distinct texts (U), equal sentences counted as the same text.

    similarity: (B, U); text_of_clip: (B,) column of each clip's own text, every text used at least once. A clip's text
    is its one right answer; a text's right answers are all clips that say it, the loss being the mean of their
    log-probabilities. With all sentences distinct this is the paper's B x B loss (interpretation: the paper does not
    say what becomes of repeated sentences; as negatives they would push a clip away from its own text).
    """
    logits = similarity / temperature
    sign_to_text = F.cross_entropy(logits, text_of_clip)
    over_clips = logits.log_softmax(dim=0).gather(1, text_of_clip[:, None])[:, 0]
    clips_of_text = torch.bincount(text_of_clip, minlength=similarity.shape[1]).clamp(min=1)
    text_to_sign = -(over_clips / clips_of_text[text_of_clip]).sum() / similarity.shape[1]
    return (sign_to_text + text_to_sign) / 2
