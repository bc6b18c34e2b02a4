"""The pre-training model: masked pose modelling and sign-text contrast over one encoder."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.model.encoder import PoseEncoder
from signscale.model.similarity import coarse_similarity, contrastive_loss, fine_grained_similarity, window_average
from signscale.params import LossParams, ModelParams
from signscale.pretrain.decoder import PoseDecoder, reconstruction_sums
from signscale.pretrain.gather import gather_rows, total


@dataclass(slots=True)
class PretrainBatch:
    """What one rank computes on.

    masked, target: (B, T, 79, 3) input after and before masking; touched: bool (B, T, 79); valid: bool (B, T).
    text: (U, n, width) frozen token features of the distinct sentences; text_valid: bool (U, n); text_id: (U,) their
    numbers in the text store; text_of_clip: (B,) row of each clip's sentence, -1 for a clip without one.
    """

    masked: Tensor
    target: Tensor
    touched: Tensor
    valid: Tensor
    text: Tensor
    text_valid: Tensor
    text_id: Tensor
    text_of_clip: Tensor

    def __reduce__(self):
        """Sent to another process by value, not in shared memory (signscale.data.loader)."""
        return _batch_of, tuple(getattr(self, name).numpy() for name in self.__slots__)

    def to(self, device: torch.device) -> "PretrainBatch":
        """The same on `device`."""
        return PretrainBatch(*(getattr(self, name).to(device) for name in self.__slots__))


def _batch_of(*arrays: np.ndarray) -> PretrainBatch:
    return PretrainBatch(*map(torch.from_numpy, arrays))


class PretrainingModel(nn.Module):
    """Encoder, pose decoder, and the two projections into the space shared with text."""

    def __init__(self, model: ModelParams, loss: LossParams, text_width: int):
        super().__init__()
        self.loss = loss
        self.coarse = loss.contrast and loss.similarity == "coarse"
        self.encoder = PoseEncoder(model, summary=self.coarse)
        self.decoder = PoseDecoder(self.encoder.width)
        self.project_sign = nn.Linear(self.encoder.width, model.shared_width)
        self.project_text = nn.Linear(text_width, model.shared_width)
        self.log_temperature = nn.Parameter(torch.tensor([loss.temperature]).log())  # DeepSpeed refuses 0-d

    @property
    def temperature(self) -> Tensor:
        """Trained temperature."""
        return trained_temperature(self.log_temperature)

    def forward(self, batch: PretrainBatch, stage: str = "losses", slopes: "Passed | None" = None) -> Any:
        """stage "losses": losses and measures of the global batch: loss, reconstruction, contrast, mask_ratio, r1,
        temperature. A clip without text takes part in the reconstruction alone. With several ranks the contrast runs
        over all of them, with gradient, and each rank returns the same value.

        For a batch in micro-batches (signscale.pretrain.micro_batches) stage "pass" returns what a part hands on, and
        "pull" a scalar whose gradients are those of the whole batch's loss, `slopes` being its gradients at the former.
        """
        passed = self._pass(batch)
        if stage == "pass":
            return passed
        if stage == "pull":
            return sum((getattr(passed, name) * getattr(slopes, name)).sum() for name in DIFFERENTIABLE)
        return losses(passed, self.loss)

    def _pass(self, batch: PretrainBatch) -> "Passed":
        """All of the network that sees one clip or one sentence at a time."""
        rows, packing = self.encoder.rows(batch.masked, batch.valid)
        frames = packing.frames(rows)
        zero = rows.sum() * 0
        seen = (batch.target[..., 2] > 0) & batch.valid[..., None]
        error, weight = zero, zero.detach()
        if self.loss.reconstruction:
            error, weight = reconstruction_sums(
                self.decoder(frames), packing.take(batch.target), packing.take(batch.touched)
            )
        paired = batch.text_of_clip >= 0
        if not self.loss.contrast:
            sign, sign_mask, text = zero.expand(len(paired), 1, 1), paired[:, None], zero.expand(len(batch.text), 1, 1)
        else:
            if self.coarse:
                sign, sign_mask = self.project_sign(packing.put(rows)[:, 0])[:, None], paired.new_ones(len(paired), 1)
            else:
                sign, sign_mask = window_average(
                    packing.put_frames(self.project_sign(frames)), batch.valid, self.loss.window
                )
            text = self.project_text(batch.text)
        return Passed(
            error=error,
            weight=weight,
            zero=zero,
            touched=(batch.touched & seen).sum(),
            seen=seen.sum(),
            sign=sign[paired],
            sign_mask=sign_mask[paired],
            sign_text=batch.text_id[batch.text_of_clip[paired]],
            text=text,
            text_mask=batch.text_valid,
            text_id=batch.text_id,
            log_temperature=self.log_temperature,
        )


DIFFERENTIABLE = ("error", "sign", "text", "log_temperature")
"""The fields of Passed through which the loss reaches the weights."""


@dataclass  # without slots: DeepSpeed looks for tensors in what a model returns
class Passed:
    """What one rank's clips, or a part of them, hand to the losses of the global batch.

    error, weight: sums of the reconstruction; zero: 0 with gradient; touched, seen: numbers of points; sign (P, m, d),
    sign_mask (P, m) and sign_text (P,) of clips with text; text (U, n, d), text_mask (U, n), text_id (U,) of sentences.
    """

    error: Tensor
    weight: Tensor
    zero: Tensor
    touched: Tensor
    seen: Tensor
    sign: Tensor
    sign_mask: Tensor
    sign_text: Tensor
    text: Tensor
    text_mask: Tensor
    text_id: Tensor
    log_temperature: Tensor


def trained_temperature(log_temperature: Tensor) -> Tensor:
    """Held at 0.01 or above (as CLIP does)."""
    return log_temperature.exp().clamp(min=0.01)


def losses(passed: Passed, settings: LossParams) -> dict[str, Tensor]:
    """Losses and measures of the global batch from what this rank passes on, with gradient."""
    temperature = trained_temperature(passed.log_temperature)
    out = {"loss": passed.zero, "temperature": temperature.detach()}
    out["mask_ratio"] = total(passed.touched) / total(passed.seen).clamp(min=1)
    if settings.reconstruction:
        out["reconstruction"] = total(passed.error) / total(passed.weight).clamp(min=1e-6)
        out["loss"] = out["loss"] + out["reconstruction"]
    if settings.contrast:
        out["contrast"], out["r1"] = _contrast(passed, settings, temperature)
        out["loss"] = out["loss"] + settings.contrast_weight * out["contrast"]
    return out


def _contrast(passed: Passed, settings: LossParams, temperature: Tensor) -> tuple[Tensor, Tensor]:
    """Contrast over the clips of all ranks that have text, and the share whose own text is the best match.

    Each rank compares its own clips with the texts of all ranks; what is gathered are rows of similarity, not clips.
    """
    sign_text, text, text_mask, text_id = (
        gather_rows(rows) for rows in (passed.sign_text, passed.text, passed.text_mask, passed.text_id)
    )
    if len(sign_text) == 0:
        return passed.zero, passed.zero.detach()
    distinct, text_of_clip = torch.unique(sign_text, return_inverse=True)
    ordered, order = text_id.sort(stable=True)
    first = order[torch.searchsorted(ordered, distinct)]
    text, text_mask = F.normalize(text[first], dim=2), text_mask[first]
    if settings.similarity == "coarse":
        own = coarse_similarity(passed.sign[:, 0], text, text_mask)
    else:
        sign = F.normalize(passed.sign, dim=2)
        own = fine_grained_similarity(sign, text, passed.sign_mask, text_mask, settings.attention_temperature)
    similarity = gather_rows(own)
    hits = (similarity.argmax(dim=1) == text_of_clip).float().mean()
    return contrastive_loss(similarity, text_of_clip, temperature), hits.detach()
