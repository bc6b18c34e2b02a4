"""Sign-text similarity: fine-grained word-to-window (PAPER: eq. 4-5) or coarse, never holding a B x B x m x n tensor.

Shape suffixes: B clips, U texts, m windows, n tokens, d shared width.
"""

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

BLOCK_NUMBERS = 1 << 24
"""Numbers of B x u x m x n held at once; texts are taken in blocks of u so that this is never passed."""


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


def _block(
    sign_Bmd: Tensor, sign_mask_Bm: Tensor, text_Und: Tensor, text_mask_Un: Tensor, attention_temperature: float
) -> Tensor:
    """Fine-grained similarity with a few texts: (B, u)."""
    energy = torch.einsum("bmd,und->bumn", sign_Bmd, text_Und)
    logits = (energy / attention_temperature).masked_fill(~text_mask_Un[None, :, None, :], float("-inf"))
    attention = logits.softmax(dim=3)
    per_window = (attention * energy).sum(dim=3) * sign_mask_Bm[:, None, :]
    return per_window.sum(dim=2) / sign_mask_Bm.sum(dim=1)[:, None]


def fine_grained_similarity(
    sign: Tensor, text: Tensor, sign_mask: Tensor, text_mask: Tensor, attention_temperature: float = 1.0
) -> Tensor:
    """sim(S, T) = mean_i sum_j softmax_j(E_ij) E_ij over valid windows i and tokens j, E = S T^t (PAPER: eq. 4-5).

    Inside the softmax E is divided by attention_temperature; the paper has none, which is 1. E lies in -1..1, so at 1
    all tokens of a sentence weigh nearly the same.

    Unit vectors (B, m, d) and (U, n, d) with bool masks (B, m) and (U, n) -> (B, U). Texts go by in blocks whose inner
    values are computed again in the backward pass, so memory stays flat. Every clip and text needs one valid entry.
    """
    per_text = sign.shape[0] * sign.shape[1] * text.shape[1]
    step = max(1, BLOCK_NUMBERS // per_text)
    columns = [
        checkpoint(
            _block,
            sign,
            sign_mask,
            text[k : k + step],
            text_mask[k : k + step],
            attention_temperature,
            use_reentrant=False,
        )
        for k in range(0, len(text), step)
    ]
    return torch.cat(columns, dim=1)


def coarse_similarity(sign: Tensor, text: Tensor, text_mask: Tensor) -> Tensor:
    """Cosine of a clip's summary (B, d) and the mean of a text's tokens (U, n, d) -> (B, U) (PAPER: Table XVIII)."""
    mean = (text * text_mask[..., None]).sum(dim=1) / text_mask.sum(dim=1, keepdim=True)
    return F.normalize(sign, dim=1) @ F.normalize(mean, dim=1).T


def contrastive_loss(similarity: Tensor, text_of_clip: Tensor, temperature: Tensor) -> Tensor:
    """Symmetric InfoNCE of clips (B) against distinct texts (U), equal sentences counted as the same text.

    similarity: (B, U); text_of_clip: (B,) column of each clip's own text, every text used at least once. A clip's text
    is its one right answer; a text's right answers are all clips that say it, the loss being the mean of their
    log-probabilities. With all sentences distinct this is the paper's B x B loss (reading: the paper does not say what
    becomes of repeated sentences; as negatives they would push a clip away from its own text).
    """
    logits = similarity / temperature
    sign_to_text = F.cross_entropy(logits, text_of_clip)
    over_clips = logits.log_softmax(dim=0).gather(1, text_of_clip[:, None])[:, 0]
    clips_of_text = torch.bincount(text_of_clip, minlength=similarity.shape[1]).clamp(min=1)
    text_to_sign = -(over_clips / clips_of_text[text_of_clip]).sum() / similarity.shape[1]
    return (sign_to_text + text_to_sign) / 2
