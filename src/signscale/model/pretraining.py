"""The pre-training model: masked pose modelling and sign-text contrast over one encoder."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.model.decoder import PoseDecoder, reconstruction_sums
from signscale.model.encoder import PoseEncoder
from signscale.model.gather import gather_rows, total
from signscale.model.similarity import coarse_similarity, contrastive_loss, fine_grained_similarity, window_average
from signscale.params import LossParams, ModelParams


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

    def to(self, device: torch.device) -> "PretrainBatch":
        """The same on `device`."""
        return PretrainBatch(*(getattr(self, name).to(device) for name in self.__slots__))


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
        """Trained temperature, held at 0.01 or above (as CLIP does)."""
        return self.log_temperature.exp().clamp(min=0.01)

    def forward(self, batch: PretrainBatch) -> dict[str, Tensor]:
        """Losses and measures of the global batch: loss, reconstruction, contrast, mask_ratio, r1, temperature.

        A clip without text takes part in the reconstruction alone. With several ranks the contrast runs over all of
        them, with gradient, and each rank returns the same value.
        """
        features = self.encoder(batch.masked, batch.valid)
        summary = features[:, 0] if self.coarse else None
        frames = features[:, 1:] if self.coarse else features
        zero = features.sum() * 0
        out = {"loss": zero, "temperature": self.temperature.detach()}
        seen = (batch.target[..., 2] > 0) & batch.valid[..., None]
        out["mask_ratio"] = total((batch.touched & seen).sum()) / total(seen.sum()).clamp(min=1)
        if self.loss.reconstruction:
            error, weight = reconstruction_sums(
                self.decoder(frames[batch.valid]), batch.target[batch.valid], batch.touched[batch.valid]
            )
            out["reconstruction"] = total(error) / total(weight).clamp(min=1e-6)
            out["loss"] = out["loss"] + out["reconstruction"]
        if self.loss.contrast:
            out["contrast"], out["r1"] = self._contrast(frames, summary, batch, zero)
            out["loss"] = out["loss"] + self.loss.contrast_weight * out["contrast"]
        return out

    def _contrast(
        self, frames: Tensor, summary: Tensor | None, batch: PretrainBatch, zero: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Contrast over the clips of all ranks that have text, and the share whose own text is the best match."""
        paired = batch.text_of_clip >= 0
        if self.coarse:
            sign, sign_mask = self.project_sign(summary)[:, None], paired.new_ones(len(paired), 1)
        else:
            sign, sign_mask = window_average(self.project_sign(frames), batch.valid, self.loss.window)
        sign, sign_mask = gather_rows(sign[paired]), gather_rows(sign_mask[paired])
        text_id = gather_rows(batch.text_id[batch.text_of_clip[paired]])
        text, text_mask = gather_rows(self.project_text(batch.text)), gather_rows(batch.text_valid)
        every_id = gather_rows(batch.text_id)
        if len(sign) == 0:
            return zero, zero.detach()
        distinct, text_of_clip = torch.unique(text_id, return_inverse=True)
        ordered, order = every_id.sort(stable=True)
        first = order[torch.searchsorted(ordered, distinct)]
        text, text_mask = F.normalize(text[first], dim=2), text_mask[first]
        if self.coarse:
            similarity = coarse_similarity(sign[:, 0], text, text_mask)
        else:
            sign = F.normalize(sign, dim=2)
            similarity = fine_grained_similarity(sign, text, sign_mask, text_mask, self.loss.attention_temperature)
        hits = (similarity.argmax(dim=1) == text_of_clip).float().mean()
        return contrastive_loss(similarity, text_of_clip, self.temperature), hits.detach()
